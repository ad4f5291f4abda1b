//! Who fell: half or less of the week before, beyond what the region has less of as a whole.
//!
//! The *factor* of a region is the median, over its accounts, of a week by the account's own
//! median of the eight weeks before, within [`FACTORS`]. It is of at least [`REGION`] accounts whose
//! median week has at least [`USUAL`] core actions; where a region has fewer, the factor is that of
//! all accounts, if they are at least [`ALL`]. What is expected of an account is the week before
//! times the factor now by the factor then, if that is less than [`HOLIDAY`]: one day off of five is
//! less, and what is more is chance. So a holiday makes no fall, and neither does a stop of what is collected that is the same for everybody. Where each
//! factor is below [`EVERYWHERE`], that many fell that it is no matter of accounts: nothing is said
//! of any.

use super::history::{History, Stretch};
use crate::level::median;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A week before of fewer core actions says nothing.
const AT_LEAST: u32 = 20;
/// Factors beyond these are no holidays.
const FACTORS: RangeInclusive<f64> = 0.05..=1.5;
/// The accounts that a region's factor needs.
const REGION: usize = 20;
/// The accounts that the factor of all needs.
const ALL: usize = 5;
/// The core actions of an account's median week that it needs to have a say.
const USUAL: f64 = 10.0;
/// A factor from this on takes nothing away.
const HOLIDAY: f64 = 0.9;
/// Factors below this in every region are no matter of accounts.
const EVERYWHERE: f64 = 0.6;

/// A week that is compared with the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Its number.
    pub week: usize,
    /// How much of both.
    pub stretch: Stretch,
    /// The share of its usual visits of whose hours nothing came at all.
    pub missing: f64,
}

/// What is said of a week.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// Whether so little came of everybody that nothing is said of anybody.
    pub is_everywhere: bool,
    /// Who fell.
    pub falls: Vec<Fell>,
    /// How much the regions with a factor of their own have, of their usual.
    pub regions: BTreeMap<String, f64>,
    /// The same of all accounts, where there are enough.
    pub all: Option<f64>,
}

/// An account that fell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fell {
    /// Its place among the histories.
    pub place: usize,
    /// Core actions of the week before.
    pub before: u32,
    /// Core actions of the week.
    pub now: u32,
    /// What its region has, of what was to be expected by the week before; 1 at most.
    pub factor: f64,
}

impl Fell {
    /// How many core actions are missing, of what was to be expected.
    pub fn lost(&self) -> f64 {
        f64::from(self.before) * self.factor - f64::from(self.now)
    }
}

/// How much there is, of the usual, in each region and in all.
#[derive(Debug, Default)]
struct Factors {
    regions: BTreeMap<String, f64>,
    all: Option<f64>,
    /// Whether there are accounts in no region with a factor of its own.
    has_others: bool,
}

impl Factors {
    fn of(histories: &[History], week: usize, stretch: Stretch) -> Self {
        let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for history in histories {
            if let Some(usual) = history.usual(week, stretch).filter(|usual| *usual >= USUAL) {
                let ratio = f64::from(history.amount(week, stretch)) / usual;
                ratios.entry(&history.region).or_default().push(ratio);
            }
        }
        let factor = |ratios: Vec<f64>, at_least: usize| {
            let median = median(ratios.clone()).filter(|_| ratios.len() >= at_least)?;
            Some(median.clamp(*FACTORS.start(), *FACTORS.end()))
        };
        let all = factor(ratios.values().flatten().copied().collect(), ALL);
        let n_regions = ratios.len();
        let own = |(region, ratios): (&str, _)| Some((region.to_owned(), factor(ratios, REGION)?));
        let regions: BTreeMap<_, _> = ratios.into_iter().filter_map(own).collect();
        let has_others = regions.len() < n_regions;
        Self { regions, all, has_others }
    }

    fn get(&self, region: &str) -> Option<f64> {
        self.regions.get(region).copied().or(self.all)
    }

    /// Whether each of them is so small that it is no matter of accounts.
    fn is_everywhere(&self) -> bool {
        let of_others = self.all.filter(|_| self.has_others);
        let mut each = self.regions.values().copied().chain(of_others).peekable();
        each.peek().is_some() && each.all(|factor| factor < EVERYWHERE)
    }
}

