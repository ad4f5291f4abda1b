//! What people who know such products expect: the funnel cases of the pack beside the repository.
//!
//! A case names its events as it likes; here each name is a page, and each captured element a
//! button. A case that asks for what a funnel cannot say is listed with the reason, so that none
//! is left out unseen.

mod paths;

use crate::history::{self, Happening, PROJECT, button_id};
use analytics::people::MAX_PAGE;
use analytics::report::funnel::Who;
use analytics::{
    Answer, Behind, DateRange, Filter, Funnel, FunnelResult, List, PageFilter, People, Property,
    Query, Scope, Step, StepResult, Target, Test,
};
use anyhow::{Context, Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use store::testing;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/analysis");

/// The cases that a funnel answers, by their numbers.
const COVERED: [&str; 16] = [
    "003", "004", "007", "008", "009", "030", "032", "033", "036", "046", "047", "055", "059",
    "060", "062", "063",
];

/// The cases about the time from one step to a later one.
const TIMED: [&str; 2] = ["001", "004"];

const ATTRIBUTION: &str = "it is broken down by the last touch or by that of a step";
const TWO_KEYS: &str = "it is broken down by two properties together";
const EXCLUSION: &str = "it asks for an exclusion between steps";
const ONE_STEP: &str = "it has one step, and a funnel has two";

/// Why the others are not.
const LEFT_OUT: [(&str, &str); 17] = [
    ("010", ATTRIBUTION),
    ("012", ATTRIBUTION),
    ("013", ATTRIBUTION),
    ("015", TWO_KEYS),
    ("016", TWO_KEYS),
    ("022", EXCLUSION),
    ("023", EXCLUSION),
    ("025", EXCLUSION),
    ("027", EXCLUSION),
    ("037", EXCLUSION),
    ("038", EXCLUSION),
    ("039", EXCLUSION),
    ("040", ONE_STEP),
    ("052", ONE_STEP),
    ("056", "its people are filtered by either of two groups of conditions"),
    ("064", EXCLUSION),
    ("066", "one of its steps is optional"),
];

#[derive(Deserialize)]
struct Case {
    now: Option<jiff::Timestamp>,
    actors: Vec<Actor>,
    events: Vec<Event>,
    query: Asked,
    expect: Expected,
}

#[derive(Deserialize)]
struct Actor {
    actor: String,
    identities: Vec<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Event {
    identity: String,
    event: String,
    timestamp: jiff::Timestamp,
    #[serde(default)]
    elements: Vec<Value>,
    tenant: Option<String>,
    #[serde(default)]
    properties: BTreeMap<String, Value>,
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

/// A value alone or in a list, as text.
fn text(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A property of a case.
fn property(on: &str, key: &str) -> Property {
    match on {
        "actor" => Property::User(key.to_owned()),
        _ => Property::Event(key.to_owned()),
    }
}

/// The conditions of a step.
fn filters(of: &Value) -> Result<Vec<Filter>> {
    let filter = |one: &Value| {
        let test = match one["op"].as_str() {
            Some("is") => Test::Is(match &one["value"] {
                Value::Array(values) => values.iter().map(text).collect(),
                value => vec![text(value)],
            }),
            Some("contains_ci") => Test::Contains(text(&one["value"])),
            Some("is_set") => Test::IsSet,
            _ => bail!("a condition of another form: {one}"),
        };
        let property = property(&text(&one["on"]), &text(&one["key"]));
        Ok(Filter { property, test })
    };
    of["all"].as_array().into_iter().flatten().map(filter).collect()
}

/// The page that stands for an event's name.
fn path(event: &str) -> String {
    format!("/{}", event.replace(|c: char| !c.is_ascii_alphabetic(), "-"))
}

/// The button that stands for a captured element.
fn button(element: &Value) -> String {
    let text = |key: &str| element[key].as_str().unwrap_or_default();
    format!("{} {} {}", text("tag"), text("text"), text("href"))
}

impl Case {
    fn happenings(&self) -> Result<Vec<Happening>> {
        let mut person = BTreeMap::new();
        for actor in &self.actors {
            person.extend(actor.identities.iter().map(|id| (id, &actor.actor)));
        }
        let happening = |event: &Event| {
            let is_click = !event.elements.is_empty();
            ensure!(event.elements.len() < 2, "a chain of elements");
            Ok(Happening {
                project: event.tenant.clone().unwrap_or_else(|| PROJECT.to_owned()),
                at: event.timestamp.as_millisecond(),
                anonymous_id: event.identity.clone(),
                user_id: (*person.get(&event.identity).context("an unknown identity")?).clone(),
                kind: if is_click { Kind::Click } else { Kind::PageView },
                host: "app.example.com".to_owned(),
                path: path(&event.event),
                element: event.elements.first().map(button).unwrap_or_default(),
                account_id: String::new(),
                is_automated: false,
            })
        };
        let said = |actor: &Actor| Happening {
            project: PROJECT.to_owned(),
            at: self.events.iter().map(|event| event.timestamp.as_millisecond()).min().unwrap_or(0),
            anonymous_id: actor.identities.first().cloned().unwrap_or_default(),
            user_id: actor.actor.clone(),
            kind: Kind::Identify,
            host: String::new(),
            path: String::new(),
            element: String::new(),
            account_id: String::new(),
            is_automated: false,
        };
        let said = self.actors.iter().map(|actor| Ok(said(actor)));
        said.chain(self.events.iter().map(happening)).collect()
    }

    /// What is known of each of the events beside, and of the actors, of whom it is said before.
    fn properties(&self) -> Vec<Vec<(String, String)>> {
        let pairs = |properties: &BTreeMap<String, Value>| {
            properties.iter().map(|(name, value)| (name.clone(), text(value))).collect()
        };
        let actors = self.actors.iter().map(|actor| pairs(&actor.properties));
        actors.chain(self.events.iter().map(|event| pairs(&event.properties))).collect()
    }

    fn funnel(&self) -> Result<Funnel> {
        let step = |step: &Value| {
            let one = &step["any_of"][0];
            ensure!(step["any_of"].as_array().is_none_or(|all| all.len() == 1), "several: {step}");
            let event = step["event"].as_str().or(one["event"].as_str());
            let target = match event {
                _ if one["element"].is_object() => {
                    Target::Click { element: button_id(&button(&one["element"])), page: None }
                }
                Some(event) => Target::Page(PageFilter::new(None, &path(event))),
                None => bail!("a step of another form: {step}"),
            };
            let filters = [filters(&step["where"])?, filters(&one["where"])?].concat();
            Ok(Step { filters, ..Step::from(target) })
        };
        let (from, to) = (self.query.date_from.date(), self.query.date_to.date());
        let first = self.query.from_step.unwrap_or(1) - 1;
        let n = self.query.to_step.unwrap_or(self.query.steps.len()) - first;
        let steps = self.query.steps.iter().skip(first).take(n);
        let broken_down = self.query.breakdown.as_ref();
        Ok(Funnel {
            steps: steps.map(step).collect::<Result<_>>()?,
            window: format!("{}s", self.query.window_seconds).parse()?,
            date_range: DateRange::Between { from, to },
            times: true,
            breakdown: broken_down.map(|by| property(&by.on, &by.keys[0])),
            ..Funnel::default()
        })
    }

    /// Where the case has no time, it is asked after everything.
    fn now(&self) -> Timestamp {
        let last = self.events.iter().map(|event| event.timestamp).max().unwrap_or_default();
        Timestamp::from_millis(self.now.unwrap_or(last).as_millisecond())
    }
}

async fn check(name: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(store) = testing::open(&format!("case_{name}")).await? else { return Ok(()) };
    let properties = case.properties();
    let more = |n: usize, mut row: store::EventRow| {
        row.properties = properties[n].clone();
        row
    };
    history::write_with(&store.connection, 1, &case.happenings()?, more).await?;
    let scope = Scope { time_zone: case.query.timezone.clone(), ..history::scope("UTC")? };
    let query = Query::Funnel(case.funnel()?);
    let Answer::Funnel(answer) =
        analytics::run(&store.connection, &scope, &query, case.now()).await?
    else {
        bail!("another report");
    };
    case.is_answered(&answer)?;
    for expected in &case.expect.actors {
        case.is_listed(&store.connection, &scope, expected).await?;
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
        // Its histogram has one bin more, for the longest time alone; ours has it in the last.
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

#[tokio::test]
async fn the_cases_of_the_pack_come_out_as_expected() -> Result<()> {
    if !Path::new(FOLDER).try_exists()? {
        ensure!(std::env::var_os("CI").is_none(), "the conformance pack is not at {FOLDER}");
        eprintln!("left out: the conformance pack is not at {FOLDER}");
        return Ok(());
    }
    let (mut n_checked, mut n_timed) = (0, 0);
    for entry in fs::read_dir(FOLDER)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix("funnel-time-to-convert-") {
            ensure!(TIMED.contains(&&rest[..3]), "{name} is not covered");
            let case = format!("timed_{}", &rest[..3]);
            check(&case, &fs::read_to_string(&file)?).await.context(name)?;
            n_timed += 1;
            continue;
        }
        let Some(rest) = name.strip_prefix("funnel-ordered-") else { continue };
        let number = &rest[..3];
        if COVERED.contains(&number) {
            check(number, &fs::read_to_string(&file)?).await.context(name)?;
            n_checked += 1;
        } else {
            let is_listed = LEFT_OUT.iter().any(|(listed, _)| *listed == number);
            ensure!(is_listed, "{name} is neither covered nor listed with a reason");
        }
    }
    ensure!(n_timed == TIMED.len(), "{n_timed} of {} timed cases were there", TIMED.len());
    ensure!(n_checked == COVERED.len(), "{n_checked} of {} cases were there", COVERED.len());
    Ok(())
}
