//! Dead letters: what ClickHouse refuses for good is kept, mended and replayed, and written once.

use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use collector::spool::{Bitmap, Encoding, Head, Kind};
use protocol::{ProjectId, Skew, Timestamp, WriteKey};
use serde::Deserialize;
use std::borrow::Cow;
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
async fn a_mended_row_arrives_as_it_was_mended() -> Result<()> {
    let Some(app) = TestApp::start("letter_mend").await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, BAD), click(2, BAD), click(3, "")])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;

    // One by its page: still bad at first, which is told; then mended.
    let letters = lines(&mut browser).await?;
    let address = format!("{LETTERS}/{}", letters[0]["id"].as_str().context("no id")?);
    let csrf = field(&browser.get(&address).await?, "csrf")?;
    let mut row = letters[0]["row"].clone();
    row["month"] = "soon".into();
    let answer = browser.post(&address, &[("csrf", &csrf), ("row", &row.to_string())]).await?;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains("Column `month` must be a whole number."), "{}", text(&answer));
    assert!(answer.body.contains("soon"), "what was typed is lost");
    row["month"] = 202_611.into();
    row["properties"]["plan"] = "pro".into();
    let answer = browser.post(&address, &[("csrf", &csrf), ("row", &row.to_string())]).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");

    // The other by a file.
    app.written().await?;
    let mut letters = lines(&mut browser).await?;
    assert_eq!(letters.len(), 1);
    letters[0]["row"]["properties"]["plan"] = "team".into();
    letters[0]["row"]["timestamp"] = "2026-11-20T08:00:00.5+01:00".into();
    let answer = upload(&app, &mut browser, &format!("\n{}\n", letters[0])).await?;
    assert_eq!(answer.headers[header::LOCATION], format!("{LETTERS}?replayed=1"), "{answer}");
    app.written().await?;
    assert_eq!(events(&app).await?, once(1..4));
    let plans: Vec<BTreeMap<String, String>> = app
        .ask("SELECT properties['plan'] AS plan, toString(timestamp) AS at FROM {events} ORDER BY plan")
        .await?;
    insta::assert_snapshot!(serde_json::to_string(&plans)?, @r#"[{"at":"2026-11-22 12:00:00.000","plan":""},{"at":"2026-11-22 12:00:00.000","plan":"pro"},{"at":"2026-11-20 07:00:00.500","plan":"team"}]"#);
    Ok(())
}

