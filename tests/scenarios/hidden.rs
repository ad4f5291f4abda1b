//! A click just before the tab is closed arrives, if not now, then with the next page.

use anyhow::Result;
use e2e::Stage;
use e2e::site::Site;
use std::time::Duration;

#[tokio::test]
async fn a_click_and_a_closed_tab() -> Result<()> {
    let stage = Stage::set().await?;
    let site =
        Site::start(&[], &format!("{}<button>Last</button>", stage.collector.script())).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    for n in 1..=3 {
        browser.new_tab().await?;
        browser.open(site.address()).await?;
        // The page view is acknowledged, so that nothing but the click is left to send.
        database.wait_for_events("page_view", n).await?;
        browser.wait_until_sent().await?;
        browser.click("Last").await?;
        browser.close_tab().await?;
        let now = e2e::until("", Duration::from_secs(3), async || {
            Ok((database.n_events("click").await? == n).then_some(()))
        });
        println!("click {n} arrived {}", if now.await.is_ok() { "at once" } else { "not yet" });
    }
    browser.open(&format!("{}/next", site.address())).await?;
    browser.wait_until_sent().await?;
    assert_eq!(database.wait_for_events("page_view", 4).await?, 4);
    assert_eq!(database.wait_for_events("click", 3).await?, 3);
    assert_eq!(database.n_doubled().await?, 0);
    Ok(())
}
