//! Questions as JSON: `POST /v1/projects/{project}/query`, for signed-in members and for programs
//! with a private key.

use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::http::private_key;
use crate::members::SignedIn;
use analytics::{Answer, Query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use protocol::ProjectId;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Who asks.
#[derive(Debug)]
pub enum Asker {
    /// Somebody who is signed in, by his address.
    Member(String),
    /// A program, whose private key is still to be looked at.
    Program,
}

impl FromRequestParts<App> for Asker {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self::Program);
        }
        SignedIn::from_request_parts(parts, app)
            .await
            .map(|signed_in| Self::Member(signed_in.member.email))
    }
}

impl Asker {
    /// The project of an address, if he may see it.
    pub(crate) fn project(
        &self,
        app: &App,
        headers: &HeaderMap,
        project: &str,
    ) -> Result<Arc<Project>, ApiError> {
        match self {
            Self::Program => private_key::project(app, headers, project),
            Self::Member(_) => ProjectId::parse(project)
                .ok()
                .and_then(|id| app.definitions().project(&id))
                .ok_or_else(|| ApiError::NotFound(format!("there is no project `{project}`"))),
        }
    }

    /// Who it is, for those who read later who changed something.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Program => "a program with a private key",
            Self::Member(email) => email,
        }
    }
}

/// Answers a question about one project.
///
/// # Errors
/// 401 and 403 for a private key that does not open it, 404 for an unknown project, 400 with a sentence for a question that means nothing, 503 while
/// ClickHouse is away.
pub async fn answer(
    State(app): State<App>,
    asker: Asker,
    Path(project): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Answer>, ApiError> {
    let project = asker.project(&app, &headers, &project)?;
    let query: Query = read(&headers, &body, "question")?;
    answered(analytics::run(app.store(), &project.scope(), &query, app.now()).await).map(Json)
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

/// Reads what is asked, which `what` names. Forms of other pages cannot be of this type, so they
/// cannot ask.
pub(crate) fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
    what: &str,
) -> Result<T, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        let sentence = format!("a {what} is sent with `Content-Type: application/json`");
        return Err(ApiError::BadRequest(sentence));
    }
    serde_json::from_slice(body)
        .map_err(|error| ApiError::BadRequest(format!("the {what} cannot be read: {error}")))
}

fn away(error: &store::Error) -> ApiError {
    tracing::warn!(%error, "a question had no answer");
    let message = "ClickHouse does not answer just now: try again in a moment".to_owned();
    ApiError::Unavailable { message, retry_after: 5 }
}
