//! Clocks that are wrong: the collector's own, which jumps, and those of browsers.

use crate::test_app::{NOON, TestApp};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

const SECOND: i64 = 1_000;
const DAY: i64 = 24 * 60 * 60 * SECOND;

/// A click a second before `sent_at`, in a batch of its own. The `n`th id carries that time, too.
fn batch(n: u32, sent_at: i64, is_resent: bool) -> Value {
    let at = sent_at - SECOND;
    let id = format!("{:08x}-{:04x}-7000-8000-{n:012x}", at >> 16, at & 0xffff);
    json!({
        "sdk": "test/1", "sent_at": sent_at, "context": { "anonymous_id": "anon-1" },
        "events": [{ "event_id": id, "kind": "click", "timestamp": at, "resent": is_resent }],
    })
}

async fn send(app: &TestApp, batch: &Value) -> Result<String> {
    Ok(app.post_batch(&batch.to_string()).await?.body)
}

const ACCEPTED: &str = r#"{"accepted":1,"results":[]}"#;
const DUPLICATE: &str = r#"{"accepted":0,"results":[{"i":0,"result":"duplicate"}]}"#;

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Stored {
    n: u32,
    ms: i64,
    month: u32,
}

/// The rows by the number in their ids: the time after noon, and the partition.
async fn stored(app: &TestApp) -> Result<Vec<Stored>> {
    let sql = format!(
        "SELECT toUInt32(reinterpretAsUInt64(reverse(substring(event_id, 9)))) AS n, month, \
         toUnixTimestamp64Milli(timestamp) - {NOON} AS ms FROM {{events}} ORDER BY n, ms"
    );
    app.ask(&sql).await
}

fn row(n: u32, ms: i64, month: u32) -> Stored {
    Stored { n, ms, month }
}

#[tokio::test]
async fn the_collectors_clock_jumps_and_every_event_is_there_once() -> Result<()> {
    let Some(mut app) = TestApp::start("jump").await? else { return Ok(()) };
    // The browser's clock goes on; the collector's is what counts, right or wrong.
    let first = batch(1, NOON, false);
    assert_eq!(send(&app, &first).await?, ACCEPTED);
    let mut sent = vec![first];
    for (n, jump) in [(2, -DAY), (3, 2 * DAY), (4, 59 * DAY), (5, -60 * DAY)] {
        app.pass(jump);
        for earlier in &sent {
            // Where the clock says that too long has passed, nobody vouches for it, and the
            // writer looks it up.
            let answer = send(&app, earlier).await?;
            assert!([ACCEPTED, DUPLICATE].contains(&answer.as_str()), "{answer}");
        }
        let next = batch(n, NOON + i64::from(n) * SECOND, false);
        assert_eq!(send(&app, &next).await?, ACCEPTED);
        sent.push(next);
        // A start under this clock goes on with what was kept under another.
        app.kill().await?;
        app.open().await?;
        for earlier in sent.iter_mut() {
            earlier["events"][0]["resent"] = json!(true);
            let answer = send(&app, earlier).await?;
            assert!([ACCEPTED, DUPLICATE].contains(&answer.as_str()), "{answer}");
        }
        app.written().await?;
        assert_eq!(stored(&app).await?.len(), sent.len(), "after a jump by {jump} ms");
    }
    let rows = stored(&app).await?;
    let expected = [
        row(1, -SECOND, 202_611),
        row(2, -DAY - SECOND, 202_611),
        row(3, DAY - SECOND, 202_611),
        // The id is further from the clock than an id may be: the clock chooses the partition.
        row(4, 60 * DAY - SECOND, 202_701),
        // Less than a minute of difference is the way, not the clock.
        row(5, 4 * SECOND, 202_611),
    ];
    assert_eq!(rows, expected);
    Ok(())
}

#[tokio::test]
async fn a_browser_with_a_wrong_clock_has_events_of_the_right_time() -> Result<()> {
    let Some(app) = TestApp::start("wrong_clock").await? else { return Ok(()) };
    for (n, days) in [(1, 40), (2, -40), (3, 50), (4, -50), (5, 20_000), (6, -20_000)] {
        let clock = NOON + days * DAY;
        assert_eq!(send(&app, &batch(n, clock, false)).await?, ACCEPTED, "{days} days off");
        // It comes again, sent at another moment of the same wrong clock.
        let mut again = batch(n, clock, true);
        again["sent_at"] = json!(clock + 20 * SECOND);
        // An id of another time than ours is not remembered but looked up by the writer.
        assert_eq!(send(&app, &again).await?, ACCEPTED, "{days} days off");
    }
    app.written().await?;
    let rows = stored(&app).await?;
    let months: Vec<u32> = rows.iter().map(|row| row.month).collect();
    // Up to 45 days an id's own time chooses the partition, so that a repeat finds the same one.
    assert_eq!(months, [202_701, 202_610, 202_611, 202_611, 202_611, 202_611]);
    assert!(rows.iter().all(|row| row.ms == -SECOND), "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_browsers_clock_that_is_put_right_between_two_sends_doubles_nothing() -> Result<()> {
    let Some(mut app) = TestApp::start("put_right").await? else { return Ok(()) };
    let mut click = batch(1, NOON + 40 * DAY, false);
    assert_eq!(send(&app, &click).await?, ACCEPTED);
    app.written().await?;
    app.kill().await?;
    app.open().await?;
    // The same bytes, but for the mark; only the moment of sending is right now.
    click["events"][0]["resent"] = json!(true);
    click["sent_at"] = json!(NOON);
    let answer: Value = serde_json::from_str(&send(&app, &click).await?)?;
    let result = answer["results"][0]["result"].as_str().context("it was plainly accepted")?;
    assert!(["warning", "duplicate"].contains(&result), "{answer}");
    app.written().await?;
    assert_eq!(stored(&app).await?, [row(1, -SECOND, 202_701)]);
    Ok(())
}
