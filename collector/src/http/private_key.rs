//! Who may do what a program of the vendor does: the private key in the header.
//!
//! A key is looked up by its hash, and opens one project. Whatever is asked of another project is
//! refused in the same words, whether there is such a project or not.

use super::error::ApiError;
use crate::App;
use crate::definitions::Project;
use axum::http::{HeaderMap, header};
use std::sync::Arc;
use store::PrivateKey;

/// The project that the private key of a request opens.
///
/// # Errors
/// 401 with a sentence, where there is no private key, or none that is known.
pub fn holder(app: &App, headers: &HeaderMap) -> Result<Arc<Project>, ApiError> {
    let refuse = |sentence: &str| ApiError::Unauthorized(sentence.to_owned());
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = header.and_then(|value| value.split_once(' '));
    let key = key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, key)) = key else {
        return Err(refuse("this needs a private key: send `Authorization: Bearer sk_…`"));
    };
    let key = key.trim();
    if key.starts_with("wk_") {
        let sentence = "this is a write key, which can only send events from a page; \
                        a private key begins with `sk_`, and an admin makes one on the Setup page";
        return Err(refuse(sentence));
    }
    let project = Some(key).filter(|key| PrivateKey::is_one(key));
    let project = project.and_then(|key| app.definitions().by_private_key(key));
    project.ok_or_else(|| refuse("this private key is not known, or was revoked"))
}

/// The same, if it is the project of the address.
///
/// # Errors
/// As [`holder`], and 403 if the key opens another project.
pub fn project(app: &App, headers: &HeaderMap, id: &str) -> Result<Arc<Project>, ApiError> {
    let project = holder(app, headers)?;
    if project.definition.id.as_str() == id {
        Ok(project)
    } else {
        Err(ApiError::Forbidden("this private key does not open this project".to_owned()))
    }
}
