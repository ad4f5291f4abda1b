//! One log line a request, and the one place where a fault of ours is logged.
//!
//! The query of an address is left out: it carries write keys and one-time tokens.

use super::error::Cause;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// Answers the request and writes its line.
pub async fn record(request: Request, next: Next) -> Response {
    let (method, uri, start) = (request.method().clone(), request.uri().clone(), Instant::now());
    let response = next.run(request).await;
    let (path, status) = (uri.path(), response.status().as_u16());
    if let Some(Cause(cause)) = response.extensions().get::<Cause>() {
        tracing::error!(%method, path, error = format!("{cause:#}"), "request failed");
    }
    tracing::debug!(%method, path, status, elapsed = ?start.elapsed(), "request");
    response
}
