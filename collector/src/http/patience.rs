//! Answers in time, even where ClickHouse takes connections and never answers.

use super::error::ApiError;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tokio::time::timeout;

/// How long somebody may wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers 503 where there is no answer in time. What was asked for is not gone on with; whether it
/// is done is not known then.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let message = "the store does not answer just now: look in a moment whether it is done";
        ApiError::Unavailable { message: message.to_owned(), retry_after: 5 }.into_response()
    })
}
