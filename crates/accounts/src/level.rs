//! What is usual of an account, and when it is back there: one meaning for whatever tells of it.
//!
//! The *usual* week is the median of the eight weeks before a day, of those from the first core
//! action on, which are four at least; a usual day is one of the days of the week that usually have
//! some. An account is *back* on the first day that has [`BACK`] of a mean usual day, if the seven
//! days from it on, or as many of them as are over, have [`BACK`] of what is usual of them.

use std::ops::Range;

/// How many weeks before a day make its usual.
const WEEKS: usize = 8;
/// Of how many of them something must be known.
const KNOWN: usize = 4;
/// What of the level before is as before.
const BACK: f64 = 0.95;
const WEEK: usize = 7;

/// How much an account does in a week, and on each day of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    /// Core actions of a week.
    pub(crate) week: f64,
    /// Of that what each day has, by the day's number from the first that is known.
    days: [f64; WEEK],
}

/// A day on which an account was back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BackOn {
    /// Its number from the first that is known.
    pub(crate) day: usize,
    /// What it had, of a mean usual day.
    pub(crate) share: f64,
}

impl Level {
    /// What is usual before a day; none where too little is known of it.
    pub(crate) fn usual<N: Copy + Into<u64>>(days: &[N], until: usize) -> Option<Self> {
        let weeks = known(days, until)?;
        let week = median(weeks.iter().map(|week| sum(days, week.clone())).collect())?;
        let of_day = |number: usize| {
            let day = |week: &Range<usize>| week.clone().find(|day| day % WEEK == number);
            let each = weeks.iter().filter_map(day).map(|day| sum(days, day..day + 1));
            median(each.collect()).unwrap_or(0.0)
        };
        Self::new(week, std::array::from_fn(of_day))
    }

    /// What was done in the week that begins with a day; none where that is nothing.
    pub(crate) fn of_week<N: Copy + Into<u64>>(days: &[N], start: usize) -> Option<Self> {
        let mut of_days = [0.0; WEEK];
        (start..start + WEEK).for_each(|day| of_days[day % WEEK] = sum(days, day..day + 1));
        Self::new(of_days.iter().sum(), of_days)
    }

    fn new(week: f64, days: [f64; WEEK]) -> Option<Self> {
        let all: f64 = days.iter().sum();
        (week > 0.0 && all > 0.0).then(|| Self { week, days: days.map(|n| n * week / all) })
    }

    /// The same, if a week has no more than so much, else as much.
    pub(crate) fn at_most(self, week: f64) -> Option<Self> {
        Self::new(self.week.min(week), self.days)
    }

    /// The mean of the days that usually have some.
    pub(crate) fn a_day(&self) -> f64 {
        self.week / self.days.iter().filter(|n| **n > 0.0).count() as f64
    }

    fn of(&self, days: Range<usize>) -> f64 {
        days.map(|day| self.days[day % WEEK]).sum()
    }

    /// How many weeks some days are, by what they usually have.
    pub(crate) fn weeks(&self, days: Range<usize>) -> f64 {
        self.of(days) / self.week
    }

    /// What was done on some days, of what is usual of them; all where nothing is.
    pub(crate) fn share<N: Copy + Into<u64>>(&self, days: &[N], of: Range<usize>) -> f64 {
        let usual = self.of(of.clone());
        if usual > 0.0 { sum(days, of) / usual } else { 1.0 }
    }

    /// The first of some days on which the account is back; the last of them is the last that is
    /// over.
    pub(crate) fn back<N: Copy + Into<u64>>(&self, days: &[N], of: Range<usize>) -> Option<BackOn> {
        let of = of.start..of.end.min(days.len());
        let is_back = |day: &usize| {
            let next = *day..(*day + WEEK).min(of.end);
            is_reached(sum(days, *day..*day + 1), self.a_day())
                && is_reached(sum(days, next.clone()), self.of(next))
        };
        let day = of.clone().find(is_back)?;
        Some(BackOn { day, share: sum(days, day..day + 1) / self.a_day() })
    }
}

/// The weeks before a day by which it is known what is usual, the last first; none where they are
/// too few.
pub(crate) fn known<N: Copy + Into<u64>>(days: &[N], until: usize) -> Option<Vec<Range<usize>>> {
    let first = days.iter().position(|n| (*n).into() > 0)?;
    let starts = (1..=WEEKS).map_while(|n| until.checked_sub(WEEK * n));
    let known = starts.map(|start| start..start + WEEK).take_while(|week| week.end > first);
    let known: Vec<_> = known.collect();
    (known.len() >= KNOWN).then_some(known)
}

/// Whether something is as it was before.
pub(crate) fn is_reached(n: f64, before: f64) -> bool {
    // The share is no binary fraction: 38 of 40 must do.
    n + 1e-9 >= BACK * before
}

/// The value in the middle, or between the two that are.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*lower, *upper))
}

fn sum<N: Copy + Into<u64>>(days: &[N], of: Range<usize>) -> f64 {
    days.get(of).unwrap_or_default().iter().map(|n| (*n).into()).sum::<u64>() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(weeks: &[[u32; 5]]) -> Vec<u32> {
        weeks.iter().flat_map(|week| week.iter().copied().chain([0, 0])).collect()
    }

    #[test]
    fn an_account_is_back_where_a_day_and_the_seven_from_it_on_are() {
        let mut weeks = vec![[40; 5]; 6];
        weeks.extend([[0; 5], [40, 0, 0, 0, 0], [0, 9, 38, 38, 38], [38; 5]]);
        let days = days(&weeks);
        let level = Level::usual(&days, 6 * WEEK).unwrap();
        assert_eq!((level.week, level.a_day()), (200.0, 40.0));
        // One good day is none.
        let back = level.back(&days, 6 * WEEK..10 * WEEK);
        assert_eq!(back, Some(BackOn { day: 8 * WEEK + 2, share: 0.95 }));
        assert_eq!(level.back(&days, 6 * WEEK..8 * WEEK + 2), None);
        assert_eq!(level.share(&days, 7 * WEEK..8 * WEEK), 0.2);
    }

    #[test]
    fn weeks_before_the_first_core_action_are_not_known() {
        let mut weeks = vec![[0; 5]; 6];
        weeks.extend([[10; 5]; 4]);
        let days = days(&weeks);
        assert_eq!(Level::usual(&days, 10 * WEEK).unwrap().week, 50.0);
        assert_eq!(Level::usual(&days, 9 * WEEK), None, "three weeks are too few");
        assert_eq!(Level::usual(&[0_u32; 70], 70), None);
    }

    #[test]
    fn a_level_has_the_shape_of_its_week_and_may_be_less() {
        let days = days(&[[20, 0, 10, 0, 10]]);
        let level = Level::of_week(&days, 0).unwrap();
        assert_eq!((level.week, level.a_day()), (40.0, 40.0 / 3.0));
        let half = level.at_most(20.0).unwrap();
        assert_eq!((half.week, half.of(0..1)), (20.0, 10.0));
        assert_eq!(level.at_most(100.0), Some(level));
        assert_eq!(Level::of_week(&[0_u32; 7], 0), None);
    }
}
