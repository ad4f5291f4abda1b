//! The traps of exactly once, each set off at the right moment, and that the writer's way, to
//! settle and to insert what is missing, leads out of each.
//!
//! A test named `known_…` asserts what ClickHouse does wrong: it is the reason for that way, and
//! fails when a later engine does better.

use crate::inserts::count;
use crate::rows::{batch_id, event, events};
use crate::settle::{is_running, slow_insert};
use crate::strace::Trace;
use anyhow::{Context, Result, ensure};
use engine::Engine;
use protocol::BatchId;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Connection, Databases, EventRow, Row, Statement, Target, migrate, testing};
use tempfile::TempDir;

const N_ROWS: u64 = 1_000;

/// An engine of a test's own, to be killed.
struct Victim {
    engine: Engine,
    connection: Connection,
    dir: TempDir,
}

impl Victim {
    async fn start() -> Result<Option<Self>> {
        let Some(library) = engine::testing::library()? else { return Ok(None) };
        let dir = tempfile::tempdir()?;
        let engine = Engine::start(engine::testing::config(library, dir.path())?).await?;
        let connection = Connection::new(Target::from(engine.endpoint()), Databases::default())?;
        migrate(&connection).await?;
        Ok(Some(Self { engine, connection, dir }))
    }

    /// Inserts, and has the engine killed when it begins to rename the first new part. Gives
    /// what was renamed, or nothing where processes may not be watched.
    async fn insert_and_die(&self, batch: BatchId, rows: &[EventRow]) -> Result<Option<String>> {
        let pid = self.engine.pid().context("no process")?;
        let Some(trace) = Trace::attach(pid)? else { return Ok(None) };
        let inserted = self.connection.insert_events(batch, 0, rows).await;
        let error = inserted.err().context("the engine answered although it was killed")?;
        ensure!(error.is_retryable(), "{error:?}");
        let rename = trace.rename()?;
        self.wait_for_another(pid).await?;
        Ok(Some(rename))
    }

