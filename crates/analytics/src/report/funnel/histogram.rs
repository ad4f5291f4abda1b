//! How long it takes: mean, median, and how many took how long.
//!
//! Times of people lie anywhere between seconds and weeks, most of them near the least. So the
//! bounds between the bars are lengths of time that people think in, and lie the farther apart the
//! longer they are: those of the finest of three ladders that needs at most [`MOST_BARS`] bars from
//! that of the least time to that of the greatest. A bar begins with its bound and ends before the
//! next one. Times are whole seconds, rounded down.

use serde::{Deserialize, Serialize};

/// The most bars. The last ladder never needs more.
const MOST_BARS: usize = 12;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What no window of a funnel is longer than.
const END: u64 = 367 * DAY;

/// The ladders, the finest first, in seconds. Each bound of one is a bound of those before it.
const LADDERS: [&[u64]; 3] = [
    &[
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        8,
        10,
        12,
        15,
        20,
        25,
        30,
        40,
        50,
        MINUTE,
        90,
        2 * MINUTE,
        3 * MINUTE,
        4 * MINUTE,
        5 * MINUTE,
        6 * MINUTE,
        8 * MINUTE,
        10 * MINUTE,
        12 * MINUTE,
        15 * MINUTE,
        20 * MINUTE,
        25 * MINUTE,
        30 * MINUTE,
        40 * MINUTE,
        50 * MINUTE,
        HOUR,
        90 * MINUTE,
        2 * HOUR,
        3 * HOUR,
        4 * HOUR,
        5 * HOUR,
        6 * HOUR,
        8 * HOUR,
        10 * HOUR,
        12 * HOUR,
        16 * HOUR,
        20 * HOUR,
        DAY,
        36 * HOUR,
        2 * DAY,
        3 * DAY,
        4 * DAY,
        5 * DAY,
        6 * DAY,
        7 * DAY,
        10 * DAY,
        14 * DAY,
        21 * DAY,
        30 * DAY,
        45 * DAY,
        60 * DAY,
        90 * DAY,
        120 * DAY,
        180 * DAY,
        270 * DAY,
        END,
    ],
    &[
        0,
        1,
        2,
        5,
        10,
        20,
        30,
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        20 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        4 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        60 * DAY,
        90 * DAY,
        180 * DAY,
        END,
    ],
    &[
        0,
        10,
        MINUTE,
        10 * MINUTE,
        HOUR,
        6 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        90 * DAY,
        END,
    ],
];

/// How long something took those who did it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Seconds.
    pub mean_seconds: f64,
    /// Seconds; of an even number, between the two in the middle.
    pub median_seconds: f64,
}

impl Times {
    /// Of the milliseconds of `people` together, and their median; if there are any.
    pub(super) fn of_millis(sum: i64, people: u64, median: Option<f64>) -> Option<Self> {
        let median = median.filter(|_| people > 0)?;
        let mean = sum as f64 / people as f64;
        Some(Self { mean_seconds: mean / 1_000.0, median_seconds: median / 1_000.0 })
    }
}

/// How many took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where each bar begins, in seconds, and last where the last one ends.
    pub bounds_seconds: Vec<u64>,
    /// How many are in each bar, the shortest times first.
    pub bins: Vec<u64>,
}

impl Histogram {
    /// From how many are on which step of the finest ladder, by its number from 1.
    pub(super) fn new(counts: &[(u64, u64)]) -> Option<Self> {
        let [finest, ..] = LADDERS;
        let step = |number: u64| Some(*finest.get(usize::try_from(number).ok()?.checked_sub(1)?)?);
        let counts: Vec<(u64, u64)> =
            counts.iter().filter_map(|(number, n)| Some((step(*number)?, *n))).collect();
        let ladders = LADDERS.iter().filter_map(|ladder| Self::on(ladder, &counts));
        // The last ladder has no more bars than are allowed.
        ladders.into_iter().find(|it| it.bins.len() <= MOST_BARS)
    }

    /// The bars between the bounds of a ladder, without those before the least and after the
    /// greatest time.
    fn on(ladder: &[u64], counts: &[(u64, u64)]) -> Option<Self> {
        let bar = |at: u64| ladder.iter().rposition(|bound| *bound <= at);
        let least = counts.iter().filter_map(|(at, _)| bar(*at)).min()?;
        let greatest = counts.iter().filter_map(|(at, _)| bar(*at)).max()?;
        let n_in =
            |n: usize| counts.iter().filter(move |(at, _)| bar(*at) == Some(n)).map(|it| it.1);
        Some(Self {
            bounds_seconds: ladder.get(least..=greatest + 1)?.to_vec(),
            bins: (least..=greatest).map(|n| n_in(n).sum()).collect(),
        })
    }
}

/// The number of the step of the finest ladder that some seconds are on, from 1, as SQL.
pub(super) fn step(seconds: &str) -> String {
    let [finest, ..] = LADDERS;
    let bounds: Vec<_> = finest.iter().map(ToString::to_string).collect();
    format!("toUInt64(arrayCount(bound -> bound <= {seconds}, [{}]))", bounds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bars of times in seconds.
    fn bars(times: &[u64]) -> String {
        let finest = LADDERS[0];
        let step = |at: &u64| finest.iter().filter(|bound| *bound <= at).count() as u64;
        let counts: Vec<_> = times.iter().map(|at| (step(at), 1)).collect();
        let Histogram { bounds_seconds, bins } = Histogram::new(&counts).unwrap();
        format!("{bounds_seconds:?} {bins:?}")
    }

    #[test]
    fn a_ladder_is_as_fine_as_the_times_allow() {
        assert_eq!(bars(&[20]), "[20, 25] [1]");
        assert_eq!(bars(&[20, 24, 41]), "[20, 25, 30, 40, 50] [2, 0, 0, 1]");
        let skewed = [3, 8, 9, 30, 3_599, 3_600];
        assert_eq!(
            bars(&skewed),
            "[2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200] [1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1]"
        );
        let wide = [0, 59, 60, 40 * DAY, 366 * DAY];
        assert!(bars(&wide).starts_with("[0, 10, 60, 600,"), "{}", bars(&wide));
        assert!(bars(&wide).ends_with("[1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]"), "{}", bars(&wide));
        assert_eq!(Histogram::new(&[]), None);
    }

    #[test]
    fn ladders_hold_each_other_and_the_last_one_has_few_bars() {
        for two in LADDERS.windows(2) {
            assert!(two[1].iter().all(|bound| two[0].contains(bound)), "{two:?}");
        }
        for ladder in LADDERS {
            assert!(ladder.is_sorted() && ladder[0] == 0 && ladder.last() == Some(&END));
        }
        assert!(LADDERS[2].len() <= MOST_BARS + 1);
    }
}
