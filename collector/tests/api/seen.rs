//! What comes again: told so where that is certain, and in ClickHouse once in any case.

use crate::test_app::{NOON, TestApp, batch, click, event_id};
use anyhow::Result;
use axum::http::StatusCode;
use protocol::{BatchId, EventId};
use serde::Deserialize;
use std::time::{Duration, Instant};
use store::EventRow;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[derive(Debug, Deserialize)]
struct Count {
    n: u32,
}

async fn n_rows(app: &TestApp) -> Result<u32> {
    app.written().await?;
    let counts: Vec<Count> = app.ask("SELECT toUInt32(count()) AS n FROM {events}").await?;
    Ok(counts.first().map_or(0, |count| count.n))
}

/// Sends click 1, and returns the answer.
async fn send_one(app: &TestApp) -> Result<String> {
    Ok(app.post_batch(&batch(&[click(1, "")])).await?.body)
}

const ACCEPTED: &str = r#"{"accepted":1,"results":[]}"#;
const DUPLICATE: &str = r#"{"accepted":0,"results":[{"i":0,"result":"duplicate"}]}"#;

#[tokio::test]
async fn a_repeat_after_a_restart_is_told() -> Result<()> {
    let Some(mut app) = TestApp::start("repeat_restart").await? else { return Ok(()) };
    // Until what the store has is known, an event is looked up there instead.
    app.remembers().await?;
    assert_eq!(send_one(&app).await?, ACCEPTED);
    app.stop().await?;
    app.open().await?;
    assert_eq!(send_one(&app).await?, DUPLICATE);
    // Six days later it is found in its file.
    app.stop().await?;
    app.pass(6 * DAY_MS);
    app.open().await?;
    assert_eq!(send_one(&app).await?, DUPLICATE);
    assert_eq!(n_rows(&app).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_repeat_after_a_kill_is_told() -> Result<()> {
    let Some(mut app) = TestApp::start("repeat_kill").await? else { return Ok(()) };
    app.remembers().await?;
    app.app()?.seen().checkpoint().await?;
    assert_eq!(send_one(&app).await?, ACCEPTED);
    // In the store, and in the spool only because the set has no file for it yet.
    assert_eq!(n_rows(&app).await?, 1);
    for _ in 0..2 {
        app.kill().await?;
        app.open().await?;
        assert_eq!(send_one(&app).await?, DUPLICATE);
    }
    assert_eq!(n_rows(&app).await?, 1);
    Ok(())
}

#[tokio::test]
async fn without_its_folder_a_repeat_is_written_once_and_told_when_the_store_was_asked()
-> Result<()> {
    let Some(mut app) = TestApp::start("repeat_folder").await? else { return Ok(()) };
    assert_eq!(send_one(&app).await?, ACCEPTED);
    assert_eq!(n_rows(&app).await?, 1);
    app.stop().await?;
    std::fs::remove_dir_all(app.config().server.data.join("seen"))?;
    app.open().await?;
    // Told or looked up: whichever comes first.
    send_one(&app).await?;
    assert_eq!(n_rows(&app).await?, 1);
    app.remembers().await?;
    assert_eq!(send_one(&app).await?, DUPLICATE);

    // And what is written by then survives the next restart.
    app.stop().await?;
    app.open().await?;
    assert_eq!(send_one(&app).await?, DUPLICATE);
    Ok(())
}

#[tokio::test]
async fn a_repeat_that_is_not_told_is_looked_up() -> Result<()> {
    let Some(app) = TestApp::start("repeat_old").await? else { return Ok(()) };
    app.remembers().await?;
    // Eight days later the id is too old to be remembered; the event itself is not too old.
    app.pass(8 * DAY_MS);
    assert_eq!(send_one(&app).await?, ACCEPTED);
    assert_eq!(n_rows(&app).await?, 1);
    assert_eq!(send_one(&app).await?, ACCEPTED);
    assert_eq!(n_rows(&app).await?, 1);

    // So is an id without a time.
    let random = batch(&[click(2, "").replace("-7000-", "-4000-")]);
    for _ in 0..2 {
        assert_eq!(app.post_batch(&random).await?.body, ACCEPTED);
        assert_eq!(n_rows(&app).await?, 2);
    }
    Ok(())
}

#[tokio::test]
async fn what_was_sent_before_is_looked_up_even_if_it_seems_new() -> Result<()> {
    let Some(app) = TestApp::start("repeat_elsewhere").await? else { return Ok(()) };
    app.remembers().await?;
    // Another collector wrote it.
    let id = EventId::parse(&event_id(1))?;
    let row = EventRow {
        project: app.config().server.project.as_str().to_owned(),
        event_id: *id.as_bytes(),
        month: 202_611,
        batch_id: [1; 16],
        ..EventRow::default()
    };
    app.store().insert_events(BatchId::from_bytes([1; 16]), 0, &[row]).await?;
    let again = batch(&[click(1, r#","resent":true"#)]);
    assert_eq!(app.post_batch(&again).await?.body, ACCEPTED);
    assert_eq!(n_rows(&app).await?, 1);
    Ok(())
}

#[tokio::test]
async fn what_the_spool_did_not_keep_is_accepted_when_it_comes_again() -> Result<()> {
    // Each append begins a segment, which fails while the folder is away.
    let small = |config: &mut collector::config::Config| config.spool.segment_bytes = 1;
    let Some(app) = TestApp::start_with("repeat_failed", small).await? else { return Ok(()) };
    app.remembers().await?;
    assert_eq!(send_one(&app).await?, ACCEPTED);
    assert_eq!(n_rows(&app).await?, 1);
    let spool = app.config().server.data.join("spool");
    let away = spool.with_extension("away");
    std::fs::rename(&spool, &away)?;
    let refused = app.post_batch(&batch(&[click(2, "")])).await?;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    std::fs::rename(&away, &spool)?;

    let deadline = Instant::now() + Duration::from_secs(20);
    let again = batch(&[click(1, ""), click(2, "")]);
    let answer = loop {
        let answer = app.post_batch(&again).await?;
        if answer.status == StatusCode::ACCEPTED {
            break answer.body;
        }
        anyhow::ensure!(Instant::now() < deadline, "the spool does not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // The first is looked up as long as the spool is not read again.
    let told = r#"{"accepted":1,"results":[{"i":0,"result":"duplicate"}]}"#;
    assert!([told, r#"{"accepted":2,"results":[]}"#].contains(&answer.as_str()), "{answer}");
    assert_eq!(n_rows(&app).await?, 2);
    Ok(())
}

#[tokio::test]
async fn an_id_from_the_future_is_written_once_even_when_its_time_has_come() -> Result<()> {
    let Some(app) = TestApp::start("repeat_future").await? else { return Ok(()) };
    app.remembers().await?;
    // The browser is two days ahead.
    let ahead = batch(&[click(1, "")]).replace(
        &format!("{:08x}-{:04x}", NOON >> 16, NOON & 0xffff),
        &format!("{:08x}-{:04x}", (NOON + 2 * DAY_MS) >> 16, (NOON + 2 * DAY_MS) & 0xffff),
    );
    assert_eq!(app.post_batch(&ahead).await?.body, ACCEPTED);
    app.pass(2 * DAY_MS);
    assert_eq!(app.post_batch(&ahead).await?.body, DUPLICATE);
    assert_eq!(n_rows(&app).await?, 1);
    Ok(())
}
