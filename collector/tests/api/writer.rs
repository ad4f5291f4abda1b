//! What becomes of accepted events: rows in ClickHouse, each once.

use crate::test_app::{NOON, TestApp, batch, click, gzip};
use anyhow::{Result, ensure};
use collector::spool::{Bitmap, Head, Kind};
use protocol::{ProjectId, Timestamp, WriteKey};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use store::{Edit, Statement};

#[derive(Debug, Deserialize)]
struct Count {
    n: u32,
    n_different: u32,
}

const COUNT: &str =
    "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(event_id)) AS n_different FROM {events}";

async fn count(app: &TestApp) -> Result<(u32, u32)> {
    let counts: Vec<Count> = app.ask(COUNT).await?;
    Ok(counts.first().map_or((0, 0), |count| (count.n, count.n_different)))
}

#[tokio::test]
async fn an_event_becomes_a_row_and_what_it_refers_to_another() -> Result<()> {
    let Some(app) = TestApp::start("row").await? else { return Ok(()) };
    let more = r#","page":0,"element":0,"properties":{"plan":"pro","mail":"a@example.com"}"#;
    app.post_batch(&batch(&[click(1, more)])).await?;
    app.written().await?;

    let rows: Vec<BTreeMap<String, serde_json::Value>> = app
        .ask(
            "SELECT e.* EXCEPT (batch_id, page_id, element_id, event_id), hex(event_id) AS id, \
             p.pattern, p.title, l.name AS label, l.test_id FROM {events} AS e \
             JOIN {pages} AS p ON p.page_id = e.page_id JOIN {elements} AS l ON l.element_id = e.element_id",
        )
        .await?;
    insta::assert_snapshot!(serde_json::to_string_pretty(&rows)?, @r#"
[
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
    "e.name": "",
    "e.project": "default",
    "id": "01A20320A20070008000000000000001",
    "is_automated": false,
    "kind": "click",
    "label": "Save [email]",
    "language": "",
    "month": 202611,
    "os": "",
    "path": "/orders/1042",
    "pattern": "/orders/:id",
    "properties": {
      "mail": "[email]",
      "plan": "pro"
    },
    "received_at": "2026-11-22 12:00:00.000",
    "referrer": "",
    "sent_at": "2026-11-22 12:00:00.000",
    "session_id": "s-1",
    "test_id": "save",
    "timestamp": "2026-11-22 12:00:00.000",
    "title": "Order",
    "user_id": "ann@example.com"
  }
]
"#);
    Ok(())
}

#[tokio::test]
async fn events_of_many_requests_are_each_there_once() -> Result<()> {
    let Some(app) = TestApp::start("many").await? else { return Ok(()) };
    let query = format!("k={}&c=gzip", app.write_key()?);
    let posts = (0..40_u32).map(|n| {
        let events: Vec<_> = (0..50).map(|i| click(n * 50 + i, r#","element":0"#)).collect();
        let (app, query) = (&app, &query);
        async move { app.post(query, gzip(batch(&events).as_bytes())?).await }
    });
    for answer in futures_util::future::join_all(posts).await {
        assert_eq!(answer?.body, r#"{"accepted":50,"results":[]}"#);
    }
    app.written().await?;
    assert_eq!(count(&app).await?, (2_000, 2_000));
    Ok(())
}

#[tokio::test]
async fn a_kill_between_insert_and_save_doubles_nothing_after_a_start_without_events() -> Result<()>
{
    // Long enough for a kill before anything is written.
    let patient = |config: &mut collector::config::Config| config.store.linger_ms = 500;
    let Some(mut app) = TestApp::start_with("again", patient).await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.kill().await?;

    // What is cut now lies before a segment without records. The insert is held up, and the
    // spool kept as it is on disk until then.
    let table = app.store().databases().events();
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    let aside = format!("{table}_aside");
    app.store().execute(&rename(&table, &aside)).await?;
    app.open().await?;
    app.cut().await?;
    let image = app.spool_image()?;
    app.store().execute(&rename(&aside, &table)).await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (2, 2));

    app.kill().await?;
    app.restore_spool(&image)?;
    app.open().await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (2, 2));
    Ok(())
}

#[tokio::test]
async fn without_a_readable_cursor_everything_is_looked_up() -> Result<()> {
    let Some(mut app) = TestApp::start("cursor").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.written().await?;
    app.post_batch(&batch(&[click(3, "")])).await?;
    app.kill().await?;
    app.break_cursor()?;
    app.open().await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (3, 3));
    Ok(())
}

