//! The one error that becomes an answer.
//!
//! A fault of the client is told in a sentence and not logged. A fault of ours is told without
//! its cause, which goes into the extensions of the response for [`super::log`] to write once.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;

/// Why a request gets no good answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// 400: the request makes no sense; the sentence says where.
    #[error("{0}")]
    BadRequest(String),
    /// 401: it is not known who asks.
    #[error("{0}")]
    Unauthorized(String),
    /// 403: it is known who asks, and that is not enough.
    #[error("{0}")]
    Forbidden(String),
    /// 404: there is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// 405: the path is right, the verb is not.
    #[error("this path does not take that method")]
    MethodNotAllowed,
    /// 408: the body did not come in time.
    #[error("the body did not arrive in time")]
    Timeout,
    /// 409: somebody else was faster.
    #[error("{0}")]
    Conflict(String),
    /// 413: more than a request may carry.
    #[error("{0}")]
    TooLarge(String),
    /// 429: too often.
    #[error("{message}")]
    TooMany {
        /// What there is too much of.
        message: String,
        /// Seconds after which to try again.
        retry_after: u32,
    },
    /// 500: a fault of ours; the cause is for the log only.
    #[error("something went wrong here; it is in the log")]
    Internal(Arc<anyhow::Error>),
    /// 503: not now.
    #[error("{message}")]
    Unavailable {
        /// What is not available.
        message: String,
        /// Seconds after which to try again.
        retry_after: u32,
    },
}

/// The cause of a 500, left in the response for the log.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub(crate) Arc<anyhow::Error>);

/// The body of every error.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
}

impl ApiError {
    /// The status of the answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooMany { retry_after, .. } | Self::Unavailable { retry_after, .. } => {
                Some(*retry_after)
            }
            _ => None,
        }
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(Arc::new(cause))
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        Self::from(anyhow::Error::new(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(Body { error: &self.to_string() });
        let mut response = (self.status(), body).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::Internal(cause) = self {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}
