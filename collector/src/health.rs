//! Whether the collector lives, and whether it can do its work.

use crate::{App, dead, spool};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::time::timeout;

/// How long ClickHouse may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How each part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether events are accepted and written.
    pub is_ready: bool,
    /// What is accepted and not yet in ClickHouse.
    pub spool: spool::Status,
    /// What could not be written.
    pub dead_letters: dead::Status,
    /// Whether ClickHouse answers.
    pub clickhouse: bool,
    /// What keeps events from being written until a person mends it, in a sentence.
    pub obstacle: Option<String>,
    /// Definitions that cannot be read; what each is stands on the Delivery screen.
    pub unreadable: usize,
}

/// What keeps events from being written until a person mends it. Waiting alone does not help, but
/// they are kept meanwhile.
#[derive(Debug, Default)]
pub struct Obstacle(RwLock<Option<String>>);

impl Obstacle {
    /// The sentence, if there is one.
    pub fn get(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what it is, and whether that is new; nothing if it is gone.
    pub(crate) fn set(&self, sentence: Option<String>) -> bool {
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = *now != sentence;
        *now = sentence;
        is_new
    }
}

/// Answers `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Answers `GET /readyz`: 200 if everything works, 503 if something does not, and what.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let spool = app.spool().status();
    let clickhouse = matches!(timeout(PATIENCE, app.store().ping()).await, Ok(Ok(())));
    let obstacle = app.obstacle().get();
    let dead_letters = app.letters().status();
    let is_writing = clickhouse && obstacle.is_none() && dead_letters.failure.is_none();
    let is_ready = is_writing && spool.is_taking();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let unreadable = app.unreadable().len();
    (status, Json(Readiness { is_ready, spool, dead_letters, clickhouse, obstacle, unreadable }))
}
