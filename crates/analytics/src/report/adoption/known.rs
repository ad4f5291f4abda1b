//! What is counted of somebody by the periods in which he did something.
//!
//! They are bits of words: what is asked of all pairs of a period and a later one is a shift and a
//! count of bits.

use super::answer::AdoptionRow;
use super::{Adoption, Cut};
use crate::query::InvalidQuery;
use crate::report::retention::Cohorts;
use protocol::Timestamp;

/// Bits of a word.
pub(super) const WORD: u32 = 64;

/// The word with the marks of somebody, before those of coming back.
pub(super) const MARKS: usize = 1;
/// Whether he used it before the range.
pub(super) const WAS: u64 = 1;
/// Whether he used it before all periods of coming back.
pub(super) const EARLIER: u64 = 2;

/// A number with so many of its first bits, or with all.
pub(super) const fn prefix(bits: u32) -> u64 {
    if bits >= WORD { u64::MAX } else { (1 << bits) - 1 }
}

/// Which periods are known about.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    n_periods: u32,
    /// Those that are over, a bit for each.
    pub(super) over: u64,
    /// Those of which it is known who was there so many `after`.
    pub(super) complete: u64,
    pub(super) after: u32,
    /// Periods of coming back: all that may be, how many are known about, and how many later.
    n_again: u32,
    pub(super) again_over: u32,
    pub(super) again_after: u32,
    cohorts: Cohorts,
}

impl Known {
    /// What is known `now`.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        adoption: &Adoption,
        cut: &Cut,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let (periods, after) = (&cut.periods, adoption.after);
        let again_after = adoption.retention.after;
        // Who stays is seen within the range.
        let complete = periods.n_over_after(after, now)?.min(periods.len().saturating_sub(after));
        Ok(Self {
            n_periods: periods.len(),
            over: prefix(periods.n_over(now)?),
            complete: prefix(complete),
            // Of so many there is no complete period; a number has no more bits to move by.
            after: after.min(WORD - 1),
            n_again: cut.again.len() + again_after,
            again_over: cut.again.n_over_after(again_after, now)?,
            again_after,
            cohorts: adoption.retention.cohorts,
        })
    }

    /// Words of one person: the periods of the range, the marks, and the periods of coming back.
    pub(super) fn n_words(&self) -> usize {
        MARKS + 1 + self.n_again.div_ceil(WORD) as usize
    }

    /// Of nobody yet.
    pub(crate) fn row(&self) -> AdoptionRow {
        AdoptionRow { trend: vec![0; self.n_periods as usize], ..AdoptionRow::default() }
    }

    /// Counts somebody by what he did, and by when he was there.
    pub(super) fn count(&self, row: &mut AdoptionRow, words: &[u64], there: u64) {
        let [used, marks, again @ ..] = words else { return };
        let is_any = |mask: u64| u64::from(mask != 0);
        row.people += is_any(*used);
        row.over += is_any(used & self.over);
        row.before += is_any(marks & WAS);
        let followed = used & self.complete;
        row.followers += is_any(followed);
        row.followed += u64::from(followed.count_ones());
        row.stayed += u64::from((followed & (there >> self.after)).count_ones());
        // Of whoever used it in every period in which he was there and is followed, there is no
        // period without it.
        let is_there = there & self.complete;
        row.always += u64::from(is_there != 0 && is_there & !used == 0);
        let mut periods = *used;
        while periods != 0 {
            row.trend[periods.trailing_zeros() as usize] += 1;
            periods &= periods - 1;
        }
        let (of, came) = match self.cohorts {
            Cohorts::First => self.came_after_first(*marks, again),
            Cohorts::Recurring => self.came_after_each(again),
        };
        row.again_people += is_any(of);
        row.again_of += of;
        row.again_came += came;
    }

    /// Whether his first use ever can be followed, and whether he came back after it.
    fn came_after_first(&self, marks: u64, again: &[u64]) -> (u64, u64) {
        let mut firsts = (0..).zip(again).filter(|(_, word)| **word != 0);
        let first = firsts.next().map(|(k, word)| k * WORD + word.trailing_zeros());
        match first.filter(|first| marks & EARLIER == 0 && *first < self.again_over) {
            None => (0, 0),
            Some(first) => (1, bit(again, first + self.again_after)),
        }
    }

    /// In how many periods of use he can be followed, and after how many of them he came back.
    fn came_after_each(&self, again: &[u64]) -> (u64, u64) {
        let (whole, rest) = ((self.again_after / WORD) as usize, self.again_after % WORD);
        let word = |k: usize| again.get(k).copied().unwrap_or(0);
        let (mut of, mut came) = (0, 0);
        for (k, bound) in (0..again.len()).zip((0..self.again_over).step_by(WORD as usize)) {
            let followed = word(k) & prefix(self.again_over - bound);
            let later = match rest {
                0 => word(k + whole),
                rest => word(k + whole) >> rest | word(k + whole + 1) << (WORD - rest),
            };
            of += u64::from(followed.count_ones());
            came += u64::from((followed & later).count_ones());
        }
        (of, came)
    }
}

fn bit(words: &[u64], n: u32) -> u64 {
    words.get((n / WORD) as usize).map_or(0, |word| word >> (n % WORD) & 1)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Three periods, of which two are over; seventy of coming back, 64 later, of which six are known.
    pub(in crate::report::adoption) fn known(cohorts: Cohorts) -> Known {
        Known {
            n_periods: 3,
            over: 0b11,
            complete: 0b11,
            after: 1,
            n_again: 70,
            again_over: 6,
            again_after: 64,
            cohorts,
        }
    }

    fn again(cohorts: Cohorts, marks: u64, periods: &[u32]) -> (u64, u64, u64) {
        let known = known(cohorts);
        let mut words = vec![0; known.n_words()];
        words[MARKS] = marks;
        for period in periods {
            words[MARKS + 1 + (period / WORD) as usize] |= 1 << (period % WORD);
        }
        let mut row = known.row();
        known.count(&mut row, &words, 0);
        (row.again_people, row.again_of, row.again_came)
    }

    #[test]
    fn every_period_of_use_is_followed_into_the_next_word() {
        assert_eq!(again(Cohorts::Recurring, 0, &[3, 5, 67]), (1, 2, 1));
        // The seventh is not known about.
        assert_eq!(again(Cohorts::Recurring, EARLIER, &[6]), (0, 0, 0));
        assert_eq!(again(Cohorts::Recurring, EARLIER, &[0, 64]), (1, 1, 1));
    }

    #[test]
    fn the_first_use_ever_is_followed() {
        assert_eq!(again(Cohorts::First, 0, &[3, 5, 67]), (1, 1, 1));
        assert_eq!(again(Cohorts::First, 0, &[2, 67]), (1, 1, 0));
        assert_eq!(again(Cohorts::First, EARLIER, &[3, 67]), (0, 0, 0));
        assert_eq!(again(Cohorts::First, 0, &[6]), (0, 0, 0));
    }

    #[test]
    fn who_stays_is_counted_by_when_he_was_there() {
        let known = known(Cohorts::First);
        let mut row = known.row();
        // In the first and the last; in all; before the range alone.
        known.count(&mut row, &[0b101, 0], 0b111);
        known.count(&mut row, &[0b111, WAS], 0b111);
        known.count(&mut row, &[0, WAS], 0b010);
        let expected = AdoptionRow {
            people: 2,
            over: 2,
            before: 2,
            trend: vec![2, 1, 2],
            followers: 2,
            followed: 3,
            stayed: 3,
            always: 1,
            ..AdoptionRow::default()
        };
        assert_eq!(row, expected);
    }
}
