//! What browsers say of themselves: that the SDK was switched off, and that a person wants no capture.

use crate::browser::{Browser, text};
use crate::test_app::{Answer, TestApp};
use anyhow::Result;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;

const REPORT: &str = "sillage-web/0.1.0\nclick\nRuntimeError: unreachable of ann@example.com";

async fn report(app: &TestApp, key: &str, body: &str) -> Result<Answer> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/trouble?k={key}"))
        .header(header::ORIGIN, "https://app.example.com")
        .header(header::CONTENT_TYPE, "text/plain");
    app.send(request.body(Body::from(body.to_owned()))?).await
}

async fn load(app: &TestApp, signal: Option<(&str, &str)>) -> Result<StatusCode> {
    let request = Request::builder().uri("/sdk.js");
    let request =
        signal.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    Ok(app.send(request.body(Body::empty())?).await?.status)
}

#[tokio::test]
async fn browsers_that_switch_the_sdk_off_are_counted_and_said_without_what_is_anybodys()
-> Result<()> {
    let Some(app) = TestApp::start("trouble").await? else { return Ok(()) };
    let key = app.write_key()?;
    let mut browser = Browser::signed_in(&app).await?;
    let setup = text(&browser.get("/projects/default/setup").await?);
    assert!(!setup.contains("switched the SDK off"), "{setup}");

    for _ in 0..3 {
        let answer = report(&app, &key, REPORT).await?;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer}");
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    assert_eq!(report(&app, "wk_none", REPORT).await?.status, StatusCode::UNAUTHORIZED);
    let long = format!("{REPORT}{}", "x".repeat(2_048));
    let long = report(&app, &key, &long).await?;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    let wrong = Request::builder().uri(format!("/v1/trouble?k={key}"));
    let wrong = app.send(wrong.body(Body::empty())?).await?;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    for refused in [long, wrong] {
        assert_eq!(refused.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{refused}");
    }
    let odd = REPORT.replace("click", "my name is Ann");
    assert_eq!(report(&app, &key, &odd).await?.status, StatusCode::BAD_REQUEST);

    let said = "3 reports of today say that a browser switched the SDK off, and captured nothing more on that page: \
        RuntimeError: unreachable of [email], at “click” (sillage-web/0.1.0).";
    for place in ["setup", "delivery"] {
        let page = text(&browser.get(&format!("/projects/default/{place}")).await?);
        assert!(page.contains(said), "{place}: {page}");
    }
    let outcomes = browser.get("/v1/projects/default/outcomes").await?.body;
    let outcomes: Value = serde_json::from_str(&outcomes)?;
    assert_eq!(outcomes["samples"]["switched_off"][0]["host"], "app.example.com");
    Ok(())
}

#[tokio::test]
async fn nobody_makes_the_count_of_them_grow_without_end() -> Result<()> {
    let Some(app) = TestApp::start("trouble_flood").await? else { return Ok(()) };
    let key = app.write_key()?;
    let mut n_counted = 0;
    for _ in 0..200 {
        n_counted += u32::from(report(&app, &key, REPORT).await?.status == StatusCode::NO_CONTENT);
    }
    assert_eq!(n_counted, 60);
    app.pass(60_000);
    assert_eq!(report(&app, &key, REPORT).await?.status, StatusCode::NO_CONTENT);
    Ok(())
}

#[tokio::test]
async fn loads_of_who_wants_no_capture_are_counted_and_nothing_else_of_them() -> Result<()> {
    let Some(app) = TestApp::start("opposed").await? else { return Ok(()) };
    let signals = [
        None,
        Some(("sec-gpc", "1")),
        Some(("dnt", "1")),
        Some(("dnt", "0")),
        Some(("sec-gpc", "no")),
    ];
    for signal in signals {
        load(&app, signal).await?;
    }
    let mut browser = Browser::signed_in(&app).await?;
    let setup = text(&browser.get("/projects/default/setup").await?);
    let said = "2 loads of the script today, by UTC, came from browsers with Global Privacy Control \
        or Do-Not-Track on: there nothing is captured, kept or sent.";
    assert!(setup.contains(said), "{setup}");
    assert!(!setup.contains(" of the script came from"), "it is said twice: {setup}");
    Ok(())
}
