//! What a trend is compared with, as far as it is known. Before the first event of a project nothing
//! is, and that is no 0.

use super::shown::Measure;
use crate::dashboard::live::zone;
use analytics::report::trend::{Before, Compare, Series};
use analytics::{Scope, TrendResult};
use protocol::Timestamp;

/// The periods that a trend is compared with, some of which are known at least.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared<'a> {
    before: &'a Before,
    /// How many of them nothing is known of.
    n_unknown: usize,
}

/// A number to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    /// Nothing is known.
    Unknown,
    /// Of the last part of the period.
    Part(u64),
    /// Of all of it.
    Whole(u64),
}

impl<'a> Compared<'a> {
    /// Those of an answer; none where nothing is compared or nothing is known.
    pub(super) fn of(result: &'a TrendResult) -> Option<Self> {
        let before = result.before.as_ref()?;
        let n_unknown = before
            .known_since
            .map_or(0, |since| before.ends.iter().take_while(|end| **end <= since).count());
        (n_unknown < before.ends.len()).then_some(Self { before, n_unknown })
    }

    /// Whether all of them are known.
    pub(super) fn is_whole(&self) -> bool {
        self.before.known_since.is_none()
    }

    /// Whether the first event came in the middle of the first one that is known.
    fn begins_within(&self) -> bool {
        let last_unknown = self.n_unknown.checked_sub(1).and_then(|n| self.before.ends.get(n));
        self.before.known_since.is_some() && self.before.known_since.as_ref() != last_unknown
    }

    /// The number of a series in one of them.
    pub(super) fn number(&self, series: &Series, number: usize, measure: Measure) -> Earlier {
        let values = series.before.as_ref().map(|before| &before.values);
        let Some(done) = values.and_then(|values| values.get(number)) else {
            return Earlier::Unknown;
        };
        match number {
            number if number < self.n_unknown => Earlier::Unknown,
            number if number == self.n_unknown && self.begins_within() => {
                Earlier::Part(measure.of(done))
            }
            _ => Earlier::Whole(measure.of(done)),
        }
    }
}

/// What is not known of what a trend is compared with, as a sentence; `then` is what that is called.
pub(super) fn unknown(result: &TrendResult, then: &str, scope: &Scope) -> Option<String> {
    let since = result.before.as_ref()?.known_since?;
    let since = moment(since, scope);
    Some(match Compared::of(result) {
        None => format!(
            "There is nothing to compare with: the first event is of {since}, after {then}."
        ),
        Some(_) => format!(
            "Of {then} only a part is known, since the first event is of {since}: the totals are not compared."
        ),
    })
}

/// A moment that may be of another year: `22 Nov 2025, 12:00`.
pub(super) fn moment(at: Timestamp, scope: &Scope) -> String {
    let at = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned(zone(&scope.time_zone)).strftime("%-d %b %Y, %H:%M").to_string()
}

/// What it is called at the head of a column.
pub(super) const fn head(compare: Compare) -> &'static str {
    match compare {
        Compare::LastYear => "last year",
        Compare::None | Compare::Previous => "before",
    }
}
