//! A click just before the tab is closed arrives: at once if the collector is there, with a
//! later page if it is not.

use anyhow::Result;
use e2e::Stage;
use e2e::site::Site;

#[tokio::test]
async fn a_click_and_a_closed_tab() -> Result<()> {
    let mut stage = Stage::set().await?;
    let page = format!("{}<button>Last</button>", stage.collector.script());
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);

    // With the collector there, no further page is needed.
    for n in 1..=3 {
        browser.new_tab().await?;
        browser.open(site.address()).await?;
        database.wait_for_events("page_view", n).await?;
        browser.click("Last").await?;
        browser.close_tab().await?;
        assert_eq!(database.wait_for_events("click", n).await?, n);
    }

    // Without it, the click lies in storage until a page finds it there.
    browser.new_tab().await?;
    browser.open(site.address()).await?;
    database.wait_for_events("page_view", 4).await?;
    stage.collector.kill()?;
    browser.click("Last").await?;
    browser.close_tab().await?;
    stage.collector.start_again().await?;
    browser.open(site.address()).await?;
    assert_eq!(database.wait_for_events("click", 4).await?, 4);
    assert_eq!(database.wait_for_events("page_view", 5).await?, 5);
    browser.wait_until_sent().await?;
    assert_eq!(database.n_doubled().await?, 0);
    Ok(())
}
