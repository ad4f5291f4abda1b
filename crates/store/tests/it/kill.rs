//! The engine killed by `kill -9` while a batch is written.

use crate::inserts::count;
use crate::rows::{batch_id, event};
use anyhow::{Context, Result, ensure};
use engine::{Engine, State};
use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;
use store::{Connection, Databases, EventRow, Target, migrate};

const ROUNDS: u8 = 5;
const MONTHS: u32 = 4;

/// Settles until the engine is back, then writes what is missing, as the writer does.
async fn finish(
    connection: &Connection,
    batch: protocol::BatchId,
    rows: &[EventRow],
) -> Result<usize> {
    let mut attempt = 1;
    loop {
        let there = match connection.settle(batch).await {
            Ok(there) => there,
            Err(error) => {
                ensure!(error.is_retryable(), "{error:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let is_missing = |row: &&EventRow| !there.has(row);
        let missing: Vec<EventRow> = rows.iter().filter(is_missing).cloned().collect();
        match connection.insert_events(batch, attempt, &missing).await {
            Ok(()) => return Ok(there.len()),
            Err(error) => ensure!(error.is_retryable(), "{error:?}"),
        }
        attempt += 1;
    }
}

#[tokio::test]
async fn every_event_is_there_once_after_kills_in_the_middle() -> Result<()> {
    let Some(library) = engine::testing::library()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let engine = Engine::start(engine::testing::config(library, dir.path())?).await?;
    let mut state = engine.state();
    let connection = Connection::new(Target::from(engine.endpoint()), Databases::default())?;
    migrate(&connection).await?;
    let mut expected = HashSet::new();
    for round in 0..ROUNDS {
        let batch = batch_id(round);
        let row = |n: u64| EventRow {
            month: 202_607 + u32::try_from(n).unwrap_or(0) % MONTHS,
            ..event(batch, u64::from(round) * 100_000 + n)
        };
        let rows: Vec<EventRow> = (0..8_000).map(row).collect();
        expected.extend(rows.iter().map(|row| row.event_id));
        let pid = engine.pid().context("no process")?;
        // Each round a little later, so that the kill falls between other months.
        let kill = async {
            tokio::time::sleep(Duration::from_millis(u64::from(round) * 12)).await;
            Command::new("kill").arg("-9").arg(pid.to_string()).status()
        };
        let (written, killed) = tokio::join!(connection.insert_events(batch, 0, &rows), kill);
        ensure!(killed?.success(), "the engine was not killed");
        let there = finish(&connection, batch, &rows).await?;
        println!("round {round}: {there} of {} rows were there, insert {written:?}", rows.len());
        tokio::time::timeout(Duration::from_secs(20), state.wait_for(|s| *s == State::Ready))
            .await??;
        ensure!(engine.pid() != Some(pid), "the engine was not started again");
    }
    let n_expected = u64::try_from(expected.len())?;
    assert_eq!(count(&connection, "count()").await?, n_expected);
    assert_eq!(count(&connection, "uniqExact(event_id)").await?, n_expected);
    engine.stop().await?;
    Ok(())
}
