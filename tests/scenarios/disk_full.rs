//! The disk is full: nothing is acknowledged that is not kept, and nothing acknowledged is lost.

use anyhow::{Context, Result, ensure};
use e2e::chance::Chance;
use e2e::client::{Client, Destination, Load, Project};
use e2e::database::Database;
use e2e::disk::Disk;
use e2e::traffic::Batch;
use e2e::{Collector, until, wait};

/// Room for the engine's own files, and for some thousands of events beside them.
const DISK_MIB: u32 = 160;

#[tokio::test]
async fn a_full_disk_refuses_for_now_and_loses_nothing() -> Result<()> {
    let Some(disk) = disk()? else { return Ok(()) };
    let mut collector = Collector::start(&disk.path().join("data")).await?;
    let key = collector.write_key()?.to_owned();
    let projects = vec![Project::of_tests(key)];
    let to = Destination::new(collector.listen(), projects);
    let mut chance = Chance::new(e2e::seed()?);
    let mut client = Client::new(to.clone(), chance.branch(), 30);
    let load = Load::begin(vec![Client::new(to.clone(), chance.branch(), 30)]);
    to.wait_for_more(300).await?;

    // With room again it goes on by itself; and a start after the end on a full disk does, too.
    for is_killed in [false, true] {
        disk.fill()?;
        let batch = refused(&mut client).await?;
        if is_killed {
            collector.kill()?;
        }
        disk.make_room()?;
        if is_killed {
            collector.start_again().await?;
        }
        client.push_again(batch).await?;
        to.wait_for_more(300).await?;
    }
    load.end().await?;

    collector.write_all().await?;
    to.check(&Database::of(&disk.path().join("data"))?).await?;
    Ok(())
}

/// Sends until the full disk is noticed, and gives back what was refused for now.
async fn refused(client: &mut Client) -> Result<Batch> {
    let refused = until("the full disk is noticed", wait::PATIENCE, async || {
        let (batch, answer) = client.push().await?;
        Ok((answer.status() != 202).then_some((batch, answer)))
    });
    let (batch, answer) = refused.await?;
    ensure!(answer.status() == 503, "{answer:?}");
    answer.header("retry-after").context("no Retry-After")?;
    Ok(batch)
}

/// A disk of its own, or nothing where that is not allowed; in CI it is.
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
fn disk() -> Result<Option<Disk>> {
    match Disk::mount(DISK_MIB) {
        Ok(disk) => Ok(Some(disk)),
        Err(error) if std::env::var_os("CI").is_some() => Err(error),
        Err(error) => {
            eprintln!("left out: {error:#}");
            Ok(None)
        }
    }
}
