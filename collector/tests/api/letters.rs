//! Dead letters: what ClickHouse refuses for good is kept, mended and replayed, and written once.

mod discard;
mod mend;
mod record;

use crate::browser::{Browser, field, text};
use crate::derived::until;
use crate::test_app::{Answer, TestApp, batch, click, event_id};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::{Edit, Role, Statement};

const LETTERS: &str = "/projects/default/dead-letters";

const BAD: &str = r#","page":0,"properties":{"plan":"bad"}"#;

/// Makes the table refuse events whose plan is bad, or take them again.
async fn refuse(app: &TestApp, is_refused: bool) -> Result<()> {
    let table = app.store().databases().events();
    let change = match is_refused {
        true => "ADD CONSTRAINT no_bad_plan CHECK properties['plan'] != 'bad'",
        false => "DROP CONSTRAINT no_bad_plan",
    };
    Ok(app.store().execute(&Statement::new(format!("ALTER TABLE {table} {change}"))).await?)
}

/// How often each event is there, by the end of its id.
async fn events(app: &TestApp) -> Result<BTreeMap<String, u32>> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        n: u32,
    }
    let sql = "SELECT substring(hex(event_id), 29) AS id, toUInt32(count()) AS n FROM {events} GROUP BY id";
    Ok(app.ask::<Row>(sql).await?.into_iter().map(|row| (row.id, row.n)).collect())
}

fn once(ids: impl IntoIterator<Item = u32>) -> BTreeMap<String, u32> {
    ids.into_iter().map(|n| (format!("{n:04X}"), 1)).collect()
}

/// The letters as they are downloaded.
async fn lines(browser: &mut Browser<'_>) -> Result<Vec<serde_json::Value>> {
    let answer = browser.get(&format!("{LETTERS}.jsonl")).await?;
    ensure!(answer.status == StatusCode::OK, "{answer}");
    answer.body.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Replays all letters, as the button does.
async fn replay_all(browser: &mut Browser<'_>) -> Result<Answer> {
    let csrf = field(&browser.get("/projects/default/setup").await?, "csrf")?;
    browser.post(&format!("{LETTERS}/replay"), &[("csrf", &csrf), ("all", "yes")]).await
}

/// Uploads a file of letters.
async fn upload(app: &TestApp, browser: &mut Browser<'_>, file: &str) -> Result<Answer> {
    let csrf = field(&browser.get("/projects/default/setup").await?, "csrf")?;
    let part = |name: &str, body: &str| {
        format!("--sea\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{body}\r\n")
    };
    let body = part("csrf", &csrf) + &part("file", file) + "--sea--\r\n";
    let mut request =
        browser.request(Method::POST, &format!("{LETTERS}/upload"), Body::from(body))?;
    let kind = "multipart/form-data; boundary=sea".parse()?;
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    app.send(request).await
}

/// The files of the letters, to bring them back as after a kill.
fn folder(app: &TestApp) -> PathBuf {
    app.config().server.data.join("dead-letters")
}

fn image(app: &TestApp) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file?.path();
        Ok((path.clone(), fs::read(path)?))
    };
    fs::read_dir(folder(app))?.map(read).collect()
}

fn restore(image: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    image.iter().try_for_each(|(path, bytes)| Ok(fs::write(path, bytes)?))
}

