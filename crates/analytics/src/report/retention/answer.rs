//! What retention says: a row for each cohort, and the mean of what is complete.

use super::Retention;
use super::statement::{EVERYBODY, OTHERS};
use crate::query::{InvalidQuery, Periods};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetentionResult {
    /// What the start is called; none where it is anything.
    pub start: Option<String>,
    /// What the return is called; none where it is anything.
    pub returning: Option<String>,
    /// One for each period of the range that has begun, the earliest first.
    pub cohorts: Vec<Cohort>,
    /// By periods later, from 0: the share of all cohorts together that came back, 0 to 1, over
    /// the cells that are complete. Unknown where none is.
    pub mean: Vec<Option<f64>>,
    /// The same for each value, if it is broken down: those with most in cohorts first, then the
    /// others together, and last those without a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// The answer for one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The value; empty for those that have none, and for the others.
    pub value: String,
    /// Whether it is all values that have no series of their own.
    pub is_others: bool,
    /// As of everybody, with the same periods.
    pub cohorts: Vec<Cohort>,
    /// As of everybody.
    pub mean: Vec<Option<f64>>,
}

/// Who began in one period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// The first day of the period, or its hour, in the project's zone.
    pub period: String,
    /// How many there are.
    pub size: u64,
    /// By periods later, from 0, as far as they have begun.
    pub cells: Vec<Cell>,
}

/// Who came back in one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// How many did.
    pub people: u64,
    /// Their share of the cohort, 0 to 1.
    pub rate: f64,
    /// Whether the period is over, so that the number can no longer grow by what is done in it.
    pub is_complete: bool,
}

/// A cell as it comes from ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RetentionRow {
    /// [`EVERYBODY`], else which value it is by its rank, or one of two places beyond them.
    #[serde(default)]
    place: u8,
    /// One of those that it is of.
    #[serde(default)]
    value: String,
    cohort: u32,
    distance: u32,
    people: u64,
}

impl RetentionResult {
    /// The answer, with a cell for each period that has begun, whoever came.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        retention: &Retention,
        periods: &Periods,
        rows: &[RetentionRow],
        names: [Option<String>; 2],
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let mut by_place: BTreeMap<u8, Vec<&RetentionRow>> = BTreeMap::new();
        for row in rows {
            by_place.entry(row.place).or_default().push(row);
        }
        let everybody = by_place.remove(&EVERYBODY).unwrap_or_default();
        let (cohorts, mean) = told(retention, periods, &everybody, now)?;
        let series = by_place.into_iter().map(|(place, rows)| {
            let (cohorts, mean) = told(retention, periods, &rows, now)?;
            let value = rows.first().filter(|_| place < OTHERS);
            let value = value.map_or_else(String::new, |row| row.value.clone());
            Ok(Series { value, is_others: place == OTHERS, cohorts, mean })
        });
        let series = series.collect::<Result<_, InvalidQuery>>()?;
        let [start, returning] = names;
        Ok(Self { start, returning, cohorts, mean, series, computed_at: now })
    }
}

/// The cohorts of some rows, and their means.
fn told(
    retention: &Retention,
    periods: &Periods,
    rows: &[&RetentionRow],
    now: Timestamp,
) -> Result<(Vec<Cohort>, Vec<Option<f64>>), InvalidQuery> {
    let people: BTreeMap<_, _> =
        rows.iter().map(|row| ((row.cohort, row.distance), row.people)).collect();
    let people = |cohort, distance| people.get(&(cohort, distance)).copied().unwrap_or(0);
    let cohort = |n: u32| {
        let size = people(n, 0);
        let mut cells = Vec::new();
        for distance in 0..=retention.followed {
            if periods.start(n + distance)? > now {
                break;
            }
            let is_complete = periods.end(n + distance)? <= now;
            let people = people(n, distance);
            cells.push(Cell { people, rate: rate(people, size), is_complete });
        }
        Ok(Cohort { period: periods.name(n)?, size, cells })
    };
    let cohorts: Vec<_> = (0..periods.len()).map(cohort).collect::<Result<_, InvalidQuery>>()?;
    let mean = (0..=retention.followed as usize).map(|n| mean(&cohorts, n)).collect();
    Ok((cohorts, mean))
}

/// The share of all who could come back, `distance` periods later, that did.
fn mean(cohorts: &[Cohort], distance: usize) -> Option<f64> {
    let complete = cohorts.iter().filter_map(|cohort| {
        let cell = cohort.cells.get(distance).filter(|cell| cell.is_complete)?;
        Some((cell.people, cohort.size))
    });
    let (people, size) = complete.fold((0, 0), |(people, size), (p, s)| (people + p, size + s));
    (size > 0).then(|| rate(people, size))
}

/// The share, 0 where there is nothing to share.
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
