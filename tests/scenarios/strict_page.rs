//! On a page with a strict content security policy the SDK works, and nobody complains.

use anyhow::{Context, Result};
use e2e::Stage;
use e2e::site::Site;

/// The page allows nothing but what the Setup screen asks for, its own script, and no icon.
const OWN: &str = "default-src 'none'; img-src data:";

const PAGE: &str = r#"<!doctype html><html><head><link rel="icon" href="data:,"><script nonce="n-1">
window.errors = [];
addEventListener('error', (e) => errors.push(e.message));
addEventListener('unhandledrejection', (e) => errors.push(String(e.reason)));
addEventListener('securitypolicyviolation', (e) => errors.push(e.violatedDirective + ' ' + e.blockedURI));
</script>SCRIPT</head><body><button>Strict</button></body></html>"#;

#[tokio::test]
async fn a_strict_page_stays_as_it_is() -> Result<()> {
    let stage = Stage::set().await?;
    stage.dashboard.open("setup").await?;
    let shown = "return document.querySelector('#policy').textContent";
    let shown = stage.dashboard.browser().run(shown).await?;
    let shown = shown.as_str().context("Setup shows no policy")?.trim();
    let policy = format!("{OWN}; {shown}").replace("script-src ", "script-src 'nonce-n-1' ");
    let policy = policy.replace('\n', " ");
    let page = PAGE.replace("SCRIPT", stage.collector.script());
    let site = Site::start(&[("Content-Security-Policy", policy.as_str())], &page).await?;
    let browser = stage.driver.browser().await?;
    browser.open(site.address()).await?;
    browser.click("Strict").await?;
    let database = stage.database()?;
    let counted = database.wait_for_events("click", 1).await;
    let console = browser.console().await?;
    assert_eq!(counted.with_context(|| format!("{policy}\n{console:?}"))?, 1);
    assert_eq!(browser.run("return errors.join()").await?, "");
    assert_eq!(console, [""; 0]);
    Ok(())
}
