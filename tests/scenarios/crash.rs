//! The collector is killed again and again while people click: nothing is lost, nothing doubled.

use anyhow::Result;
use e2e::visitor::PEOPLE;
use e2e::{Collector, Stage};

#[tokio::test]
async fn a_killed_collector_loses_and_doubles_nothing() -> Result<()> {
    let mut stage = Stage::set().await?;
    let mut trails = Vec::new();
    for (n, acts) in PEOPLE.into_iter().enumerate() {
        let mut visitor = stage.visitor().await?;
        let (before, after) = acts.split_at(acts.len() / 2);
        visitor.follow(before).await?;
        let collector = &mut stage.collector;
        match n {
            // While nothing else happens, and everything is acknowledged but maybe not written.
            0 => {
                visitor.browser().wait_until_sent().await?;
                kill_and_start_again(collector).await?;
            }
            // Right after a click, whose batch may be on its way, and for a while.
            1 => {
                visitor.click_heading().await?;
                collector.kill()?;
                visitor.follow(&after[..2]).await?;
                collector.start_again().await?;
                visitor.follow(&after[2..]).await?;
            }
            // Again and again, while it catches up.
            2 => {
                for _ in 0..3 {
                    kill_and_start_again(collector).await?;
                    visitor.click_heading().await?;
                }
            }
            // Until the person is done: nothing has been sent when the last page closes.
            _ => {
                collector.kill()?;
                visitor.follow(after).await?;
                collector.start_again().await?;
            }
        }
        if matches!(n, 0 | 2) {
            visitor.follow(after).await?;
        }
        trails.push(visitor.leave().await?);
    }
    stage.check(&trails).await
}

async fn kill_and_start_again(collector: &mut Collector) -> Result<()> {
    collector.kill()?;
    collector.start_again().await
}