/// One with a letter of event 7, and its neighbours written.
async fn with_a_letter(test: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(test).await? else { return Ok(None) };
    refuse(&app, true).await?;
    let events: Vec<_> = (0..20).map(|n| click(n, if n == 7 { BAD } else { "" })).collect();
    app.post_batch(&batch(&events)).await?;
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn one_row_of_many_is_refused_and_its_neighbours_are_written() -> Result<()> {
    let Some(app) = with_a_letter("letter_one").await? else { return Ok(()) };
    assert_eq!(events(&app).await?, once((0..20).filter(|n| *n != 7)));

    let mut browser = Browser::signed_in(&app).await?;
    let letters = lines(&mut browser).await?;
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((&letter["project"], &letter["event_id"]), (&"default".into(), &event_id(7).into()));
    let reason = letter["reason"].as_str().context("no reason")?;
    assert!(
        reason.starts_with("ClickHouse refused with code 469: Constraint `no_bad_plan`"),
        "{reason}"
    );
    // The ids of pages are keyed by a secret of the project.
    let mut row = letter["row"].clone();
    assert_eq!(row["page_id"].as_str().map(str::len), Some(16));
    row["page_id"] = "[16 digits]".into();
    insta::assert_snapshot!(serde_json::to_string_pretty(&row)?, @r#"
    {
      "account_id": "",
      "anonymous_id": "anon-1",
      "app_version": "",
      "browser": "",
      "campaign_medium": "",
      "campaign_name": "",
      "campaign_source": "",
      "country": "",
      "device": "",
      "element_id": "0000000000000000",
      "event_id": "01a20320-a200-7000-8000-000000000007",
      "is_automated": false,
      "kind": "click",
      "language": "",
      "month": 202611,
      "name": "",
      "os": "",
      "page_id": "[16 digits]",
      "path": "/orders/1042",
      "project": "default",
      "properties": {
        "plan": "bad"
      },
      "received_at": "2026-11-22T12:00:00.000Z",
      "referrer": "",
      "sent_at": "2026-11-22T12:00:00.000Z",
      "session_id": "s-1",
      "timestamp": "2026-11-22T12:00:00.000Z",
      "user_id": "ann@example.com"
    }
    "#);

    let list = browser.get(LETTERS).await?;
    let seen = text(&list);
    for part in ["Dead letters", "Replay all", "1 letter", "22 Nov 2026, 12:00:00", "Clicked"] {
        assert!(seen.contains(part), "{part} is not in {seen}");
    }
    let id = letter["id"].as_str().context("no id")?;
    let page = browser.get(&format!("{LETTERS}/{id}")).await?;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        text(&page).contains("Why it was refused") && page.body.contains("<textarea"),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_replayed_is_there_once_however_often() -> Result<()> {
    let Some(mut app) = with_a_letter("letter_replay").await? else { return Ok(()) };
    let before = image(&app)?;
    refuse(&app, false).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let answer = replay_all(&mut browser).await?;
    assert_eq!(answer.headers[header::LOCATION], format!("{LETTERS}?replayed=1"), "{answer}");
    let page = browser.get(&format!("{LETTERS}?replayed=1")).await?;
    assert!(text(&page).contains("1 letter was handed back."), "{}", text(&page));
    assert!(text(&page).contains("No dead letters"), "{}", text(&page));
    app.written().await?;
    assert_eq!(events(&app).await?, once(0..20));
    assert!(fs::read_dir(folder(&app))?.next().is_none(), "a file without letters stays");

    // As after a kill before the letter was taken out: it can be replayed once more.
    let cookies = browser.into_cookies();
    app.kill().await?;
    restore(&before)?;
    app.open().await?;
    let mut browser = Browser::with_cookies(&app, cookies);
    assert_eq!(lines(&mut browser).await?.len(), 1);
    replay_all(&mut browser).await?;
    app.written().await?;
    assert_eq!(events(&app).await?, once(0..20));
    Ok(())
}

#[tokio::test]
async fn what_is_refused_again_comes_back_as_the_same_letter() -> Result<()> {
    let Some(app) = with_a_letter("letter_again").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let before = lines(&mut browser).await?;
    app.pass(90_000_000);
    replay_all(&mut browser).await?;
    app.written().await?;
    let after = lines(&mut browser).await?;
    assert_eq!(
        (after.len(), &after[0]["id"], &after[0]["row"]),
        (1, &before[0]["id"], &before[0]["row"])
    );
    assert_ne!(after[0]["buried_at"], before[0]["buried_at"]);
    assert_eq!(events(&app).await?, once((0..20).filter(|n| *n != 7)));
    Ok(())
}

#[tokio::test]
async fn a_kill_while_replayed_rows_are_written_neither_loses_nor_doubles() -> Result<()> {
    let Some(mut app) = TestApp::start("letter_kill").await? else { return Ok(()) };
    refuse(&app, true).await?;
    let bad: Vec<_> = (0..30).map(|n| click(n, BAD)).collect();
    app.post_batch(&batch(&bad)).await?;
    app.written().await?;
    refuse(&app, false).await?;
    let mut browser = Browser::signed_in(&app).await?;
    assert_eq!(lines(&mut browser).await?.len(), 30);
    let mut cookies = browser.into_cookies();
    for round in 0..12_u64 {
        let mut browser = Browser::with_cookies(&app, cookies);
        let pause = Duration::from_millis(round * 2);
        // Whatever of it was done by then.
        drop(tokio::time::timeout(pause, replay_all(&mut browser)).await);
        cookies = browser.into_cookies();
        app.kill().await?;
        app.open().await?;
    }
    let mut browser = Browser::with_cookies(&app, cookies);
    replay_all(&mut browser).await?;
    app.written().await?;
    assert_eq!(lines(&mut browser).await?.len(), 0);
    assert_eq!(events(&app).await?, once(0..30));
    Ok(())
}

#[tokio::test]
async fn a_kill_between_burial_and_cursor_leaves_one_letter() -> Result<()> {
    let patient = |config: &mut collector::config::Config| config.store.linger_ms = 500;
    let Some(mut app) = TestApp::start_with("letter_twice", patient).await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, ""), click(2, BAD)])).await?;
    // The insert is held up, and the spool kept as it is on disk until then.
    let table = app.store().databases().events();
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    let aside = format!("{table}_aside");
    app.store().execute(&rename(&table, &aside)).await?;
    app.cut().await?;
    let spool = app.spool_image()?;
    app.store().execute(&rename(&aside, &table)).await?;
    app.written().await?;
    let cookies = Browser::signed_in(&app).await?.into_cookies();

    app.kill().await?;
    app.restore_spool(&spool)?;
    app.open().await?;
    app.written().await?;
    let mut browser = Browser::with_cookies(&app, cookies);
    assert_eq!(lines(&mut browser).await?.len(), 1);
    assert_eq!(events(&app).await?, once([1]));
    Ok(())
}

