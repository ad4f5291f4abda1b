//! Where the browser denies all storage, the SDK works from memory, and does not disturb.

use anyhow::Result;
use e2e::Stage;
use e2e::site::Site;

#[tokio::test]
async fn without_storage_clicks_count() -> Result<()> {
    let stage = Stage::set().await?;
    let errors = "<script>window.errors = []; addEventListener('error', e => errors.push(e.message)); \
                  addEventListener('unhandledrejection', e => errors.push(String(e.reason)))</script>";
    let page = format!("{errors}{}<button>Go on</button>", stage.collector.script());
    let site = Site::start(&[], &page).await?;
    let browser = stage.driver.browser_without_storage().await?;
    browser.open(site.address()).await?;
    let denied = "try { localStorage; return false } catch { return true }";
    assert_eq!(browser.run(denied).await?, true, "storage is not denied");
    for _ in 0..3 {
        browser.click("Go on").await?;
    }
    let database = stage.database()?;
    assert_eq!(database.wait_for_events("click", 3).await?, 3);
    assert_eq!(database.wait_for_events("page_view", 1).await?, 1);
    assert_eq!(database.number("SELECT uniqExact(anonymous_id) FROM data.events").await?, 1);
    assert_eq!(browser.run("return errors.length").await?, 0);
    Ok(())
}
