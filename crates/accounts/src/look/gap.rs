//! Hours of which nothing came although something usually does: a page without the SDK, a
//! collector that nobody reached, or a holiday of everybody.
//!
//! An hour of the week is *usual* if at least three quarters of those known of the eight weeks
//! before it, which are three at least, had a visit. A *gap* is a run of usual hours without any
//! event of anybody, staff and programs among them, in which [`VISITS`] visits were to be expected.
//! Hours that are not usual neither end a run nor lengthen it.

use std::collections::HashMap;
use std::ops::Range;

/// Hours of a week.
const WEEK: i64 = 7 * 24;
/// The visits that must be missing.
const VISITS: f64 = 10.0;
/// The usual hours that must be missing, since each alone may be without any.
const HOURS: usize = 2;

/// Visits by the hour, counted since 1970.
#[derive(Debug, Default)]
pub(super) struct Hours {
    visits: HashMap<i64, u32>,
    /// The first hour of the project.
    first: i64,
}

/// A stretch of time of which nothing came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    /// Its first hour, since 1970.
    pub(super) from: i64,
    /// The first hour after it.
    pub(super) to: i64,
    /// Visits that were to be expected.
    pub(super) expected: f64,
}

impl Hours {
    /// These visits, where the project began with this hour.
    pub(super) fn new(visits: HashMap<i64, u32>, first: i64) -> Self {
        Self { visits, first }
    }

    /// Whether the project had begun when an hour did.
    pub(super) const fn reach_back_to(&self, hour: i64) -> bool {
        self.first <= hour
    }

    /// Visits of some hours.
    pub(super) fn sum(&self, hours: Range<i64>) -> u64 {
        hours.filter_map(|hour| self.visits.get(&hour)).map(|n| u64::from(*n)).sum()
    }

    /// The visits that an hour usually has, if it is one that usually has some.
    fn usual(&self, hour: i64) -> Option<f64> {
        let before = (1..=8).map(|weeks| hour - weeks * WEEK).filter(|it| *it >= self.first);
        let known: Vec<_> = before.map(|it| self.visits.get(&it).copied().unwrap_or(0)).collect();
        let n_some = known.iter().filter(|n| **n > 0).count();
        let is_usual = known.len() >= 3 && n_some * 4 >= known.len() * 3;
        is_usual.then(|| f64::from(known.iter().sum::<u32>()) / known.len() as f64)
    }

    /// The first hour of the last `n` of these days, which are over, that were days of work: with a
    /// quarter of the visits of a mean one of them at least.
    pub(super) fn last_days_of_work(&self, n: usize, days: &[Range<i64>]) -> Option<i64> {
        let visits = |day: &Range<i64>| self.sum(day.clone());
        let all: u64 = days.iter().map(visits).sum();
        let is_of_work = |day: &&Range<i64>| visits(day) * days.len() as u64 * 4 >= all.max(1);
        let mut days = days.iter().rev().filter(is_of_work);
        days.nth(n.checked_sub(1)?).map(|day| day.start)
    }

    /// The gaps of some hours, which are over.
    pub(super) fn gaps(&self, hours: Range<i64>) -> Vec<Gap> {
        let (mut gaps, mut run): (Vec<Gap>, Option<(Gap, usize)>) = (Vec::new(), None);
        let mut end = |run: &mut Option<(Gap, usize)>| {
            let whole = run.take().filter(|(gap, n)| *n >= HOURS && gap.expected >= VISITS);
            gaps.extend(whole.map(|(gap, _)| gap));
        };
        for hour in hours {
            if self.visits.get(&hour).is_some_and(|n| *n > 0) {
                end(&mut run);
            } else if let Some(usual) = self.usual(hour) {
                let (gap, n) = run.get_or_insert((Gap { from: hour, to: hour, expected: 0.0 }, 0));
                *gap = Gap { to: hour + 1, expected: gap.expected + usual, ..*gap };
                *n += 1;
            }
        }
        end(&mut run);
        gaps
    }

