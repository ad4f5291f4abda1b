//! Questions by `POST /v1/projects/{project}/query`.

use crate::browser::Browser;
use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::Result;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};

const FUNNEL: &str = r#"{"report":"funnel","steps":[{"page":"/orders/:id"},{"page":"/orders/:id"}],"date_range":{"last":"7d"}}"#;

async fn ask(
    app: &TestApp,
    browser: &Browser<'_>,
    project: &str,
    question: &'static str,
) -> Result<Answer> {
    let address = format!("/v1/projects/{project}/query");
    let mut request = browser.request(Method::POST, &address, Body::from(question))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    app.send(request).await
}

#[tokio::test]
async fn nobody_asks_without_having_signed_in() -> Result<()> {
    let Some(app) = TestApp::start("query_nobody").await? else { return Ok(()) };
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/projects/default/query")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(FUNNEL))?;
    insta::assert_snapshot!(app.send(request).await?, @r#"
401 Unauthorized
{"error":"sign in first"}
"#);
    Ok(())
}

#[tokio::test]
async fn a_member_reads_a_funnel() -> Result<()> {
    let Some(app) = TestApp::start("query_funnel").await? else { return Ok(()) };
    let view = |n, page| click(n, page).replace(r#""click""#, r#""page_view""#);
    app.post_batch(&batch(&[view(1, r#","page":0"#), view(2, r#","page":0"#)])).await?;
    let other = batch(&[view(3, r#","page":0"#)]).replace("ann@", "bob@").replace("anon-1", "b");
    app.post_batch(&other).await?;
    app.written().await?;
    let browser = Browser::signed_in(&app).await?;
    insta::assert_snapshot!(ask(&app, &browser, "default", FUNNEL).await?, @r#"
200 OK
{"report":"funnel","by":"people","steps":[{"name":"/orders/:id","people":2,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"/orders/:id","people":1,"conversion_rate":0.5,"step_rate":0.5,"drop_off":1}],"entered":2,"converted":1,"open":1,"computed_at":1795348800000}
"#);
    Ok(())
}

#[tokio::test]
async fn a_question_that_means_nothing_is_told_why() -> Result<()> {
    let Some(app) = TestApp::start("query_bad").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    insta::assert_snapshot!(ask(&app, &browser, "nowhere", FUNNEL).await?, @r#"
404 Not Found
{"error":"there is no project `nowhere`"}
"#);
    insta::assert_snapshot!(ask(&app, &browser, "default", "{").await?, @r#"
400 Bad Request
{"error":"the question cannot be read: EOF while parsing an object at line 1 column 1"}
"#);
    insta::assert_snapshot!(ask(&app, &browser, "default", r#"{"report":"magic"}"#).await?, @r#"
400 Bad Request
{"error":"the question cannot be read: unknown variant `magic`, expected one of `funnel`, `people`, `adoption`, `paths`, `retention`, `trend`, `stickiness`, `lifecycle`, `threshold`, `usage` at line 1 column 17"}
"#);
    let one = r#"{"report":"funnel","steps":[{"page":"/a"}],"date_range":{"last":"7d"}}"#;
    insta::assert_snapshot!(ask(&app, &browser, "default", one).await?, @r#"
400 Bad Request
{"error":"a funnel needs at least 2 steps, this one has 1"}
"#);

    let request = browser.request(Method::POST, "/v1/projects/default/query", Body::from("{}"))?;
    let answer = app.send(request).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(answer.body, @r#"{"error":"a question is sent with `Content-Type: application/json`"}"#);
    Ok(())
}
