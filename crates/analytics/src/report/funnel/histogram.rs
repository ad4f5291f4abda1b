//! How long it takes: mean, median, and how many took how long.
//!
//! Of `n` whole times there are as many bins as the cube root of `n`, rounded up, at least 3 and at
//! most 60; each is as wide as the range of the times by their number, rounded up to a second, or a
//! minute wide where all are alike. The first begins with the least time in whole seconds, and the
//! last one holds its end.

use serde::{Deserialize, Serialize};

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
    /// Where the first bin begins, in seconds.
    pub from_seconds: u64,
    /// How wide each is, in seconds.
    pub bin_seconds: u64,
    /// How many are in each, the shortest times first.
    pub bins: Vec<u64>,
}

/// The columns of a [`Histogram`], of an array of whole seconds.
pub(super) fn columns(seconds: &str) -> String {
    let n = format!("length({seconds})");
    let bins = format!("if({n} = 0, 0, arrayFirst(b -> b * b * b >= {n} OR b = 60, range(3, 61)))");
    // Differences have a sign for ClickHouse, and what has one compares with nothing that has none.
    let range = format!("toUInt64(arrayMax({seconds}) - arrayMin({seconds}))");
    let width = format!("if({range} = 0, 60, intDiv({range} + n_bins - 1, greatest(n_bins, 1)))");
    let of = "least(intDiv(toUInt64(took - from_seconds), bin_seconds), toUInt64(n_bins - 1))";
    format!(
        "toUInt64({bins}) AS n_bins, toUInt64(arrayMin({seconds})) AS from_seconds, \
         toUInt64({width}) AS bin_seconds, arrayMap(took -> {of}, {seconds}) AS in_bin, \
         arrayMap(bin -> countEqual(in_bin, toUInt64(bin)), range(n_bins)) AS bins"
    )
}
