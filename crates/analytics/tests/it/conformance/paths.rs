//! The cases of paths. Each page view and each screen is a view of a page of that name.

use super::{Event, World, text};
use crate::history::{self, Happening, PROJECT};
use analytics::{Answer, DateRange, Edge, Item, Paths, Query, Scope, run};
use anyhow::{Context, Result, bail, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use store::testing;

#[derive(Deserialize)]
struct Case {
    now: jiff::Timestamp,
    #[serde(flatten)]
    world: World,
    query: Asked,
    expect: Expected,
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
                user_id: self.world.person(&event.identity)?.to_owned(),
                kind: Kind::PageView,
                host: "app.example.com".to_owned(),
                path: named.map(text).context("an event that is no page")?,
                element: String::new(),
                account_id: String::new(),
                is_automated: false,
            })
        };
        self.world.events.iter().map(happening).collect()
    }

    fn paths(&self) -> Result<Paths> {
        let Asked { session_gap_seconds, max_steps, edge_limit, date_from, date_to, .. } =
            &self.query;
        ensure!((*session_gap_seconds, *edge_limit) == (1_800, 50), "another gap or limit");
        let date_range = DateRange::Between { from: date_from.date(), to: date_to.date() };
        Ok(Paths { steps: *max_steps, date_range, ..Paths::default() })
    }
}

/// Asks the case.
pub(super) async fn check(id: &str, json: &str) -> Result<()> {
    let case: Case = serde_json::from_str(json).context("reading the case")?;
    let Some(store) = testing::open(&format!("case_{}", id.replace('-', "_"))).await? else {
        return Ok(());
    };
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
