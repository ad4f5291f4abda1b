//! Whether the collector lives, and whether it can do its work.

use crate::{App, dead, spool};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
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
}

/// Answers `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Answers `GET /readyz`: 200 if everything works, 503 if something does not, and what.
pub async fn ready(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let spool = app.spool().status();
    let clickhouse = matches!(timeout(PATIENCE, app.store().ping()).await, Ok(Ok(())));
    let dead_letters = app.letters().status();
    let is_writing = clickhouse && dead_letters.failure.is_none();
    let is_ready = is_writing && spool.failure.is_none() && spool.n_bytes < spool.max_bytes;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { is_ready, spool, dead_letters, clickhouse }))
}
