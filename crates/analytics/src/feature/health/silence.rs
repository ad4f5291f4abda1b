//! Whether nothing is more than chance, and whether much is too much: arithmetic alone.

use super::evidence::DAY_MS;
use super::{FEW, TIMES, UNLIKELY};
use protocol::Timestamp;
use std::collections::BTreeMap;

/// Weeks that what is usual is taken from.
const WEEKS: i64 = 12;

/// Of fewer weeks it cannot be said how uneven they are.
const LEAST_WEEKS: i64 = 4;

/// Fewer uses than these in all of them say nothing.
const LEAST_USES: f64 = 10.0;

/// A silence of fewer days is none.
const LEAST_DAYS: i64 = 2;

/// Numbers by days ago.
pub(super) type ByDay = BTreeMap<i64, u64>;

/// Uses of a feature.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    pub(super) by_day: ByDay,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Uses {
    /// What is known by days alone.
    pub(super) fn of_days(by_day: &ByDay, now: Timestamp) -> Option<Self> {
        let at = |ago: &i64| now.plus_millis(-ago * DAY_MS);
        let (last, first) = (at(by_day.keys().next()?), at(by_day.keys().next_back()?));
        Some(Self { by_day: by_day.clone(), first, last })
    }
}

/// A silence that is more than chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Silence {
    pub(super) expected: f64,
    pub(super) probability: f64,
    pub(super) traffic: f64,
    pub(super) usual_per_day: f64,
}

/// A week and what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) last: u64,
    pub(super) usual: u64,
}

fn sum(by_day: &ByDay, days: std::ops::Range<i64>) -> u64 {
    by_day.range(days).map(|(_, n)| n).sum()
}

/// Days ago, as whole days.
fn ago(at: Timestamp, now: Timestamp) -> i64 {
    now.millis_since(at).div_euclid(DAY_MS)
}

/// The silence since the last use, if it is one. `views` are those of the feature's pages.
pub(super) fn find(uses: &Uses, views: &ByDay, now: Timestamp) -> Option<Silence> {
    let before = Before::last_use(uses, now)?;
    let usual_views = before.usual(views);
    if usual_views == 0.0 {
        return None;
    }
    before.silence(uses, sum(views, 0..before.days) as f64 / usual_views)
}

/// Whether it may be one, whatever is viewed: if its pages are viewed as usual, most is expected.
pub(super) fn may_be(uses: &Uses, now: Timestamp) -> bool {
    Before::last_use(uses, now).is_some_and(|before| before.silence(uses, 1.0).is_some())
}

/// The weeks before a silence of so many days.
#[derive(Debug, Clone, Copy)]
struct Before {
    days: i64,
    weeks: i64,
}

/// A week before a silence: how many uses it has, and how likely it has none.
#[derive(Debug, Clone, Copy)]
struct UsualWeek {
    mean: f64,
    none: f64,
}

impl Before {
    /// Those before the last use, where it is so long ago and they are so many that something can
    /// be said.
    fn last_use(uses: &Uses, now: Timestamp) -> Option<Self> {
        let silent = ago(uses.last, now);
        let weeks = (ago(uses.first, now) - silent + 1) / 7;
        let is_known = silent >= LEAST_DAYS && weeks >= LEAST_WEEKS;
        is_known.then_some(Self { days: silent, weeks: weeks.min(WEEKS) })
    }

    /// The silence, if it is more than chance, in so much of the usual traffic.
    fn silence(self, uses: &Uses, traffic: f64) -> Option<Silence> {
        let week = self.week(&uses.by_day);
        if week.mean * self.n() < LEAST_USES {
            return None;
        }
        let expected = self.usual(&uses.by_day) * traffic.min(1.0);
        let by_weeks = week.none.powf(expected / week.mean);
        let by_days = self.none_by_days(&uses.by_day, traffic.min(1.0));
        let (probability, usual_per_day) = (by_weeks.max(by_days), week.mean / 7.0);
        (probability < UNLIKELY).then_some(Silence {
            expected,
            probability,
            traffic,
            usual_per_day,
        })
    }

    fn n(self) -> f64 {
        self.weeks as f64
    }