    /// Waits until another process than `pid` serves.
    async fn wait_for_another(&self, pid: u32) -> Result<()> {
        let mut state = self.engine.state();
        let another = async {
            while self.engine.pid().is_none_or(|now| now == pid) {
                state.changed().await?;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(Duration::from_secs(30), another).await?
    }

    /// Settles, and inserts what is missing; gives how many rows were there.
    async fn finish(&self, batch: BatchId, rows: &[EventRow]) -> Result<usize> {
        let there = self.connection.settle(batch).await?;
        let is_missing = |row: &&EventRow| !there.has(row);
        let missing: Vec<EventRow> = rows.iter().filter(is_missing).cloned().collect();
        self.connection.insert_events(batch, 1, &missing).await?;
        Ok(there.len())
    }

    async fn counts(&self) -> Result<(u64, u64)> {
        counts(&self.connection).await
    }
}

/// Rows, and different events among them.
async fn counts(connection: &Connection) -> Result<(u64, u64)> {
    Ok((count(connection, "count()").await?, count(connection, "uniqExact(event_id)").await?))
}

#[tokio::test]
async fn known_a_token_is_logged_before_its_part_is_there() -> Result<()> {
    let Some(victim) = Victim::start().await? else { return Ok(()) };
    let (batch, rows) = (batch_id(1), events(batch_id(1), 0..N_ROWS));
    let Some(rename) = victim.insert_and_die(batch, &rows).await? else { return Ok(()) };
    assert!(rename.contains("tmp_insert_202611"), "{rename}");
    assert_eq!(victim.counts().await?, (0, 0));
    known_loss_and_the_way_out(&victim, batch, &rows).await
}

/// The same state without watching a process: what was written and not yet renamed is gone.
#[tokio::test]
async fn known_a_token_without_its_part_by_hand() -> Result<()> {
    let Some(victim) = Victim::start().await? else { return Ok(()) };
    let (batch, rows) = (batch_id(1), events(batch_id(1), 0..N_ROWS));
    victim.connection.insert_events(batch, 0, &rows).await?;
    let part = folder_named(victim.dir.path(), "202611_1_1_0")?.context("no part")?;
    let pid = victim.engine.pid().context("no process")?;
    // A running engine would write its log again when it ends well.
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status()?;
    ensure!(killed.success(), "the engine was not killed");
    fs::remove_dir_all(part)?;
    victim.wait_for_another(pid).await?;
    assert_eq!(victim.counts().await?, (0, 0));
    known_loss_and_the_way_out(&victim, batch, &rows).await
}

/// A plain retry is answered well and inserts nothing; settling finds that, and brings the rows.
async fn known_loss_and_the_way_out(
    victim: &Victim,
    batch: BatchId,
    rows: &[EventRow],
) -> Result<()> {
    victim.connection.insert_events(batch, 0, rows).await?;
    assert_eq!(victim.counts().await?, (0, 0), "a plain retry helps now: this trap is gone");
    assert_eq!(victim.finish(batch, rows).await?, 0);
    assert_eq!(victim.counts().await?, (N_ROWS, N_ROWS));
    Ok(())
}

fn folder_named(root: &Path, name: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.ends_with(name) {
            return Ok(Some(path));
        }
        // The engine leads to its tables by links, too.
        if path.is_dir()
            && !path.is_symlink()
            && let Some(found) = folder_named(&path, name)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// As many rows of each of three months, one month after the other.
fn three_months(batch: BatchId) -> Vec<EventRow> {
    let month = |n: u64| 202_609 + u32::try_from(n / N_ROWS).unwrap_or(0);
    let row = |n: u64| EventRow { month: month(n), ..event(batch, n) };
    (0..3 * N_ROWS).map(row).collect()
}

#[derive(Row, Deserialize)]
struct Month {
    month: u32,
}

async fn months(connection: &Connection) -> Result<Vec<u32>> {
    let table = connection.databases().events();
    let sql = format!("SELECT month FROM {table} GROUP BY month ORDER BY month");
    let months = connection.select::<Month>(&Statement::new(sql)).await?;
    Ok(months.into_iter().map(|row| row.month).collect())
}

#[tokio::test]
async fn a_kill_at_the_second_of_three_months_leaves_the_first() -> Result<()> {
    let Some(victim) = Victim::start().await? else { return Ok(()) };
    let batch = batch_id(1);
    let rows = three_months(batch);
    let (first, others) = rows.split_at(usize::try_from(N_ROWS)?);
    victim.connection.insert_events(batch, 0, first).await?;
    let Some(rename) = victim.insert_and_die(batch, others).await? else { return Ok(()) };
    assert!(rename.contains("tmp_insert_202610"), "{rename}");
    assert_eq!(months(&victim.connection).await?, [202_609]);
    assert_eq!(victim.finish(batch, &rows).await?, usize::try_from(N_ROWS)?);
    assert_eq!(months(&victim.connection).await?, [202_609, 202_610, 202_611]);
    assert_eq!(victim.counts().await?, (3 * N_ROWS, 3 * N_ROWS));
    Ok(())
}

#[tokio::test]
async fn known_an_insert_that_is_slow_ends_after_its_repeat() -> Result<()> {
    let Some(store) = testing::open("slow").await? else { return Ok(()) };
    let (batch, rows) = (batch_id(1), events(batch_id(1), 0..N_ROWS));
    let slow = slow_insert(&store, batch, N_ROWS, 0.003).await?;
    store.connection.insert_events(batch, 1, &rows).await?;
    let answer = slow.answer.await??;
    ensure!(answer.status().is_success(), "{}", answer.text().await?);
    assert_eq!(counts(&store.connection).await?, (2 * N_ROWS, N_ROWS));
    Ok(())
}

#[tokio::test]
async fn a_slow_insert_that_is_settled_before_its_repeat_doubles_nothing() -> Result<()> {
    let Some(store) = testing::open("slow_settled").await? else { return Ok(()) };
    let (batch, rows) = (batch_id(1), events(batch_id(1), 0..N_ROWS));
    let slow = slow_insert(&store, batch, N_ROWS, 0.003).await?;
    assert!(store.connection.settle(batch).await?.is_empty());
    assert!(!is_running(&store.connection, &slow.query_id).await?);
    store.connection.insert_events(batch, 1, &rows).await?;
    assert!(!slow.answer.await??.status().is_success());
    assert_eq!(counts(&store.connection).await?, (N_ROWS, N_ROWS));
    Ok(())
}
