//! The command against a collector whose data is replaced while it runs.

use super::*;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A collector that takes everything, and gets other data after its first answer to lines.
#[derive(Debug, Default)]
struct Fake {
    n_bodies: AtomicU32,
}

impl Fake {
    fn spool(&self) -> String {
        u32::from(self.n_bodies.load(Ordering::SeqCst) > 0).to_string().repeat(32)
    }
}

async fn projects(Shared(fake): Shared<Arc<Fake>>) -> Json<Value> {
    Json(json!({"projects": [{"id": "p", "name": "p"}], "spool": fake.spool(), "now": 7}))
}

async fn take(Shared(fake): Shared<Arc<Fake>>) -> Json<Value> {
    let spool = fake.spool();
    fake.n_bodies.fetch_add(1, Ordering::SeqCst);
    Json(json!({"accepted": 1, "results": [], "mark": format!("{spool}-1-64")}))
}

async fn tell(
    Shared(fake): Shared<Arc<Fake>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    if !asked["mark"].starts_with(&fake.spool()) {
        return (StatusCode::CONFLICT, Json(json!({"error": "replaced"}))).into_response();
    }
    assert_eq!(asked["since"], "7");
    Json(json!({"written": true, "dead_letters": 3})).into_response()
}

/// Imports so many lines; returns what came of it, and how many bodies were sent.
fn import_lines(n_lines: usize) -> (Ended, u32) {
    let fake = Arc::new(Fake::default());
    let routes = Router::new()
        .route("/v1/projects", get(projects))
        .route("/v1/projects/p/import", get(tell).post(take))
        .with_state(Arc::clone(&fake));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async { axum::serve(listener, routes).await });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("past.jsonl");
    fs::write(&file, "{}\n".repeat(n_lines)).unwrap();
    let client = Client::new(&url, "sk_x", false, Stop::default()).unwrap();
    let ended = import(&file, &client).unwrap();
    runtime.shutdown_background();
    (ended, fake.n_bodies.load(Ordering::SeqCst))
}

#[test]
fn a_mark_of_data_that_is_gone_is_not_waited_for() {
    let (ended, n_bodies) = import_lines(1);
    assert_eq!((n_bodies, ended.state.accepted, ended.n_buried), (2, 1, 3));
    assert!(ended.letters.ends_with("/projects/p/dead-letters"), "{}", ended.letters);
}

#[test]
fn lines_that_the_new_data_never_had_are_sent_anew() {
    let (ended, n_bodies) = import_lines(10_001);
    // One into the old data, one that finds the new data, and both again.
    assert_eq!((n_bodies, ended.state.accepted, ended.state.next_line), (4, 2, 10_002));
}
