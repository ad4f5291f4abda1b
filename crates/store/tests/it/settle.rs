//! What became of an insert whose outcome is not known.

use crate::inserts::count;
use crate::rows::{batch_id, event, event_id, events};
use anyhow::{Context, Result, ensure};
use protocol::{BatchId, EventId, ProjectId};
use serde::Deserialize;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use store::testing::{self, TestStore};
use store::{Connection, EventRow, EventSet, Row, Statement};
use tokio::task::JoinHandle;

#[derive(Row, Deserialize)]
struct Count {
    n: u64,
}

/// The events of the project of most tests.
fn of_p(numbers: impl IntoIterator<Item = u64>) -> EventSet {
    let mut events = EventSet::default();
    numbers.into_iter().for_each(|n| events.insert("p", event_id(n)));
    events
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> HashSet<EventId> {
    numbers.into_iter().map(event_id).collect()
}

#[tokio::test]
async fn a_batch_of_which_one_month_is_missing() -> Result<()> {
    let Some(store) = testing::open("half").await? else { return Ok(()) };
    let batch = batch_id(7);
    let month = |n: u64| EventRow { month: 202_610 + u32::from(n >= 60), ..event(batch, n) };
    let rows: Vec<EventRow> = (0..100).map(month).collect();
    store.connection.insert_events(batch, 0, &rows[..60]).await?;
    store.connection.insert_events(batch_id(8), 0, &events(batch_id(8), 200..210)).await?;

    let there = store.connection.settle(batch).await?;
    assert_eq!(there, of_p(0..60));
    let missing: Vec<EventRow> = rows.into_iter().filter(|row| !there.has(row)).collect();
    store.connection.insert_events(batch, 1, &missing).await?;
    assert_eq!(store.connection.settle(batch).await?, of_p(0..100));
    assert_eq!(count(&store.connection, "count()").await?, 110);
    Ok(())
}

#[tokio::test]
async fn one_id_of_two_projects_is_two_events() -> Result<()> {
    let Some(store) = testing::open("two_projects").await? else { return Ok(()) };
    let batch = batch_id(7);
    let of = |project: &str| EventRow { project: project.to_owned(), ..event(batch, 1) };
    let rows = [of("p"), of("q")];
    store.connection.insert_events(batch, 0, &rows[..1]).await?;
    let there = store.connection.settle(batch).await?;
    assert_eq!(rows.each_ref().map(|row| there.has(row)), [true, false]);
    // Even as part of the same attempt: a token must not take the one for the other.
    store.connection.insert_events(batch, 0, &rows[1..]).await?;
    assert_eq!(store.connection.settle(batch).await?.len(), 2);
    assert_eq!(count(&store.connection, "count()").await?, 2);
    Ok(())
}

#[tokio::test]
async fn a_batch_that_never_came() -> Result<()> {
    let Some(store) = testing::open("never").await? else { return Ok(()) };
    assert_eq!(store.connection.settle(batch_id(1)).await?, EventSet::default());
    Ok(())
}

pub(crate) async fn is_running(connection: &Connection, query_id: &str) -> Result<bool> {
    let running =
        Statement::new("SELECT count() AS n FROM system.processes WHERE query_id = {id:String}")
            .bind("id", query_id);
    Ok(connection.select::<Count>(&running).await?.first().context("no row")?.n > 0)
}

/// An insert that takes its time.
pub(crate) struct Slow {
    pub(crate) query_id: String,
    pub(crate) answer: JoinHandle<reqwest::Result<reqwest::Response>>,
}

/// Begins the first attempt at the rows `events(batch, 0..n_rows)`, made slow: so many seconds a
/// row. It runs when this returns.
pub(crate) async fn slow_insert(
    store: &TestStore,
    batch: BatchId,
    n_rows: u64,
    seconds: f64,
) -> Result<Slow> {
    let query_id = format!("{}-{batch}-0-202611-0", store.connection.databases().data);
    let table = store.connection.databases().events();
    // Small blocks to read, and one to write.
    let url = format!(
        "{}/?query_id={query_id}&max_block_size=5&min_insert_block_size_rows=100000",
        store.target.url
    );
    let first = hex(event_id(0));
    let sql = format!(
        "INSERT INTO {table} (project, month, event_id, batch_id) SELECT 'p', 202611, \
         unhex(concat('{}', hex(bitOr(toUInt64(9223372036854775808), number)))), unhex('{batch}') \
         FROM system.numbers WHERE sleepEachRow({seconds}) = 0 LIMIT {n_rows}",
        &first[..16]
    );
    let request = reqwest::Client::new()
        .post(url)
        .header("X-ClickHouse-User", &store.target.user)
        .header("X-ClickHouse-Key", &store.target.password)
        .body(sql);
    let answer = tokio::spawn(request.send());
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_running(&store.connection, &query_id).await? {
        ensure!(Instant::now() < deadline && !answer.is_finished(), "the slow insert never ran");
    }
    Ok(Slow { query_id, answer })
}

#[tokio::test]
async fn an_insert_that_still_runs_is_killed_and_writes_nothing() -> Result<()> {
    let Some(store) = testing::open("running").await? else { return Ok(()) };
    let batch = batch_id(0xab);
    for is_batch_known in [true, false] {
        let slow = slow_insert(&store, batch, 60, 0.5).await?;
        match is_batch_known {
            true => assert!(store.connection.settle(batch).await?.is_empty()),
            false => store.connection.end_all_inserts().await?,
        }
        let answer = slow.answer.await??.text().await?;
        assert!(answer.contains("Code: 394"), "{answer}");
    }
    assert_eq!(count(&store.connection, "count()").await?, 0);
    Ok(())
}

#[derive(Row, Deserialize)]
struct Line {
    explain: String,
}

#[tokio::test]
async fn what_is_asked_without_a_person_is_found_by_skip_indexes() -> Result<()> {
    let Some(store) = testing::open("skip").await? else { return Ok(()) };
    for n in 1..=3 {
        let first = u64::from(n) * 100;
        let rows = events(batch_id(n), first..first + 50);
        store.connection.insert_events(batch_id(n), 0, &rows).await?;
    }
    let table = store.connection.databases().events();
    let cases = [
        ("batch_id_bloom", format!("batch_id = CAST(unhex('{}') AS FixedString(16))", batch_id(2))),
        (
            "event_id_bloom",
            format!(
                "project = 'p' AND event_id IN (SELECT CAST(unhex(arrayJoin(['{}'])) AS FixedString(16)))",
                hex(event_id(210))
            ),
        ),
        ("timestamp_range", "timestamp >= toDateTime64(1795348800.250, 3, 'UTC')".to_owned()),
    ];
    for (index, condition) in cases {
        let sql = format!(
            "SELECT explain FROM (EXPLAIN indexes = 1 SELECT event_id FROM {table} WHERE {condition})"
        );
        let lines = store.connection.select::<Line>(&Statement::new(sql)).await?;
        let plan: Vec<&str> = lines.iter().map(|line| line.explain.trim()).collect();
        let at = plan.iter().position(|line| line.contains(index));
        let at = at.with_context(|| format!("`{index}` is not used:\n{}", plan.join("\n")))?;
        assert!(plan[at..].contains(&"Granules: 1/3"), "{}", plan.join("\n"));
    }
    Ok(())
}

/// An event id as `unhex` reads it.
fn hex(id: EventId) -> String {
    BatchId::from_bytes(*id.as_bytes()).to_string()
}

#[tokio::test]
async fn known_events_are_those_of_the_project() -> Result<()> {
    let Some(store) = testing::open("known").await? else { return Ok(()) };
    let batch = batch_id(1);
    let mut rows = events(batch, 0..3_000);
    rows.push(EventRow { project: "other".to_owned(), ..event(batch, 9_999) });
    store.connection.insert_events(batch, 0, &rows).await?;
    let asked: Vec<EventId> = (2_000..10_000).map(event_id).collect();
    let known = store.connection.known_events(&ProjectId::parse("p")?, &asked).await?;
    assert_eq!(known, ids(2_000..3_000));
    assert_eq!(store.connection.known_events(&ProjectId::parse("p")?, &[]).await?, HashSet::new());
    Ok(())
}
