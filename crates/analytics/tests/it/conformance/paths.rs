//! The cases of paths. Each page view and each screen is a view of a page of that name.

use super::FOLDER;
use crate::history::{self, Happening, PROJECT};
use analytics::{Answer, DateRange, Edge, Item, Paths, Query, Scope, run};
use anyhow::{Context, Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use store::testing;

/// The cases that a question about pages answers, by their numbers.
const COVERED: [&str; 2] = ["003", "005"];

/// Why the others are not.
const LEFT_OUT: [(&str, &str); 1] = [("004", "its events are filtered by a property")];

#[derive(Deserialize)]
struct Case {
    now: jiff::Timestamp,
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
    properties: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Asked {
    session_gap_seconds: i64,
    max_steps: u32,
    edge_limit: usize,
    date_from: jiff::civil::DateTime,
    date_to: jiff::civil::DateTime,
    timezone: String,
}

#[derive(Deserialize)]
struct Expected {
    edges: Vec<ExpectedEdge>,
}

#[derive(Deserialize)]
struct ExpectedEdge {
    from: Place,
    to: Place,
    count: u64,
}

#[derive(Deserialize)]
struct Place {
    step: u32,
    item: String,
}

impl Case {
    fn happenings(&self) -> Result<Vec<Happening>> {
        let mut person = BTreeMap::new();
        for actor in &self.actors {
            person.extend(actor.identities.iter().map(|id| (id, &actor.actor)));
        }
        let happening = |event: &Event| {
            let named = match event.event.as_str() {
                "$pageview" => event.properties.get("$current_url"),
                "$screen" => event.properties.get("$screen_name"),
                _ => None,
            };
            Ok(Happening {
                project: PROJECT.to_owned(),
                at: event.timestamp.as_millisecond(),
                anonymous_id: event.identity.clone(),
                user_id: (*person.get(&event.identity).context("an unknown identity")?).clone(),
                kind: Kind::PageView,
                host: "app.example.com".to_owned(),
                path: named.context("an event that is no page")?.clone(),
                element: String::new(),
                account_id: String::new(),
                is_automated: false,
            })
        };
        self.events.iter().map(happening).collect()
    }

    fn paths(&self) -> Result<Paths> {
        let Asked { session_gap_seconds, max_steps, edge_limit, date_from, date_to, .. } =
            &self.query;
        ensure!((*session_gap_seconds, *edge_limit) == (1_800, 50), "another gap or limit");
        let date_range = DateRange::Between { from: date_from.date(), to: date_to.date() };
        Ok(Paths { steps: *max_steps, date_range, ..Paths::default() })
    }
}

async fn check(name: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(store) = testing::open(&format!("case_paths_{name}")).await? else { return Ok(()) };
    history::write(&store.connection, 1, &case.happenings()?).await?;
    let scope = Scope { time_zone: case.query.timezone.clone(), ..history::scope("UTC")? };
    let now = Timestamp::from_millis(case.now.as_millisecond());
    let query = Query::Paths(case.paths()?);
    let Answer::Paths(answer) = run(&store.connection, &scope, &query, now).await? else {
        bail!("another report");
    };
    let is = |place: &Place, position: u32, item: &Item| {
        place.step == position && place.item == item.name
    };
    let found = |expected: &ExpectedEdge| {
        let is_it = |edge: &Edge| {
            is(&expected.from, edge.position, &edge.from)
                && is(&expected.to, edge.position + 1, &edge.to)
        };
        let place =
            answer.edges.iter().position(is_it).context("a transition that is not there")?;
        let count = answer.edges[place].transitions;
        ensure!(count == expected.count, "{count}, not {}", expected.count);
        Ok(place)
    };
    let places: Vec<_> = case.expect.edges.iter().map(found).collect::<Result<_>>()?;
    ensure!(places.is_sorted(), "another order: {places:?}");
    Ok(())
}

#[tokio::test]
async fn the_cases_of_paths_come_out_as_expected() -> Result<()> {
    // That the pack is there is seen to by the test of funnels.
    if !Path::new(FOLDER).try_exists()? {
        return Ok(());
    }
    let mut n_checked = 0;
    for entry in fs::read_dir(FOLDER)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(rest) = name.strip_prefix("paths-") else { continue };
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
