//! Annotations by the API: a release pipeline sets them, members read and remove them.

use crate::browser::Browser;
use crate::import::KEY;
use crate::test_app::{Answer, TestApp};
use anyhow::Result;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use collector::config::server::FirstKey;

const PATH: &str = "/v1/projects/default/annotations";

async fn with_key(name: &str) -> Result<Option<TestApp>> {
    let key = FirstKey::parse(KEY)?;
    TestApp::start_with(name, |config| config.server.private_key = Some(key)).await
}

/// What a program with a private key is answered.
async fn program(app: &TestApp, method: Method, path: &str, body: &str) -> Result<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_owned()))?;
    app.send(request).await
}

#[tokio::test]
async fn a_release_that_is_told_twice_is_there_once() -> Result<()> {
    let Some(app) = with_key("annotation_release").await? else { return Ok(()) };
    let release = r#"{"kind":"release","text":" Version 4.2 "}"#;
    let answer = program(&app, Method::POST, PATH, release).await?;
    insta::assert_snapshot!(answer, @r#"
201 Created
{"id":"b5e10c66ad7b02da","version":1,"day":"2026-11-22","at":1795348800000,"kind":"release","text":"Version 4.2","author":"a program with a private key","written_at":1795348800000}
"#);
    app.pass(60_000);
    let again = program(&app, Method::POST, PATH, release).await?;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &answer.body));
    let note = r#"{"text":"Price list","day":"2026-11-20"}"#;
    assert_eq!(program(&app, Method::POST, PATH, note).await?.status, StatusCode::CREATED);
    insta::assert_snapshot!(program(&app, Method::GET, PATH, "").await?, @r#"
200 OK
{"annotations":[{"id":"ea34f1f4e17dab34","version":1,"day":"2026-11-20","kind":"note","text":"Price list","author":"a program with a private key","written_at":1795348860000},{"id":"b5e10c66ad7b02da","version":1,"day":"2026-11-22","at":1795348800000,"kind":"release","text":"Version 4.2","author":"a program with a private key","written_at":1795348800000}]}
"#);
    Ok(())
}

#[tokio::test]
async fn an_annotation_is_removed_by_who_knows_its_version() -> Result<()> {
    let Some(app) = with_key("annotation_remove").await? else { return Ok(()) };
    let note = r#"{"text":"Price list","day":"2026-11-20"}"#;
    let made = program(&app, Method::POST, PATH, note).await?;
    let made: serde_json::Value = serde_json::from_str(&made.body)?;
    let id = made["id"].as_str().unwrap_or_default();
    let remove =
        async |more: &str| program(&app, Method::DELETE, &format!("{PATH}/{id}{more}"), "").await;
    insta::assert_snapshot!(remove("").await?, @r#"
400 Bad Request
{"error":"an annotation is taken away with `?expected_version=` and the version that it is at"}
"#);
    insta::assert_snapshot!(remove("?expected_version=7").await?, @r#"
409 Conflict
{"error":"somebody else changed this annotation meanwhile: read the annotations again"}
"#);
    assert_eq!(remove("?expected_version=1").await?.status, StatusCode::NO_CONTENT);
    assert_eq!(remove("?expected_version=2").await?.status, StatusCode::NOT_FOUND);
    let list = program(&app, Method::GET, PATH, "").await?;
    assert_eq!(list.body, r#"{"annotations":[]}"#);
    // What was removed can be said again.
    let again = program(&app, Method::POST, PATH, note).await?;
    assert_eq!(again.status, StatusCode::CREATED, "{again}");
    assert!(again.body.contains(r#""version":3"#), "{again}");
    Ok(())
}

#[tokio::test]
async fn what_says_nothing_is_refused_with_a_sentence() -> Result<()> {
    let Some(app) = with_key("annotation_bad").await? else { return Ok(()) };
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(201));
    let mut refusals = Vec::new();
    for body in [
        r#"{"text":" "}"#,
        r#"{"text":"a\nb"}"#,
        &long,
        r#"{"text":"a","day":"2026-02-30"}"#,
        r#"{"text":"a","day":"2026-02-03","at":1}"#,
        r#"{"text":"a","at":-1}"#,
        r#"{"text":"a","kind":"party"}"#,
    ] {
        let answer = program(&app, Method::POST, PATH, body).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
        refusals.push(answer.body);
    }
    insta::assert_snapshot!(refusals.join("\n"), @r#"
{"error":"an annotation says something in one line of at most 200 characters"}
{"error":"an annotation says something in one line of at most 200 characters"}
{"error":"an annotation says something in one line of at most 200 characters"}
{"error":"`2026-02-30` is not a day of the calendar, such as `2026-11-22`"}
{"error":"an annotation has a `day` or a moment (`at`), and not both"}
{"error":"the moment of an annotation is milliseconds since 1970"}
{"error":"the annotation cannot be read: unknown variant `party`, expected `release` or `note` at line 1 column 26"}
"#);
    let request = Request::builder().method(Method::GET).uri(PATH).body(Body::empty())?;
    assert_eq!(app.send(request).await?.status, StatusCode::UNAUTHORIZED);
    let other = program(&app, Method::GET, "/v1/projects/other/annotations", "").await?;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn a_member_is_told_as_its_author() -> Result<()> {
    let Some(app) = TestApp::start("annotation_member").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let body = Body::from(r#"{"text":"Holidays begin","day":"2026-12-21"}"#);
    let mut request = browser.request(Method::POST, PATH, body)?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    let answer = app.send(request).await?;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer}");
    assert!(answer.body.contains(r#""author":"ada@example.com""#), "{answer}");
    Ok(())
}
