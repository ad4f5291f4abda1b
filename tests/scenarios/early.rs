//! A click that comes before the SDK's module is there counts.

use anyhow::Result;
use e2e::relay::Relay;
use e2e::site::Site;
use e2e::{Stage, until, wait};

#[tokio::test]
async fn a_click_before_the_module_is_ready_counts() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "/sdk/").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let site = Site::start(&[], &format!("{script}<button>Too early</button>")).await?;
    let browser = stage.driver.browser().await?;
    browser.open(&format!("{}/first", site.address())).await?;
    until("the stub is there", wait::PATIENCE, async || {
        Ok(browser.run("return !!window.sillage").await?.as_bool().filter(|is_there| *is_there))
    })
    .await?;
    for _ in 0..3 {
        browser.click("Too early").await?;
    }
    let is_asked_for = relay.requests().iter().any(|request| request.target().starts_with("/sdk/"));
    assert!(is_asked_for, "the module was not asked for");
    assert!(relay.batches().is_empty(), "a batch came without the module");
    relay.release();
    let database = stage.database()?;
    assert_eq!(database.wait_for_events("click", 3).await?, 3);
    assert_eq!(database.wait_for_events("page_view", 1).await?, 1);
    let sql = "SELECT DISTINCT name FROM data.elements WHERE element_id IN \
               (SELECT element_id FROM data.events WHERE kind = 'click')";
    let names = database.select(sql).await?;
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(names[0]["name"], "Too early");
    Ok(())
}
