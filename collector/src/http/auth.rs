//! Who may write: the write key in the address, known before a byte of the body is read.

use super::error::ApiError;
use crate::App;
use crate::definitions::Project;
use crate::spool::Encoding;
use axum::http::Uri;
use std::sync::Arc;

/// What the address of a batch says.
#[derive(Debug)]
pub struct Address {
    /// Whose key it is.
    pub project: Arc<Project>,
    /// How the body is packed.
    pub encoding: Encoding,
}

impl Address {
    /// Reads `?k=<write_key>&c=gzip|none`.
    ///
    /// # Errors
    /// 401 without a known write key, 400 without a known `c`.
    pub fn read(app: &App, uri: &Uri) -> Result<Self, ApiError> {
        let project = project(app, uri)?;
        let encoding = match parameter(uri.query().unwrap_or(""), "c") {
            Some("gzip") => Encoding::Gzip,
            Some("none") => Encoding::Plain,
            _ => {
                let sentence = "the address must say how the body is packed: `c=gzip` or `c=none`";
                return Err(ApiError::BadRequest(sentence.to_owned()));
            }
        };
        Ok(Self { project, encoding })
    }
}

/// The project whose write key is in an address.
///
/// # Errors
/// 401 without a known write key.
pub(crate) fn project(app: &App, uri: &Uri) -> Result<Arc<Project>, ApiError> {
    let key = key(uri).ok_or_else(|| {
        ApiError::Unauthorized("the address has no write key: add `?k=wk_…`".to_owned())
    })?;
    app.definitions().by_write_key(key).ok_or_else(|| {
        let sentence =
            "no project has this write key: copy the script line from the Setup page again";
        ApiError::Unauthorized(sentence.to_owned())
    })
}

/// The write key of an address, whether it is one or not.
pub(crate) fn key(uri: &Uri) -> Option<&str> {
    parameter(uri.query().unwrap_or(""), "k")
}

/// The value of a parameter as it stands there: neither keys nor packings have escapes.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(n, _)| *n == name)).map(|p| p.1)
}
