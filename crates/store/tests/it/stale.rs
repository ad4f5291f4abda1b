//! A server that hangs with an insert it has not read, and goes on when nobody waits for it.

use crate::inserts::count;
use crate::rows::{batch_id, events};
use anyhow::{Context, Result, ensure};
use engine::Engine;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};
use store::{Connection, Databases, EventRow, Target, migrate};
use tokio::time::timeout;

const ROUNDS: u8 = 6;

fn signal(pid: u32, name: &str) -> Result<()> {
    let done = Command::new("kill").arg(name).arg(pid.to_string()).status()?;
    ensure!(done.success(), "no signal {name}");
    Ok(())
}

/// Stops a process, and returns when none of its threads runs any more: on a busy machine each takes
/// its time to hear of the signal.
async fn stop(pid: u32) -> Result<()> {
    signal(pid, "-STOP")?;
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_stopped(pid)? {
        ensure!(Instant::now() < deadline, "the server was not stopped");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

fn is_stopped(pid: u32) -> Result<bool> {
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that is gone by now was running.
        let Ok(stat) = fs::read_to_string(thread?.path().join("stat")) else { return Ok(false) };
        // The state follows the name, which is in parentheses.
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        if state != Some('T') {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn n_rows(connection: &Connection, batch: protocol::BatchId) -> Result<u64> {
    count(connection, &format!("countIf(batch_id = unhex('{batch}'))")).await
}

#[tokio::test]
async fn an_insert_that_was_not_read_yet_doubles_nothing() -> Result<()> {
    let Some(library) = engine::testing::library()? else { return Ok(()) };
    let dir = tempfile::tempdir()?;
    let engine = Engine::start(engine::testing::config(library, dir.path())?).await?;
    let pid = engine.pid().context("no process")?;
    let connection = Connection::new(Target::from(engine.endpoint()), Databases::default())?;
    migrate(&connection).await?;
    // What the client asks once about the table is asked here.
    connection.insert_events(batch_id(0), 0, &events(batch_id(0), 0..1)).await?;
    for round in 1..=ROUNDS {
        let batch = batch_id(round);
        let first = u64::from(round) * 1_000;
        let rows = events(batch, first..first + 100);
        stop(pid).await?;
        let insert = timeout(Duration::from_millis(200), connection.insert_events(batch, 0, &rows));
        ensure!(insert.await.is_err(), "a stopped server answered");
        signal(pid, "-CONT")?;
        // Asked at once, and asked after the server has done what it found.
        let is_done = round % 2 == 0;
        let deadline = Instant::now() + Duration::from_secs(20);
        while is_done && n_rows(&connection, batch).await? == 0 {
            ensure!(Instant::now() < deadline, "the insert was not there: nothing was tested");
        }
        let there = connection.settle(batch).await?;
        ensure!(!is_done || there.len() == rows.len(), "{} were there", there.len());
        let is_missing = |row: &&EventRow| !there.has(row);
        let missing: Vec<EventRow> = rows.iter().filter(is_missing).cloned().collect();
        connection.insert_events(batch, 1, &missing).await?;
        // Nothing of the batch runs any more when this returns.
        connection.settle(batch).await?;
        assert_eq!(n_rows(&connection, batch).await?, 100, "round {round}");
    }
    engine.stop().await?;
    Ok(())
}