#[tokio::test]
async fn a_bad_file_is_refused_as_a_whole_with_line_and_field() -> Result<()> {
    let Some(app) = TestApp::start("letter_bad").await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, BAD), click(2, BAD)])).await?;
    app.written().await?;
    refuse(&app, false).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let letters = lines(&mut browser).await?;
    let mut seen = Vec::new();
    let mut check = async |change: &dyn Fn(&mut serde_json::Value)| -> Result<()> {
        let mut second = letters[1].clone();
        change(&mut second);
        let answer = upload(&app, &mut browser, &format!("{}\n{second}\n", letters[0])).await?;
        ensure!(answer.status == StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        let page = text(&answer);
        let line = page.lines().find(|line| line.starts_with("Nothing was replayed."));
        seen.push(line.context("no sentence")?.replace("&#34;", "\"").replace("&#39;", "'"));
        Ok(())
    };
    check(&|letter| letter["row"]["event_id"] = event_id(9).into()).await?;
    check(&|letter| letter["row"]["project"] = "other".into()).await?;
    check(&|letter| letter["event_id"] = event_id(9).into()).await?;
    check(&|letter| letter["row"]["timestamp"] = "yesterday".into()).await?;
    check(&|letter| letter["row"]["timestamp"] = "2301-01-01T00:00:00Z".into()).await?;
    check(&|letter| letter["row"]["page_id"] = 7.into()).await?;
    check(&|letter| letter["row"]["kind"] = "dance".into()).await?;
    check(&|letter| letter["row"]["properties"]["n"] = 7.into()).await?;
    check(&|letter| letter["row"]["path"] = "x".repeat(2_000).into()).await?;
    check(&|letter| letter["row"]["colour"] = "blue".into()).await?;
    check(&|letter| drop(letter["row"].as_object_mut().unwrap().remove("path"))).await?;
    check(&|letter| drop(letter.as_object_mut().unwrap().remove("reason"))).await?;
    check(&|letter| letter["row"] = "x".into()).await?;
    check(&|letter| letter["id"] = "00112233445566778899aabbccddeeff".into()).await?;
    check(&|letter| *letter = letters[0].clone()).await?;
    check(&|letter| *letter = "{".into()).await?;
    let answer = text(&upload(&app, &mut browser, "{\"id\":").await?);
    seen.extend(answer.lines().find(|line| line.starts_with("Nothing was")).map(str::to_owned));
    insta::assert_snapshot!(seen.join("\n"), @r#"
    Nothing was replayed. Line 2: column `event_id` may not be changed.
    Nothing was replayed. Line 2: column `project` may not be changed.
    Nothing was replayed. Line 2: `event_id` may not be changed.
    Nothing was replayed. Line 2: column `timestamp` must be a time such as "2026-11-22T14:03:09.000Z".
    Nothing was replayed. Line 2: column `timestamp` must be a time between 1970 and 2200.
    Nothing was replayed. Line 2: column `page_id` must be 16 hexadecimal digits in quotes.
    Nothing was replayed. Line 2: column `kind` must be a kind of event, which `dance` is not.
    Nothing was replayed. Line 2: column `properties` must hold a text in quotes under `n`.
    Nothing was replayed. Line 2: column `path` must have at most 1024 bytes.
    Nothing was replayed. Line 2: column `colour` is none of an event's row.
    Nothing was replayed. Line 2: column `path` is missing.
    Nothing was replayed. Line 2: `reason` is missing.
    Nothing was replayed. Line 2: `row` must be an object of columns.
    Nothing was replayed. Line 2: there is no letter `00112233445566778899aabbccddeeff` any more.
    Nothing was replayed. Line 2: the letter `9ddcec507bdda0913456c2d3979aafbd` is there twice.
    Nothing was replayed. Line 2: this is no JSON object: invalid type: string "{", expected a map (at character 3).
    Nothing was replayed. Line 1: this is no JSON object: EOF while parsing a value (at character 6).
    "#);
    assert_eq!(lines(&mut browser).await?, letters);
    app.written().await?;
    assert_eq!(events(&app).await?, once([]));
    Ok(())
}

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
    let Some(app) = TestApp::start("letter_project").await? else { return Ok(()) };
    let later = ProjectId::parse("later")?;
    let mut admitted = Bitmap::zeros(1);
    admitted.set(0);
    let head = Head {
        project: Cow::Borrowed(&later),
        received_at: Timestamp::from_millis(NOON),
        request_id: [0; 16],
        skew: Skew::default(),
        network: String::new(),
        country: "",
        network_labels: "",
        user_agent: "",
        encoding: Encoding::Plain,
        admitted: Cow::Owned(admitted),
        unsure: Cow::Owned(Bitmap::default()),
    };
    let spool = app.app()?.spool();
    let body = batch(&[click(1, "")]);
    spool.append(spool.epoch(), Kind::Batch, &head.encode(), body.as_bytes())?.await?;
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
    // Under the other project it is not to be found any more.
    let none = browser.post(&format!("{LETTERS}/replay"), &form).await?;
    assert_eq!(none.headers[header::LOCATION], format!("{LETTERS}?replayed=0"));
    let one = browser.post("/projects/later/dead-letters/replay", &form).await?;
    assert_eq!(one.headers[header::LOCATION], "/projects/later/dead-letters?replayed=1");
    app.written().await?;
    assert_eq!(events(&app).await?, once([1]));
    Ok(())
}

#[tokio::test]
async fn without_room_the_writer_waits_and_says_so() -> Result<()> {
    let small = |config: &mut collector::config::Config| config.store.dead_letters_bytes = 2_000;
    let Some(app) = TestApp::start_with("letter_full", small).await? else { return Ok(()) };
    refuse(&app, true).await?;
    app.post_batch(&batch(&[click(1, BAD), click(2, BAD), click(3, "")])).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let told = loop {
        let ready = browser.get("/readyz").await?;
        if ready.body.contains("dead letters hold") {
            break ready;
        }
        ensure!(Instant::now() < deadline, "it does not say so: {ready}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = text(&browser.get(LETTERS).await?);
    assert!(page.contains("The writer waits."), "{page}");

    // Nothing was lost for it: with room there is again, everything goes on.
    refuse(&app, false).await?;
    replay_all(&mut browser).await?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while app.app()?.letters().status().failure.is_some() {
        ensure!(Instant::now() < deadline, "the writer waits for ever");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
    let member = store::Member { role: Role::Member, ..stored.value };
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
        browser.post(&format!("{LETTERS}/{id}"), &row).await?,
        upload(&app, &mut browser, "{}").await?,
        browser.get(&format!("{LETTERS}.jsonl")).await?,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer}");
        assert!(text(&answer).contains("Only administrators may"), "{}", text(&answer));
    }
    assert_eq!(events(&app).await?, once((0..20).filter(|n| *n != 7)));
    Ok(())
}
