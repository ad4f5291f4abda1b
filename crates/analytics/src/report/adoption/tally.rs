//! What is counted of uses, feature by feature.
//!
//! People get numbers as they come, from 0 on. Of the feature that is read, what somebody did has its
//! place by his number: the periods of the range as bits of a word, and those of coming back as bits
//! of as many words as they need. What is asked of all pairs of a period and a later one is then a
//! shift and a count of bits. When another feature comes, what was noted of those who used the one
//! before becomes its row, and their places are empty again. So all of it takes as much memory as
//! there are people, however many features they used. In SQL each pair of a feature and a person
//! would be a group of its own.
//!
//! *Everybody* is a feature, the first one: he uses it who is there.

use super::answer::AdoptionRow;
use super::{Adoption, Cut};
use crate::query::InvalidQuery;
use crate::report::retention::Cohorts;
use protocol::Timestamp;
use std::collections::HashMap;

/// The most people that are counted. With a month of days to come back in, a person takes 24 bytes of
/// bits and some 40 of his place in the list, by the sizes of the types; with 464 periods 90 bytes.
pub(crate) const MAX_PEOPLE: usize = 5_000_000;

/// Bits of a word.
const WORD: u32 = 64;

/// The word with the marks of somebody, before those of coming back.
const MARKS: usize = 1;
const TOUCHED: u64 = 1;
const WAS: u64 = 2;
/// Whether he used it before all periods of coming back.
const EARLIER: u64 = 4;

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
        for (n, users) in row.trend.iter_mut().enumerate() {
            *users += used >> n & 1;
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
    people: Numbers,
    accounts: Numbers,
    /// Of each person, when he was there.
    there: Vec<u64>,
    /// Of each person, what he did with the feature that is read.
    words: Vec<u64>,
    /// Those who did anything with it.
    touched: Vec<u32>,
    /// Of each account, the feature that it was last counted for, and 1.
    counted: Vec<u64>,
    feature: u64,
    /// Of each feature by its number.
    rows: Vec<AdoptionRow>,
}

/// Numbers in place of hashes, from 0 on.
#[derive(Debug, Default)]
struct Numbers(HashMap<u64, u32, foldhash::fast::RandomState>);

impl Numbers {
    /// The number of a hash, and whether it is a new one.
    fn of(&mut self, hash: u64) -> (usize, bool) {
        let next = self.0.len();
        let number = *self.0.entry(hash).or_insert(next as u32);
        (number as usize, number as usize == next)
    }
}

impl Tally {
    /// Of nobody yet, and so many features.
    pub(crate) fn new(known: Known, n_features: usize) -> Self {
        let row =
            || AdoptionRow { trend: vec![0; known.n_periods as usize], ..AdoptionRow::default() };
        Self {
            n_words: known.n_words(),
            rows: (0..=n_features).map(|_| row()).collect(),
            known,
            people: Numbers::default(),
            accounts: Numbers::default(),
            there: Vec::new(),
            words: Vec::new(),
            touched: Vec::new(),
            counted: Vec::new(),
            feature: 0,
        }
    }

    /// Takes rows as they come from ClickHouse; those of one feature come together, and those of
    /// everybody first.
    pub(crate) fn add(&mut self, [people, accounts, what]: [&[u64]; 3]) {
        for ((person, account), what) in people.iter().zip(accounts).zip(what) {
            let feature = what / Row::FEATURE;
            if feature != self.feature {
                self.close();
                self.feature = feature;
            }
            // Beyond the limit there is no answer, and nothing to be kept for it.
            if self.is_too_much() {
                return;
            }
            self.add_use(*person, *what);
            if *account != 0 {
                self.add_account(*account);
            }
        }
    }

    fn add_use(&mut self, person: u64, what: u64) {
        let (number, is_new) = self.people.of(person);
        if is_new {
            self.there.push(0);
            self.words.resize(self.words.len() + self.n_words, 0);
        }
        let words = &mut self.words[number * self.n_words..][..self.n_words];
        let is_in = what % Row::AGAIN;
        match is_in {
            Row::BEFORE => words[MARKS] |= WAS,
            Row::OUTSIDE => {}
            period => words[0] |= 1 << period,
        }
        match what % Row::FEATURE / Row::AGAIN {
            0 => {}
            1 => words[MARKS] |= EARLIER,
            n => words[MARKS + 1 + (n - 2) as usize / 64] |= 1 << ((n - 2) % 64),
        }
        if words[MARKS] & TOUCHED == 0 {
            words[MARKS] |= TOUCHED;
            self.touched.push(number as u32);
        }
        self.rows[self.feature as usize].uses += u64::from(is_in < Row::BEFORE);
    }

    fn add_account(&mut self, account: u64) {
        let (number, is_new) = self.accounts.of(account);
        if is_new {
            self.counted.push(0);
        }
        if self.counted[number] != self.feature + 1 {
            self.counted[number] = self.feature + 1;
            self.rows[self.feature as usize].accounts += 1;
        }
    }

    /// Makes a row of the feature that was read.
    fn close(&mut self) {
        let is_everybody = self.feature == 0;
        let row = &mut self.rows[self.feature as usize];
        for number in self.touched.drain(..) {
            let number = number as usize;
            let words = &mut self.words[number * self.n_words..][..self.n_words];
            if is_everybody {
                self.there[number] = words[0];
            }
            self.known.count(row, words, self.there[number]);
            words.fill(0);
        }
    }

    /// Whether there are more people than are counted.
    pub(crate) fn is_too_much(&self) -> bool {
        self.people.0.len() > MAX_PEOPLE
    }

    /// A row of everybody, and then one of each feature.
    pub(crate) fn rows(mut self) -> Vec<AdoptionRow> {
        self.close();
        self.rows
    }
}
