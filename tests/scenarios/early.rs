//! A click that comes before the SDK's module is there counts, even when it leads away.

use anyhow::Result;
use e2e::relay::Relay;
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};

#[tokio::test]
async fn clicks_before_the_module_is_ready_count() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), ".wasm").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let page = format!("{script}<button>Too early</button><a href='/second'>Away</a>");
    let site = Site::start(&[], &page).await?;
    let browser = stage.driver.browser().await?;
    browser.open(&format!("{}/first", site.address())).await?;
    wait_for_loading(&browser, &relay).await?;
    for _ in 0..3 {
        browser.click("Too early").await?;
    }
    browser.click("Away").await?;
    browser.wait_for_path("/second").await?;
    wait_for_loading(&browser, &relay).await?;
    browser.click("Too early").await?;
    assert!(relay.batches().is_empty(), "a batch came without the module");
    relay.release();

    let database = stage.database()?;
    assert_eq!(database.wait_for_events("page_view", 2).await?, 2);
    assert_eq!(database.wait_for_events("click", 5).await?, 5);
    let sql = "SELECT kind || ' ' || path AS what FROM data.events ORDER BY event_id";
    let events = database.select(sql).await?;
    let events: Vec<_> = events.iter().filter_map(|row| row["what"].as_str()).collect();
    let [first, second] = ["click /first", "click /second"];
    assert_eq!(
        events,
        ["page_view /first", first, first, first, first, "page_view /second", second]
    );
    Ok(())
}

/// Waits until the page has the stub, and the script that loads the module.
async fn wait_for_loading(browser: &Browser, relay: &Relay) -> Result<()> {
    until("the module is asked for", wait::PATIENCE, async || {
        let is_there = browser.run("return document.readyState === 'complete'").await? == true;
        Ok((is_there && relay.was_asked_for(".wasm")).then_some(()))
    })
    .await
}
