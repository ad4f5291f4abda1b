//! What was acknowledged is in ClickHouse, once, as it was sent, whatever is killed and when.
#![allow(clippy::print_stdout, reason = "a failure is repeated by its seed")]

use anyhow::{Result, ensure};
use e2e::ledger::{Fate, Fault};
use e2e::seed;
use e2e::trial::{Settings, Trial};

fn settings(rounds: u32) -> Result<Settings> {
    let seed = seed()?;
    println!("seed {seed}: SILLAGE_SEED repeats it");
    let (clients, load_ms, judge_every) = (4, 1_200, 10);
    Ok(Settings { rounds, seed, clients, load_ms, judge_every, has_server: false })
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_or_doubled_in_twenty_kills() -> Result<()> {
    let mut trial = Trial::begin(settings(20)?).await?;
    let summary = trial.run(|line| println!("{line}")).await?;
    println!("{summary:#?}");
    let verdict = &summary.verdict;
    ensure!(verdict.is_clean(), "seed {}: {verdict}", summary.settings.seed);
    // A trial in which little happened proves nothing.
    ensure!(verdict.n_of(Fate::Acknowledged) > 1_000 && verdict.n_resent > 50, "{verdict}");
    ensure!(verdict.n_of(Fate::Refused) > 10 && summary.n_months >= 2, "{summary:?}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_where_clickhouse_outlives_the_collector() -> Result<()> {
    let settings = Settings { has_server: true, ..settings(10)? };
    let summary = Trial::begin(settings).await?.run(|line| println!("{line}")).await?;
    println!("{summary:#?}");
    let verdict = &summary.verdict;
    ensure!(verdict.is_clean(), "seed {}: {verdict}", summary.settings.seed);
    ensure!(verdict.n_of(Fate::Acknowledged) > 500, "{verdict}");
    Ok(())
}

#[tokio::test]
async fn the_oracle_notices_what_is_done_behind_the_collectors_back() -> Result<()> {
    let mut trial = Trial::begin(settings(1)?).await?;
    let summary = trial.run(|_| {}).await?;
    ensure!(summary.verdict.is_clean(), "{}", summary.verdict);
    let table = "data.events";
    let one = format!("SELECT event_id FROM {table} ORDER BY cityHash64(event_id) LIMIT 1");
    let delete = format!("ALTER TABLE {table} DELETE WHERE event_id IN ({one})");
    let change = format!("ALTER TABLE {table} UPDATE name = 'other' WHERE event_id IN ({one})");
    let wait = "SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1";
    let double = format!("INSERT INTO {table} SELECT * FROM {table} WHERE event_id IN ({one})");
    let id = format!("unhex('{}')", "00".repeat(16));
    let foreign = format!("INSERT INTO {table} (project, event_id) VALUES ('tidemark', {id})");

    for (sql, fault) in [
        (format!("{change} {wait}"), Fault::Changed),
        (double, Fault::Doubled),
        (format!("{delete} {wait}"), Fault::Lost),
        (foreign, Fault::Foreign),
    ] {
        trial.database().execute(&sql).await?;
        let verdict = trial.verdict().await?;
        ensure!(verdict.n(fault) >= 1, "{fault:?} is not noticed: {verdict}");
    }
    Ok(())
}