/// Who fell in a week, of these accounts.
pub fn judge(histories: &[History], compared: Compared) -> Judged {
    let Compared { week, stretch, missing } = compared;
    let Some(week_before) = week.checked_sub(1) else { return Judged::default() };
    let now = Factors::of(histories, week, stretch);
    if now.is_everywhere() || missing > 1.0 - EVERYWHERE {
        return Judged { is_everywhere: true, ..Judged::default() };
    }
    let then = Factors::of(histories, week_before, stretch);
    let factor = |region: &str| match (now.get(region), then.get(region)) {
        (Some(now), Some(then)) => now / then,
        (Some(now), None) => now,
        (None, _) => 1.0 - missing,
    };
    let factor = |region: &str| Some(factor(region)).filter(|it| *it < HOLIDAY).unwrap_or(1.0);
    let fell = |(place, history): (usize, &History)| {
        let before = history.amount(week_before, stretch);
        let now = history.amount(week, stretch);
        let factor = factor(&history.region);
        let is_fall = before >= AT_LEAST && f64::from(now) * 2.0 <= f64::from(before) * factor;
        is_fall.then_some(Fell { place, before, now, factor })
    };
    let falls = histories.iter().enumerate().filter_map(fell).collect();
    Judged { is_everywhere: false, falls, regions: now.regions, all: now.all }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve weeks of accounts that do the same every week, 30 in the North and 30 in the South.
    fn steady(a_week: u32) -> Vec<History> {
        let one = |n: u32| {
            let days = (0..12 * 7).map(|day| if day % 7 < 5 { a_week / 5 } else { 0 }).collect();
            let region = if n.is_multiple_of(2) { "North" } else { "South" };
            History { region: region.to_owned(), days, parts: vec![a_week / 5; 12] }
        };
        (0..60).map(one).collect()
    }

    fn whole(week: usize) -> Compared {
        Compared { week, stretch: Stretch::Whole, missing: 0.0 }
    }

    /// Takes away days of a week, from its end.
    fn lose(history: &mut History, week: usize, n_days: usize) {
        history.days[7 * week + 5 - n_days..7 * week + 5].fill(0);
    }

    fn places(judged: &Judged) -> Vec<usize> {
        judged.falls.iter().map(|fell| fell.place).collect()
    }

    #[test]
    fn half_of_the_week_before_is_a_fall_and_a_little_more_is_none() {
        let mut histories = steady(40);
        histories[3].days[7 * 11..].copy_from_slice(&[8, 8, 4, 0, 0, 0, 0]);
        histories[4].days[7 * 11..].copy_from_slice(&[8, 8, 5, 0, 0, 0, 0]);
        let judged = judge(&histories, whole(11));
        assert_eq!(judged.falls, [Fell { place: 3, before: 40, now: 20, factor: 1.0 }]);
    }

    #[test]
    fn a_week_before_of_few_says_nothing() {
        let mut histories = steady(15);
        lose(&mut histories[0], 11, 5);
        assert!(places(&judge(&histories, whole(11))).is_empty());
    }

    #[test]
    fn a_holiday_of_a_region_is_no_fall_unless_one_falls_beyond_it() {
        let mut histories = steady(40);
        for history in histories.iter_mut().filter(|it| it.region == "South") {
            lose(history, 11, 3);
        }
        lose(&mut histories[1], 11, 5);
        // In the North the same is a fall.
        lose(&mut histories[2], 11, 3);
        let judged = judge(&histories, whole(11));
        assert_eq!(places(&judged), [1, 2]);
        assert!((judged.regions["South"] - 0.4).abs() < 1e-9);
        assert!((judged.falls[0].factor - 0.4).abs() < 1e-9);
    }

    #[test]
    fn after_a_holiday_nobody_has_to_double() {
        let mut histories = steady(40);
        for history in histories.iter_mut().filter(|it| it.region == "South") {
            lose(history, 10, 3);
        }
        assert!(places(&judge(&histories, whole(11))).is_empty());
    }

    #[test]
    fn a_fall_everywhere_is_no_matter_of_accounts() {
        let mut histories = steady(40);
        histories.iter_mut().for_each(|history| lose(history, 11, 3));
        let judged = judge(&histories, whole(11));
        assert!(judged.is_everywhere && judged.falls.is_empty());
        // Too few to have a say are left to the hours of which nothing came.
        let few = &histories[..4];
        assert_eq!(places(&judge(few, whole(11))), [0, 1, 2, 3]);
        assert!(judge(few, Compared { missing: 0.5, ..whole(11) }).is_everywhere);
        assert!(places(&judge(few, Compared { missing: 0.3, ..whole(11) })).is_empty());
    }

    #[test]
    fn where_a_region_has_few_accounts_all_of_them_speak_for_it() {
        let mut histories = steady(40);
        histories[0].region = "East".to_owned();
        for history in histories.iter_mut().skip(1) {
            history.days[7 * 11] = 0;
            history.days[7 * 11 + 1] = 4;
        }
        lose(&mut histories[0], 11, 3);
        // The others are at 70 %: 16 of 40 is more than half of what is to be expected then.
        assert!(places(&judge(&histories, whole(11))).is_empty());
        assert_eq!(judge(&histories, whole(11)).all, Some(0.7));
    }

    #[test]
    fn the_running_week_is_compared_up_to_its_moment() {
        let mut histories = steady(200);
        histories[5].parts[11] = 20;
        let compared = Compared { stretch: Stretch::Part, ..whole(11) };
        assert_eq!(places(&judge(&histories, compared)), [5]);
    }
}
