//! The cases of retention.

use super::{World, moment, step};
use crate::history;
use analytics::report::retention::Cohorts;
use analytics::{Answer, DateRange, Period, Query, Retention, Scope};
use anyhow::{Context, Result, bail, ensure};
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;
use store::WeekStart;

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    world: World,
    query: Asked,
    expect: Expected,
}

#[derive(Deserialize)]
struct Asked {
    start: Value,
    #[serde(rename = "return")]
    returning: Value,
    cohort_rule: String,
    period: Period,
    periods: u32,
    measure: String,
    end: DateTime,
    timezone: String,
    week_starts_on: String,
    #[serde(default, rename = "where")]
    filters: Value,
}

#[derive(Deserialize)]
struct Expected {
    counts: Vec<Vec<u64>>,
    cohorts: Option<usize>,
    first_cohort_start: Option<String>,
    #[serde(default)]
    cohort_starts: Vec<String>,
}

impl Case {
    fn retention(&self) -> Result<Retention> {
        let asked = &self.query;
        ensure!(asked.measure == "returned_in_exactly_that_period", "{}", asked.measure);
        let cohorts = match asked.cohort_rule.as_str() {
            "every_period_active" => Cohorts::Recurring,
            "first_time_ever" => Cohorts::First,
            other => bail!("another rule: {other}"),
        };
        let (to, before) = (asked.end.date(), i64::from(asked.periods) - 1);
        let from = match asked.period {
            Period::Hour => to,
            Period::Day | Period::WorkingDay => to.saturating_sub(before.days()),
            Period::Week => to.saturating_sub((7 * before).days()),
            Period::Month => to.first_of_month().saturating_sub(before.months()),
        };
        Ok(Retention {
            start: Some(step(&asked.start, &asked.filters)?),
            returning: Some(step(&asked.returning, &asked.filters)?),
            period: asked.period,
            followed: asked.periods - 1,
            cohorts,
            date_range: DateRange::Between { from, to },
            ..Retention::default()
        })
    }

    /// How many periods of the day that the range begins on are before its first cohort.
    fn before(&self) -> usize {
        match self.query.period {
            Period::Hour => self.query.end.hour() as usize + 1 - self.query.periods as usize,
            _ => 0,
        }
    }
}

/// Asks the case, after everything.
pub(super) async fn check(id: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(connection) = case.world.load(id).await? else { return Ok(()) };
    let week_start = match case.query.week_starts_on.as_str() {
        "sunday" => WeekStart::Sunday,
        _ => WeekStart::Monday,
    };
    let scope = Scope { week_start, ..history::scope(&case.query.timezone)? };
    let end = case.query.end.in_tz(&case.query.timezone)?.timestamp();
    let now = moment(end.max(case.world.last()));
    let query = Query::Retention(case.retention()?);
    let Answer::Retention(answer) = analytics::run(&connection, &scope, &query, now).await? else {
        bail!("another report");
    };
    let cohorts = &answer.cohorts[case.before()..];
    let n = case.expect.cohorts.unwrap_or(case.expect.counts.len());
    ensure!(cohorts.len() >= n && n == case.expect.counts.len(), "{} cohorts", cohorts.len());
    for (cohort, counts) in cohorts.iter().zip(&case.expect.counts) {
        let told: Vec<_> = cohort.cells.iter().take(counts.len()).map(|it| it.people).collect();
        ensure!(told == *counts, "{}: {told:?}, not {counts:?}", cohort.period);
    }
    let starts = case.expect.first_cohort_start.iter().chain(&case.expect.cohort_starts);
    let told = cohorts.first().into_iter().take(case.expect.first_cohort_start.iter().count());
    for (cohort, start) in told.chain(cohorts).zip(starts) {
        let is_it = start.replace(' ', "T").starts_with(&cohort.period);
        ensure!(is_it, "{}, not {start}", cohort.period);
    }
    Ok(())
}
