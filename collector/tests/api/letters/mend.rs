//! Letters that a person mended: by the page of one, and by a file of many.

use super::{BAD, LETTERS, events, lines, once, refuse, upload};
use crate::browser::{Browser, field, text};
use crate::test_app::{TestApp, batch, click, event_id};
use anyhow::{Context, Result, ensure};
use axum::http::{StatusCode, header};
use std::collections::BTreeMap;

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
    assert!(text(&answer).contains("Column “month” must be a whole number."), "{}", text(&answer));
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
    Nothing was replayed. Line 2: column “event_id” may not be changed.
    Nothing was replayed. Line 2: column “project” may not be changed.
    Nothing was replayed. Line 2: “event_id” may not be changed.
    Nothing was replayed. Line 2: column “timestamp” must be a time such as "2026-11-22T14:03:09.000Z".
    Nothing was replayed. Line 2: column “timestamp” must be a time between 1970 and 2200.
    Nothing was replayed. Line 2: column “page_id” must be 16 hexadecimal digits in quotes.
    Nothing was replayed. Line 2: column “kind” must be a kind of event, which “dance” is not.
    Nothing was replayed. Line 2: column “properties” must hold a text in quotes under “n”.
    Nothing was replayed. Line 2: column “path” must have at most 1024 bytes.
    Nothing was replayed. Line 2: column “colour” is none of an event's row.
    Nothing was replayed. Line 2: column “path” is missing.
    Nothing was replayed. Line 2: “reason” is missing.
    Nothing was replayed. Line 2: “row” must be an object of columns.
    Nothing was replayed. Line 2: there is no letter “00112233445566778899aabbccddeeff” any more.
    Nothing was replayed. Line 2: the letter “9ddcec507bdda0913456c2d3979aafbd” is there twice.
    Nothing was replayed. Line 2: this is no JSON object: invalid type: string "{", expected a map (at character 3).
    Nothing was replayed. Line 1: this is no JSON object: EOF while parsing a value (at character 6).
    "#);
    assert_eq!(lines(&mut browser).await?, letters);
    app.written().await?;
    assert_eq!(events(&app).await?, once([]));
    Ok(())
}
