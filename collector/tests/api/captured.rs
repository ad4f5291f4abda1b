//! What a project captures: who sets it, how pages are told, what comes all the same, and what the
//! new kinds leave as it was.

use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id};
use anyhow::Result;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

const ADDRESS: &str = "/v1/projects/default/captured";
const SETUP: &str = "/projects/default/setup";

async fn put(browser: &Browser<'_>, app: &TestApp, version: u32, off: Value) -> Result<Answer> {
    let body = json!({ "expected_version": version, "off": off });
    let mut request = browser.request(Method::PUT, ADDRESS, Body::from(body.to_string()))?;
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
    request.headers_mut().insert(header::ACCEPT, "application/json".parse()?);
    app.send(request).await
}

async fn told(app: &TestApp) -> Result<Value> {
    let address = format!("/v1/config?k={}", app.write_key()?);
    let answer = app.send(Request::builder().uri(address).body(Body::empty())?).await?;
    Ok(serde_json::from_str(&answer.body)?)
}

fn event(n: u32, kind: &str, ms: i64) -> String {
    let (id, at) = (event_id(n), NOON + ms);
    format!(r#"{{"event_id":"{id}","kind":"{kind}","timestamp":{at},"page":0}}"#)
}

#[tokio::test]
async fn an_admin_switches_kinds_off_and_what_comes_all_the_same_is_dropped() -> Result<()> {
    let Some(mut app) = TestApp::start("captured").await? else { return Ok(()) };
    let stranger = Browser::new(&app);
    assert_eq!(put(&stranger, &app, 0, json!([])).await?.status, StatusCode::UNAUTHORIZED);
    let mut browser = Browser::signed_in(&app).await?;
    assert_eq!(told(&app).await?["off"], json!(["copy", "exposure"]));
    let fault = put(&browser, &app, 0, json!(["custom"])).await?;
    insta::assert_snapshot!(fault, @r#"
    400 Bad Request
    {"error":"`custom` is what your pages say themselves, and cannot be switched off"}
    "#);
    let changed = put(&browser, &app, 0, json!(["web_vital", "click"])).await?;
    insta::assert_snapshot!(changed, @r#"
    200 OK
    {"version":1}
    "#);
    assert_eq!(told(&app).await?["off"], json!(["click", "web_vital"]));
    assert_eq!(put(&browser, &app, 0, json!([])).await?.status, StatusCode::CONFLICT);

    let late = batch(&[click(1, ""), event(2, "page_view", 0)]);
    let answer: Value = serde_json::from_str(&app.post_batch(&late).await?.body)?;
    assert_eq!(
        (&answer["accepted"], &answer["results"][0]["reason"]),
        (&json!(1), &json!("switched_off"))
    );

    // The screen says the same, and sets it.
    let page = browser.get(SETUP).await?;
    assert!(text(&page).contains("Clicks in vain"), "{}", text(&page));
    let off = r#"name="on" value="click"><span>"#;
    assert!(page.body.contains(off) && page.body.contains(r#"value="submit" checked"#), "{page}");
    let (csrf, version) = (field(&page, "csrf")?, field(&page, "captured_version")?);
    let form =
        [("csrf", &*csrf), ("captured_version", &*version), ("on", "click"), ("on", "error")];
    let saved = browser.post(&format!("{SETUP}/captured"), &form).await?;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved}");
    let again = browser.post(&format!("{SETUP}/captured"), &form).await?;
    assert_eq!(again.status, StatusCode::CONFLICT, "{again}");
    let off = told(&app).await?["off"].clone();
    assert_eq!(off.as_array().map_or(0, Vec::len), 11, "all but clicks and errors: {off}");
    assert!(
        !off.to_string().contains("exposure"),
        "the form does not offer it, and sets it: {off}"
    );

    // Who did it is kept, and a start without ClickHouse knows it.
    let request = browser.request(Method::GET, ADDRESS, Body::empty())?;
    let answer: Value = serde_json::from_str(&app.send(request).await?.body)?;
    assert_eq!(answer["changes"][1]["off"], json!(["click", "web_vital"]));
    assert_eq!(answer["changes"][0]["author"], "ada@example.com");
    app.stop().await?;
    app.look_at("http://127.0.0.1:9".to_owned());
    app.open().await?;
    assert_eq!(told(&app).await?["off"].as_array().map_or(0, Vec::len), 11);
    Ok(())
}

#[tokio::test]
async fn what_is_said_besides_makes_no_visit_longer_and_nobody_active() -> Result<()> {
    let Some(app) = TestApp::start("captured_besides").await? else { return Ok(()) };
    let minute = 60_000;
    let besides = ["page_leave", "web_vital", "error", "rage_click", "dead_click", "error_click"];
    let mut events = vec![event(1, "page_view", 0), event(2, "click", minute)];
    for (n, kind) in (3..).zip(besides.into_iter().chain(["download", "outbound"])) {
        events.push(event(n, kind, 2 * minute));
    }
    assert_eq!(app.post_batch(&batch(&events)).await?.status, StatusCode::ACCEPTED);
    app.written().await?;
    let rows: Vec<Value> = app
        .ask("SELECT toUInt32(sum(n_events)) AS events, toUInt32(sum(n_active)) AS active, \
              toUInt32(dateDiff('second', min(first_seen), max(last_seen))) AS seconds FROM {sessions}")
        .await?;
    assert_eq!(rows, [json!({ "events": 2, "active": 2, "seconds": 60 })]);
    let stored: Vec<Value> = app.ask("SELECT toUInt32(count()) AS n FROM {events}").await?;
    assert_eq!(stored, [json!({ "n": 10 })]);
    Ok(())
}
