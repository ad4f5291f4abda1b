//! A day without a network, in one of two tabs: nothing is tried meanwhile, another page leaves it
//! alone while the tab lives, and takes it up when it is gone, with the times of the day before.

use anyhow::Result;
use e2e::relay::Relay;
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};
use serde_json::json;

/// On `/yesterday` it is a day earlier.
const PAGE: &str = "<script>
if (location.pathname === '/yesterday') { const now = Date.now; Date.now = () => now() - 86400000; }
</script>SCRIPT<button>Note</button>";

/// How many clicks are kept, and in how many parts that hold any, each of which is written once.
/// A click in vain is told later, in a part of its own.
const KEPT: &str = r#"const parts = Object.keys(localStorage).filter((key) => /^sillage:.*\./.test(key));
    const count = (key) => localStorage.getItem(key).split('"kind":"click"').length - 1;
    const counts = parts.map(count).filter((n) => n);
    return [counts.reduce((a, b) => a + b, 0), counts.length]"#;

const LOCKS: &str = "return (await navigator.locks.query()).held.length";

#[tokio::test]
async fn a_day_offline_arrives_later_with_its_times() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &PAGE.replace("SCRIPT", &script)).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.new_tab().await?;
    browser.open(&format!("{}/yesterday", site.address())).await?;
    browser.wait_until_sent().await?;
    assert_eq!(browser.run_async(LOCKS, json!(null)).await?, 0, "a lock for nothing");
    let conditions =
        json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.devtools("Network.enable", json!({})).await?;
    browser.devtools("Network.emulateNetworkConditions", conditions).await?;
    let n_tried = relay.batches().len();
    for n in 1..=3 {
        browser.click("Note").await?;
        wait_for_kept(&browser, n).await?;
    }
    assert_eq!(browser.run(KEPT).await?, json!([3, 3]));

    // The first tab lives, whatever its age.
    browser.new_tab().await?;
    browser.open(&format!("{}/today", site.address())).await?;
    database.wait_for_events("page_view", 2).await?;
    browser.run("sillage.track('here')").await?;
    database.wait_for_events("custom", 1).await?;
    assert_eq!(browser.run(KEPT).await?[0], 3, "what a living tab keeps was taken");
    assert_eq!(database.n_events("click").await?, 0);
    let n_more = relay.batches().len() - n_tried;
    assert!(n_more <= 2, "{n_more} requests, and one tab is offline");

    browser.turn_to_tab(1).await?;
    browser.devtools("Page.crash", json!({})).await.err();
    browser.close_tab().await?;
    browser.open(&format!("{}/today", site.address())).await?;
    assert_eq!(database.wait_for_events("click", 3).await?, 3);
    browser.wait_until_sent().await?;
    let hours = "SELECT max(abs(dateDiff('minute', timestamp, now()) - 1440)) FROM data.events WHERE kind = 'click'";
    let minutes_off = database.number(hours).await?;
    assert!(minutes_off <= 5, "{minutes_off} minutes off");
    assert_eq!(database.n_doubled().await?, 0);
    assert_eq!(browser.run_async(LOCKS, json!(null)).await?, 0, "a lock for nothing");
    Ok(())
}

async fn wait_for_kept(browser: &Browser, n: u64) -> Result<()> {
    until(&format!("{n} clicks are kept"), wait::PATIENCE, async || {
        Ok((browser.run(KEPT).await?[0] == json!(n)).then_some(()))
    })
    .await
}
