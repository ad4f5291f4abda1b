//! Questions as JSON: `POST /v1/projects/{project}/query`, for signed-in members and for programs
//! with a private key.

use crate::App;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use analytics::{Answer, Parts, Query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

/// An answer, with the same about each of the values that the question tells apart.
#[derive(Debug, Serialize)]
pub struct Told {
    #[serde(flatten)]
    answer: Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    apart: Option<Parts>,
}

/// Answers a question about one project.
///
/// # Errors
/// 401 and 403 for a private key that does not open it, 404 for an unknown project, 400 with a
/// sentence for a question that means nothing, 503 while ClickHouse is away.
pub async fn answer(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Told>, ApiError> {
    let query: Query = json::read(&headers, &body, "question")?;
    let (scope, now) = (asker.project.scope(), app.now());
    let answer = answered(analytics::run(app.store(), &scope, &query, now).await)?;
    let apart = answered(analytics::parts(app.store(), &scope, &query, now).await)?;
    Ok(Json(Told { answer, apart }))
}

/// The answer, or why there is none.
pub(crate) fn answered<T>(answer: Result<T, analytics::Error>) -> Result<T, ApiError> {
    match answer {
        Ok(answer) => Ok(answer),
        Err(analytics::Error::Invalid(error)) => Err(ApiError::BadRequest(error.to_string())),
        Err(analytics::Error::Rule(why)) => Err(ApiError::BadRequest(why)),
        Err(analytics::Error::Store(error)) if error.is_retryable() => Err(away(&error)),
        Err(error) => Err(anyhow::Error::new(error).into()),
    }
}

fn away(error: &store::Error) -> ApiError {
    tracing::warn!(%error, "a question had no answer");
    let message = "ClickHouse does not answer just now: try again in a moment".to_owned();
    ApiError::Unavailable { message, retry_after: 5 }
}
