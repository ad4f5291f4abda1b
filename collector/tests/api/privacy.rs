//! What is captured is said to anybody, and what was sent with secrets is kept without them.

use crate::browser::{Browser, text};
use crate::test_app::{NOON, TestApp, event_id};
use anyhow::Result;
use axum::http::StatusCode;
use protocol::Kind;
use serde_json::{Value, json};

#[tokio::test]
async fn anybody_may_read_what_is_captured() -> Result<()> {
    let Some(app) = TestApp::start("privacy::anybody_may_read").await? else { return Ok(()) };
    let page = Browser::new(&app).get("/privacy").await?;
    assert_eq!(page.status, StatusCode::OK);
    let said = text(&page);
    for kind in Kind::ALL {
        assert!(page.body.contains(&format!("<code>{kind}</code>")), "{kind}: {said}");
    }
    assert!(said.contains("No cookie is set") && said.contains("for 30 days at most"), "{said}");
    Ok(())
}

#[tokio::test]
async fn no_sender_gets_a_secret_into_a_table() -> Result<()> {
    let Some(app) = TestApp::start("privacy::no_sender").await? else { return Ok(()) };
    // Half of a number at a limit is no number any more, so it is scrubbed before it is cut.
    let long = |n: usize| format!("{} 4242 4242 4242 4242", "w ".repeat(n));
    let events: Vec<_> = Kind::ALL
        .iter()
        .zip(1..)
        .map(|(kind, n)| {
            json!({"event_id": event_id(n), "kind": kind, "timestamp": NOON, "page": 0,
                "element": 0, "name": "Paid by ann@example.com", "properties": {
                    "bob@example.com": "+41 44 668 18 00", "note": long(505),
                    "nested": {"ssn": "123-45-6789"}}})
        })
        .collect();
    let node = json!({"tag": "button", "id": "id-4242424242424242", "name": long(40),
        "classes": [long(120)], "test_id": "ann@example.com", "href": "x.example/u/ann%40example.com"});
    let body = json!({"sdk": "t", "sent_at": NOON,
        "context": {"anonymous_id": "a", "referrer": "x.example/ann@example.com",
            "campaign": {"name": "4242 4242 4242 4242"}},
        "elements": [{"chain": [node]}],
        "pages": [{"host": "app.example", "path": format!("/{}", long(504)), "title": long(247)}],
        "events": events});
    let answer = app.post_batch(&body.to_string()).await?;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer}");
    app.written().await?;
    let mut kept = String::new();
    for sql in [
        "SELECT kind, name, path, referrer, campaign_name, properties FROM {events}",
        "SELECT canonical, name, test_id FROM {elements}",
        "SELECT host, pattern, title FROM {pages}",
    ] {
        let rows: Vec<Value> = app.ask(sql).await?;
        assert!(!rows.is_empty(), "{sql}");
        kept += &rows.iter().map(Value::to_string).collect::<String>();
    }
    for secret in ["4242 4", "4242424", "ann@", "bob@", "668", "123-45"] {
        assert!(!kept.contains(secret), "{secret}: {kept}");
    }
    assert!(kept.contains("Paid by [email]") && kept.contains("[phone]"), "{kept}");
    Ok(())
}
