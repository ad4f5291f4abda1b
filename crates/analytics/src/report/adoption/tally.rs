//! What is counted of uses, feature by feature.
//!
//! Who uses the feature that is read has a place in the order in which he comes, and in it the periods
//! of the range as bits of a word, and those of coming back as bits of as many words as they need.
//! What is asked of all pairs of a period and a later one is then a shift and a count of bits. When
//! another feature comes, these places become the row of the one before, and are empty again. So all
//! of it takes as much memory as there are people, however many features they used. In SQL each pair
//! of a feature and a person would be a group of its own.
//!
//! *Everybody* is a feature, the first one: he uses it who is there.
//!
//! What this takes is not the counting but waiting for memory: the list of all people does not fit
//! into a processor's cache, and the places of one feature do. So there is one look into the list for
//! each use, those of several uses are begun together, and it says the place as well.

use super::answer::AdoptionRow;
use super::{Adoption, Cut};
use crate::query::InvalidQuery;
use crate::report::retention::Cohorts;
use foldhash::fast::RandomState;
use protocol::Timestamp;
use std::collections::HashMap;
use std::hint;

/// The most people that are counted. In the list they take 300 MB, and 400 in the moment in which it
/// grows; the places of a feature that all of them used take 160 MB, and 400 where somebody may come
/// back in 464 periods. All this is by the sizes of the types.
pub(crate) const MAX_PEOPLE: usize = 5_000_000;

/// Uses whose people are looked for together.
const AT_ONCE: usize = 32;

/// Bits of a word.
const WORD: u32 = 64;

/// The word with the marks of somebody, before those of coming back.
const MARKS: usize = 1;
/// Whether he used it before the range.
const WAS: u64 = 1;
/// Whether he used it before all periods of coming back.
const EARLIER: u64 = 2;

/// What is read, as three numbers: whose it is, for which account, or 0, and all the rest in one. Its
/// lowest byte is the period of the range, or one of the two below; the next two are 0, or 1 before all
/// periods of coming back, or the number of the one that it is in and 2; then comes the feature.
pub(super) struct Row;

impl Row {
    /// Before the range.
    const BEFORE: u64 = 64;
    const OUTSIDE: u64 = 65;
    const AGAIN: u64 = 1 << 8;
    const FEATURE: u64 = 1 << 24;

