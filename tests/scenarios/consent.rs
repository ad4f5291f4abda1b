//! Who opposes capture is left alone: by the browser's signals, and by opting out in any tab.

use anyhow::Result;
use e2e::site::Site;
use e2e::wait::PATIENCE;
use e2e::{Stage, until};
use serde_json::{Value, json};

/// What the SDK keeps, and what it keeps of the visitor.
const KEPT: &str = "return [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
    .filter((key) => key.startsWith('sillage:')).map((key) => key.split(':').pop()).join()";
const VISITOR: &str = "return localStorage.getItem(Object.keys(localStorage).find((key) => key.endsWith(':visitor')))";

/// Whether the SDK has taken over from its stub.
const IS_READY: &str =
    "return document.readyState === 'complete' && !!window.sillage && !window.sillage._";
/// Lets an idle moment go by, in which what happened would be kept.
const IDLE: &str = "await new Promise((done) => setTimeout(() => requestIdleCallback(done, { timeout: 500 }), 100));";

#[tokio::test]
async fn opting_out_in_one_tab_holds_in_all() -> Result<()> {
    let stage = Stage::set().await?;
    let page = format!("{}<button>Go on</button>", stage.collector.script());
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.open(site.address()).await?;
    database.wait_for_events("page_view", 1).await?;
    browser.new_tab().await?;
    browser.open(site.address()).await?;
    database.wait_for_events("page_view", 2).await?;
    browser.run("sillage.optOut()").await?;
    assert_eq!(browser.run(VISITOR).await?, "1\nout");

    browser.close_tab().await?;
    browser.click("Go on").await?;
    browser.wait_until_sent().await?;
    assert_eq!(browser.run(VISITOR).await?, "1\nout", "the first tab undid it");
    browser.new_tab().await?;
    browser.open(site.address()).await?;
    browser.click("Go on").await?;
    browser.wait_until_sent().await?;
    assert_eq!(browser.run(KEPT).await?, "visitor");

    // What an earlier page of the tab has left is of before, too.
    browser
        .run("sessionStorage['sillage:left'] = JSON.stringify([[Date.now(), location.href, 'track', ['Before']]])")
        .await?;
    browser.reload().await?;
    browser.run("sillage.track('Meanwhile')").await?;
    browser.wait_until_sent().await?;
    assert_eq!(browser.run(KEPT).await?, "visitor");
    browser.run("sillage.optIn()").await?;
    assert_eq!(database.wait_for_events("page_view", 3).await?, 3);
    browser.click("Go on").await?;
    assert_eq!(database.wait_for_events("click", 1).await?, 1);
    browser.reload().await?;
    browser.wait_until_sent().await?;
    assert_eq!(database.wait_for_events("page_view", 4).await?, 4);
    assert_eq!(database.n_events("custom").await?, 0, "what was done without consent is told");

    // As a page does whose people reject all: the wish stays, though all else is gone.
    browser.run("localStorage.clear(); sillage.optOut()").await?;
    assert_eq!(browser.run(VISITOR).await?, "1\nout");
    Ok(())
}

#[tokio::test]
async fn the_signals_of_the_browser_are_obeyed() -> Result<()> {
    let stage = Stage::set().await?;
    let page = format!("{}<button>Go on</button>", stage.collector.script());
    let site = Site::start(&[], &page).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    let mut n_counted = 0;
    let signals = [
        ("globalPrivacyControl", "true", true),
        ("globalPrivacyControl", "1", true),
        ("globalPrivacyControl", "false", false),
        ("doNotTrack", "'1'", true),
        ("doNotTrack", "'yes'", true),
        ("doNotTrack", "'unspecified'", false),
    ];
    for (name, value, is_opposed) in signals {
        let source = format!(
            "Object.defineProperty(Navigator.prototype, '{name}', {{ get: () => {value} }})"
        );
        let script = json!({ "source": source });
        let script = browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        browser.open(site.address()).await?;
        if is_opposed {
            // What the page before has sent as it went lies there, and is not touched.
            until("the module is there", PATIENCE, async || {
                Ok((browser.run(IS_READY).await? == true).then_some(()))
            })
            .await?;
            let kept = browser.run(KEPT).await?;
            browser.click("Go on").await?;
            browser.run("sillage.track('said'); sillage.optIn(); sillage.flush()").await?;
            browser.run_async(IDLE, Value::Null).await?;
            assert_eq!(browser.run(KEPT).await?, kept, "{name} is {value}");
        } else {
            browser.wait_until_sent().await?;
            browser.click("Go on").await?;
            browser.wait_until_sent().await?;
        }
        n_counted += u64::from(!is_opposed);
        assert_eq!(database.wait_for_events("click", n_counted).await?, n_counted);
        if is_opposed && n_counted == 0 {
            assert_eq!(browser.run(KEPT).await?, "", "{name} is {value}");
        }
        let modules = "return performance.getEntriesByType('resource').filter((it) => it.name.endsWith('.wasm')).length";
        let n_modules = browser.run(modules).await?;
        assert_eq!(n_modules == 0, is_opposed, "{name} is {value}: {n_modules} modules");
        browser.devtools("Page.removeScriptToEvaluateOnNewDocument", script).await?;
    }
    Ok(())
}