    /// The share of the usual visits of some hours that lies in gaps.
    pub(super) fn missing(&self, hours: Range<i64>) -> f64 {
        let lost: f64 = self.gaps(hours.clone()).iter().map(|gap| gap.expected).sum();
        let usual: f64 = hours.filter_map(|hour| self.usual(hour)).sum();
        if usual > 0.0 { lost / usual } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24;

    /// Nine weeks of visits from 8 to 18 on working days.
    fn office() -> HashMap<i64, u32> {
        let is_work = |hour: &i64| hour.rem_euclid(WEEK) < 120 && (8..18).contains(&(hour % 24));
        (0..9 * WEEK).filter(is_work).map(|hour| (hour, 6)).collect()
    }

    const LAST: i64 = 8 * WEEK;

    #[test]
    fn office_hours_without_any_visit_are_a_gap_and_nights_are_none() {
        let mut visits = office();
        assert_eq!(Hours::new(visits.clone(), 0).gaps(LAST..LAST + WEEK), []);
        // From Tuesday at noon to Thursday at ten.
        visits.retain(|hour, _| !(LAST + 36..LAST + 82).contains(hour));
        let hours = Hours::new(visits, 0);
        let gap = Gap { from: LAST + 36, to: LAST + 82, expected: 18.0 * 6.0 };
        assert_eq!(hours.gaps(LAST..LAST + WEEK), [gap]);
        assert!((hours.missing(LAST..LAST + WEEK) - 18.0 / 50.0).abs() < 1e-9);
    }

    #[test]
    fn one_hour_or_a_few_visits_are_no_gap() {
        let mut visits = office();
        visits.remove(&(LAST + 12));
        assert_eq!(Hours::new(visits, 0).gaps(LAST..LAST + WEEK), []);
        let mut visits: HashMap<_, _> = office().into_keys().map(|hour| (hour, 1)).collect();
        visits.retain(|hour, _| !(LAST + 8..LAST + 14).contains(hour));
        assert_eq!(Hours::new(visits, 0).gaps(LAST..LAST + WEEK), []);
    }

    /// The 28 days before an hour's own, in a zone so many hours ahead.
    fn days(hour: i64, ahead: i64) -> Vec<Range<i64>> {
        let today = (hour + ahead).div_euclid(DAY);
        let day = |day: i64| day * DAY - ahead..(day + 1) * DAY - ahead;
        (today - 28..today).map(day).collect()
    }

    #[test]
    fn weekends_and_days_without_anything_are_no_days_of_work() {
        let mut visits = office();
        let hours = Hours::new(visits.clone(), 0);
        // On Sunday at noon the last three are Wednesday to Friday.
        let sunday = days(LAST + 6 * DAY + 12, 0);
        assert_eq!(hours.last_days_of_work(3, &sunday), Some(LAST + 2 * DAY));
        let last = hours.last_days_of_work(3, &days(LAST + DAY, 0));
        assert_eq!(last, Some(LAST - WEEK + 3 * DAY));
        visits.retain(|hour, _| *hour < LAST + 3 * DAY);
        let hours = Hours::new(visits, 0);
        assert_eq!(hours.last_days_of_work(3, &sunday), Some(LAST));
        assert_eq!(Hours::default().last_days_of_work(3, &sunday), None);
    }

    #[test]
    fn days_of_work_are_those_of_the_zone() {
        // From 8 to 18 where it is eleven hours later: the evening before, by the clock of Greenwich.
        let visits = office().into_iter().map(|(hour, n)| (hour - 11, n)).collect();
        let hours = Hours::new(visits, 0);
        let sunday = days(LAST + 6 * DAY, 11);
        assert_eq!(hours.last_days_of_work(3, &sunday), Some(LAST + 2 * DAY - 11));
        // By that clock Thursday has its hours from 21 on, and is the last but one of them.
        assert_ne!(hours.last_days_of_work(3, &days(LAST + 6 * DAY, 0)), Some(LAST + 2 * DAY - 11));
    }

    #[test]
    fn what_is_usual_takes_three_weeks_to_know() {
        let mut visits = office();
        visits.retain(|hour, _| *hour >= 6 * WEEK && *hour < LAST);
        assert_eq!(Hours::new(visits.clone(), 6 * WEEK).gaps(LAST..LAST + WEEK), []);
        assert_eq!(Hours::new(visits, 5 * WEEK).gaps(LAST..LAST + WEEK), [], "two of three");
    }
}
