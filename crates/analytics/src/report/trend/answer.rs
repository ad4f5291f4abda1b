//! What a trend says: for each series its periods and their sum, and the same of those before.

use super::statement::{ALL, ALL_BEFORE, BEFORE};
use super::trailing::{self, Trailing, TrailingRow};
use super::{Cut, Trend};
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
    /// When the last one ends; when it was computed, where there is none.
    pub end: Timestamp,
    /// Whether the last one is over, so that its numbers can no longer grow by what is done in it.
    pub is_complete: bool,
    /// The periods that these are compared with, where that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
    /// Whether no event is one of two series, so that their uses add up.
    pub is_apart: bool,
    /// One for each thing that is counted, in the order of the question.
    pub series: Vec<Series>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// The periods that those of the range are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// As many as there are in the range, in the same order.
    pub periods: Vec<String>,
    /// Up to when the last one is counted, where its counterpart is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When the first event of the project was, to the quarter of an hour, where it came after the
    /// first of these periods began: what was done before it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_since: Option<Timestamp>,
    /// When each of these periods ends, in the same order.
    pub ends: Vec<Timestamp>,
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
    /// Period by period who did it in the days that end with it, where that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailing: Option<Vec<Trailing>>,
    /// The same of the periods that these are compared with, where that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SeriesBefore>,
}

/// One thing that is counted, in the periods that those of the range are compared with.
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

/// A period as it comes from ClickHouse, with a place for each series: numbered as in
/// [`super::statement`].
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

/// What else is known beside the rows.
#[derive(Debug)]
pub(crate) struct Known {
    /// What the series are called.
    pub(crate) names: Vec<Option<String>>,
    /// Whether no event is one of two series.
    pub(crate) is_apart: bool,
    /// When the first event of the project was.
    pub(crate) first_event: Option<Timestamp>,
}

impl TrendResult {
    /// The answer, with a number for each period that has begun, whatever was done.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        trend: &Trend,
        cut: &Cut,
        (rows, trailing): (&[TrendRow], &[TrailingRow]),
        known: Known,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.number, row)).collect();
        let done = |number: i32, series| {
            rows.get(&number).map_or_else(Done::default, |row| row.done(series))
        };
        let places = || (0..cut.n).map(i32::try_from).map(Result::unwrap_or_default);
        let has_before = cut.before().is_some();
        let series = known.names.into_iter().enumerate().map(|(n, name)| {
            Ok::<_, InvalidQuery>(Series {
                name,
                values: places().map(|place| done(place, n)).collect(),
                total: done(ALL, n),
                trailing: match trend.trailing {
                    Some(_) => Some(trailing::told(cut, trailing, n, now)?),
                    None => None,
                },
                before: has_before.then(|| SeriesBefore {
                    values: places().map(|place| done(BEFORE - place, n)).collect(),
                    total: done(ALL_BEFORE, n),
                }),
            })
        });
        let range = cut.begin..cut.begin + cut.n;
        let told = |numbers: std::ops::Range<u32>| {
            numbers.map(|number| cut.periods.name(number)).collect::<Result<Vec<_>, _>>()
        };
        let before = cut.before().map(|before| {
            let start = cut.periods.start(before.start)?;
            Ok::<_, InvalidQuery>(Before {
                ends: before.clone().map(|n| cut.periods.end(n)).collect::<Result<_, _>>()?,
                periods: told(before)?,
                until: cut.same_part,
                known_since: known.first_event.filter(|first| *first > start),
            })
        });
        Ok(Self {
            series: series.collect::<Result<_, _>>()?,
            starts: range.clone().map(|n| cut.periods.start(n)).collect::<Result<_, _>>()?,
            end: match cut.n {
                0 => now,
                n => cut.periods.end(cut.begin + n - 1)?,
            },
            periods: told(range)?,
            is_complete: cut.is_complete,
            before: before.transpose()?,
            is_apart: known.is_apart,
            computed_at: now,
        })
    }
}
