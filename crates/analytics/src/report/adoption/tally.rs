//! What is counted of uses, feature by feature.
//!
//! Whose a use is, is looked up once ([`store::Whose`]), and then it is twelve bytes, put to those of
//! its feature. When all of some features are read, they are counted one after the other: who uses a
//! feature has a place in the order in which he comes, and in it his periods as bits ([`Known`]). So all
//! of it takes as much memory as the uses of some features at a time ([`super::statement`]), and a
//! word for each person. In SQL each pair of a feature and a person would be a group of its own.

use super::answer::AdoptionRow;
use super::known::{EARLIER, Known, MARKS, WAS, WORD};
use super::moments::{Moment, Moments};
use std::collections::HashMap;
use store::whose::RowsOf;
use store::{Block, Who, Whose};

/// The most people that are counted. Who is whose takes up to 130 bytes of each, when each has a
/// browser and is a user, and half of that more in the moment in which a table grows; the words of a
/// feature that all of them used 32, and 80 where somebody may come back in 464 periods. By the
/// sizes of the types.
pub(crate) const MAX_PEOPLE: usize = 5_000_000;

/// When everybody was there.
#[derive(Debug)]
pub(crate) struct Everybody {
    row: AdoptionRow,
    /// Of each person, by his number, the periods of the range and the marks.
    there: Vec<[u64; 2]>,
    /// Of each account, by its number, whether somebody was there for it.
    accounts: Vec<bool>,
    found: Vec<Who>,
}

impl Everybody {
    /// Nobody yet.
    pub(crate) fn new(known: &Known) -> Self {
        Self { row: known.row(), there: Vec::new(), accounts: Vec::new(), found: Vec::new() }
    }

    /// Takes rows as they come from ClickHouse.
    pub(crate) fn add(
        &mut self,
        block: &Block<3>,
        of: RowsOf,
        whose: &mut Whose,
        moments: &Moments,
    ) {
        let [keys, accounts, at] = block.numbers.each_ref().map(Vec::as_slice);
        whose.tell([keys, accounts, at], of, &mut self.found);
        self.there.resize(whose.n_people(), [0; 2]);
        self.accounts.resize(whose.n_accounts(), false);
        for (who, at) in self.found.iter().zip(at) {
            let at = at.cast_signed();
            // A session in which nobody did anything has no moment.
            if who.person == Who::NOBODY || (of == RowsOf::Sessions && at <= 0) {
                continue;
            }
            let (moment, there) = (moments.at(at), &mut self.there[who.person as usize]);
            if let Some(period) = moment.period() {
                there[0] |= 1 << period;
                self.row.uses += 1;
                self.accounts[who.account as usize] = true;
            } else if moment.is_before() {
                there[MARKS] |= WAS;
            }
        }
    }

    /// A row of everybody, and of each person by his number when he was there.
    pub(crate) fn count(mut self, known: &Known) -> (AdoptionRow, Vec<u64>) {
        self.there.iter().for_each(|words| known.count(&mut self.row, words, words[0]));
        // The first stands for none.
        self.row.accounts =
            self.accounts.iter().skip(1).filter(|is_there| **is_there).count() as u64;
        (self.row, self.there.into_iter().map(|words| words[0]).collect())
    }
}

/// A use.
#[derive(Debug, Clone, Copy)]
struct Use {
    person: u32,
    account: u32,
    moment: Moment,
}

/// The uses of some features.
#[derive(Debug)]
pub(crate) struct Uses {
    /// The numbers of all features by their ids.
    numbers: HashMap<String, usize>,
    /// Of each feature by its number.
    of: Vec<Vec<Use>>,
    /// What features took that are counted, for those to come.
    spare: Vec<Vec<Use>>,
    found: Vec<Who>,
    places: Places,
}

/// Of whoever did not use the feature that is counted.
const NO_PLACE: u32 = u32::MAX;

/// Who uses the feature that is counted.
#[derive(Debug, Default)]
struct Places {
    /// Of each person by his number the place that he has, or [`NO_PLACE`].
    of: Vec<u32>,
    users: Vec<u32>,
    /// What each of them did.
    words: Vec<u64>,
    /// Of each account the feature that it was last counted for.
    accounts: Vec<usize>,
}

