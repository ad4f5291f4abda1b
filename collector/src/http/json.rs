//! Bodies that are JSON.

use super::error::ApiError;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

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
