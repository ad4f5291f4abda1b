//! Letters of records that no rows could be made of.

use super::{BAD, LETTERS, events, image, lines, once, refuse, replay_all, restore};
use crate::browser::{Browser, field, text};
use crate::test_app::{NOON, TestApp, batch, click, event_id};
use anyhow::{Context, Result};
use axum::http::header;
use collector::dead::{Content, Letter};
use collector::spool::{Bitmap, Encoding, Head, ImportHead, Kind};
use protocol::{ImportId, ProjectId, Timestamp, WriteKey};
use std::borrow::Cow;
use store::Edit;

#[tokio::test]
async fn a_record_without_rows_is_kept_and_replayed_as_it_was() -> Result<()> {
    let Some(app) = TestApp::start("letter_record").await? else { return Ok(()) };
    let spool = app.app()?.spool();
    for kind in [Kind::Batch, Kind::Rows] {
        spool.append(spool.epoch(), kind, b"no record", b" at all")?.await?;
    }
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let before = lines(&mut browser).await?;
    let records: Vec<_> = before.iter().map(|l| (&l["record_kind"], &l["record"])).collect();
    let hex = serde_json::Value::from("6e6f207265636f726420617420616c6c");
    assert_eq!(records, [(&3.into(), &hex), (&1.into(), &hex)]);
    let page = text(&browser.get(LETTERS).await?);
    assert!(page.contains("no project") && page.contains("under every project"), "{page}");
    let page = browser.get(&format!("{LETTERS}/{}", before[0]["id"].as_str().unwrap())).await?;
    assert!(text(&page).contains("no record at all"), "{}", text(&page));

    replay_all(&mut browser).await?;
    app.written().await?;
    let after = lines(&mut browser).await?;
    assert_eq!(
        after.iter().map(|l| &l["id"]).collect::<Vec<_>>(),
        before.iter().map(|l| &l["id"]).collect::<Vec<_>>()
    );
    Ok(())
}

#[tokio::test]
async fn a_record_of_a_project_that_comes_later_becomes_rows_then() -> Result<()> {
    let later = ProjectId::parse("later")?;
    let mut admitted = Bitmap::zeros(1);
    admitted.set(0);
    let head = Head {
        admitted: Cow::Owned(admitted),
        ..Head::new(Cow::Borrowed(&later), Timestamp::from_millis(NOON))
    };
    let record = [head.encode(), batch(&[click(1, "")]).into_bytes()].concat();
    becomes_rows_once("letter_project", Kind::Batch, &record).await
}

#[tokio::test]
async fn imported_lines_of_a_project_that_comes_later_become_rows_then() -> Result<()> {
    let later = ProjectId::parse("later")?;
    let mut admitted = Bitmap::zeros(1);
    admitted.set(0);
    let head = ImportHead {
        project: Cow::Borrowed(&later),
        received_at: Timestamp::from_millis(NOON),
        import: ImportId::from_bytes([7; 32]),
        first_line: 1,
        encoding: Encoding::Plain,
        admitted: Cow::Owned(admitted),
    };
    let line = format!(
        r#"{{"event_id":"{}","timestamp":{NOON},"kind":"click","context":{{"anonymous_id":"a","session_id":"s"}},"page":{{"host":"app.example.com","path":"/x"}}}}"#,
        event_id(1)
    );
    let record = [head.encode(), line.into_bytes()].concat();
    becomes_rows_once("letter_import", Kind::Import, &record).await
}

/// Buries the record of event 1 of a project that is not there, and replays it twice once it is.
async fn becomes_rows_once(test: &str, kind: Kind, record: &[u8]) -> Result<()> {
    let Some(mut app) = TestApp::start(test).await? else { return Ok(()) };
    let later = ProjectId::parse("later")?;
    let spool = app.app()?.spool();
    spool.append(spool.epoch(), kind, record, b"")?.await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let letters = lines(&mut browser).await?;
    assert_eq!((letters.len(), &letters[0]["project"]), (1, &"later".into()));
    let page = text(&browser.get(LETTERS).await?);
    assert!(page.contains("project later, not known here"), "{page}");

    let like = app.app()?.definitions().projects().remove(0).definition.clone();
    let write_key = WriteKey::parse("wk_0123456789abcdefghijklmnop")?;
    let project = store::Project { id: later, write_key, ..like };
    let edit = Edit { expected_version: 0, author: String::new(), at: app.app()?.now() };
    app.store().put_project(&project, &edit).await?;
    app.app()?.definitions().refresh(app.store()).await?;
    let csrf = field(&browser.get("/projects/later/setup").await?, "csrf")?;
    let form = [("csrf", csrf.as_str()), ("id", letters[0]["id"].as_str().context("no id")?)];
    let image = image(&app)?;
    // Under the other project it is not to be found any more.
    let none = browser.post(&format!("{LETTERS}/replay"), &form).await?;
    assert_eq!(none.headers[header::LOCATION], format!("{LETTERS}?replayed=0"));
    let one = browser.post("/projects/later/dead-letters/replay", &form).await?;
    assert_eq!(one.headers[header::LOCATION], "/projects/later/dead-letters?replayed=1");
    app.written().await?;
    assert_eq!(events(&app).await?, once([1]));

    // A kill before the letter went leaves one that can be handed back once more.
    restore(&image)?;
    let cookies = browser.into_cookies();
    app.kill().await?;
    app.open().await?;
    let mut browser = Browser::with_cookies(&app, cookies);
    let csrf = field(&browser.get("/projects/later/setup").await?, "csrf")?;
    let form = [("csrf", csrf.as_str()), ("id", letters[0]["id"].as_str().context("no id")?)];
    let again = browser.post("/projects/later/dead-letters/replay", &form).await?;
    assert_eq!(again.headers[header::LOCATION], "/projects/later/dead-letters?replayed=1");
    app.written().await?;
    assert_eq!(events(&app).await?, once([1]));
    Ok(())
}

#[tokio::test]
async fn a_record_of_another_version_keeps_no_younger_letter_from_being_replayed() -> Result<()> {
    let Some(app) = TestApp::start("letter_kind").await? else { return Ok(()) };
    refuse(&app, true).await?;
    let unknown = Letter {
        buried_at: Timestamp::from_millis(NOON),
        project: None,
        reason: "of another version".to_owned(),
        content: Content::Record { kind: 200, bytes: b"what".to_vec() },
    };
    app.app()?.letters().bury(&[unknown])?;
    app.post_batch(&batch(&[click(1, BAD)])).await?;
    app.written().await?;
    refuse(&app, false).await?;
    let mut browser = Browser::signed_in(&app).await?;
    assert_eq!(lines(&mut browser).await?.len(), 2);
    let answer = replay_all(&mut browser).await?;
    let address = format!("{LETTERS}?replayed=1&unknown=1");
    assert_eq!(answer.headers[header::LOCATION], address);
    let page = text(&browser.get(&address).await?);
    assert!(page.contains("1 letter stays: another version of Sillage wrote"), "{page}");
    assert_eq!(lines(&mut browser).await?.len(), 1);
    app.written().await?;
    assert_eq!(events(&app).await?, once([1]));
    Ok(())
}
