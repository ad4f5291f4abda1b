//! What a trend says: for each series its periods and their sum, and the same of those before.

use super::Cut;
use super::statement::{ALL, ALL_BEFORE};
use crate::query::InvalidQuery;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendResult {
    /// The periods that have begun, by their first days or their hours in the project's zone.
    pub periods: Vec<String>,
    /// When each of them begins, in the same order.
    pub starts: Vec<Timestamp>,
    /// Whether the last one is over, so that its numbers can no longer grow by what is done in it.
    pub is_complete: bool,
    /// The periods before, where they are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// One for each thing that is counted, in the order of the question.
    pub series: Vec<Series>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// The periods before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// As many as there are in the range, in the same order.
    pub periods: Vec<String>,
    /// Up to when the last one is counted, where its counterpart is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// One thing that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// What it is called; none where it is anything.
    pub name: Option<String>,
    /// Period by period.
    pub values: Vec<Done>,
    /// In all periods together; somebody who is in several of them is one.
    pub total: Done,
    /// The same of the periods before, where they are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SeriesBefore>,
}

/// One thing that is counted, in the periods before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesBefore {
    /// Period by period.
    pub values: Vec<Done>,
    /// In all of them together.
    pub total: Done,
}

/// How much something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Done {
    /// How often.
    pub uses: u64,
    /// By how many people.
    pub people: u64,
    /// For how many accounts.
    pub accounts: u64,
}

/// A period as it comes from ClickHouse, with a place for each series.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TrendRow {
    number: i32,
    uses: Vec<u64>,
    people: Vec<u64>,
    accounts: Vec<u64>,
}

impl TrendRow {
    fn done(&self, series: usize) -> Done {
        let of = |numbers: &[u64]| numbers.get(series).copied().unwrap_or(0);
        Done { uses: of(&self.uses), people: of(&self.people), accounts: of(&self.accounts) }
    }
}

impl TrendResult {
    /// The answer, with a number for each period that has begun, whatever was done.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        cut: &Cut,
        rows: &[TrendRow],
        names: Vec<Option<String>>,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.number, row)).collect();
        let done = |number: i32, series| {
            rows.get(&number).map_or_else(Done::default, |row| row.done(series))
        };
        let range = cut.begin..cut.begin + cut.n;
        let before = (cut.first < cut.begin).then(|| cut.begin - cut.n..cut.begin);
        let values = |numbers: &std::ops::Range<u32>, series| {
            let numbers = numbers.clone().map(i32::try_from).map(Result::unwrap_or_default);
            numbers.map(|number| done(number, series)).collect::<Vec<_>>()
        };
        let series = names.into_iter().enumerate().map(|(n, name)| Series {
            name,
            values: values(&range, n),
            total: done(ALL, n),
            before: before.as_ref().map(|before| SeriesBefore {
                values: values(before, n),
                total: done(ALL_BEFORE, n),
            }),
        });
        let told = |numbers: std::ops::Range<u32>| {
            numbers.map(|number| cut.periods.name(number)).collect::<Result<Vec<_>, _>>()
        };
        let before = before.clone().map(|before| {
            Ok::<_, InvalidQuery>(Before { periods: told(before)?, until: cut.same_part })
        });
        Ok(Self {
            series: series.collect(),
            starts: range.clone().map(|n| cut.periods.start(n)).collect::<Result<_, _>>()?,
            periods: told(range)?,
            is_complete: cut.is_complete,
            before: before.transpose()?,
            computed_at: now,
        })
    }
}
