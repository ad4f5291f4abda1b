//! Letters that an administrator discards, and a full spool that holds no letter back.

use super::{BAD, LETTERS, events, lines, once, refuse, replay_all};
use crate::browser::{Browser, field, text};
use crate::derived::until;
use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::{Context, Result};
use axum::http::{StatusCode, header};

/// Presses a button that discards.
async fn discard(browser: &mut Browser<'_>, form: &[(&str, &str)]) -> Result<Answer> {
    let csrf = field(&browser.get("/projects/default/setup").await?, "csrf")?;
    let form = [form, &[("csrf", csrf.as_str())]].concat();
    browser.post(&format!("{LETTERS}/discard"), &form).await
}

/// Waits until the writer has no room for letters, or has it again.
async fn until_full(app: &TestApp, is_full: bool) -> Result<()> {
    let what = if is_full { "the writer waits" } else { "the writer goes on" };
    until(what, async || Ok(app.app()?.letters().status().failure.is_some() == is_full)).await
}

#[tokio::test]
async fn letters_go_for_good_when_that_was_asked_and_answered() -> Result<()> {
    let Some(app) = TestApp::start("letter_discard").await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, BAD), click(2, BAD), click(3, BAD), click(4, "")])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let letters = lines(&mut browser).await?;
    let id = letters[0]["id"].as_str().context("no id")?;

    let asked = discard(&mut browser, &[("id", id)]).await?;
    let page = text(&asked);
    assert_eq!(asked.status, StatusCode::OK);
    for part in ["Discard 1 letter?", "these events are gone for good", "Keep them"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert_eq!(lines(&mut browser).await?.len(), 3);
    let sure = field(&asked, "sure")?;
    let done = discard(&mut browser, &[("id", id), ("sure", &sure)]).await?;
    assert_eq!(done.headers[header::LOCATION], format!("{LETTERS}?discarded=1"), "{done}");
    let page = text(&browser.get(&format!("{LETTERS}?discarded=1")).await?);
    assert!(page.contains("1 letter was discarded. Its event is gone for good."), "{page}");
    assert_eq!(lines(&mut browser).await?, letters[1..]);

    // Of more than was asked about, none goes.
    let other = discard(&mut browser, &[("all", "yes"), ("sure", "1")]).await?;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(text(&other).contains("Discard 2 letters?"), "{}", text(&other));
    assert_eq!(lines(&mut browser).await?.len(), 2);
    let form = [("all", "yes"), ("reason", "0123456789abcdef"), ("sure", "2")];
    discard(&mut browser, &form).await?;
    assert_eq!(lines(&mut browser).await?.len(), 2);
    discard(&mut browser, &[("all", "yes"), ("sure", "2")]).await?;
    assert_eq!(lines(&mut browser).await?.len(), 0);
    assert_eq!(events(&app).await?, once([4]));
    Ok(())
}

#[tokio::test]
async fn with_letters_and_spool_full_replaying_and_discarding_both_help() -> Result<()> {
    for is_replayed in [true, false] {
        let small = |config: &mut collector::config::Config| {
            config.store.dead_letters_bytes = 2_500;
            config.spool.segment_bytes = 4_000;
            config.spool.max_bytes = 20_000;
        };
        let Some(app) = TestApp::start_with("letter_stuck", small).await? else { return Ok(()) };
        refuse(&app, true).await?;
        app.post_batch(&batch(&[click(0, BAD)])).await?;
        app.written().await?;
        app.post_batch(&batch(&[click(1, BAD), click(2, BAD)])).await?;
        until_full(&app, true).await?;
        let mut n = 3;
        while app.post_batch(&batch(&[click(n, "")])).await?.status
            != StatusCode::SERVICE_UNAVAILABLE
        {
            n += 1;
        }
        assert!(n > 10, "{n}");
        refuse(&app, false).await?;
        let mut browser = Browser::signed_in(&app).await?;
        let n_letters = app.app()?.letters().status().n_letters;
        if is_replayed {
            let answer = replay_all(&mut browser).await?;
            let address = answer.headers.get(header::LOCATION).context("nothing is replayed")?;
            assert_eq!(address, &format!("{LETTERS}?replayed={n_letters}"));
        } else {
            let form = [("all", "yes"), ("sure", &*n_letters.to_string())];
            discard(&mut browser, &form).await?;
        }
        until_full(&app, false).await?;
        app.written().await?;
        replay_all(&mut browser).await?;
        app.written().await?;
        let first = if is_replayed { 0 } else { u32::try_from(n_letters)? };
        assert_eq!(events(&app).await?, once(first..n));
    }
    Ok(())
}