    /// The numbers of the same day of the week as one of the silence, in each of the weeks.
    fn same_day(self, by_day: &ByDay, day: i64) -> impl Iterator<Item = f64> {
        let latest = self.days + (day - self.days).rem_euclid(7);
        (0..self.weeks).map(move |n| by_day.get(&(latest + 7 * n)).copied().unwrap_or(0) as f64)
    }

    /// What the days of the silence would have as a rule.
    fn usual(self, by_day: &ByDay) -> f64 {
        let mean = |day| self.same_day(by_day, day).sum::<f64>() / self.n();
        (0..self.days).map(mean).sum()
    }

    fn week(self, by_day: &ByDay) -> UsualWeek {
        let start = |n: i64| self.days + 7 * n;
        let weeks = (0..self.weeks).map(|n| sum(by_day, start(n)..start(n + 1)) as f64);
        let weeks: Vec<f64> = weeks.collect();
        let (mean, variance) = moments(weeks.iter().copied());
        let without = weeks.iter().filter(|n| **n == 0.0).count() as f64;
        let seen = if without > 0.0 { (without + 1.0) / (self.n() + 2.0) } else { 0.0 };
        UsualWeek { mean, none: seen.max(none(mean, size(mean * mean, variance - mean))) }
    }

    /// How likely none of the days of the silence has a use, each by itself, in so much of the
    /// usual traffic.
    fn none_by_days(self, by_day: &ByDay, traffic: f64) -> f64 {
        let days: Vec<_> = (0..7).map(|day| moments(self.same_day(by_day, day))).collect();
        let squares = days.iter().map(|(mean, _)| mean * mean).sum();
        let size = size(squares, days.iter().map(|(mean, variance)| variance - mean).sum());
        let means = days.iter().cycle().map(|(mean, _)| *mean);
        means.zip(0..self.days).map(|(mean, _)| none(traffic * mean, size)).product()
    }
}

/// The probability of none, under the negative binomial distribution of a mean and a size.
fn none(mean: f64, size: f64) -> f64 {
    (1.0 + mean / size).powf(-size)
}

/// The size of the negative binomial distribution, by the method of moments.
fn size(mean_squared: f64, variance_beyond_mean: f64) -> f64 {
    /// Beyond this it is as good as Poisson's.
    const LARGEST: f64 = 100.0;
    if variance_beyond_mean <= 0.0 {
        return LARGEST;
    }
    (mean_squared / variance_beyond_mean).min(LARGEST)
}

/// Mean and variance.
fn moments(of: impl Iterator<Item = f64>) -> (f64, f64) {
    let of: Vec<f64> = of.collect();
    let n = of.len() as f64;
    let mean = of.iter().sum::<f64>() / n;
    let squares = of.iter().map(|one| (one - mean).powi(2)).sum::<f64>();
    (mean, squares / (n - 1.0).max(1.0))
}

/// The last seven days, if they have far more uses than the median week before, of four or more,
/// and than the views of the feature's pages would explain.
pub(super) fn too_much(uses: &Uses, views: &ByDay) -> Option<Week> {
    let first = *uses.by_day.keys().next_back()?;
    let n_weeks = ((first + 1) / 7 - 1).min(WEEKS);
    if n_weeks < LEAST_WEEKS {
        return None;
    }
    let (last, usual) = last_and_median(&uses.by_day, n_weeks);
    let (last_views, usual_views) = last_and_median(views, n_weeks);
    let growth = (last_views as f64 / usual_views.max(1) as f64).max(1.0);
    let is_too_much = last > FEW && last as f64 > TIMES as f64 * usual as f64 * growth;
    is_too_much.then_some(Week { last, usual })
}

/// The last seven days, and the median of so many weeks before.
fn last_and_median(by_day: &ByDay, n_weeks: i64) -> (u64, u64) {
    let mut weeks: Vec<u64> = (1..=n_weeks).map(|n| sum(by_day, 7 * n..7 * (n + 1))).collect();
    weeks.sort_unstable();
    (sum(by_day, 0..7), weeks[weeks.len() / 2])
}

#[cfg(test)]
mod tests;
