//! The past by `POST /v1/projects/{project}/import`: kept, written once, refused with reasons.

use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id, gzip};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use collector::config::Config;
use collector::config::server::FirstKey;
use protocol::ImportReceipt;
use serde::Deserialize;
use std::time::{Duration, Instant};
use store::definition::Kind;
use store::{Edit, Statement};

/// The private key of every test.
pub(crate) const KEY: &str = "sk_0123456789abcdefABCDEF0123456789";

/// A file's id.
const FILE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) async fn start(test: &str, set: impl FnOnce(&mut Config)) -> Result<Option<TestApp>> {
    let key = FirstKey::parse(KEY)?;
    TestApp::start_with(test, |config| {
        config.server.private_key = Some(key);
        set(config);
    })
    .await
}

fn request(key: &str, address: &str, body: impl Into<Body>) -> Result<Request<Body>> {
    Ok(Request::builder()
        .method(Method::POST)
        .uri(address)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .body(body.into())?)
}

async fn import(app: &TestApp, place: &str, body: impl Into<Body>) -> Result<Answer> {
    app.send(request(KEY, &format!("/v1/projects/default/import?{place}"), body)?).await
}

pub(crate) async fn import_first(app: &TestApp, lines: &[String]) -> Result<Answer> {
    import(app, &format!("import={FILE}&first_line=1"), lines.join("\n")).await
}

