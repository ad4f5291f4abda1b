//! What people who know such products expect: the funnel cases of the pack beside the repository.
//!
//! A case names its events as it likes; here each name is a page, and each captured element a
//! button. A case that asks for what a funnel cannot say is listed with the reason, so that none
//! is left out unseen.

mod paths;

use crate::history::{self, Happening, PROJECT, button_id};
use analytics::{Answer, DateRange, Funnel, PageFilter, Query, Scope, Step, Target};
use anyhow::{Context, Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use store::testing;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/analysis");

/// The cases that a funnel of plain steps answers, by their numbers.
const COVERED: [&str; 6] = ["030", "032", "033", "036", "055", "063"];

const BREAKDOWN: &str = "it asks for a breakdown";
const EXCLUSION: &str = "it asks for an exclusion between steps";
const PROPERTY: &str = "its steps or people are filtered by properties";

/// Why the others are not.
const LEFT_OUT: [(&str, &str); 27] = [
    ("003", BREAKDOWN),
    ("004", BREAKDOWN),
    ("007", BREAKDOWN),
    ("008", BREAKDOWN),
    ("009", BREAKDOWN),
    ("010", BREAKDOWN),
    ("012", BREAKDOWN),
    ("013", BREAKDOWN),
    ("015", BREAKDOWN),
    ("016", BREAKDOWN),
    ("022", EXCLUSION),
    ("023", EXCLUSION),
    ("025", EXCLUSION),
    ("027", EXCLUSION),
    ("037", EXCLUSION),
    ("038", EXCLUSION),
    ("039", EXCLUSION),
    ("040", PROPERTY),
    ("046", PROPERTY),
    ("047", PROPERTY),
    ("052", PROPERTY),
    ("056", PROPERTY),
    ("059", BREAKDOWN),
    ("060", BREAKDOWN),
    ("062", BREAKDOWN),
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
}

#[derive(Deserialize)]
struct Event {
    identity: String,
    event: String,
    timestamp: jiff::Timestamp,
    #[serde(default)]
    elements: Vec<Value>,
    tenant: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    steps: Vec<Value>,
    window_seconds: u32,
    date_from: jiff::civil::DateTime,
    date_to: jiff::civil::DateTime,
    timezone: String,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    steps: Vec<ExpectedStep>,
    last_step_count: Option<u64>,
}

#[derive(Deserialize)]
struct ExpectedStep {
    count: Option<u64>,
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
        self.events.iter().map(happening).collect()
    }

    fn funnel(&self) -> Result<Funnel> {
        let step = |step: &Value| {
            let element = &step["any_of"][0]["element"];
            let target = match step["event"].as_str() {
                Some(event) => Target::Page(PageFilter::new(None, &path(event))),
                None if element.is_object() => {
                    Target::Click { element: button_id(&button(element)), page: None }
                }
                None => bail!("a step of another form: {step}"),
            };
            Ok(Step { name: None, target })
        };
        let (from, to) = (self.query.date_from.date(), self.query.date_to.date());
        Ok(Funnel {
            steps: self.query.steps.iter().map(step).collect::<Result<_>>()?,
            window: format!("{}s", self.query.window_seconds).parse()?,
            date_range: DateRange::Between { from, to },
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
    history::write(&store.connection, 1, &case.happenings()?).await?;
    let scope = Scope { time_zone: case.query.timezone.clone(), ..history::scope("UTC")? };
    let query = Query::Funnel(case.funnel()?);
    let Answer::Funnel(answer) =
        analytics::run(&store.connection, &scope, &query, case.now()).await?
    else {
        bail!("another report");
    };
    for (step, expected) in answer.steps.iter().zip(&case.expect.steps) {
        let Some(count) = expected.count else { continue };
        ensure!(step.people == count, "{count} people at {}, not {}", step.name, step.people);
    }
    if let Some(count) = case.expect.last_step_count {
        ensure!(answer.converted == count, "{count} converted, not {}", answer.converted);
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
    let mut n_checked = 0;
    for entry in fs::read_dir(FOLDER)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
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
    ensure!(n_checked == COVERED.len(), "{n_checked} of {} cases were there", COVERED.len());
    Ok(())
}
