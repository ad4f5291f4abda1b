//! What a browser is told when the spool takes nothing, and that it is taken again.

use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::Result;
use axum::http::{StatusCode, header};
use std::time::{Duration, Instant};

/// An answer that any page can read, and that says when to come again.
fn assert_later(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers[header::RETRY_AFTER], "10");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS], "Retry-After");
}

#[tokio::test]
async fn what_waits_for_a_week_keeps_what_is_new_out() -> Result<()> {
    let slow = |config: &mut collector::config::Config| config.store.linger_ms = 600_000;
    let Some(app) = TestApp::start_with("late", slow).await? else { return Ok(()) };
    assert_eq!(app.post_batch(&batch(&[click(1, "")])).await?.status, StatusCode::ACCEPTED);
    app.pass(7 * 24 * 60 * 60 * 1_000);
    assert_eq!(app.app()?.spool().status().oldest_waits_s, Some(604_800));
    app.pass(1_000);
    let answer = app.post_batch(&batch(&[click(2, "")])).await?;
    insta::assert_snapshot!(answer, @r#"
503 Service Unavailable
{"error":"the collector has to write what it holds first"}
"#);
    assert_later(&answer);
    assert_later(&app.post_batch(&batch(&[click(2, "")])).await?);
    Ok(())
}

#[tokio::test]
async fn what_the_disk_refused_is_taken_when_the_disk_takes_it() -> Result<()> {
    let small = |config: &mut collector::config::Config| config.spool.segment_bytes = 1;
    let Some(app) = TestApp::start_with("disk", small).await? else { return Ok(()) };
    assert_eq!(app.post_batch(&batch(&[click(1, "")])).await?.status, StatusCode::ACCEPTED);
    let dir = app.config().server.data.join("spool");
    let away = dir.with_extension("away");
    std::fs::rename(&dir, &away)?;
    let two = batch(&[click(2, "")]);
    let answer = app.post_batch(&two).await?;
    insta::assert_snapshot!(answer, @r#"
503 Service Unavailable
{"error":"the collector cannot keep events at the moment"}
"#);
    assert_later(&answer);
    assert!(app.app()?.spool().status().failure.is_some());

    std::fs::rename(&away, &dir)?;
    let deadline = Instant::now() + Duration::from_secs(20);
    let answer = loop {
        let answer = app.post_batch(&two).await?;
        if answer.status == StatusCode::ACCEPTED {
            break answer;
        }
        assert_later(&answer);
        assert!(Instant::now() < deadline, "{answer}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    insta::assert_snapshot!(answer, @r#"
202 Accepted
{"accepted":1,"results":[]}
"#);
    Ok(())
}
