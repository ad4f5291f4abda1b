//! ClickHouse is away, or hangs: events are taken for as long as the spool holds, and all of them
//! are there once when it is back.

use anyhow::{Context, Result, ensure};
use e2e::chance::Chance;
use e2e::client::{Client, Destination, Load, Project};
use e2e::collector::Options;
use e2e::ledger::Fate;
use e2e::server::Server;
use e2e::{Collector, until, wait};
use tempfile::TempDir;

/// The smallest spool that there can be.
const SMALL: &str = "[spool]\nsegment_bytes = 2097152\nmax_bytes = 4194304\n";

async fn collector(server: &Server, data: &TempDir) -> Result<(Collector, Destination)> {
    let clickhouse = Some(server.url().to_owned());
    let options = Options { clickhouse, configuration: SMALL.to_owned(), ..Options::default() };
    let collector = Collector::start_with(data.path(), options).await?;
    let key = collector.write_key()?.to_owned();
    let projects = vec![Project::of_tests(key)];
    let to = Destination::new(collector.listen(), projects);
    Ok((collector, to))
}

#[tokio::test]
async fn events_are_taken_while_clickhouse_is_away_or_hangs() -> Result<()> {
    let mut server = Server::start().await?;
    let data = TempDir::with_prefix("e2e-away-")?;
    let (mut collector, to) = collector(&server, &data).await?;
    let mut chance = Chance::new(e2e::seed()?);
    let clients = (0..3).map(|_| Client::new(to.clone(), chance.branch(), 30));
    let load = Load::begin(clients.collect());
    to.wait_for_more(300).await?;

    server.kill()?;
    to.wait_for_more(600).await?;
    // A start without ClickHouse: the projects are known from before.
    collector.kill()?;
    collector.start_again().await?;
    to.wait_for_more(300).await?;
    server.start_again().await?;
    to.wait_for_more(300).await?;

    server.hold()?;
    to.wait_for_more(600).await?;
    server.go_on()?;
    to.wait_for_more(300).await?;
    load.end().await?;

    collector.write_all().await?;
    let verdict = to.check(server.database()).await?;
    ensure!(verdict.n_of(Fate::Acknowledged) > 2_400, "{verdict}");
    Ok(())
}

#[tokio::test]
async fn a_full_spool_refuses_for_now_and_forgets_nothing() -> Result<()> {
    let mut server = Server::start().await?;
    let data = TempDir::with_prefix("e2e-full-")?;
    let (mut collector, to) = collector(&server, &data).await?;
    server.kill()?;
    let mut client = Client::new(to.clone(), Chance::new(e2e::seed()?), 30);
    let refused = until("the spool is full", wait::PATIENCE, async || {
        let (batch, answer) = client.push().await?;
        Ok((answer.status() != 202).then_some((batch, answer)))
    });
    let (batch, answer) = refused.await?;
    ensure!(answer.status() == 503, "{answer:?}");
    let wait_s: u64 = answer.header("retry-after").context("no Retry-After")?.parse()?;
    ensure!((1..=60).contains(&wait_s), "come again after {wait_s} s");
    ensure!(to.ledger().n_acknowledged() > 2_000, "the spool holds too little");

    server.start_again().await?;
    client.push_again(batch).await?;
    collector.write_all().await?;
    to.check(server.database()).await?;
    Ok(())
}