    /// The columns of it, of events with `person`, `account`, `is_in`, `is_before` and `period`.
    pub(super) fn sql(feature: &str, again: &str) -> String {
        format!(
            "person, if(is_in, account, 0) AS account, \
             toUInt64(multiIf(is_in, period, is_before, {}, {})) + {} * toUInt64({again}) + {} * toUInt64({feature}) AS what",
            Self::BEFORE,
            Self::OUTSIDE,
            Self::AGAIN,
            Self::FEATURE,
        )
    }
}

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
    fn n_words(&self) -> usize {
        MARKS + 1 + self.n_again.div_ceil(WORD) as usize
    }

    /// Counts somebody by what he did, and by when he was there.
    fn count(&self, row: &mut AdoptionRow, words: &[u64], there: u64) {
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

/// What was read of the features so far.
#[derive(Debug)]
pub(crate) struct Tally {
    known: Known,
    n_words: usize,
    people: HashMap<u64, Person, RandomState>,
    /// Of each person, by his number, when he was there.
    there: Vec<u64>,
    /// The feature that is read, and the numbers of those who used it, in their places.
    feature: u64,
    users: Vec<u32>,
    /// What each of them did.
    words: Vec<u64>,
    /// Whose use was read last, and his place.
    last: Option<(u64, usize)>,
    /// Of each account the feature that it was last counted for.
    accounts: HashMap<u64, u64, RandomState>,
    /// Of each feature by its number.
    rows: Vec<AdoptionRow>,
    most_people: usize,
}

/// Where somebody is found.
#[derive(Debug, Clone, Copy)]
struct Person {
    number: u32,
    /// His place, if he used the feature that is read: then his number stands in it.
    place: u32,
}

impl Tally {
    /// Of nobody yet, and so many features.
    pub(crate) fn new(known: Known, n_features: usize) -> Self {
        let trend = vec![0; known.n_periods as usize];
        let row = AdoptionRow { trend, ..AdoptionRow::default() };
        Self {
            n_words: known.n_words(),
            known,
            people: HashMap::default(),
            there: Vec::new(),
            feature: 0,
            users: Vec::new(),
            words: Vec::new(),
            last: None,
            accounts: HashMap::default(),
            rows: vec![row; n_features + 1],
            most_people: MAX_PEOPLE,
        }
    }

    /// Takes rows as they come from ClickHouse; those of one feature come together, and those of
    /// everybody first.
    pub(crate) fn add(&mut self, [people, accounts, what]: [&[u64]; 3]) {
        let rows = people.chunks(AT_ONCE).zip(accounts.chunks(AT_ONCE)).zip(what.chunks(AT_ONCE));
        for ((people, accounts), what) in rows {
            // Beyond the limit there is no answer, and nothing to be kept for it.
            if self.is_too_much() {
                return;
            }
            self.look_for(people);
            for ((person, account), what) in people.iter().zip(accounts).zip(what) {
                let feature = what / Row::FEATURE;
                if feature != self.feature {
                    self.close();
                    self.feature = feature;
                }
                self.add_use(*person, *what);
                if *account != 0 {
                    self.add_account(*account);
                }
            }
        }
    }

    /// Brings those people into the cache.
    fn look_for(&self, people: &[u64]) {
        let place = |person| self.people.get(person).map_or(0, |person| person.place);
        hint::black_box(people.iter().map(place).fold(0, |all, place| all ^ place));
    }

    fn add_use(&mut self, person: u64, what: u64) {
        let place = match self.last {
            Some((last, place)) if last == person => place,
            _ => self.place_of(person),
        };
        self.last = Some((person, place));
        let words = &mut self.words[place * self.n_words..][..self.n_words];
        let period = what % Row::AGAIN;
        match period {
            Row::BEFORE => words[MARKS] |= WAS,
            Row::OUTSIDE => {}
            period => words[0] |= 1 << period,
        }
        match what % Row::FEATURE / Row::AGAIN {
            0 => {}
            1 => words[MARKS] |= EARLIER,
            n => {
                let n = n as usize - 2;
                words[MARKS + 1 + n / WORD as usize] |= 1 << (n % WORD as usize);
            }
        }
        self.rows[self.feature as usize].uses += u64::from(period < Row::BEFORE);
    }

    /// The place of a person among those who use the feature that is read: a new one if he has none.
    fn place_of(&mut self, person: u64) -> usize {
        let next = self.there.len() as u32;
        let person = self.people.entry(person).or_insert(Person { number: next, place: 0 });
        if person.number == next {
            self.there.push(0);
        }
        if self.users.get(person.place as usize) != Some(&person.number) {
            person.place = self.users.len() as u32;
            self.users.push(person.number);
            self.words.resize(self.words.len() + self.n_words, 0);
        }
        person.place as usize
    }

    fn add_account(&mut self, account: u64) {
        if self.accounts.insert(account, self.feature) != Some(self.feature) {
            self.rows[self.feature as usize].accounts += 1;
        }
    }

    /// Makes a row of the feature that was read.
    fn close(&mut self) {
        let row = &mut self.rows[self.feature as usize];
        for (number, words) in self.users.drain(..).zip(self.words.chunks_exact(self.n_words)) {
            let there = &mut self.there[number as usize];
            if self.feature == 0 {
                *there = words[0];
            }
            self.known.count(row, words, *there);
        }
        self.words.clear();
        self.last = None;
    }

    /// Whether there are more people than are counted.
    pub(crate) fn is_too_much(&self) -> bool {
        self.there.len() > self.most_people
    }

    /// A row of everybody, and then one of each feature.
    pub(crate) fn rows(mut self) -> Vec<AdoptionRow> {
        self.close();
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three periods, of which two are over; seventy of coming back, 64 later, of which six are known.
    fn known(cohorts: Cohorts) -> Known {
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

    const ALICE: u64 = 7;
    const BOB: u64 = u64::MAX;
    const ACME: u64 = 9;

    /// Somebody, for whom, which feature, in which period, and in which of coming back, if any.
    fn row(person: u64, account: u64, feature: u64, period: u64, again: u64) -> [u64; 3] {
        [person, account, period + Row::AGAIN * again + Row::FEATURE * feature]
    }

    fn add(tally: &mut Tally, rows: &[[u64; 3]]) {
        let column = |n: usize| rows.iter().map(|row| row[n]).collect::<Vec<_>>();
        tally.add([&column(0), &column(1), &column(2)]);
    }

    fn uses() -> Vec<[u64; 3]> {
        vec![
            row(ALICE, ACME, 0, 0, 0),
            row(ALICE, ACME, 0, 1, 0),
            row(BOB, 0, 0, 0, 0),
            row(BOB, 0, 0, Row::BEFORE, 0),
            // In the fourth period and the one 64 later, and before all of them.
            row(ALICE, ACME, 1, 0, 3 + 2),
            row(ALICE, ACME, 1, 0, 67 + 2),
            row(BOB, 0, 1, 0, 3 + 2),
            row(BOB, 0, 1, Row::BEFORE, 1),
            // The seventh is not known about.
            row(BOB, ACME, 2, 1, 6 + 2),
            row(BOB, ACME, 2, Row::OUTSIDE, 0),
        ]
    }

    #[test]
    fn nobody_is_nothing() {
        let rows = Tally::new(known(Cohorts::First), 1).rows();
        let nothing = AdoptionRow { trend: vec![0; 3], ..AdoptionRow::default() };
        assert_eq!(rows, [nothing.clone(), nothing]);
    }

    #[test]
    fn everybody_and_two_features_are_counted_apart() {
        let mut tally = Tally::new(known(Cohorts::First), 2);
        add(&mut tally, &uses());
        let everybody = AdoptionRow {
            uses: 3,
            people: 2,
            over: 2,
            before: 1,
            accounts: 1,
            trend: vec![2, 1, 0],
            followers: 2,
            followed: 3,
            stayed: 1,
            always: 2,
            ..AdoptionRow::default()
        };
        let first = AdoptionRow {
            uses: 3,
            people: 2,
            over: 2,
            before: 1,
            accounts: 1,
            trend: vec![2, 0, 0],
            followers: 2,
            followed: 2,
            stayed: 1,
            always: 1,
            again_people: 1,
            again_of: 1,
            again_came: 1,
        };
        let second = AdoptionRow {
            uses: 1,
            people: 1,
            over: 1,
            accounts: 1,
            trend: vec![0, 1, 0],
            followers: 1,
            followed: 1,
            ..AdoptionRow::default()
        };
        assert_eq!(tally.rows(), [everybody, first, second]);
    }

    #[test]
    fn every_period_of_use_is_followed_into_the_next_word() {
        let mut tally = Tally::new(known(Cohorts::Recurring), 2);
        add(&mut tally, &uses());
        let again: Vec<_> = tally.rows()[1..]
            .iter()
            .map(|row| (row.again_people, row.again_of, row.again_came))
            .collect();
        assert_eq!(again, [(2, 2, 1), (0, 0, 0)]);
    }

    #[test]
    fn blocks_may_end_anywhere() {
        let pseudo = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let uses: Vec<_> = (0..2_000)
            .map(|n| {
                row(
                    pseudo(n) % 90,
                    pseudo(n + 1) % 5,
                    n / 500,
                    pseudo(n + 2) % 3,
                    pseudo(n + 3) % 72,
                )
            })
            .collect();
        let [mut at_once, mut one_by_one] = [(); 2].map(|()| Tally::new(known(Cohorts::First), 3));
        add(&mut at_once, &uses);
        uses.iter().for_each(|row| add(&mut one_by_one, &[*row]));
        assert_eq!(at_once.rows(), one_by_one.rows());
    }

    #[test]
    fn of_too_many_people_nothing_more_is_kept() {
        let mut tally = Tally { most_people: 2, ..Tally::new(known(Cohorts::First), 2) };
        add(&mut tally, &uses());
        assert!(!tally.is_too_much());
        add(&mut tally, &(100..1_000).map(|n| row(n, 0, 2, 0, 0)).collect::<Vec<_>>());
        assert!(tally.is_too_much());
        assert!(tally.there.len() <= 2 + AT_ONCE);
    }
}
