//! What was refused and why, as the engineer sees it: on the Delivery page, and as JSON.

use crate::browser::{Browser, text};
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id, gzip};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use protocol::limits;
use serde_json::Value;

const DELIVERY: &str = "/projects/default/delivery";
const OUTCOMES: &str = "/v1/projects/default/outcomes";

/// Sends a body from a page.
async fn post_from(app: &TestApp, origin: &str, query: &str, body: Vec<u8>) -> Result<Answer> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/events?{query}"))
        .header(header::ORIGIN, origin);
    app.send(request.body(Body::from(body))?).await
}

async fn outcomes(browser: &mut Browser<'_>) -> Result<Value> {
    let answer = browser.get(OUTCOMES).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    Ok(serde_json::from_str(&answer.body)?)
}

/// One event of each outcome.
fn mixed() -> String {
    let old = NOON - 51 * 24 * 60 * 60 * 1_000;
    let custom = |n: u32, name: &str| {
        format!(r#"{{"event_id":"{}","kind":"custom","timestamp":{NOON}{name}}}"#, event_id(n))
    };
    let events = [
        click(1, r#","page":0,"element":0"#),
        click(1, ""),
        click(2, r#","page":7"#),
        click(3, r#","properties":{"a":"ok","colour":1},"colour":"red""#),
        click(4, "").replace(&NOON.to_string(), "\"Jane Doe, 12 Main Street, ann@example.com\""),
        click(5, "").replace(&NOON.to_string(), &old.to_string()),
        custom(6, ""),
        click(7, r#","resent":true"#),
    ];
    batch(&events)
}

#[tokio::test]
async fn each_outcome_is_counted_and_told_with_what_was_wrong_and_where() -> Result<()> {
    let Some(app) = TestApp::start("outcomes").await? else { return Ok(()) };
    let answer = app.post_batch(&mixed()).await?;
    insta::assert_snapshot!(answer, @r#"
    202 Accepted
    {"accepted":4,"results":[{"i":1,"result":"duplicate"},{"i":2,"result":"warning","reason":"unknown_reference","detail":"`events[2].page` points at nothing that can be read; `pages` has 1, counted from 0"},{"i":4,"result":"dropped","reason":"malformed","detail":"`events[4].timestamp` must be a whole number of milliseconds, not text"},{"i":5,"result":"dropped","reason":"too_old","detail":"`events[5].timestamp` is 51 days old; what is older than 30 comes by import"},{"i":6,"result":"dropped","reason":"invalid_name","detail":"`events[6].name` is missing, and a custom event needs one"}]}
    "#);
    let mut browser = Browser::signed_in(&app).await?;
    let told = outcomes(&mut browser).await?;
    insta::assert_snapshot!(told["days"], @r#"{"2026-11-22":{"accepted":4,"dropped":{"invalid_name":1,"malformed":1,"too_old":1},"duplicates":1,"given_up":0,"imported":0,"other_elements":0,"other_pages":0,"refused":{},"resent":1,"retry":0,"switched_off":0,"warnings":{"unknown_reference":1}}}"#);
    let sentences: Vec<_> = told["samples"]["events"]
        .as_object()
        .context("no samples")?
        .iter()
        .map(|(reason, samples)| {
            format!("{reason}: {} [{}]", samples[0]["sentence"], samples[0]["host"])
        })
        .collect();
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    invalid_name: "`events[6].name` is missing, and a custom event needs one" ["app.example.com"]
    malformed: "`events[4].timestamp` must be a whole number of milliseconds, not text" ["app.example.com"]
    too_old: "`events[5].timestamp` is 51 days old; what is older than 30 comes by import" ["app.example.com"]
    "#);
    let sample = &told["samples"]["warnings"]["unknown_reference"][0]["sentence"];
    insta::assert_snapshot!(sample, @r#""`events[2].page` points at nothing that can be read; `pages` has 1, counted from 0""#);
    let page = text(&browser.get(DELIVERY).await?);
    let said =
        "“events[2].page” points at nothing that can be read; “pages” has 1, counted from 0.";
    assert!(page.contains(said), "{page}");
    assert_eq!(told["unknown_fields"]["known"], serde_json::json!({}), "not of a bad batch");
    assert_eq!(told["n_looked_through"], 1);
    assert!(page.contains("there was none. It was one batch since the last start."), "{page}");
    Ok(())
}

#[tokio::test]
async fn what_browsers_gave_up_counts_only_with_a_batch_that_is_new() -> Result<()> {
    let Some(app) = TestApp::start("given_up").await? else { return Ok(()) };
    let body = batch(&[click(1, "")]).replacen('{', r#"{"given_up":7,"colour":1,"#, 1);
    for _ in 0..3 {
        app.post_batch(&body).await?;
    }
    let mut browser = Browser::signed_in(&app).await?;
    let told = outcomes(&mut browser).await?;
    let today = &told["days"]["2026-11-22"];
    assert_eq!((&today["given_up"], &today["duplicates"]), (&Value::from(7), &Value::from(2)));
    assert_eq!(told["unknown_fields"]["known"]["colour"]["n"], 1, "one batch in sixteen");
    assert!(text(&browser.get(DELIVERY).await?).contains("Given up in browsers\n7"));
    Ok(())
}

#[tokio::test]
async fn each_refused_request_is_counted_with_its_reason_and_its_page() -> Result<()> {
    let Some(app) = TestApp::start("requests").await? else { return Ok(()) };
    let key = app.write_key()?;
    let (packed, plain) = (format!("k={key}&c=gzip"), format!("k={key}&c=none"));
    let many: Vec<_> = (0..1_001).map(|n| click(n, "")).collect();
    let bodies = [
        (format!("k={key}"), b"{}".to_vec()),
        (plain.clone(), Vec::new()),
        (packed.clone(), b"{}".to_vec()),
        (plain.clone(), gzip(b"{}")?),
        (plain.clone(), br#"{"sdk":"x","sent_at":"today"}"#.to_vec()),
        (packed, gzip(&vec![b' '; limits::INFLATED_BYTES + 1])?),
        (plain.clone(), vec![b' '; limits::BODY_BYTES + 1]),
        (plain, batch(&many).into_bytes()),
    ];
    for (query, body) in bodies {
        let answer = post_from(&app, "https://shop.example.com", &query, body).await?;
        assert!(answer.status.is_client_error(), "{answer}");
        let told: Value = serde_json::from_str(&answer.body)?;
        assert!(told["error"].is_string());
    }
    let mut browser = Browser::signed_in(&app).await?;
    let told = outcomes(&mut browser).await?;
    insta::assert_snapshot!(told["days"]["2026-11-22"]["refused"], @r#"{"empty":1,"not_batch":1,"not_gzip":1,"packing":2,"too_large":2,"too_many":1}"#);
    let sample = &told["samples"]["requests"]["not_batch"][0];
    insta::assert_snapshot!(sample, @r#"{"at":1795348800000,"host":"shop.example.com","sdk":"","sentence":"the body is not a batch: `sent_at` must be a whole number of milliseconds, not text at line 1 column 28"}"#);
    let page = text(&browser.get(DELIVERY).await?);
    let (_, requests) = page.split_once("Requests refused as a whole").context("no table")?;
    let (requests, _) = requests.split_once("The last 14 days").context("no strip")?;
    assert!(requests.contains("The body was not gzip, or damaged\n1"), "{requests}");
    assert!(requests.contains("· shop.example.com"), "{requests}");
    Ok(())
}

#[tokio::test]
async fn pages_with_a_wrong_key_are_found_and_nothing_they_say_is_believed() -> Result<()> {
    let Some(app) = TestApp::start("strangers").await? else { return Ok(()) };
    let good = batch(&[click(1, "")]).into_bytes();
    let unknown = "k=wk_000000000000000000000000&c=none";
    for origin in ["https://old.example.com", "https://old.example.com", "null"] {
        let answer = post_from(&app, origin, unknown, good.clone()).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    post_from(&app, "https://<b>.example", "k=%3Cscript%3E&c=none", good.clone()).await?;
    post_from(&app, "https://new.example.com", "c=none", good).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(DELIVERY).await?;
    assert!(!page.body.contains("<b>") && !page.body.contains("<script>"));
    let page = text(&page);
    let (_, known) = page.split_once("Unknown write keys").context("no table")?;
    let (known, _) = known.split_once("Fields that nobody reads").context("no end")?;
    insta::assert_snapshot!(known.trim(), @"
    These pages send under a key that is no project's of this installation. Copy the script line from Setup into them again.
    Key begins with
    Page
    Requests
    Last
    wk_000000…
    old.example.com
    2
    12:00:00
    wk_000000…
    not said
    1
    12:00:00
    ?3Cscript…
    &#60;b&#62;.example
    1
    12:00:00
    no key
    new.example.com
    1
    12:00:00
    ");
    Ok(())
}

#[tokio::test]
async fn a_full_spool_is_said_and_its_refusals_are_counted() -> Result<()> {
    let full = |config: &mut collector::config::Config| {
        (config.spool.segment_bytes, config.spool.max_bytes) = (1, 1);
    };
    let Some(app) = TestApp::start_with("outcomes_full", full).await? else { return Ok(()) };
    for _ in 0..2 {
        let answer = app.post_batch(&batch(&[click(1, "")])).await?;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let mut browser = Browser::signed_in(&app).await?;
    let told = outcomes(&mut browser).await?;
    let today = &told["days"]["2026-11-22"];
    assert_eq!((&today["refused"]["spool_full"], &today["accepted"]), (&2.into(), &0.into()));
    let page = text(&browser.get(DELIVERY).await?);
    assert!(page.contains("The spool is full. Events are not accepted"), "{page}");
    assert!(page.contains("The spool was full\n2"), "{page}");
    Ok(())
}

#[tokio::test]
async fn counts_are_there_after_a_stop() -> Result<()> {
    let Some(mut app) = TestApp::start("counts_kept").await? else { return Ok(()) };
    app.post_batch(&mixed()).await?;
    let before = app.app()?.definitions().projects().remove(0).counters.record();
    app.stop().await?;
    app.open().await?;
    let after = app.app()?.definitions().projects().remove(0).counters.record();
    assert_eq!(after, before);
    Ok(())
}

#[tokio::test]
async fn the_page_says_how_far_clickhouse_is() -> Result<()> {
    let Some(app) = TestApp::start("delivery_away").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get(DELIVERY).await?);
    assert!(page.contains("Nothing has come yet"), "{page}");
    app.post_batch(&batch(&[click(1, "")])).await?;
    crate::import::known_as_written(&app).await?;
    let page = text(&browser.get(DELIVERY).await?);
    let (head, _) = page.split_once("Spool").context("no gauge")?;
    insta::assert_snapshot!(head.trim(), @"
    Overview
    Dead letters
    Delivery
    Whether events flow from your pages into ClickHouse, what was refused, and what to do about it.
    Events are flowing
    The collector
    ClickHouse has everything. The last write was at 12:00:00.
    The last live event was kept at 12:00:00.
    ");
    Ok(())
}

#[tokio::test]
async fn only_members_see_outcomes() -> Result<()> {
    let Some(app) = TestApp::start("outcomes_members").await? else { return Ok(()) };
    let mut nobody = Browser::new(&app);
    assert_eq!(nobody.get(DELIVERY).await?.status, StatusCode::SEE_OTHER);
    let request = Request::builder().uri(OUTCOMES).body(Body::empty())?;
    assert_eq!(app.send(request).await?.status, StatusCode::UNAUTHORIZED);
    let mut browser = Browser::signed_in(&app).await?;
    for address in ["/projects/other/delivery", "/v1/projects/other/outcomes"] {
        assert_eq!(browser.get(address).await?.status, StatusCode::NOT_FOUND, "{address}");
    }
    Ok(())
}
