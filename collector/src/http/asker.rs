//! Who asks about a project by its API: a signed-in member, or a program with a private key.

use super::error::ApiError;
use super::private_key;
use crate::App;
use crate::access;
use crate::definitions::Project;
use crate::members::SignedIn;
use axum::extract::{FromRequestParts, Path};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use protocol::ProjectId;
use std::collections::HashMap;
use std::sync::Arc;

/// Somebody who may do what the route is for ([`access`]), with the project that its `{project}`
/// names.
#[derive(Debug)]
pub struct Asker {
    /// The project.
    pub(crate) project: Arc<Project>,
    /// Who it is, for those who read later who changed something.
    pub(crate) author: String,
    /// Whether it is a program.
    pub(crate) is_program: bool,
}

impl FromRequestParts<App> for Asker {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, app)
            .await
            .map_err(IntoResponse::into_response)?;
        let id = path.get("project").map(String::as_str).unwrap_or_default();
        if parts.headers.contains_key(header::AUTHORIZATION) {
            let project = private_key::project(app, &parts.headers, id);
            let project = project.map_err(IntoResponse::into_response)?;
            access::check_program(parts).map_err(IntoResponse::into_response)?;
            let author = "a program with a private key".to_owned();
            return Ok(Self { project, author, is_program: true });
        }
        let member = SignedIn::from_request_parts(parts, app).await?.member;
        let project = ProjectId::parse(id).ok().and_then(|id| app.definitions().project(&id));
        let missing = || ApiError::NotFound(format!("there is no project `{id}`"));
        let project = project.ok_or_else(|| missing().into_response())?;
        Ok(Self { project, author: member.email, is_program: false })
    }
}
