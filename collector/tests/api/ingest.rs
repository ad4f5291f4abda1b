//! What comes in by `POST /v1/events`, and what is answered to what should not.

use crate::test_app::{TestApp, batch, click, event_id, gzip};
use anyhow::{Context, Result};
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use futures_util::stream;
use protocol::{DropReason, limits};
use std::convert::Infallible;
use tokio::sync::broadcast::error::TryRecvError;

#[tokio::test]
async fn good_batches_are_accepted_and_any_page_reads_the_answer() -> Result<()> {
    let Some(app) = TestApp::start("good").await? else { return Ok(()) };
    let answer = app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    insta::assert_snapshot!(answer, @r#"
202 Accepted
{"accepted":2,"results":[]}
"#);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS], "Retry-After");

    let query = format!("k={}&c=gzip", app.write_key()?);
    let body = gzip(batch(&[click(3, "")]).as_bytes())?;
    insta::assert_snapshot!(app.post(&query, body).await?, @r#"
202 Accepted
{"accepted":1,"results":[]}
"#);
    Ok(())
}

#[tokio::test]
async fn a_preflight_is_answered() -> Result<()> {
    let Some(app) = TestApp::start("preflight").await? else { return Ok(()) };
    let request = Request::builder().method(Method::OPTIONS).uri("/v1/events?k=x&c=gzip");
    let answer = app.send(request.body(Body::empty())?).await?;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "POST");
    Ok(())
}

#[tokio::test]
async fn who_may_not_write_is_told() -> Result<()> {
    let Some(app) = TestApp::start("keys").await? else { return Ok(()) };
    let good = batch(&[click(1, "")]);
    insta::assert_snapshot!(app.post("c=none", good.clone()).await?, @r#"
401 Unauthorized
{"error":"the address has no write key: add `?k=wk_…`"}
"#);
    let unknown = "k=wk_000000000000000000000000&c=none";
    let answer = app.post(unknown, good.clone()).await?;
    insta::assert_snapshot!(answer, @r#"
401 Unauthorized
{"error":"no project has this write key: copy the script line from the Setup page again"}
"#);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    insta::assert_snapshot!(app.post(&format!("k={}", app.write_key()?), good).await?, @r#"
400 Bad Request
{"error":"the address must say how the body is packed: `c=gzip` or `c=none`"}
"#);
    let request = Request::builder().method(Method::PUT).uri("/v1/events");
    let answer = app.send(request.body(Body::empty())?).await?;
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    insta::assert_snapshot!(answer, @r#"
405 Method Not Allowed
{"error":"this path does not take that method"}
"#);
    Ok(())
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_why() -> Result<()> {
    let Some(app) = TestApp::start("bodies").await? else { return Ok(()) };
    let key = app.write_key()?;
    let (packed, plain) = (format!("k={key}&c=gzip"), format!("k={key}&c=none"));
    let good = batch(&[click(1, "")]);
    let zipped = gzip(good.as_bytes())?;

    insta::assert_snapshot!(app.post(&packed, good.clone()).await?, @r#"
400 Bad Request
{"error":"the body does not begin as gzip does"}
"#);
    insta::assert_snapshot!(app.post(&plain, zipped.clone()).await?, @r#"
400 Bad Request
{"error":"the address says `c=none`, but the body begins as gzip does"}
"#);
    insta::assert_snapshot!(app.post(&packed, zipped[..zipped.len() - 9].to_vec()).await?, @r#"
400 Bad Request
{"error":"the gzip stream ends too early"}
"#);
    let mut damaged = zipped;
    damaged[30] ^= 0xff;
    insta::assert_snapshot!(app.post(&packed, damaged).await?, @r#"
400 Bad Request
{"error":"the gzip stream is damaged"}
"#);
    insta::assert_snapshot!(app.post(&plain, "").await?, @r#"
400 Bad Request
{"error":"the body is empty"}
"#);
    insta::assert_snapshot!(app.post(&plain, "{\"sdk\": ").await?, @r#"
400 Bad Request
{"error":"the body is not a batch: `sdk` ends in the middle of a value at line 1 column 8"}
"#);
    insta::assert_snapshot!(app.post(&plain, "[1, 2]").await?, @r#"
400 Bad Request
{"error":"the body is not a batch: `[0]` must be text, not a number at line 1 column 2"}
"#);
    insta::assert_snapshot!(app.post(&plain, r#"{"sdk":"x","sent_at":"today"}"#).await?, @r#"
400 Bad Request
{"error":"the body is not a batch: `sent_at` must be a whole number of milliseconds, not text at line 1 column 28"}
"#);
    Ok(())
}

#[tokio::test]
async fn too_much_is_refused_with_413() -> Result<()> {
    let Some(app) = TestApp::start("too_much").await? else { return Ok(()) };
    let key = app.write_key()?;
    let (packed, plain) = (format!("k={key}&c=gzip"), format!("k={key}&c=none"));

    let bomb = gzip(&vec![b' '; limits::INFLATED_BYTES + 1])?;
    insta::assert_snapshot!(app.post(&packed, bomb).await?, @r#"
413 Payload Too Large
{"error":"the body inflates to more than 8388608 bytes"}
"#);
    let large = vec![b' '; limits::BODY_BYTES + 1];
    insta::assert_snapshot!(app.post(&plain, large).await?, @r#"
413 Payload Too Large
{"error":"the body is larger than 1048576 bytes"}
"#);
    // Without a length in advance, as it streams.
    let chunk = Bytes::from(vec![b' '; 100_000]);
    let chunks = stream::iter((0..20).map(move |_| Ok::<_, Infallible>(chunk.clone())));
    insta::assert_snapshot!(app.post(&plain, Body::from_stream(chunks)).await?, @r#"
413 Payload Too Large
{"error":"the body is larger than 1048576 bytes"}
"#);
    let many: Vec<_> = (0..1_001).map(|n| click(n, "")).collect();
    insta::assert_snapshot!(app.post_batch(&batch(&many)).await?, @r#"
413 Payload Too Large
{"error":"the batch has 1001 events, at most 1000 are allowed"}
"#);
    Ok(())
}

#[tokio::test]
async fn one_bad_event_of_three_is_named_and_the_others_kept() -> Result<()> {
    let Some(app) = TestApp::start("one_of_three").await? else { return Ok(()) };
    let events = [click(1, ""), click(2, r#","element":"save""#), click(3, "")];
    insta::assert_snapshot!(app.post_batch(&batch(&events)).await?, @r#"
202 Accepted
{"accepted":2,"results":[{"i":1,"result":"dropped","reason":"malformed","detail":"`events[1].element` must be a whole number from 0 to 4294967295, not text"}]}
"#);

    let project = app.app()?.definitions().projects().remove(0);
    let record = project.counters.record();
    let today = record.on(project.day(app.app()?.now()));
    assert_eq!((today.accepted, record.last_event_at.is_some()), (2, true));
    let samples = record.events.get(&DropReason::Malformed).context("no sample")?;
    let sample = samples.iter().next().context("no sample")?;
    insta::assert_snapshot!(sample.sentence, @"`events[1].element` must be a whole number from 0 to 4294967295, not text");
    Ok(())
}

#[tokio::test]
async fn repeats_are_answered_as_duplicates() -> Result<()> {
    let Some(app) = TestApp::start("duplicates").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, "")])).await?;
    let again = batch(&[click(1, r#","resent":true"#), click(2, ""), click(2, "")]);
    insta::assert_snapshot!(app.post_batch(&again).await?, @r#"
202 Accepted
{"accepted":1,"results":[{"i":0,"result":"duplicate"},{"i":2,"result":"duplicate"}]}
"#);
    insta::assert_snapshot!(app.post_batch(&batch(&[click(2, "")])).await?, @r#"
202 Accepted
{"accepted":0,"results":[{"i":0,"result":"duplicate"}]}
"#);
    Ok(())
}

#[tokio::test]
async fn a_full_spool_says_when_to_come_again() -> Result<()> {
    let full = |config: &mut collector::config::Config| {
        (config.spool.segment_bytes, config.spool.max_bytes) = (1, 1);
    };
    let Some(app) = TestApp::start_with("full", full).await? else { return Ok(()) };
    let answer = app.post_batch(&batch(&[click(1, "")])).await?;
    insta::assert_snapshot!(answer, @r#"
503 Service Unavailable
{"error":"the collector has no room at the moment"}
"#);
    assert_eq!(answer.headers[header::RETRY_AFTER], "10");
    // The event is not taken for known because of it.
    assert_eq!(app.post_batch(&batch(&[click(1, "")])).await?.body, answer.body);

    let request = Request::builder().uri("/readyz").body(Body::empty())?;
    assert_eq!(app.send(request).await?.status, StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}

#[tokio::test]
async fn those_who_watch_see_events_as_they_arrive() -> Result<()> {
    let Some(app) = TestApp::start("watch").await? else { return Ok(()) };
    let project = app.app()?.definitions().projects().remove(0);
    app.post_batch(&batch(&[click(1, "")])).await?;
    let mut watch = project.feed.watch();
    let refused = click(3, r#","page":"x""#);
    app.post_batch(&batch(&[click(2, r#","page":0,"element":0"#), refused])).await?;
    let event = watch.try_recv()?;
    assert_eq!(event.event_id, event_id(2));
    insta::assert_snapshot!(serde_json::to_string(&*event)?, @r#"{"event_id":"01a20320-a200-7000-8000-000000000002","kind":"click","name":"","page":"app.example.com/orders/1042","element":"Save [email]","person":"ann@example.com","timestamp":1795348800000,"received_at":1795348800000}"#);
    assert_eq!(watch.try_recv().err(), Some(TryRecvError::Empty));
    Ok(())
}

#[tokio::test]
async fn a_ready_collector_says_so() -> Result<()> {
    let Some(app) = TestApp::start("ready").await? else { return Ok(()) };
    for path in ["/healthz", "/readyz"] {
        let request = Request::builder().uri(path).body(Body::empty())?;
        assert_eq!(app.send(request).await?.status, StatusCode::OK, "{path}");
    }
    Ok(())
}
