//! How long a page was used and how far down it was seen, how fast it was, and that tabs share one
//! session.

use anyhow::{Context, Result};
use e2e::database::Database;
use e2e::site::Site;
use e2e::{Browser, Stage, until, wait};
use serde_json::{Value, json};

const PAGE: &str = r#"<!doctype html><title>Long</title>SCRIPT
<script>addEventListener("storage", (event) => { window.heard ||= event.newValue?.includes("begun-elsewhere"); });
addEventListener("pageshow", (event) => { window.kept = event.persisted })</script>
<body style="margin:0"><h1>A long page</h1><button>Here</button><div style="height:9000px"></div>"#;

/// Another tab begins another visit, as after half an hour.
const BEGINS: &str =
    "const key = Object.keys(localStorage).find((key) => key.endsWith(':visitor'));
    const lines = localStorage.getItem(key).split('\\n');
    lines[5] = 'begun-elsewhere';
    localStorage.setItem(key, lines.join('\\n'));";

#[tokio::test]
async fn pages_are_left_and_measured_and_tabs_share_a_session() -> Result<()> {
    let stage = Stage::set().await?;
    let site = Site::start(&[], &PAGE.replace("SCRIPT", stage.collector.script())).await?;
    let (browser, database) = (stage.driver.browser().await?, stage.database()?);
    browser.open(&format!("{}/first", site.address())).await?;
    browser.wait_until_sent().await?;
    browser.click("Here").await?;
    browser.run("scrollTo(0, document.documentElement.scrollHeight / 2)").await?;
    stay(&browser, 1_500).await?;
    // Frameworks write the same address again; another one is another page.
    browser
        .run("history.replaceState({}, '', '/first'); history.pushState({}, '', '/second')")
        .await?;
    stay(&browser, 1_200).await?;
    browser.wait_until_sent().await?;

    browser.new_tab().await?;
    browser.open(&format!("{}/other", site.address())).await?;
    // What the first tab has sent when it was hidden, it learns of when it is back.
    database.wait_for_events("page_view", 3).await?;
    browser.run(BEGINS).await?;
    browser.close_tab().await?;
    until("the first tab hears of it", wait::PATIENCE, async || {
        Ok((browser.run("return window.heard ?? false").await? == true).then_some(()))
    })
    .await?;
    browser.click("Here").await?;
    browser.open("about:blank").await?;
    database.wait_for_events("click", 2).await?;
    let leaves = "SELECT path, toUInt32(count()) AS n, \
        toUInt32(sum(toUInt32OrZero(properties['engaged_ms']))) AS engaged_ms, \
        toUInt32(max(toUInt32OrZero(properties['scroll_percent']))) AS percent \
        FROM data.events WHERE kind = 'page_leave' GROUP BY path ORDER BY path";
    let rows = until("each page is left", wait::PATIENCE, async || {
        let rows = database.select(leaves).await?;
        let paths: Vec<_> = rows.iter().filter_map(|row| row["path"].as_str()).collect();
        Ok((paths == ["/first", "/other", "/second"]).then_some(rows))
    })
    .await?;
    let number = |row: &Value, key: &str| row[key].as_u64().context("no number");
    assert_eq!(number(&rows[0], "n")?, 1, "{rows:?}");
    assert!((1_400..60_000).contains(&number(&rows[0], "engaged_ms")?), "{rows:?}");
    assert!((50..70).contains(&number(&rows[0], "percent")?), "{rows:?}");
    assert!((1_100..60_000).contains(&number(&rows[2], "engaged_ms")?), "{rows:?}");

    let vitals = "SELECT properties['name'] AS name, toUInt32(count()) AS n, \
        toUInt8(min(properties['rating'] IN ('good', 'needs_improvement', 'poor') \
        AND toFloat64OrNull(properties['value']) >= 0)) AS is_told \
        FROM data.events WHERE kind = 'web_vital' AND properties['loaded'] = '/first' \
        GROUP BY name ORDER BY name";
    let rows = database.select(vitals).await?;
    for name in ["CLS", "FCP", "INP", "LCP", "TTFB"] {
        assert!(rows.contains(&json!({ "name": name, "n": 1, "is_told": 1 })), "{name}: {rows:?}");
    }

    let visits = "SELECT kind, path, anonymous_id, session_id FROM data.events \
        WHERE kind IN ('page_view', 'click') ORDER BY event_id";
    let rows = database.select(visits).await?;
    let session = |n: usize| rows[n]["session_id"].as_str().unwrap_or_default();
    let paths: Vec<_> = rows.iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, ["/first", "/first", "/second", "/other", "/second"]);
    assert!(rows.iter().all(|row| row["anonymous_id"] == rows[0]["anonymous_id"]), "{rows:?}");
    assert!(!session(0).is_empty() && session(3) == session(0), "tabs share a session: {rows:?}");
    assert_eq!(session(4), "begun-elsewhere", "a session of another tab is taken over: {rows:?}");
    come_back(&browser, &site, &database).await
}

/// Goes on and back: the browser kept the page as it was, which the SDK must not keep it from, and the
/// page is captured again, as a view of its own.
async fn come_back(browser: &Browser, site: &Site, database: &Database) -> Result<()> {
    browser.open(&format!("{}/last", site.address())).await?;
    browser.click("Here").await?;
    browser.wait_until_sent().await?;
    browser.open(&format!("{}/beyond", site.address())).await?;
    browser.back().await?;
    until("the page is there again as it was", wait::PATIENCE, async || {
        Ok((browser.run("return window.kept").await? == true).then_some(()))
    })
    .await?;
    browser.click("Here").await?;
    browser.wait_until_sent().await?;
    database.wait_for_events("click", 4).await?;
    let of_last = "SELECT kind, toUInt32(count()) AS n FROM data.events \
        WHERE path = '/last' AND kind IN ('click', 'page_view') GROUP BY kind ORDER BY kind";
    let rows = database.select(of_last).await?;
    let twice = |kind: &str| json!({ "kind": kind, "n": 2 });
    assert_eq!(rows, [twice("click"), twice("page_view")]);
    Ok(())
}

/// Has somebody look at the page for so many milliseconds.
async fn stay(browser: &Browser, ms: u32) -> Result<()> {
    browser.run("window.since = performance.now()").await?;
    let is_over = format!("return performance.now() - window.since > {ms}");
    until("somebody has looked long enough", wait::PATIENCE, async || {
        Ok((browser.run(&is_over).await? == true).then_some(()))
    })
    .await
}