#[tokio::test]
async fn a_resend_and_a_replay_write_one_row() -> Result<()> {
    for is_replayed_first in [true, false] {
        let Some(mut app) = with_a_letter("letter_resend").await? else { return Ok(()) };
        refuse(&app, false).await?;
        // The collector forgets what came, so that the resend is accepted.
        let cookies = Browser::signed_in(&app).await?.into_cookies();
        app.kill().await?;
        app.open().await?;
        let mut browser = Browser::with_cookies(&app, cookies);
        let resent = batch(&[click(7, &format!("{BAD},\"resent\":true"))]);
        if is_replayed_first {
            replay_all(&mut browser).await?;
            app.post_batch(&resent).await?;
        } else {
            app.post_batch(&resent).await?;
            app.written().await?;
            replay_all(&mut browser).await?;
        }
        app.written().await?;
        assert_eq!(events(&app).await?, once(0..20), "{is_replayed_first}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_replayed_is_remembered_although_the_set_was_made_anew_without_it() -> Result<()> {
    let Some(mut app) = with_a_letter("letter_seen").await? else { return Ok(()) };
    refuse(&app, false).await?;
    let cookies = Browser::signed_in(&app).await?.into_cookies();
    // The spool lets go of the event, and then the set is lost.
    app.stop().await?;
    app.open().await?;
    app.post_batch(&batch(&[click(50, "")])).await?;
    app.written().await?;
    let spool = app.config().server.data.join("spool");
    let deadline = Instant::now() + Duration::from_secs(20);
    while fs::read_dir(&spool)?
        .flatten()
        .filter(|f| f.path().extension() == Some("seg".as_ref()))
        .count()
        > 1
    {
        ensure!(Instant::now() < deadline, "the spool keeps it");
        tokio::task::yield_now().await;
    }
    app.kill().await?;
    fs::remove_dir_all(app.config().server.data.join("seen"))?;
    app.open().await?;
    app.remembers().await?;
    let mut browser = Browser::with_cookies(&app, cookies);
    replay_all(&mut browser).await?;
    app.written().await?;
    let again = app.post_batch(&batch(&[click(7, BAD)])).await?;
    assert!(again.body.contains("duplicate"), "{again}");
    app.written().await?;
    assert_eq!(events(&app).await?, once((0..20).chain([50])));
    Ok(())
}

#[tokio::test]
async fn without_room_the_writer_waits_and_says_so() -> Result<()> {
    let small = |config: &mut collector::config::Config| config.store.dead_letters_bytes = 2_000;
    let Some(app) = TestApp::start_with("letter_full", small).await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, BAD), click(2, BAD), click(3, "")])).await?;
    let mut browser = Browser::signed_in(&app).await?;
    until("dead letters are full", async || Ok(app.app()?.letters().status().failure.is_some()))
        .await?;
    let told = browser.get("/readyz").await?;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE, "{told}");
    assert!(told.body.contains("dead letters hold"), "{told}");
    let page = text(&browser.get(LETTERS).await?);
    assert!(page.contains("The writer waits."), "{page}");
    let page = text(&browser.get("/projects/default/delivery").await?);
    for part in ["The writer waits\n", "The writer waits until it can put dead letters aside."] {
        assert!(page.contains(part), "{part} is not in {page}");
    }

    // Nothing was lost for it: with room there is again, everything goes on.
    refuse(&app, false).await?;
    replay_all(&mut browser).await?;
    until("the writer goes on", async || Ok(app.app()?.letters().status().failure.is_none()))
        .await?;
    app.written().await?;
    replay_all(&mut browser).await?;
    app.written().await?;
    assert_eq!(events(&app).await?, once(1..4));
    Ok(())
}

