//! How long questions take on ten million events in their real shape, beside a peer's shape.
//!
//! The set ([`set`]) is made inside the engine, in the tables of the product. Each question
//! ([`question`]) is asked with two threads until it is warm, and then so often that the median
//! means something; one line of JSON says its time, what it read, its memory and its budget.
//! `SILLAGE_BENCH_EVENTS` sets another number of events, about; with `SILLAGE_BENCH_LAYOUTS` what
//! else was tried for the tables ([`layout`]) is stored and asked instead. While one question is
//! worked on, `SILLAGE_BENCH_SET` names a folder in which the set is kept from one time to the next,
//! and `SILLAGE_BENCH_ONLY` words of the questions that are asked then.

mod candidate;
mod feature;
mod layout;
mod measure;
mod peer;
mod question;
mod set;

use anyhow::{Context, Result};
use protocol::Timestamp;
use set::Set;
use std::path::Path;
use std::{env, process};
use store::testing::{self, TestStore};

/// The moment at which all questions are asked: 2026-11-22T00:00:00Z.
const NOW_MS: i64 = 1_795_305_600_000;
const NOW: Timestamp = Timestamp::from_millis(NOW_MS);

/// Whose events they are.
const PROJECT: &str = "bench";

/// Where the engine keeps the set meanwhile.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench");

// As in the collector.
#[tokio::main]
async fn main() -> Result<()> {
    let n_events = match env::var_os("SILLAGE_BENCH_EVENTS") {
        Some(n) => n.to_string_lossy().parse().context("SILLAGE_BENCH_EVENTS is no number")?,
        None => 10_000_000,
    };
    if let Some(folder) = env::var_os("SILLAGE_BENCH_SET") {
        return again(Path::new(&folder), n_events).await;
    }
    let folder = Path::new(FOLDER).join(process::id().to_string());
    testing::alone(&folder, async |store| {
        let store = two_threads(store);
        let set = Set::new(&store, n_events);
        set.events().await?;
        set.features().await?;
        match env::var_os("SILLAGE_BENCH_LAYOUTS") {
            None => questions(&store, &set).await,
            Some(_) => layout::measure(&store.connection, &set).await,
        }
    })
    .await
}

fn two_threads(store: TestStore) -> TestStore {
    TestStore { connection: store.connection.with_setting("max_threads", "2"), ..store }
}

/// Asks some of the product's questions about a set that is kept, or made if there is none.
async fn again(folder: &Path, n_events: u64) -> Result<()> {
    let is_new = !folder.try_exists()?;
    let only = env::var_os("SILLAGE_BENCH_ONLY").unwrap_or_default();
    let only = only.to_string_lossy();
    testing::kept(folder, async |store| {
        let store = two_threads(store);
        if is_new {
            let set = Set::new(&store, n_events);
            set.events().await?;
            set.features().await?;
        }
        let mut questions = question::all(&store.connection).await?;
        questions.retain(|question| question.is_of_product() && question.name.contains(&*only));
        measure::all(&store.connection, &questions).await.map(drop)
    })
    .await
}

async fn questions(store: &TestStore, set: &Set<'_>) -> Result<()> {
    set.peer().await?;
    set.weeks().await?;
    let connection = &store.connection;
    let questions = question::all(connection).await?;
    let figures = measure::all(connection, &questions).await?;
    peer::compare(&questions, &figures)?;
    feature::measure(connection).await
}
