//! The account that an address names.

use super::address;
use crate::App;
use crate::account::value;
use crate::dashboard::project;
use crate::definitions::Project;
use crate::http::error::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// A project and an account of it. The address of an account that is merged leads to that of the one
/// that it is; what is sent there is sent of that one.
pub(super) struct OfOne {
    pub(super) project: Arc<Project>,
    pub(super) id: String,
}

impl FromRequestParts<App> for OfOne {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let path = Path::<(String, String)>::from_request_parts(parts, app).await;
        let Path((of, id)) = path.map_err(IntoResponse::into_response)?;
        let project = project(app, &Path(of)).map_err(IntoResponse::into_response)?;
        let id = value::account(&id).map_err(|why| ApiError::BadRequest(why).into_response())?;
        let one = project.grouping.merges.account(&id).to_owned();
        if one == id || parts.method == Method::POST {
            return Ok(Self { project, id: one });
        }
        // As `/projects/{project}/accounts/{account}`, and what follows.
        let rest = parts.uri.path().splitn(6, '/').nth(5).map(|rest| format!("/{rest}"));
        let query = parts.uri.query().map(|query| format!("?{query}"));
        let address = address(project.definition.id.as_str(), &one);
        let [rest, query] = [rest, query].map(Option::unwrap_or_default);
        Err(Redirect::to(&format!("{address}{rest}{query}")).into_response())
    }
}
