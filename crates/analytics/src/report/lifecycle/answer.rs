//! What the life cycle says: a row for each period.

use super::Cut;
use crate::query::InvalidQuery;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleResult {
    /// What the activity is called; none where it is anything.
    pub activity: Option<String>,
    /// One for each period of the range that has begun, the earliest first.
    pub periods: Vec<Phase>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// Who comes and goes in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// The first day of the period, or its hour, in the project's zone.
    pub period: String,
    /// Who did anything for the first time ever in it.
    pub new: u64,
    /// Who was there in the period before, too.
    pub returning: u64,
    /// Who was not there in the period before, and is not new.
    pub resurrecting: u64,
    /// Who was there in the period before, and is not in this one; unknown until it is over.
    pub dormant: Option<u64>,
    /// Whether the period is over.
    pub is_complete: bool,
}

/// A number as it comes from ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct LifecycleRow {
    /// `there`, `both` or `new`.
    of: String,
    number: u32,
    actors: u64,
}

impl LifecycleResult {
    /// The answer, with a row for each period that has begun, whoever came.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        cut: &Cut,
        rows: &[LifecycleRow],
        activity: Option<String>,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let counts: BTreeMap<_, _> =
            rows.iter().map(|row| ((row.of.as_str(), row.number), row.actors)).collect();
        let count = |of: &'static str, number| counts.get(&(of, number)).copied().unwrap_or(0);
        let phase = |number: u32| {
            let (there, both, new) =
                (count("there", number), count("both", number), count("new", number));
            let is_complete = cut.periods.end(number)? <= now;
            Ok(Phase {
                period: cut.periods.name(number)?,
                new,
                returning: both,
                resurrecting: there.saturating_sub(both + new),
                dormant: is_complete.then(|| count("there", number - 1).saturating_sub(both)),
                is_complete,
            })
        };
        let periods = (cut.begin..cut.begin + cut.n).map(phase).collect::<Result<_, _>>()?;
        Ok(Self { activity, periods, computed_at: now })
    }
}