impl Uses {
    /// None yet, of the features with these ids.
    pub(crate) fn new<'a>(features: impl Iterator<Item = &'a str>) -> Self {
        let numbers: HashMap<_, _> = features.map(str::to_owned).zip(0..).collect();
        let of = vec![Vec::new(); numbers.len()];
        Self { numbers, of, spare: Vec::new(), found: Vec::new(), places: Places::default() }
    }

    /// Whose the rows are that come next.
    pub(crate) const fn found(&mut self) -> &mut Vec<Who> {
        &mut self.found
    }

    /// Takes rows as they come from ClickHouse, of which it was [found](Self::found) whose they are.
    pub(crate) fn add(&mut self, block: &Block<3>, moments: &Moments) {
        let numbers: Vec<_> = block.texts.iter().map(|id| self.numbers.get(id)).collect();
        for number in numbers.iter().flatten() {
            let of_it = &mut self.of[**number];
            if of_it.capacity() == 0 {
                *of_it = self.spare.pop().unwrap_or_default();
            }
        }
        let [_, _, at] = &block.numbers;
        for ((place, who), at) in block.places.iter().zip(&self.found).zip(at) {
            let moment = moments.at(at.cast_signed());
            let Some(number) = numbers[usize::from(*place)] else { continue };
            if who.person != Who::NOBODY && !moment.is_none() {
                let Who { person, account } = *who;
                self.of[*number].push(Use { person, account, moment });
            }
        }
    }

    /// The numbers of the features of which there are uses.
    pub(crate) fn there(&self) -> Vec<usize> {
        (0..self.of.len()).filter(|number| !self.of[*number].is_empty()).collect()
    }

    /// Counts the uses of a feature, and forgets them.
    pub(crate) fn count(&mut self, number: usize, known: &Known, there: &[u64]) -> AdoptionRow {
        let mut row = known.row();
        let mut uses = std::mem::take(&mut self.of[number]);
        self.places.fill(&uses, number, known.n_words(), &mut row);
        uses.clear();
        self.spare.push(uses);
        let words = self.places.words.chunks_exact(known.n_words());
        for (person, words) in self.places.users.iter().zip(words) {
            let there = there.get(*person as usize).copied().unwrap_or(0);
            known.count(&mut row, words, there);
        }
        row
    }
}

impl Places {
    fn fill(&mut self, uses: &[Use], number: usize, n_words: usize, row: &mut AdoptionRow) {
        for person in self.users.drain(..) {
            self.of[person as usize] = NO_PLACE;
        }
        self.words.clear();
        for one in uses {
            if one.moment.period().is_some() {
                row.uses += 1;
                row.accounts += u64::from(self.is_first_of(one.account, number));
            }
            let place = self.place_of(one.person, n_words);
            let words = &mut self.words[place * n_words..][..n_words];
            if let Some(period) = one.moment.period() {
                words[0] |= 1 << period;
            } else if one.moment.is_before() {
                words[MARKS] |= WAS;
            }
            if let Some(again) = one.moment.again() {
                words[MARKS + 1 + (again / WORD) as usize] |= 1 << (again % WORD);
            } else if one.moment.is_before_again() {
                words[MARKS] |= EARLIER;
            }
        }
    }

    /// The place of a person: a new one if he has none.
    fn place_of(&mut self, person: u32, n_words: usize) -> usize {
        let number = person as usize;
        if number >= self.of.len() {
            self.of.resize(number + 1, NO_PLACE);
        }
        match self.of[number] {
            NO_PLACE => {}
            place => return place as usize,
        }
        let place = self.users.len();
        self.of[number] = place as u32;
        self.users.push(person);
        self.words.resize(self.words.len() + n_words, 0);
        place
    }

    /// Whether a feature is used for this account for the first time.
    fn is_first_of(&mut self, account: u32, feature: usize) -> bool {
        let number = account as usize;
        if number >= self.accounts.len() {
            self.accounts.resize(number + 1, usize::MAX);
        }
        account != 0 && std::mem::replace(&mut self.accounts[number], feature) != feature
    }
}

#[cfg(test)]
mod tests {
    use super::super::known::tests::known;
    use super::*;
    use crate::report::retention::Cohorts;

    const BEFORE: Moment = Moment::new(None, true, None);

    fn one(person: u32, account: u32, moment: Moment) -> Use {
        Use { person, account, moment }
    }

    fn at(period: u32, again: u32) -> Moment {
        Moment::new(Some(period), false, Some(again))
    }

    #[test]
    fn features_are_counted_apart_one_after_the_other() {
        let known = known(Cohorts::First);
        let mut uses = Uses::new(["first", "second", "nobody's"].into_iter());
        uses.of[0] = vec![
            one(7, 1, at(0, 3)),
            one(7, 2, at(0, 67)),
            one(2, 0, at(0, 3)),
            one(2, 1, at(1, 4)),
            one(2, 5, BEFORE.and_before_again()),
        ];
        uses.of[1] = vec![one(2, 1, at(1, 6)), one(9, 5, BEFORE)];
        assert_eq!(uses.there(), [0, 1]);
        // The last one came after everybody was counted.
        let there = [0, 0, 0b001, 0, 0, 0, 0, 0b011];
        let first = AdoptionRow {
            uses: 4,
            people: 2,
            over: 2,
            before: 1,
            accounts: 2,
            trend: vec![2, 1, 0],
            followers: 2,
            followed: 3,
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
            before: 1,
            accounts: 1,
            trend: vec![0, 1, 0],
            followers: 1,
            followed: 1,
            ..AdoptionRow::default()
        };
        let rows: Vec<_> = (0..3).map(|number| uses.count(number, &known, &there)).collect();
        assert_eq!(rows, [first, second, known.row()]);
        assert_eq!(uses.there(), [0; 0]);
    }

    #[test]
    fn everybody_is_a_row_and_a_word_each() {
        let known = known(Cohorts::First);
        let mut all = Everybody::new(&known);
        all.there = vec![[0b101, 0], [0, WAS], [0, 0], [0b010, WAS]];
        all.accounts = vec![true, true, false, true];
        let (row, there) = all.count(&known);
        assert_eq!((row.people, row.over, row.before, row.accounts), (2, 2, 2, 2));
        assert_eq!((row.trend, there), (vec![1, 1, 1], vec![0b101, 0, 0, 0b010]));
    }
}