#[tokio::test]
async fn only_administrators_change_anything() -> Result<()> {
    let Some(app) = with_a_letter("letter_roles").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let id = lines(&mut browser).await?[0]["id"].as_str().context("no id")?.to_owned();
    let wrong = browser.post(&format!("{LETTERS}/replay"), &[("all", "yes")]).await?;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN, "without a token: {wrong}");

    let stored = app.store().members().await?.remove(0);
    let member = store::Member { role: Role::Editor, ..stored.value };
    let edit =
        Edit { expected_version: stored.version, author: String::new(), at: app.app()?.now() };
    app.store().put_member(&member, &edit).await?;
    // Longer than a sign-in is remembered.
    app.pass(60_000);
    let list = browser.get(LETTERS).await?;
    assert_eq!(list.status, StatusCode::OK);
    assert!(!list.body.contains("<button class=\"button\">Replay"), "{list}");
    assert!(text(&list).contains("Administrators may mend and replay them."), "{}", text(&list));
    let page = browser.get(&format!("{LETTERS}/{id}")).await?;
    assert!(page.status == StatusCode::OK && !page.body.contains("<textarea"), "{page}");

    let csrf = field(&browser.get("/projects/default/setup").await?, "csrf")?;
    let row = [("csrf", csrf.as_str()), ("row", "{}"), ("all", "yes")];
    for answer in [
        browser.post(&format!("{LETTERS}/replay"), &row).await?,
        browser.post(&format!("{LETTERS}/discard"), &row).await?,
        browser.post(&format!("{LETTERS}/{id}"), &row).await?,
        upload(&app, &mut browser, "{}").await?,
        browser.get(&format!("{LETTERS}.jsonl")).await?,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer}");
        assert!(
            text(&answer).contains("Only an administrator downloads, mends"),
            "{}",
            text(&answer)
        );
    }
    assert_eq!(events(&app).await?, once((0..20).filter(|n| *n != 7)));
    Ok(())
}
