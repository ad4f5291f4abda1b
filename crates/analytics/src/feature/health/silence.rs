//! Whether nothing is more than chance, and whether much is too much: arithmetic alone.

use super::UNLIKELY;
use super::evidence::DAY_MS;
use protocol::Timestamp;
use std::collections::BTreeMap;

/// Weeks that what is usual is taken from.
const WEEKS: i64 = 12;

/// Fewer uses than these in all of them say nothing.
const LEAST_USES: u64 = 10;

/// A silence of fewer days is none.
const LEAST_DAYS: i64 = 2;

/// Uses of a feature, by days ago.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses {
    pub(super) by_day: BTreeMap<i64, u64>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
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

fn sum(by_day: &BTreeMap<i64, u64>, days: std::ops::Range<i64>) -> u64 {
    by_day.range(days).map(|(_, n)| n).sum()
}

/// Days ago, as whole days.
fn ago(at: Timestamp, now: Timestamp) -> i64 {
    now.millis_since(at).div_euclid(DAY_MS)
}

/// The silence since the last use, if it is one. `views` are those of the feature's pages.
pub(super) fn find(uses: &Uses, views: &BTreeMap<i64, u64>, now: Timestamp) -> Option<Silence> {
    let silent = ago(uses.last, now);
    if silent < LEAST_DAYS {
        return None;
    }
    let n_weeks = ((ago(uses.first, now) - silent) / 7 + 1).clamp(1, WEEKS);
    let week = |n: i64| sum(&uses.by_day, silent + 7 * n..silent + 7 * (n + 1));
    let weeks: Vec<u64> = (0..n_weeks).map(week).collect();
    let total: u64 = weeks.iter().sum();
    let before = sum(views, silent..silent + 7 * n_weeks) as f64 / (7 * n_weeks) as f64;
    if total < LEAST_USES || before == 0.0 {
        return None;
    }
    let (mean, size) = moments(&weeks);
    let traffic = sum(views, 0..silent) as f64 / silent as f64 / before;
    let expected = mean / 7.0 * silent as f64 * traffic.min(1.0);
    let probability = (1.0 + expected / size).powf(-size);
    let usual_per_day = mean / 7.0;
    (probability < UNLIKELY).then_some(Silence { expected, probability, traffic, usual_per_day })
}

/// Mean, and size of the negative binomial distribution, by the method of moments.
fn moments(weeks: &[u64]) -> (f64, f64) {
    /// Beyond this it is as good as Poisson's.
    const LARGEST: f64 = 100.0;
    let n = weeks.len() as f64;
    let mean = weeks.iter().sum::<u64>() as f64 / n;
    let squares = weeks.iter().map(|week| (*week as f64 - mean).powi(2)).sum::<f64>();
    let variance = squares / (n - 1.0).max(1.0);
    let size = if variance > mean { mean * mean / (variance - mean) } else { LARGEST };
    (mean, size.min(LARGEST))
}

/// The last seven days and the median of the weeks before, where there are four or more.
pub(super) fn week(uses: &Uses) -> Option<Week> {
    let first = *uses.by_day.keys().next_back()?;
    let n_weeks = ((first + 1) / 7 - 1).min(WEEKS);
    if n_weeks < 4 {
        return None;
    }
    let mut weeks: Vec<u64> =
        (1..=n_weeks).map(|n| sum(&uses.by_day, 7 * n..7 * (n + 1))).collect();
    weeks.sort_unstable();
    Some(Week { last: sum(&uses.by_day, 0..7), usual: weeks[weeks.len() / 2] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    /// So many uses a day, or one on every `every`th day, from 84 days before `silent` days ago on.
    fn uses(silent: i64, per_day: u64, every: i64) -> Uses {
        let by_day: BTreeMap<i64, u64> = (silent..silent + 84)
            .filter(|day| (day - silent) % every == 0)
            .map(|day| (day, per_day))
            .collect();
        let at = |day: i64| NOW.plus_millis(-day * DAY_MS - DAY_MS / 2);
        Uses { by_day, first: at(silent + 83), last: at(silent) }
    }

    fn views(per_day: u64) -> BTreeMap<i64, u64> {
        (0..200).map(|day| (day, per_day)).collect()
    }

    #[test]
    fn a_busy_feature_is_silent_after_days_and_a_weekly_one_after_weeks() {
        let is_silent = |silent, per_day, every| {
            find(&uses(silent, per_day, every), &views(100), NOW).is_some()
        };
        assert!(!is_silent(1, 50, 1));
        assert!(is_silent(2, 50, 1));
        // Once a week: three days without a use are what every week has.
        assert!(!is_silent(3, 1, 7) && !is_silent(20, 1, 7));
        assert!(is_silent(70, 1, 7));
    }

    #[test]
    fn a_silence_of_the_page_is_none_of_the_rule() {
        let quiet: BTreeMap<i64, u64> =
            views(100).into_iter().map(|(day, n)| (day, if day < 5 { 0 } else { n })).collect();
        assert_eq!(find(&uses(5, 50, 1), &quiet, NOW), None);
        let found = find(&uses(5, 50, 1), &views(100), NOW).unwrap();
        assert!((found.traffic - 1.0).abs() < 1e-9 && (found.expected - 250.0).abs() < 1e-6);
    }

    #[test]
    fn uneven_weeks_make_a_silence_less_surprising() {
        let even = uses(7, 3, 1);
        let mut uneven = uses(7, 0, 1);
        (0..12).filter(|week| week % 4 == 1).for_each(|week| {
            uneven.by_day.insert(7 + week * 7, 84);
        });
        assert!(find(&even, &views(100), NOW).is_some());
        assert_eq!(find(&uneven, &views(100), NOW), None);
    }

    #[test]
    fn a_week_is_held_against_the_median_one() {
        let mut uses = uses(0, 10, 1);
        assert_eq!(week(&uses), Some(Week { last: 70, usual: 70 }));
        uses.by_day.insert(2, 1_000);
        assert_eq!(week(&uses), Some(Week { last: 1_060, usual: 70 }));
        uses.by_day.retain(|day, _| *day < 21);
        assert_eq!(week(&uses), None);
    }
}
