//! What stickiness says: a bar for each number of periods, and the ratios of days, weeks and
//! months.

use super::Cut;
use crate::query::{InvalidQuery, Periods};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StickinessResult {
    /// What the activity is called; none where it is anything.
    pub activity: Option<String>,
    /// Who was there at all.
    pub total: u64,
    /// One for each number of periods, from 1.
    pub bars: Vec<Bar>,
    /// Whether the last period is over.
    pub is_complete: bool,
    /// Days by weeks and months.
    pub ratios: Ratios,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// Who was there in so many periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// In how many.
    pub periods: u32,
    /// In exactly so many.
    pub exactly: u64,
    /// In so many or more.
    pub or_more: u64,
}

/// Shares, 0 to 1; unknown where no week or month that the range touches is over, or nobody was
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Ratios {
    /// People of a mean day by people of a mean week.
    pub dau_wau: Option<f64>,
    /// People of a mean day by people of a mean month.
    pub dau_mau: Option<f64>,
    /// People of a mean week by people of a mean month.
    pub wau_mau: Option<f64>,
    /// How many weeks they are of.
    pub weeks: u32,
    /// How many months they are of.
    pub months: u32,
}

/// A number as it comes from ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StickinessRow {
    /// `periods`, or `day`, `week` or `month`.
    of: String,
    number: i32,
    actors: u64,
}

/// How many there were, by what is counted and its number.
type Counts<'a> = BTreeMap<(&'a str, i64), u64>;

impl StickinessResult {
    /// The answer, with a bar for each number of periods.
    ///
    /// # Errors
    /// When a period lies beyond the calendar.
    pub(crate) fn new(
        cut: &Cut,
        rows: &[StickinessRow],
        activity: Option<String>,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let counts: Counts<'_> =
            rows.iter().map(|row| ((row.of.as_str(), i64::from(row.number)), row.actors)).collect();
        let n = cut.periods.len();
        let mut or_more = 0;
        let mut bars: Vec<_> = (1..=n)
            .rev()
            .map(|periods| {
                let exactly = of(&counts, "periods", i64::from(periods));
                or_more += exactly;
                Bar { periods, exactly, or_more }
            })
            .collect();
        bars.reverse();
        Ok(Self {
            activity,
            total: or_more,
            bars,
            is_complete: cut.periods.n_over(now)? == n,
            ratios: Ratios::new(cut, &counts, now)?,
            computed_at: now,
        })
    }
}

impl Ratios {
    fn new(cut: &Cut, counts: &Counts<'_>, now: Timestamp) -> Result<Self, InvalidQuery> {
        let (weeks, months) = (cut.weeks.n_over(now)?, cut.months.n_over(now)?);
        let week = mean(counts, "week", 0..i64::from(weeks));
        let month = mean(counts, "month", 0..i64::from(months));
        let day = |periods: &Periods, n: u32| -> Option<f64> {
            mean(counts, "day", periods.first_day()..periods.first_day_of(n))
        };
        let (begin, end) = (cut.months.first_day(), cut.months.first_day_of(months));
        let is_in_months = |week: &u32| (begin..end).contains(&cut.weeks.first_day_of(*week));
        let of_months = (0..weeks).filter(is_in_months).map(i64::from);
        Ok(Self {
            dau_wau: share(day(&cut.weeks, weeks), week),
            dau_mau: share(day(&cut.months, months), month),
            wau_mau: share(mean(counts, "week", of_months), month),
            weeks,
            months,
        })
    }
}

fn of(counts: &Counts<'_>, what: &'static str, number: i64) -> u64 {
    counts.get(&(what, number)).copied().unwrap_or(0)
}

/// How many there were in the mean; none of nothing.
fn mean(
    counts: &Counts<'_>,
    what: &'static str,
    numbers: impl Iterator<Item = i64>,
) -> Option<f64> {
    let (sum, n) =
        numbers.fold((0, 0_u64), |(sum, n), number| (sum + of(counts, what, number), n + 1));
    (n > 0).then(|| sum as f64 / n as f64)
}

fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    let whole = whole.filter(|whole| *whole > 0.0)?;
    part.map(|part| part / whole)
}
