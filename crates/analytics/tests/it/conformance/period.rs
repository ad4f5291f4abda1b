//! The cases of trends, stickiness and life cycles.
//!
//! What has not begun is left out of our answers, where the pack has a 0, and who stays away is not
//! known of a period that is not over. Some cases have events after their own clock: they are asked
//! after everything.

use super::{World, moment, step};
use crate::history;
use analytics::report::trend::Done;
use analytics::{
    Answer, DateRange, Lifecycle, Period, Query, Scope, Stickiness, Trend, TrendResult,
};
use anyhow::{Context, Result, bail, ensure};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use store::WeekStart;

/// The people of the seven days that end with each.
const TRAILING: &str = "trailing_7d_unique_actors";

#[derive(Deserialize)]
struct Case {
    now: jiff::Timestamp,
    #[serde(flatten)]
    world: World,
    query: Asked,
    expect: Value,
}

#[derive(Deserialize)]
struct Asked {
    analysis: String,
    event: Option<Value>,
    #[serde(default)]
    series: Vec<Value>,
    interval: Period,
    date_from: String,
    date_to: String,
    timezone: String,
    week_starts_on: String,
    #[serde(default, rename = "where")]
    filters: Value,
}

impl Case {
    fn now(&self) -> Timestamp {
        moment(self.world.last().max(self.now))
    }

    fn date_range(&self) -> Result<DateRange> {
        let day = |text: &str| text[..10].parse::<Date>();
        let first = self.world.events.iter().map(|event| event.timestamp).min().unwrap_or_default();
        let from = match self.query.date_from.as_str() {
            "all" => first.in_tz(&self.query.timezone)?.date(),
            text => day(text)?,
        };
        Ok(DateRange::Between { from, to: day(&self.query.date_to)? })
    }

    fn query(&self) -> Result<Query> {
        let (period, date_range) = (self.query.interval, self.date_range()?);
        let step = |one: &Value| step(one, &self.query.filters);
        let activity = self.query.event.as_ref().map(step).transpose()?;
        Ok(match self.query.analysis.as_str() {
            "stickiness" => {
                Query::Stickiness(Stickiness { activity, period, date_range, ..<_>::default() })
            }
            "lifecycle" => {
                Query::Lifecycle(Lifecycle { activity, period, date_range, ..<_>::default() })
            }
            _ => {
                let series = self.query.series.iter().map(|one| step(one).map(Some));
                let series = series.collect::<Result<_>>()?;
                let is_trailing = |one: &Value| one["measure"] == TRAILING;
                let trailing = self.query.series.iter().any(is_trailing).then_some(7);
                Query::Trend(Trend { series, period, date_range, trailing, ..Trend::default() })
            }
        })
    }
}

/// Whether what is told is what is expected, and nothing is expected of what has not begun.
fn same(told: &[u64], expected: &Value) -> Result<()> {
    let expected: Vec<f64> = serde_json::from_value(expected.clone())?;
    let expected: Vec<u64> = expected.into_iter().map(|n| n.abs() as u64).collect();
    ensure!(expected.len() >= told.len(), "{expected:?}, not {told:?}");
    let (begun, to_come) = expected.split_at(told.len());
    ensure!(begun == told && to_come.iter().all(|n| *n == 0), "{expected:?}, not {told:?}");
    Ok(())
}

fn check_trend(case: &Case, answer: &TrendResult) -> Result<()> {
    let expected = case.expect["series"].as_array().context("no series")?;
    let mut n_numbers = 0;
    for one in expected {
        let index = one["index"].as_u64().context("no index")? as usize;
        let measure = case.query.series[index]["measure"].as_str();
        let number = |done: &Done| match measure {
            Some("unique_actors") => done.people,
            _ => done.uses,
        };
        let series = &answer.series[index];
        let trailing = series.trailing.iter().flatten().map(|of| of.people);
        let values: Vec<u64> = match measure {
            Some(TRAILING) => trailing.collect(),
            _ => series.values.iter().map(number).collect(),
        };
        for total in [&one["total"], &one["value"]].into_iter().filter_map(Value::as_f64) {
            ensure!(number(&series.total) as f64 == total, "{total}, not {:?}", series.total);
            n_numbers += 1;
        }
        if !one["values"].is_null() {
            same(&values, &one["values"])?;
            n_numbers += values.len();
        }
        for (at, value) in one["value_at_index"].as_object().into_iter().flatten() {
            let told = values.get(at.parse::<usize>()?).context("no such period")?;
            ensure!(value.as_f64() == Some(*told as f64), "{value} at {at}, not {told}");
            n_numbers += 1;
        }
        if let Some(dates) = one["dates"].as_array() {
            let told = answer.periods.iter().map(|period| Value::from(period.as_str()));
            ensure!(told.eq(dates.iter().take(answer.periods.len()).cloned()), "{dates:?}");
        }
    }
    ensure!(n_numbers > 0, "nothing was compared");
    Ok(())
}

fn check_answer(case: &Case, answer: &Answer) -> Result<()> {
    match answer {
        Answer::Trend(answer) => check_trend(case, answer),
        Answer::Stickiness(answer) => {
            let exactly = &case.expect["actors_active_in_exactly_n_intervals"];
            for (n, people) in exactly.as_object().context("no numbers")? {
                let bar = answer.bars.iter().find(|bar| bar.periods.to_string() == *n);
                let told = bar.map_or(0, |bar| bar.exactly);
                ensure!(people.as_u64() == Some(told), "{people} in {n}, not {told}");
            }
            ensure!(case.expect["actors_total"].as_u64() == Some(answer.total));
            Ok(())
        }
        Answer::Lifecycle(answer) => {
            let of = &case.expect["series"];
            let periods = &answer.periods;
            same(&periods.iter().map(|it| it.new).collect::<Vec<_>>(), &of["new"])?;
            same(&periods.iter().map(|it| it.returning).collect::<Vec<_>>(), &of["returning"])?;
            let back: Vec<_> = periods.iter().map(|it| it.resurrecting).collect();
            same(&back, &of["resurrecting"])?;
            let known = periods.iter().zip(of["dormant"].as_array().context("no dormant")?);
            for (phase, expected) in known.filter(|(phase, _)| phase.is_complete) {
                let expected = expected.as_i64().map(i64::unsigned_abs);
                ensure!(phase.dormant == expected, "{expected:?} dormant, not {phase:?}");
            }
            Ok(())
        }
        _ => bail!("another report"),
    }
}

/// Asks the case.
pub(super) async fn check(id: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(connection) = case.world.load(id).await? else { return Ok(()) };
    let week_start = match case.query.week_starts_on.as_str() {
        "sunday" => WeekStart::Sunday,
        _ => WeekStart::Monday,
    };
    let scope = Scope { week_start, ..history::scope(&case.query.timezone)? };
    let answer = analytics::run(&connection, &scope, &case.query()?, case.now()).await?;
    check_answer(&case, &answer)
}
