//! The set of seen events alone: new ids, late ids, checkpoints, opening ten million.
//!
//! A figure a line, as JSON. A batch is taken 50 events at a time, with a lock for each, as
//! requests do; the new ids are compared with the two sets in memory that an ingest without a
//! folder would need at the least.

use anyhow::{Context, Result, ensure};
use collector::config;
use collector::env;
use collector::seen::{Answer, Seen};
use collector::spool::Spool;
use foldhash::fast::RandomState;
use protocol::{EventId, ProjectId, Timestamp};
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);
const BATCH: usize = 50;
const MILLION: usize = 1_000_000;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure())
}

async fn measure() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let project = ProjectId::parse("bench")?;
    let seen = open(dir.path(), NOON)?;

    // Ten million events of a day, a million at a time.
    let day = ids(10 * MILLION, NOON.plus_millis(-24 * 3_600_000), 24 * 3_600_000);
    let mut checkpoints = Vec::new();
    for million in day.chunks(MILLION) {
        insert(&seen, &project, million);
        checkpoints.push(time(|| seen.checkpoint()).await?);
    }
    checkpoints.sort();
    figure("seen_checkpoint_of_a_million_ms", ms(checkpoints[5]), "ms")?;
    figure("seen_slowest_checkpoint_of_a_million_ms", ms(checkpoints[9]), "ms")?;

    // Of the same minute, which is in memory.
    let fresh = ids(MILLION / 2, NOON, 60_000);
    let spent = insert(&seen, &project, &fresh);
    figure("seen_new_id_ns", nanos(spent, fresh.len()), "ns")?;
    figure("seen_new_id_plain_set_ns", nanos(plain(&fresh), fresh.len()), "ns")?;
    seen.checkpoint().await?;
    drop(seen);

    let start = Instant::now();
    let seen = open(dir.path(), NOON)?;
    figure("seen_open_ten_million_ms", ms(start.elapsed()), "ms")?;
    let late: Vec<EventId> = day.iter().step_by(97).copied().collect();
    for name in ["seen_late_id_first_us", "seen_late_id_us"] {
        let start = Instant::now();
        for batch in late.chunks(BATCH) {
            let mut of = seen.of(&project, NOON, 0, batch.iter().copied());
            ensure!(batch.iter().all(|id| of.insert(*id) == Answer::Duplicate), "an id is lost");
        }
        figure(name, nanos(start.elapsed(), late.len()) / 1_000.0, "us")?;
    }
    let n_bytes: u64 = std::fs::read_dir(dir.path().join("seen"))?
        .map(|entry| Ok(entry?.metadata()?.len()))
        .sum::<Result<u64>>()?;
    figure("seen_bytes_per_event", n_bytes as f64 / (day.len() + fresh.len()) as f64, "B")
}

fn open(dir: &Path, now: Timestamp) -> Result<Arc<Seen>> {
    let (spool, cursor, _) =
        Spool::open(&dir.join("spool"), &config::spool::Spool::default(), [7; 16], env::clock())?;
    let seen = Seen::open(&dir.join("seen"), &spool, cursor.spool, now).context("cannot open")?;
    Ok(Arc::new(seen))
}

/// Ids over a time, in random order.
fn ids(n: usize, from: Timestamp, ms: i64) -> Vec<EventId> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ n as u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut id = || {
        let at = i64::try_from(random() % ms.unsigned_abs()).unwrap_or(0);
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&random().to_be_bytes());
        EventId::new(from.plus_millis(at), bytes)
    };
    (0..n).map(|_| id()).collect()
}

fn insert(seen: &Seen, project: &ProjectId, ids: &[EventId]) -> Duration {
    let start = Instant::now();
    for batch in ids.chunks(BATCH) {
        let mut of = seen.of(project, NOON, 0, batch.iter().copied());
        batch.iter().for_each(|id| {
            std::hint::black_box(of.insert(*id));
        });
    }
    start.elapsed()
}

/// What two sets cost, of which one is asked and the other added to, made in their full size.
fn plain(ids: &[EventId]) -> Duration {
    let set = || HashSet::with_capacity_and_hasher(ids.len(), RandomState::default());
    let (old, mut young): (HashSet<u128, _>, HashSet<u128, _>) = (set(), set());
    let start = Instant::now();
    for id in ids {
        let key = u128::from_be_bytes(*id.as_bytes());
        std::hint::black_box(old.contains(&key) || !young.insert(key));
    }
    start.elapsed()
}

async fn time<F: Future<Output = Result<()>>>(work: impl FnOnce() -> F) -> Result<Duration> {
    let start = Instant::now();
    work().await?;
    Ok(start.elapsed())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn nanos(time: Duration, n: usize) -> f64 {
    time.as_secs_f64() * 1e9 / n as f64
}

fn figure(name: &str, value: f64, unit: &str) -> Result<()> {
    let value = (value * 10.0).round() / 10.0;
    let line = serde_json::json!({ "name": name, "value": value, "unit": unit });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
