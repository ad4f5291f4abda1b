//! How long questions take on ten million events in their real shape, beside a peer's shape.
//!
//! The set ([`set`]) is made inside the engine. Each question ([`question`]) is asked with two
//! threads until it is warm, and then so often that the median means something; one line of JSON
//! says its time, what it read, its memory and its budget. `SILLAGE_BENCH_EVENTS` sets another
//! number of events, about.

mod feature;
mod measure;
mod question;
mod set;

use anyhow::{Context, Result};
use store::testing;

/// The moment at which all questions are asked: 2026-11-22T00:00:00Z.
const NOW_MS: i64 = 1_795_305_600_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Some(store) = testing::open("bench").await? else { return Ok(()) };
    let n_events = match std::env::var_os("SILLAGE_BENCH_EVENTS") {
        Some(n) => n.to_string_lossy().parse().context("SILLAGE_BENCH_EVENTS is no number")?,
        None => 10_000_000,
    };
    set::fill(&store, n_events).await?;
    for question in question::all(&store.connection).await? {
        measure::measure(&store.connection, &question).await?;
    }
    feature::measure(&store.connection, &question::scope()?).await
}