/// The answer without its mark, which depends on the spool.
fn told(answer: &Answer) -> String {
    let body = answer.body.split(r#","mark""#).next().unwrap_or_default();
    format!("{}\n{body}", answer.status)
}

/// A line of `n` milliseconds after noon of a day 400 days ago.
fn line(n: i64, more: &str) -> String {
    let at = NOON - 400 * DAY_MS + n;
    format!(
        r#"{{"timestamp":{at},"kind":"click","context":{{"anonymous_id":"anon-{}","session_id":"s"}},"page":{{"host":"app.example.com","path":"/orders/{n}"}},"element":{{"chain":[{{"tag":"button","test_id":"save"}}]}}{more}}}"#,
        n % 7
    )
}

/// Waits until everything is written, and the collector itself knows it: a moment after its file.
pub(crate) async fn known_as_written(app: &TestApp) -> Result<()> {
    app.written().await?;
    let deadline = Instant::now() + Duration::from_secs(10);
    let end = *app.app()?.spool().end().borrow();
    while app.app()?.delivery().done() < end {
        anyhow::ensure!(Instant::now() < deadline, "it is written and not known");
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Count {
    n: u32,
    n_different: u32,
    months: Vec<u32>,
}

async fn count(app: &TestApp) -> Result<(u32, u32, Vec<u32>)> {
    app.written().await?;
    let counts: Vec<Count> = app
        .ask(
            "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(event_id)) AS n_different, \
             arraySort(groupUniqArray(month)) AS months FROM {events}",
        )
        .await?;
    let Count { n, n_different, months } = counts.into_iter().next().context("no row")?;
    Ok((n, n_different, months))
}

#[tokio::test]
async fn good_lines_are_kept_and_bad_ones_named() -> Result<()> {
    let Some(app) = start("import", |_| {}).await? else { return Ok(()) };
    let lines = [
        line(1, ""),
        "not json".to_owned(),
        String::new(),
        line(
            2,
            r#","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0","country":"CH","properties":{"mail":"a@example.com"}"#,
        ),
        line(3, "").replace("click", "custom"),
        line(400 * DAY_MS + 300_001, ""),
    ];
    let answer = import_first(&app, &lines).await?;
    insta::assert_snapshot!(told(&answer), @r#"
202 Accepted
{"accepted":2,"results":[{"i":1,"result":"dropped","reason":"malformed","detail":"the line is no JSON object"},{"i":4,"result":"dropped","reason":"invalid_name","detail":"`name` is missing, and a custom event needs one"},{"i":5,"result":"dropped","reason":"in_future","detail":"`timestamp` lies more than 5 minutes in the future"}]
"#);
    assert_eq!(count(&app).await?, (2, 2, vec![202_510]));

    let rows: Vec<serde_json::Value> = app
        .ask(
            "SELECT e.* EXCEPT (batch_id, page_id, element_id, event_id), p.pattern, l.test_id \
             FROM {events} AS e JOIN {pages} AS p ON p.page_id = e.page_id \
             JOIN {elements} AS l ON l.element_id = e.element_id ORDER BY e.timestamp DESC LIMIT 1",
        )
        .await?;
    insta::assert_snapshot!(serde_json::to_string_pretty(&rows)?, @r#"
    [
      {
        "account_id": "",
        "anonymous_id": "anon-2",
        "app_version": "",
        "browser": "Firefox",
        "campaign_medium": "",
        "campaign_name": "",
        "campaign_source": "",
        "country": "CH",
        "device": "desktop",
        "e.name": "",
        "e.project": "default",
        "is_automated": false,
        "kind": "click",
        "language": "",
        "month": 202510,
        "os": "Linux",
        "path": "/orders/2",
        "pattern": "/orders/:id",
        "properties": {
          "mail": "[email]"
        },
        "received_at": "2026-11-22 12:00:00.000",
        "referrer": "",
        "sent_at": "1970-01-01 00:00:00.000",
        "session_id": "s",
        "test_id": "save",
        "timestamp": "2025-10-18 12:00:00.002",
        "user_id": ""
      }
    ]
    "#);
    Ok(())
}

#[tokio::test]
async fn what_is_imported_again_is_there_once() -> Result<()> {
    let Some(mut app) = start("import_again", |_| {}).await? else { return Ok(()) };
    let lines: Vec<String> = (0..500).map(|n| line(n * 7_200_000, "")).collect();
    let receipt: ImportReceipt = serde_json::from_str(&import_first(&app, &lines).await?.body)?;
    assert_eq!(receipt.accepted, 500);
    // The same chunk again, before and after it is written, and cut in other places.
    import_first(&app, &lines).await?;
    let months = vec![202_510, 202_511];
    assert_eq!(count(&app).await?, (500, 500, months.clone()));
    let packed = gzip(lines[100..].join("\n").as_bytes())?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/projects/default/import?import={FILE}&first_line=101"))
        .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
        .header(header::CONTENT_ENCODING, "gzip")
        .body(Body::from(packed))?;
    let receipt: ImportReceipt = serde_json::from_str(&app.send(request).await?.body)?;
    assert_eq!(receipt.accepted, 400);
    assert_eq!(count(&app).await?, (500, 500, months.clone()));

    app.kill().await?;
    app.open().await?;
    import_first(&app, &lines).await?;
    assert_eq!(count(&app).await?, (500, 500, months.clone()));
    // Another file, with the same lines, is another past.
    import(&app, &format!("import={}&first_line=1", "b".repeat(64)), lines.join("\n")).await?;
    assert_eq!(count(&app).await?, (1_000, 1_000, months));
    Ok(())
}

#[tokio::test]
async fn an_event_id_of_its_own_counts_whatever_the_file_and_the_way() -> Result<()> {
    let Some(app) = start("import_ids", |_| {}).await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, "")])).await?;
    let own = |n| line(i64::from(n), &format!(r#","event_id":"{}""#, event_id(n)));
    import_first(&app, &[own(1), own(2), own(2)]).await?;
    let moved = own(2).replace("anon-2", "anon-3").replace("1760", "1750");
    let other = "b".repeat(64);
    import(&app, &format!("import={other}&first_line=1"), [moved, own(3)].join("\n")).await?;
    let (n, n_different, _) = count(&app).await?;
    assert_eq!((n, n_different), (3, 3));
    Ok(())
}

#[tokio::test]
async fn what_was_imported_and_then_comes_live_is_a_duplicate() -> Result<()> {
    let Some(mut app) = start("import_live", |_| {}).await? else { return Ok(()) };
    app.remembers().await?;
    let own = |n| line(i64::from(n), &format!(r#","event_id":"{}""#, event_id(n)));
    import_first(&app, &[own(1), own(2)]).await?;
    assert_eq!(count(&app).await?.0, 2);
    let told = r#"{"accepted":0,"results":[{"i":0,"result":"duplicate"}]}"#;
    assert_eq!(app.post_batch(&batch(&[click(1, "")])).await?.body, told);
    // And so it is when it is only read from the spool again.
    app.kill().await?;
    app.open().await?;
    app.remembers().await?;
    assert_eq!(app.post_batch(&batch(&[click(2, "")])).await?.body, told);
    // A line is accepted as often as it comes.
    let answer = import_first(&app, &[own(1), own(2)]).await?;
    assert!(answer.body.starts_with(r#"{"accepted":2,"results":[]"#), "{answer}");
    let (n, n_different, _) = count(&app).await?;
    assert_eq!((n, n_different), (2, 2));
    Ok(())
}

#[tokio::test]
async fn a_mark_says_whether_the_lines_are_written() -> Result<()> {
    let Some(app) = start("import_mark", |_| {}).await? else { return Ok(()) };
    let table = app.store().databases().events();
    let aside = format!("{table}_aside");
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    app.store().execute(&rename(&table, &aside)).await?;
    let receipt: ImportReceipt =
        serde_json::from_str(&import_first(&app, &[line(1, "")]).await?.body)?;
    let ask = async || {
        let address = format!("/v1/projects/default/import?mark={}", receipt.mark);
        let mut request = request(KEY, &address, Body::empty())?;
        *request.method_mut() = Method::GET;
        anyhow::Ok(app.send(request).await?.body)
    };
    app.cut().await?;
    assert_eq!(ask().await?, r#"{"written":false}"#);
    app.store().execute(&rename(&aside, &table)).await?;
    known_as_written(&app).await?;
    assert_eq!(ask().await?, r#"{"written":true,"dead_letters":0}"#);
    Ok(())
}

async fn get(app: &TestApp, key: &str, address: &str) -> Result<Answer> {
    let mut request = request(key, address, Body::empty())?;
    *request.method_mut() = Method::GET;
    app.send(request).await
}

#[tokio::test]
async fn a_mark_that_says_nothing_here_is_refused_in_a_sentence() -> Result<()> {
    let Some(app) = start("import_marks", |_| {}).await? else { return Ok(()) };
    let of = "/v1/projects/default/import";
    let receipt: ImportReceipt =
        serde_json::from_str(&import_first(&app, &[line(1, "")]).await?.body)?;
    let (spool, place) = receipt.mark.split_once('-').context("no spool")?;
    let projects: serde_json::Value =
        serde_json::from_str(&get(&app, KEY, "/v1/projects").await?.body)?;
    assert_eq!(projects["spool"], spool);
    let other = format!("{of}?mark={}-{place}", "0".repeat(32));
    insta::assert_snapshot!(get(&app, KEY, &other).await?, @r#"
409 Conflict
{"error":"the data of this collector was replaced since: import the file anew"}
"#);
    insta::assert_snapshot!(get(&app, KEY, of).await?, @r#"
400 Bad Request
{"error":"the address must end with `?mark=<mark of a receipt>`"}
"#);
    insta::assert_snapshot!(get(&app, KEY, &format!("{of}?mark={place}")).await?, @r#"
400 Bad Request
{"error":"the address must end with `?mark=<mark of a receipt>`"}
"#);
    insta::assert_snapshot!(get(&app, "sk_no", of).await?, @r#"
401 Unauthorized
{"error":"this private key is not known, or was revoked"}
"#);
    Ok(())
}

#[tokio::test]
async fn lines_that_clickhouse_refuses_are_told_with_the_mark() -> Result<()> {
    let Some(app) = start("import_buried", |_| {}).await? else { return Ok(()) };
    let table = app.store().databases().events();
    let refuse = format!("ALTER TABLE {table} ADD CONSTRAINT no_7 CHECK path != '/orders/7'");
    app.store().execute(&Statement::new(refuse)).await?;
    let began_at = app.app()?.now().as_millis();
    let receipt: ImportReceipt =
        serde_json::from_str(&import_first(&app, &[line(7, ""), line(8, "")]).await?.body)?;
    assert_eq!(receipt.accepted, 2);
    known_as_written(&app).await?;
    let ask = async |since: i64| {
        let mark = &receipt.mark;
        let address = format!("/v1/projects/default/import?mark={mark}&since={since}");
        anyhow::Ok(get(&app, KEY, &address).await?.body)
    };
    assert_eq!(ask(began_at).await?, r#"{"written":true,"dead_letters":1}"#);
    let later = app.app()?.now().as_millis() + DAY_MS;
    assert_eq!(ask(later).await?, r#"{"written":true,"dead_letters":0}"#);
    Ok(())
}

#[tokio::test]
async fn an_import_is_counted_and_nothing_of_what_is_refused_is_kept() -> Result<()> {
    let Some(app) = start("import_counts", |_| {}).await? else { return Ok(()) };
    let typed = line(1, "").replacen(&(NOON - 400 * DAY_MS + 1).to_string(), "\"Jane Doe\"", 1);
    assert!(typed.contains("Jane Doe"));
    let future = line(400 * DAY_MS + 300_001, "");
    import_first(&app, &[line(1, ""), line(2, ""), typed, future]).await?;
    let place = format!("/v1/projects/default/import?import={FILE}&first_line=1");
    app.send(request("sk_no", &place, line(1, ""))?).await?;
    import(&app, "import=12&first_line=1", line(1, "")).await?;
    import(&app, &format!("import={FILE}&first_line=1"), "\n".repeat(10_001)).await?;

    let project = app.app()?.definitions().projects().remove(0);
    let record = project.counters.record();
    let today = record.on(project.day(app.app()?.now()));
    assert_eq!((today.accepted, today.imported, record.last_event_at), (2, 2, None));
    insta::assert_snapshot!(serde_json::to_string(&(&today.dropped, &today.refused))?, @r#"
[{"malformed":1,"in_future":1},{"too_many":1,"private_key":1,"address":1}]
"#);
    let samples = record.events.values().chain(record.requests.values());
    let samples: Vec<_> = samples
        .flat_map(|samples| samples.iter())
        .map(|sample| format!("{} {}", sample.sdk, sample.sentence))
        .collect();
    insta::assert_snapshot!(samples.join("\n"), @r"
import line 3: `timestamp` must be a whole number of milliseconds, not text
import line 4: `timestamp` lies more than 5 minutes in the future
import the body has 10001 lines, at most 10000 are allowed
import this private key is not known, or was revoked
import `import` is no id of a file: expected 64 hexadecimal digits
");
    Ok(())
}

#[tokio::test]
async fn what_is_told_of_live_traffic_says_nothing_of_an_import() -> Result<()> {
    let Some(app) = start("import_not_live", |_| {}).await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let of_now = line(400 * DAY_MS, "");
    import_first(&app, &[line(1, ""), line(2, ""), of_now]).await?;
    app.written().await?;
    let (identity, delivery) = ("/projects/default/identity", "/projects/default/delivery");
    let page = text(&browser.get(identity).await?);
    assert!(page.contains("No live event has come within the last hour."), "{page}");
    let page = text(&browser.get(delivery).await?);
    assert!(page.contains("No live event has come yet."), "{page}");

    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.written().await?;
    let page = text(&browser.get(identity).await?);
    assert!(page.contains("Of 2 live events:"), "{page}");
    let page = text(&browser.get(delivery).await?);
    assert!(page.contains("The last live event was kept at 12:00:00."), "{page}");
    let (_, days) = page.split_once("As a table").context("no days")?;
    assert!(days.contains("22 Nov\n2\n3\n0\n"), "{days}");
    Ok(())
}

#[tokio::test]
async fn only_the_right_private_key_opens_a_project() -> Result<()> {
    let Some(app) = start("import_keys", |_| {}).await? else { return Ok(()) };
    let place = format!("/v1/projects/default/import?import={FILE}&first_line=1");
    let with = async |key: &str, address: &str| {
        anyhow::Ok(app.send(request(key, address, line(1, ""))?).await?.to_string())
    };
    let missing = Request::post(&place).body(Body::empty())?;
    insta::assert_snapshot!(app.send(missing).await?, @r#"
401 Unauthorized
{"error":"this needs a private key: send `Authorization: Bearer sk_…`"}
"#);
    insta::assert_snapshot!(with(&app.write_key()?, &place).await?, @r#"
401 Unauthorized
{"error":"this is a write key, which can only send events from a page; a private key begins with `sk_`, and an admin makes one on the Setup page"}
"#);
    insta::assert_snapshot!(with(&KEY.replace('9', "8"), &place).await?, @r#"
401 Unauthorized
{"error":"this private key is not known, or was revoked"}
"#);
    let elsewhere = with(KEY, &place.replace("default", "other")).await?;
    insta::assert_snapshot!(elsewhere, @r#"
403 Forbidden
{"error":"this private key does not open this project"}
"#);
    let mut projects = request(KEY, "/v1/projects", Body::empty())?;
    *projects.method_mut() = Method::GET;
    let opened = app.send(projects).await?.body;
    let (opened, _) = opened.split_once(r#","spool""#).context("no spool")?;
    assert_eq!(opened, r#"{"projects":[{"id":"default","name":"default"}]"#);

    let key = app.store().private_keys().await?.remove(0);
    let edit =
        Edit { expected_version: key.version, author: "ada".to_owned(), at: key.value.created_at };
    app.store().revoke_private_key(&key.value, &edit).await?;
    app.app()?.definitions().refresh(app.store()).await?;
    insta::assert_snapshot!(with(KEY, &place).await?, @r#"
401 Unauthorized
{"error":"this private key is not known, or was revoked"}
"#);
    assert_eq!(count(&app).await?.0, 0);
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_stays_revoked_and_a_known_one_survives_a_restart() -> Result<()> {
    let Some(mut app) = start("import_revoked", |_| {}).await? else { return Ok(()) };
    app.kill().await?;
    app.open().await?;
    assert_eq!(import_first(&app, &[line(1, "")]).await?.status, StatusCode::ACCEPTED);
    let key = app.store().private_keys().await?.remove(0);
    let edit =
        Edit { expected_version: key.version, author: "ada".to_owned(), at: key.value.created_at };
    app.store().revoke_private_key(&key.value, &edit).await?;
    app.kill().await?;
    app.open().await?;
    assert_eq!(import_first(&app, &[line(1, "")]).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_private_key_asks_questions_of_its_project() -> Result<()> {
    let Some(app) = start("import_query", |_| {}).await? else { return Ok(()) };
    let question =
        r#"{"report":"funnel","steps":[{"page":"/a"},{"page":"/b"}],"date_range":{"last":"7d"}}"#;
    let ask = async |key: &str, project: &str| {
        let address = format!("/v1/projects/{project}/query");
        let mut request = request(key, &address, question)?;
        request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
        anyhow::Ok(app.send(request).await?.to_string())
    };
    insta::assert_snapshot!(ask(KEY, "default").await?, @r#"
200 OK
{"report":"funnel","by":"people","steps":[{"name":"/a","people":0,"conversion_rate":0.0,"step_rate":0.0,"drop_off":0},{"name":"/b","people":0,"conversion_rate":0.0,"step_rate":0.0,"drop_off":0}],"entered":0,"converted":0,"open":0,"computed_at":1795348800000}
"#);
    insta::assert_snapshot!(ask(KEY, "nowhere").await?, @r#"
403 Forbidden
{"error":"this private key does not open this project"}
"#);
    insta::assert_snapshot!(ask(&KEY.replace('9', "8"), "default").await?, @r#"
401 Unauthorized
{"error":"this private key is not known, or was revoked"}
"#);
    Ok(())
}

#[tokio::test]
async fn what_makes_no_sense_is_told() -> Result<()> {
    let Some(app) = start("import_bad", |_| {}).await? else { return Ok(()) };
    let of = async |place: &str| import(&app, place, line(1, "")).await;
    insta::assert_snapshot!(of("import=12&first_line=1").await?, @r#"
400 Bad Request
{"error":"`import` is no id of a file: expected 64 hexadecimal digits"}
"#);
    insta::assert_snapshot!(of(&format!("import={FILE}")).await?, @r#"
400 Bad Request
{"error":"the address must end with `?import=<SHA-256 of the file>&first_line=<number of the first line, from 1>`"}
"#);
    insta::assert_snapshot!(of(&format!("import={FILE}&first_line=0")).await?, @r#"
400 Bad Request
{"error":"`first_line` counts from 1"}
"#);
    let place = format!("import={FILE}&first_line=1");
    let many = import(&app, &place, "\n".repeat(10_001)).await?;
    insta::assert_snapshot!(many, @r#"
413 Payload Too Large
{"error":"the body has 10001 lines, at most 10000 are allowed"}
"#);
    let large = import(&app, &place, " ".repeat((1 << 20) + 1)).await?;
    insta::assert_snapshot!(large, @r#"
413 Payload Too Large
{"error":"the body is larger than 1048576 bytes"}
"#);

    let packed = async |coding: &str, body: Vec<u8>| {
        let mut request = request(KEY, &format!("/v1/projects/default/import?{place}"), body)?;
        request.headers_mut().insert(header::CONTENT_ENCODING, coding.parse()?);
        anyhow::Ok(app.send(request).await?.to_string())
    };
    let bomb = gzip(&vec![b'\n'; (8 << 20) + 1])?;
    insta::assert_snapshot!(packed("gzip", bomb).await?, @r#"
413 Payload Too Large
{"error":"the body inflates to more than 8388608 bytes"}
"#);
    insta::assert_snapshot!(packed("gzip", b"{}".to_vec()).await?, @r#"
400 Bad Request
{"error":"the body does not begin as gzip does"}
"#);
    insta::assert_snapshot!(packed("br", b"{}".to_vec()).await?, @r#"
400 Bad Request
{"error":"a body is packed with `Content-Encoding: gzip`, or not at all"}
"#);
    Ok(())
}

#[tokio::test]
async fn an_import_leaves_half_of_the_spool_to_live_events() -> Result<()> {
    let small = |config: &mut Config| {
        config.spool.segment_bytes = 2 << 20;
        config.spool.max_bytes = 4 << 20;
    };
    let Some(app) = start("import_half", small).await? else { return Ok(()) };
    let table = app.store().databases().events();
    let aside = format!("{table}_aside");
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    app.store().execute(&rename(&table, &aside)).await?;
    let padding = format!(r#","properties":{{"p":"{}"}}"#, "x".repeat(900));
    let lines: Vec<String> = (0..800).map(|n| line(n, &padding)).collect();
    let mut n_sent = 0_u32;
    let busy = loop {
        let place = format!("import={FILE}&first_line={}", n_sent + 1);
        let answer = import(&app, &place, lines.join("\n")).await?;
        if answer.status != StatusCode::ACCEPTED {
            break answer;
        }
        n_sent += 800;
        anyhow::ensure!(n_sent < 8_000, "it takes more than half of the spool");
    };
    insta::assert_snapshot!(busy, @r#"
503 Service Unavailable
{"error":"the collector still writes what came before; live events keep their room"}
"#);
    assert_eq!(busy.headers[header::RETRY_AFTER], "1");
    let live = app.post_batch(&batch(&[click(1, "")])).await?;
    assert_eq!(live.body, r#"{"accepted":1,"results":[]}"#);

    app.store().execute(&rename(&aside, &table)).await?;
    known_as_written(&app).await?;
    let again = import_first(&app, &lines).await?;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(count(&app).await?.0, n_sent + 1);
    Ok(())
}

#[tokio::test]
async fn an_admin_makes_a_key_sees_it_once_and_revokes_it() -> Result<()> {
    let Some(app) = TestApp::start("keys").await? else { return Ok(()) };
    const KEYS: &str = "/projects/default/keys";
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(KEYS).await?;
    assert!(text(&page).contains("No key yet"), "{}", text(&page));
    let csrf = field(&page, "csrf")?;

    let refused = browser.post(KEYS, &[("csrf", "guessed"), ("name", "Export")]).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let nameless = browser.post(KEYS, &[("csrf", &csrf), ("name", " ")]).await?;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&nameless).contains("A key has a name of 1 to 100 characters."));

    let made = browser.post(KEYS, &[("csrf", &csrf), ("name", "Nightly export")]).await?;
    let (_, key) = made.body.split_once("<code>sk_").context("no key is shown")?;
    let key = format!("sk_{}", key.split('<').next().unwrap_or_default());
    let page = browser.get(KEYS).await?;
    assert!(!page.body.contains(&key), "it is shown again");
    let shown = text(&page).replace(&key[key.len() - 4..], "LAST");
    assert!(
        shown.contains("Nightly export\nsk_…LAST\n· made\n22 Nov 2026\nby ada@example.com"),
        "{shown}"
    );
    let place = format!("/v1/projects/default/import?import={FILE}&first_line=1");
    let answer = app.send(request(&key, &place, line(1, ""))?).await?;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer}");

    let form = [("csrf", csrf), ("id", field(&page, "id")?), ("version", field(&page, "version")?)];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let revoked = browser.post(&format!("{KEYS}/revoke"), &form).await?;
    assert_eq!(revoked.headers[header::LOCATION], KEYS);
    assert!(text(&browser.get(KEYS).await?).contains("No key yet"));
    let answer = app.send(request(&key, &place, line(1, ""))?).await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer}");

    let all = app.store().definitions().await?;
    let last = all.iter().find(|definition| definition.kind == Kind::PrivateKey).context("gone")?;
    assert_eq!((last.version, last.author.as_str(), last.deleted), (2, "ada@example.com", true));
    assert!(!last.body.contains(&key));
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_stored_is_shown_although_it_cannot_be_noted() -> Result<()> {
    let Some(app) = TestApp::start("keys_noted").await? else { return Ok(()) };
    const KEYS: &str = "/projects/default/keys";
    let mut browser = Browser::signed_in(&app).await?;
    let csrf = field(&browser.get(KEYS).await?, "csrf")?;
    let app_state = app.app()?;
    let snapshot = app_state.config().server.data.join("private-keys.json");
    std::fs::remove_file(&snapshot)?;
    std::fs::create_dir(&snapshot)?;
    let made = browser.post(KEYS, &[("csrf", &csrf), ("name", "Export")]).await?;
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.body.contains("<code>sk_"), "{}", text(&made));
    Ok(())
}

#[tokio::test]
async fn a_member_who_is_no_admin_makes_no_key() -> Result<()> {
    let Some(app) = TestApp::start("keys_member").await? else { return Ok(()) };
    const KEYS: &str = "/projects/default/keys";
    let mut browser = Browser::signed_in(&app).await?;
    let admin = app.store().members().await?.remove(0);
    let edit =
        Edit { expected_version: admin.version, author: "x".to_owned(), at: app.app()?.now() };
    let member = store::Member { role: store::Role::Editor, ..admin.value };
    app.store().put_member(&member, &edit).await?;
    // What is remembered of a sign-in holds for half a minute.
    app.pass(30_000);
    let page = browser.get(KEYS).await?;
    let shown = text(&page);
    assert!(shown.contains("Only an administrator makes and revokes keys, because"), "{shown}");
    assert!(!page.body.contains("action=\"/projects/default/keys\""), "{shown}");
    let csrf = field(&page, "csrf")?;
    let answer = browser.post(KEYS, &[("csrf", &csrf), ("name", "Export")]).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store().private_keys().await?, []);
    Ok(())
}
