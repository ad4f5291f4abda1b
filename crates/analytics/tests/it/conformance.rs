//! What people who know such products expect: the cases of the pack beside the repository.
//!
//! A case names its events as it likes; here each name is a page, and each captured element a
//! button. A case that asks for what none of our questions can say is listed with the reason, so
//! that none is left out unseen. `SILLAGE_CONFORMANCE` says where the pack is, if it is elsewhere.

mod funnel;
mod paths;
mod period;
mod retention;

use crate::history::{self, Happening, PROJECT};
use analytics::{Filter, PageFilter, Property, Step, Target, Test};
use anyhow::{Context, Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use store::{Connection, testing};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/analysis");

/// How many cases are asked.
const ASKED: usize = 57;

const ATTRIBUTION: &str = "it is broken down by the last touch or by that of a step";
const TWO_KEYS: &str = "it is broken down by two properties together";
const EXCLUSION: &str = "it asks for an exclusion between steps";
const ONE_STEP: &str = "it has one step, and a funnel has two";
const STRICT: &str = "nothing may lie between its steps, and in a funnel other events may";
const UNORDERED: &str = "its steps may come in any order, and a funnel is ordered";
const BY_ENTRY: &str = "it asks for conversion by the period of entry";
const BREAKDOWN: &str = "it asks for a trend by the values of a property";
const MATHS: &str = "it asks for the median of a property";
const BROWSERS: &str = "it counts browsers, and we count people";

/// Why some are not asked.
const LEFT_OUT: [(&str, &str); 63] = [
    ("funnel-ordered-010", ATTRIBUTION),
    ("funnel-ordered-012", ATTRIBUTION),
    ("funnel-ordered-013", ATTRIBUTION),
    ("funnel-ordered-015", TWO_KEYS),
    ("funnel-ordered-016", TWO_KEYS),
    ("funnel-ordered-022", EXCLUSION),
    ("funnel-ordered-023", EXCLUSION),
    ("funnel-ordered-025", EXCLUSION),
    ("funnel-ordered-027", EXCLUSION),
    ("funnel-ordered-037", EXCLUSION),
    ("funnel-ordered-038", EXCLUSION),
    ("funnel-ordered-039", EXCLUSION),
    ("funnel-ordered-040", ONE_STEP),
    ("funnel-ordered-052", ONE_STEP),
    ("funnel-ordered-056", "its people are filtered by either of two groups of conditions"),
    ("funnel-ordered-064", EXCLUSION),
    ("funnel-ordered-066", "one of its steps is optional"),
    ("funnel-strict-002", STRICT),
    ("funnel-strict-004", STRICT),
    ("funnel-strict-006", STRICT),
    ("funnel-strict-007", STRICT),
    ("funnel-strict-008", STRICT),
    ("funnel-strict-009", STRICT),
    ("funnel-strict-010", STRICT),
    ("funnel-strict-011", STRICT),
    ("funnel-strict-014", STRICT),
    ("funnel-strict-020", STRICT),
    ("funnel-strict-021", STRICT),
    ("funnel-trend-by-entry-period-002", BY_ENTRY),
    ("funnel-trend-by-entry-period-004", BY_ENTRY),
    ("funnel-trend-by-entry-period-007", BY_ENTRY),
    ("funnel-trend-by-entry-period-008", BY_ENTRY),
    ("funnel-trend-by-entry-period-009", BY_ENTRY),
    ("funnel-trend-by-entry-period-012", BY_ENTRY),
    ("funnel-trend-by-entry-period-013", BY_ENTRY),
    ("funnel-trend-by-entry-period-015", BY_ENTRY),
    ("funnel-unordered-001", UNORDERED),
    ("funnel-unordered-002", UNORDERED),
    ("funnel-unordered-003", UNORDERED),
    ("funnel-unordered-005", UNORDERED),
    ("funnel-unordered-007", UNORDERED),
    ("funnel-unordered-008", UNORDERED),
    ("funnel-unordered-014", UNORDERED),
    ("funnel-unordered-017", UNORDERED),
    ("funnel-unordered-018", UNORDERED),
    ("funnel-unordered-021", UNORDERED),
    ("funnel-unordered-022", UNORDERED),
    ("paths-004", "its events are filtered by a property, and paths have conditions only of ends"),
    ("retention-007", BROWSERS),
    ("retention-008", BROWSERS),
    ("retention-018", "somebody has to come back twice in a period, and once is enough"),
    ("trends-004", BREAKDOWN),
    ("trends-008", BREAKDOWN),
    ("trends-013", BREAKDOWN),
    (
        "trends-041",
        "who came on the day before is not among its people of seven days, and is among ours",
    ),
    ("trends-043", BREAKDOWN),
    ("trends-047", BROWSERS),
    ("trends-049", BROWSERS),
    ("trends-050", BROWSERS),
    ("trends-051", BROWSERS),
    ("trends-052", MATHS),
    ("trends-058", "it asks for sums from the beginning on"),
    ("trends-062", MATHS),
];

/// Who does what in a case.
#[derive(Deserialize)]
struct World {
    actors: Vec<Actor>,
    events: Vec<Event>,
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

/// The conditions of a step, or of a question: all of them have to be so.
fn filters(of: &Value) -> Result<Vec<Filter>> {
    ensure!(of["any"].is_null(), "either of several conditions: {of}");
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

/// A step, with the conditions of its own and of the whole question.
fn step(named: &Value, of_all: &Value) -> Result<Step> {
    let one = &named["any_of"][0];
    ensure!(named["any_of"].as_array().is_none_or(|all| all.len() == 1), "several: {named}");
    let event = named["event"].as_str().or(one["event"].as_str());
    let target = match event {
        _ if one["element"].is_object() => {
            Target::Click { element: history::button_id(&button(&one["element"])), page: None }
        }
        Some(event) => Target::Page(PageFilter::new(None, &path(event))),
        None => bail!("a step of another form: {named}"),
    };
    let filters = [filters(&named["where"])?, filters(&one["where"])?, filters(of_all)?].concat();
    Ok(Step { filters, ..Step::from(target) })
}

impl World {
    /// Whose an identity is.
    fn person(&self, identity: &str) -> Result<&str> {
        let is_his = |actor: &&Actor| actor.identities.iter().any(|id| id == identity);
        let actor = self.actors.iter().find(is_his).context("an unknown identity")?;
        Ok(&actor.actor)
    }

    /// What is said of each actor, at the beginning; then the events.
    fn happenings(&self) -> Result<Vec<Happening>> {
        let begin = self.events.iter().map(|event| event.timestamp.as_millisecond()).min();
        let said = |actor: &Actor| Happening {
            project: PROJECT.to_owned(),
            at: begin.unwrap_or(0),
            anonymous_id: actor.identities.first().cloned().unwrap_or_default(),
            user_id: actor.actor.clone(),
            kind: Kind::Identify,
            host: String::new(),
            path: String::new(),
            element: String::new(),
            account_id: String::new(),
            is_automated: false,
        };
        let happening = |event: &Event| {
            let is_click = !event.elements.is_empty();
            ensure!(event.elements.len() < 2, "a chain of elements");
            Ok(Happening {
                project: event.tenant.clone().unwrap_or_else(|| PROJECT.to_owned()),
                at: event.timestamp.as_millisecond(),
                anonymous_id: event.identity.clone(),
                user_id: self.person(&event.identity)?.to_owned(),
                kind: if is_click { Kind::Click } else { Kind::PageView },
                host: "app.example.com".to_owned(),
                path: path(&event.event),
                element: event.elements.first().map(button).unwrap_or_default(),
                account_id: String::new(),
                is_automated: false,
            })
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

    /// Everything that happens, in databases of its own.
    async fn load(&self, id: &str) -> Result<Option<Connection>> {
        let name = format!("case_{}", id.replace('-', "_"));
        let Some(store) = testing::open(&name).await? else { return Ok(None) };
        let properties = self.properties();
        let more = |n: usize, mut row: store::EventRow| {
            row.properties = properties[n].clone();
            row
        };
        history::write_with(&store.connection, 1, &self.happenings()?, more).await?;
        Ok(Some(store.connection))
    }

    /// When the last of it happens.
    fn last(&self) -> jiff::Timestamp {
        self.events.iter().map(|event| event.timestamp).max().unwrap_or_default()
    }
}

fn moment(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}

/// The analysis and the number of a case.
fn id(file: &Path) -> Result<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut words = Vec::new();
    for word in name.split('-') {
        words.push(word);
        if word.len() == 3 && word.parse::<u32>().is_ok() {
            return Ok(words.join("-"));
        }
    }
    bail!("{name} has no number")
}

/// Asks a case.
async fn check(id: &str, json: &str) -> Result<()> {
    let analysis = id.rsplit_once('-').map_or("", |(analysis, _)| analysis);
    match analysis {
        "funnel-ordered" | "funnel-time-to-convert" => funnel::check(id, json).await,
        "paths" => paths::check(id, json).await,
        "retention" => retention::check(id, json).await,
        "trends" | "stickiness" | "lifecycle" => period::check(id, json).await,
        _ => bail!("it is neither asked nor listed with a reason"),
    }
}

fn folder() -> PathBuf {
    std::env::var_os("SILLAGE_CONFORMANCE").unwrap_or_else(|| OsString::from(FOLDER)).into()
}

#[tokio::test]
async fn the_cases_of_the_pack_come_out_as_expected() -> Result<()> {
    let folder = folder();
    if !folder.try_exists()? {
        ensure!(std::env::var_os("CI").is_none(), "no conformance pack at {}", folder.display());
        eprintln!("left out: no conformance pack at {}", folder.display());
        return Ok(());
    }
    let mut left_out: BTreeSet<_> = LEFT_OUT.iter().map(|(id, _)| *id).collect();
    ensure!(left_out.len() == LEFT_OUT.len(), "one is listed twice");
    let mut n_asked = 0;
    for entry in fs::read_dir(&folder)? {
        let file = entry?.path();
        let id = id(&file)?;
        if !left_out.remove(id.as_str()) {
            check(&id, &fs::read_to_string(&file)?).await.with_context(|| id.clone())?;
            n_asked += 1;
        }
    }
    ensure!(left_out.is_empty(), "listed, and not there: {left_out:?}");
    ensure!(n_asked == ASKED, "{n_asked} of {ASKED} were there");
    Ok(())
}

#[tokio::test]
async fn a_case_of_a_kind_that_nobody_knows_is_told() {
    assert!(check("correlation-001", "{}").await.is_err());
    assert!(check("funnel-unordered-999", "{}").await.is_err());
}
