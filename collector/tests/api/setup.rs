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
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    No page has fetched http://127.0.0.1:8080/sdk.js in the last day, as far as this collector has run. Is the line in the page that you look at? Does the policy of the page, an ad blocker, or a network in which http://127.0.0.1:8080 is not reached keep it from loading?
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");

    get("/sdk.js", "https://app.example.com/orders?id=7").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    The script, which is the same for all projects, was fetched by app.example.com, last at 12:00:00. If a page of this project is among them: is data-write-key in the line as it stands above, and does script-src of the policy allow http://127.0.0.1:8080? The console of the browser says what is refused.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");

    let status = get(&format!("/v1/config?k={key}"), "https://app.example.com/").await?;
    assert_eq!(status, StatusCode::OK);
    get("/v1/config?k=wk_no", "https://other.example.com/").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    The SDK has begun on app.example.com, last at 12:00:00, but no event of it is here. The page needs http://127.0.0.1:8080 in connect-src of its policy, a proxy has to pass POST /v1/events on with its body as it is, and an ad blocker may stop the request.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");

    assert_eq!(app.post("k=wk_nobodys&c=none", "{}").await?.status, StatusCode::UNAUTHORIZED);
    let automated =
        batch(&[click(1, "")]).replace("\"session_id\"", "\"automated\":true,\"session_id\"");
    assert_eq!(app.post_batch(&automated).await?.status, StatusCode::ACCEPTED);
    app.written().await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    Events arrive: the last one came at 12:00:00.
    All that came today is of browsers that a program drives, and reports leave them out. Click in a browser of your own, or turn on “Count automated browsers” on this page.
    A page sends under the key wk_nobody…, which is no project’s, last at 12:00:00. Copy the line again: a key that was replaced is not taken any more.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");

    let by_person = batch(&[click(2, ""), click(3, r#","kind":"x""#)]);
    assert_eq!(app.post_batch(&by_person).await?.status, StatusCode::ACCEPTED);
    app.written().await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    Events arrive: the last one came at 12:00:00.
    1 event refused today: it was no event: something is missing or of a wrong type. The sample says which field. The SDK never sends such a one: look at your own sender.
    A page sends under the key wk_nobody…, which is no project’s, last at 12:00:00. Copy the line again: a key that was replaced is not taken any more.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");

    // An hour later nobody came, and then somebody of whom nothing arrives.
    app.pass(60 * 60 * 1_000);
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    The last event came at 12:00:00.
    1 event refused today: it was no event: something is missing or of a wrong type. The sample says which field. The SDK never sends such a one: look at your own sender.
    A page sends under the key wk_nobody…, which is no project’s, last at 12:00:00. Copy the line again: a key that was replaced is not taken any more.
    No page of this project was seen to begin since then: it may be that nobody is there.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");
    get("/sdk.js", "https://app.example.com/orders").await?;
    insta::assert_snapshot!(advice(&mut browser).await?, @"
    The last event came at 12:00:00.
    1 event refused today: it was no event: something is missing or of a wrong type. The sample says which field. The SDK never sends such a one: look at your own sender.
    A page sends under the key wk_nobody…, which is no project’s, last at 12:00:00. Copy the line again: a key that was replaced is not taken any more.
    No page of this project was seen to begin since then: it may be that nobody is there.
    The script, which is the same for all projects, was fetched by app.example.com, last at 13:00:00. If a page of this project is among them: is data-write-key in the line as it stands above, and does script-src of the policy allow http://127.0.0.1:8080? The console of the browser says what is refused.
    The line names this machine (127.0.0.1:8080). For pages that other people open the collector needs a name and TLS: see “Behind TLS” on this page.
    ");
    Ok(())
}