#[tokio::test]
async fn times_are_corrected_and_partitions_follow_the_id() -> Result<()> {
    let Some(app) = TestApp::start("times").await? else { return Ok(()) };
    let day = 24 * 60 * 60 * 1_000;
    // The browser's clock is a day behind: sent and happened "yesterday".
    let behind = batch(&[click(1, "")]).replace(&NOON.to_string(), &(NOON - day).to_string());
    app.post_batch(&behind).await?;
    // An id of another version has no time of its own.
    let random = click(2, "").replace("-7000-", "-4000-");
    let ahead = random.replace(&NOON.to_string(), &(NOON + 400_000).to_string());
    app.post_batch(&batch(&[ahead])).await?;
    app.written().await?;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        timestamp: String,
        month: u32,
    }
    let rows: Vec<Row> = app
        .ask("SELECT toString(toUnixTimestamp64Milli(timestamp)) AS timestamp, month FROM {events}")
        .await?;
    let expected = || Row { timestamp: NOON.to_string(), month: 202_611 };
    assert_eq!(rows, [expected(), expected()]);
    Ok(())
}

#[tokio::test]
async fn a_cut_ends_where_its_rows_take_enough_memory() -> Result<()> {
    for (batch_bytes, n_batches) in [(1, 5), (10_000, 3), (64 << 20, 1)] {
        let set = |config: &mut collector::config::Config| {
            config.store.batch_bytes = batch_bytes;
            config.store.linger_ms = 500;
        };
        let Some(app) = TestApp::start_with("bytes", set).await? else { return Ok(()) };
        for n in 0..5 {
            let fat = format!(r#","properties":{{"text":"{}"}}"#, "fat ".repeat(200));
            let events: Vec<_> = (0..5).map(|i| click(n * 5 + i, &fat)).collect();
            app.post_batch(&batch(&events)).await?;
        }
        app.written().await?;
        assert_eq!(count(&app).await?, (25, 25));
        let n: Vec<Count> = app.ask(&COUNT.replace("event_id", "batch_id")).await?;
        assert_eq!(n[0].n_different, n_batches, "{batch_bytes}");
    }
    Ok(())
}

/// Appends a batch of a project that requests do not know.
async fn append(app: &TestApp, project: &ProjectId, batch: &str) -> Result<()> {
    let mut admitted = Bitmap::zeros(1);
    admitted.set(0);
    let head = Head {
        request_id: [1; 16],
        admitted: Cow::Owned(admitted),
        ..Head::new(Cow::Borrowed(project), Timestamp::from_millis(NOON))
    };
    let spool = app.app()?.spool();
    let ticket = spool.append(spool.epoch(), Kind::Batch, &head.encode(), batch.as_bytes())?;
    Ok(ticket.await?)
}

#[tokio::test]
async fn a_project_that_is_younger_than_what_is_known_is_looked_for() -> Result<()> {
    let Some(app) = TestApp::start("young").await? else { return Ok(()) };
    let (young, gone) = (ProjectId::parse("young")?, ProjectId::parse("gone")?);
    let known = app.app()?.definitions().projects();
    let project = store::Project {
        id: young.clone(),
        write_key: WriteKey::parse("wk_youngyoungyoungyoungyoung")?,
        ..known[0].definition.clone()
    };
    let at = Timestamp::from_millis(NOON);
    let edit = Edit { expected_version: 0, author: "test".to_owned(), at };
    app.store().put_project(&project, &edit).await?;
    append(&app, &young, &batch(&[click(1, "")])).await?;
    append(&app, &gone, &batch(&[click(2, "")])).await?;
    app.written().await?;

    let projects = "SELECT groupArray(project)[1] AS p FROM {events}";
    let rows: Vec<BTreeMap<String, String>> = app.ask(projects).await?;
    assert_eq!(rows[0]["p"], "young");
    assert_eq!(count(&app).await?, (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_table_of_another_form_buries_nothing_and_is_said_by_the_health() -> Result<()> {
    let Some(app) = TestApp::start("other_form").await? else { return Ok(()) };
    let table = app.store().databases().events();
    let change =
        |type_: &str| Statement::new(format!("ALTER TABLE {table} MODIFY COLUMN sent_at {type_}"));
    app.store().execute(&change("DateTime64(6)")).await?;
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    let deadline = Instant::now() + Duration::from_secs(60);
    let obstacle = loop {
        if let Some(sentence) = app.app()?.obstacle().get() {
            break sentence;
        }
        ensure!(Instant::now() < deadline, "nothing is in the way");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    insta::assert_snapshot!(obstacle, @"events cannot be written: the table of events has no column `sent_at` of type `DateTime64(3)`");
    app.store().execute(&change("DateTime64(3)")).await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (2, 2));
    assert_eq!(app.app()?.obstacle().get(), None);
    Ok(())
}

#[tokio::test]
async fn a_row_that_a_constraint_keeps_out_leaves_the_others_in() -> Result<()> {
    let Some(app) = TestApp::start("constraint").await? else { return Ok(()) };
    let table = app.store().databases().events();
    for keep in [
        "c1 CHECK properties['mood'] != 'bad'",
        "c2 CHECK throwIf(properties['mood'] = 'worse') = 0",
    ] {
        let keep = format!("ALTER TABLE {table} ADD CONSTRAINT {keep}");
        app.store().execute(&Statement::new(keep)).await?;
    }
    let mood = |n: u32, mood: &str| click(n, &format!(r#","properties":{{"mood":"{mood}"}}"#));
    let events = (0..20).map(|n| match n {
        5 => mood(n, "bad"),
        11 => mood(n, "worse"),
        _ => mood(n, "good"),
    });
    app.post_batch(&batch(&events.collect::<Vec<_>>())).await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (18, 18));
    Ok(())
}

#[tokio::test]
async fn an_element_or_page_that_is_refused_keeps_no_event_out() -> Result<()> {
    let Some(app) = TestApp::start("undescribed").await? else { return Ok(()) };
    let databases = app.store().databases();
    for (table, check) in
        [(databases.elements(), "test_id != 'save-5'"), (databases.pages(), "pattern != '/page-3'")]
    {
        let keep = format!("ALTER TABLE {table} ADD CONSTRAINT c CHECK {check}");
        app.store().execute(&Statement::new(keep)).await?;
    }
    let element = |n| format!(r#"{{"chain":[{{"tag":"button","test_id":"save-{n}"}}]}}"#);
    let page = |n| format!(r#"{{"host":"app.example.com","path":"/page-{n}","title":""}}"#);
    let all = |of: fn(u32) -> String| (0..8).map(of).collect::<Vec<_>>().join(",");
    let events: Vec<_> =
        (0..8).map(|n| click(n, &format!(r#","page":{n},"element":{n}"#))).collect();
    let body = format!(
        r#"{{"sdk":"test/1","sent_at":{NOON},"context":{{"anonymous_id":"anon-1","session_id":"s-1"}},
        "elements":[{}],"pages":[{}],"events":[{}]}}"#,
        all(element),
        all(page),
        events.join(",")
    );
    app.post_batch(&body).await?;
    app.written().await?;
    assert_eq!(count(&app).await?, (8, 8));
    let described: Vec<BTreeMap<String, u32>> = app
        .ask(
            "SELECT toUInt32((SELECT count() FROM {elements})) AS elements, \
             toUInt32((SELECT count() FROM {pages})) AS pages, \
             toUInt32(countIf(element_id = 0 OR page_id = 0)) AS without FROM {events}",
        )
        .await?;
    let expected = [("elements", 7), ("pages", 7), ("without", 0)];
    assert_eq!(described, [expected.map(|(name, n)| (name.to_owned(), n)).into()]);
    let now = app.app()?.now();
    assert_eq!(app.app()?.delivery().status(app.app()?.spool(), now).n_left_out, 2);
    Ok(())
}
