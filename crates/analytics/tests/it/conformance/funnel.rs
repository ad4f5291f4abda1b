//! The cases of funnels.

use super::{World, moment, property, step, text};
use crate::history;
use analytics::people::MAX_PAGE;
use analytics::report::funnel::Who;
use analytics::{
    Answer, Behind, DateRange, Funnel, FunnelResult, List, People, Query, Scope, StepResult,
};
use anyhow::{Context, Result, bail, ensure};
use protocol::Timestamp;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    now: Option<jiff::Timestamp>,
    #[serde(flatten)]
    world: World,
    query: Asked,
    expect: Expected,
}

#[derive(Deserialize)]
struct Asked {
    steps: Vec<Value>,
    window_seconds: u32,
    date_from: jiff::civil::DateTime,
    date_to: jiff::civil::DateTime,
    timezone: String,
    breakdown: Option<Breakdown>,
    from_step: Option<usize>,
    to_step: Option<usize>,
}

#[derive(Deserialize)]
struct Breakdown {
    on: String,
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    steps: Vec<ExpectedStep>,
    last_step_count: Option<u64>,
    number_of_series: Option<usize>,
    #[serde(default)]
    series: Vec<ExpectedSeries>,
    #[serde(default)]
    actors: Vec<ExpectedActors>,
    time_to_convert: Option<ExpectedTime>,
}

#[derive(Deserialize)]
struct ExpectedSeries {
    breakdown_value: Value,
    steps: Vec<ExpectedStep>,
}

#[derive(Deserialize)]
struct ExpectedStep {
    count: Option<u64>,
    mean_seconds_from_previous: Option<f64>,
    median_seconds_from_previous: Option<f64>,
}

#[derive(Deserialize)]
struct ExpectedActors {
    actors: Vec<String>,
    reached_step: Option<usize>,
    dropped_before_step: Option<usize>,
    breakdown_value: Option<Value>,
}

#[derive(Deserialize)]
struct ExpectedTime {
    mean_seconds: f64,
}

impl Case {
    fn funnel(&self) -> Result<Funnel> {
        let (from, to) = (self.query.date_from.date(), self.query.date_to.date());
        let first = self.query.from_step.unwrap_or(1) - 1;
        let n = self.query.to_step.unwrap_or(self.query.steps.len()) - first;
        let steps = self.query.steps.iter().skip(first).take(n);
        let broken_down = self.query.breakdown.as_ref();
        Ok(Funnel {
            steps: steps.map(|one| step(one, &Value::Null)).collect::<Result<_>>()?,
            window: format!("{}s", self.query.window_seconds).parse()?,
            date_range: DateRange::Between { from, to },
            times: true,
            breakdown: broken_down.map(|by| property(&by.on, &by.keys[0])),
            ..Funnel::default()
        })
    }

    /// Where the case has no time, it is asked after everything.
    fn now(&self) -> Timestamp {
        moment(self.now.unwrap_or_else(|| self.world.last()))
    }
}

/// Asks the case.
pub(super) async fn check(id: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(connection) = case.world.load(id).await? else { return Ok(()) };
    let scope = Scope { time_zone: case.query.timezone.clone(), ..history::scope("UTC")? };
    let query = Query::Funnel(case.funnel()?);
    let Answer::Funnel(answer) = analytics::run(&connection, &scope, &query, case.now()).await?
    else {
        bail!("another report");
    };
    case.is_answered(&answer)?;
    for expected in &case.expect.actors {
        case.is_listed(&connection, &scope, expected).await?;
    }
    Ok(())
}

impl Case {
    fn is_answered(&self, answer: &FunnelResult) -> Result<()> {
        are_steps(&answer.steps, &self.expect.steps)?;
        if let Some(count) = self.expect.last_step_count {
            ensure!(answer.converted == count, "{count} converted, not {}", answer.converted);
        }
        if let Some(n) = self.expect.number_of_series {
            ensure!(answer.series.len() == n, "{n} series, not {:?}", answer.series);
        }
        for expected in &self.expect.series {
            let value = text(&expected.breakdown_value);
            let series = answer.series.iter().find(|one| one.value == value && !one.is_others);
            are_steps(
                &series.with_context(|| format!("no series of `{value}`"))?.steps,
                &expected.steps,
            )?;
        }
        // Its histogram has bins of one width; the bars of ours are lengths of time that people think in.
        let mean = answer.times.map(|times| times.mean_seconds);
        let expected = self.expect.time_to_convert.as_ref().map(|time| time.mean_seconds);
        ensure!(expected.is_none() || mean == expected, "{expected:?} seconds, not {mean:?}");
        Ok(())
    }

    /// Whether a list has the actors that it should have.
    async fn is_listed(
        &self,
        connection: &store::Connection,
        scope: &Scope,
        expected: &ExpectedActors,
    ) -> Result<()> {
        let who = match (expected.reached_step, expected.dropped_before_step) {
            (Some(n), None) => Who::reached(n),
            (None, Some(n)) => Who::lost(n),
            _ => bail!("a list of another form"),
        };
        let who = Who { value: expected.breakdown_value.as_ref().map(text), ..who };
        let list = List::Funnel(Behind { question: self.funnel()?, who: who.clone() });
        let query = Query::People(People { limit: MAX_PAGE, ..People::of(list) });
        let Answer::People(page) = analytics::run(connection, scope, &query, self.now()).await?
        else {
            bail!("another report");
        };
        let mut listed: Vec<_> = page.people.iter().map(|person| &person.person).collect();
        listed.sort();
        let mut actors: Vec<_> = expected.actors.iter().collect();
        actors.sort();
        ensure!(listed == actors, "{who:?}: {actors:?}, not {listed:?}");
        Ok(())
    }
}

fn are_steps(steps: &[StepResult], expected: &[ExpectedStep]) -> Result<()> {
    for (step, expected) in steps.iter().zip(expected) {
        if let Some(count) = expected.count {
            ensure!(step.people == count, "{count} people at {}, not {}", step.name, step.people);
        }
        let times = step.times.map(|times| (times.mean_seconds, times.median_seconds));
        let Some(mean) = expected.mean_seconds_from_previous else { continue };
        let median = expected.median_seconds_from_previous.unwrap_or(mean);
        // The times of a case may be a second off.
        let is_near =
            times.is_some_and(|(a, b)| (a - mean).abs() <= 1.0 && (b - median).abs() <= 1.0);
        ensure!(is_near, "{mean} and {median} seconds to {}, not {times:?}", step.name);
    }
    Ok(())
}
