//! Writing, syncing and deleting fail now and then: what is answered 503 is sent again, and
//! nothing acknowledged is lost or doubled.

use anyhow::{Result, ensure};
use e2e::chance::Chance;
use e2e::client::{Client, Destination, Load, Project};
use e2e::collector::Options;
use e2e::database::Database;
use e2e::{Collector, wait};
use std::time::Instant;
use tempfile::TempDir;

/// Each fails a few times, after it has worked for a while; again after each start.
const FAILPOINTS: [(&str, &str); 5] = [
    ("spool.write", "25*off->3*return(enospc)->off"),
    ("spool.sync", "40*off->2*return(eio)->off"),
    ("spool.roll", "2*off->2*return(enospc)->off"),
    ("spool.cursor", "5*off->4*return(eio)->off"),
    ("spool.release", "1*off->3*return(eio)->off"),
];

/// Segments as small as they may be, so that there are several.
const CONFIGURATION: &str = "[spool]\nsegment_bytes = 2097152";

#[tokio::test]
async fn a_disk_that_fails_now_and_then_loses_and_doubles_nothing() -> Result<()> {
    let data = TempDir::with_prefix("e2e-")?;
    let failpoints = FAILPOINTS.map(|(name, actions)| format!("{name}={actions}"));
    let options = Options {
        configuration: CONFIGURATION.to_owned(),
        environment: vec![("FAILPOINTS", failpoints.join(";"))],
        ..Options::default()
    };
    let mut collector = Collector::start_with(data.path(), options).await?;
    let key = collector.write_key()?.to_owned();
    let projects = vec![Project::of_tests(key)];
    let to = Destination::new(collector.listen(), projects);
    let mut chance = Chance::new(e2e::seed()?);
    let mut client = Client::new(to.clone(), chance.branch(), 30);
    for _ in 0..2 {
        let load = Load::begin(vec![Client::new(to.clone(), chance.branch(), 30)]);
        let deadline = Instant::now() + wait::PATIENCE;
        let mut n_refused = 0;
        while n_refused == 0 || !have_all_failed(&collector) {
            ensure!(Instant::now() < deadline, "not all have failed: is it built with them?");
            let (batch, answer) = client.push().await?;
            if answer.status() != 202 {
                ensure!(answer.status() == 503, "{answer:?}");
                n_refused += 1;
                client.push_again(batch).await?;
            }
        }
        load.end().await?;
        collector.kill()?;
        collector.start_again().await?;
    }
    collector.write_all().await?;
    to.check(&Database::of(data.path())?).await?;
    Ok(())
}

fn have_all_failed(collector: &Collector) -> bool {
    let log = collector.log();
    FAILPOINTS.iter().all(|(name, _)| log.contains(&format!("failpoint {name} fails")))
}
