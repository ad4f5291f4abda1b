//! A browser goes away while its batch is on the way: the next page sends what was kept, and each
//! event is there once, whether or not the first send arrives after all.

use anyhow::{Result, ensure};
use e2e::relay::Relay;
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};
use serde_json::json;

const PAGE: &str = "SCRIPT<button>Save</button><button>Send</button>";

/// How a page goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    /// To another page of the site, in the same tab.
    On,
    /// Its tab is closed.
    Closed,
    /// Its process ends, as when memory runs out.
    Crashed,
}

#[tokio::test]
async fn a_page_that_goes_in_mid_send_loses_and_doubles_nothing() -> Result<()> {
    let stage = Stage::set().await?;
    let mut n_people = 0;
    for going in [Going::On, Going::Closed, Going::Crashed] {
        for is_late in [false, true] {
            n_people += 1;
            go_in_mid_send(&stage, going, is_late).await?;
            let database = stage.database()?;
            let n_clicks = database.wait_for_events("click", 3 * n_people).await?;
            ensure!(n_clicks == 3 * n_people, "{n_clicks} clicks after {going:?}, late {is_late}");
            ensure!(database.n_doubled().await? == 0, "doubled after {going:?}, late {is_late}");
        }
    }
    Ok(())
}

/// Clicks twice, goes away while that is on its way, and comes back for a third click. `is_late`
/// says that the first send arrives in the end, behind what the next page sends.
async fn go_in_mid_send(stage: &Stage, going: Going, is_late: bool) -> Result<()> {
    let relay = Relay::start(stage.collector.address(), "/v1/events").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &PAGE.replace("SCRIPT", &script)).await?;
    let browser = stage.driver.browser().await?;
    if going != Going::On {
        browser.new_tab().await?;
    }
    browser.open(&format!("{}/first", site.address())).await?;
    browser.click("Save").await?;
    browser.click("Send").await?;
    wait_for_sending(&browser, &relay).await?;
    let n_held = relay.batches().len();
    match going {
        Going::On => browser.open(&format!("{}/second", site.address())).await?,
        Going::Closed => {
            browser.close_tab().await?;
            browser.open(&format!("{}/later", site.address())).await?;
        }
        Going::Crashed => {
            // The tab's end is the answer.
            browser.devtools("Page.crash", json!({})).await.err();
            browser.close_tab().await?;
            browser.open(&format!("{}/later", site.address())).await?;
        }
    }
    if is_late {
        until("the next page sends again", wait::PATIENCE, async || {
            Ok((relay.batches().len() > n_held).then_some(()))
        })
        .await?;
        relay.release();
    } else {
        relay.cut();
    }
    browser.click("Save").await?;
    browser.wait_until_sent().await?;
    let resent = relay.batches().iter().any(|batch| batch.text().contains("\"resent\":true"));
    ensure!(resent, "nothing was marked as sent before, after {going:?}");
    browser.close().await
}

/// Waits until both clicks are kept, in case they do not arrive, and a batch is on its way.
async fn wait_for_sending(browser: &Browser, relay: &Relay) -> Result<()> {
    let kept = r#"return Object.entries(localStorage).filter(([key]) => key.startsWith('sillage:'))
        .map(([, text]) => text.split('"kind":"click"').length - 1).reduce((a, b) => a + b, 0)"#;
    until("both clicks are kept and a batch is on its way", wait::PATIENCE, async || {
        let is_kept = browser.run(kept).await? == json!(2);
        Ok((is_kept && !relay.batches().is_empty()).then_some(()))
    })
    .await
}
