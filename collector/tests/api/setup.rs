//! Nothing arrives? What Setup says of it, as a page comes further, step by step.

use crate::browser::{Browser, text};
use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

/// What the section says, without its head and the last line, which is always the same.
async fn advice(browser: &mut Browser<'_>) -> Result<String> {
    let page = text(&browser.get("/projects/default/setup").await?);
    let (_, rest) = page.split_once("Nothing arrives?").context("no section")?;
    let (section, _) = rest.split_once("Look into the page itself").context("no last line")?;
    let lines = section.lines().filter(|line| line.ends_with(['.', '?']));
    let lines = lines.filter(|line| !line.contains("this page is opened"));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

#[tokio::test]
async fn setup_says_how_far_a_page_came() -> Result<()> {
    let Some(app) = TestApp::start("advice").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let key = app.write_key()?;
    let get = async |address: &str, from: &str| -> Result<StatusCode> {
        let request = Request::get(address).header(header::REFERER, from).header("sec-gpc", "1");
        Ok(app.send(request.body(Body::empty())?).await?.status)
    };
    insta::assert_snapshot!(advice(&mut browser).await?, @"");

    get("/sdk.js", "https://app.example.com/orders?id=7").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"");

    let status = get(&format!("/v1/config?k={key}"), "https://app.example.com/").await?;
    assert_eq!(status, StatusCode::OK);
    get("/v1/config?k=wk_no", "https://other.example.com/").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"");

    assert_eq!(app.post("k=wk_nobodys&c=none", "{}").await?.status, StatusCode::UNAUTHORIZED);
    let automated =
        batch(&[click(1, "")]).replace("\"session_id\"", "\"automated\":true,\"session_id\"");
    assert_eq!(app.post_batch(&automated).await?.status, StatusCode::ACCEPTED);
    app.written().await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"");

    let by_person = batch(&[click(2, ""), click(3, r#","kind":"x""#)]);
    assert_eq!(app.post_batch(&by_person).await?.status, StatusCode::ACCEPTED);
    app.written().await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"");

    // An hour later nobody came, and then somebody of whom nothing arrives.
    app.pass(60 * 60 * 1_000);
    insta::assert_snapshot!(advice(&mut browser).await?, @"");
    get("/sdk.js", "https://app.example.com/orders").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"");
    Ok(())
}
