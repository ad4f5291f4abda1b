//! The way in of somebody who was invited: he says his name and a password.

use super::gate::{signed_in, told};
use super::html;
use super::layout::Shell;
use super::members::called;
use super::notice::sentence;
use super::visit::Visit;
use crate::App;
use crate::http::error::ApiError;
use crate::members::{PASSWORD_CHARS, Refusal};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::Invitation;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Debug, Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    shell: Shell,
    fault: Option<String>,
    token: String,
    name: String,
    email: String,
    role: &'static str,
    invited_by: String,
    password_chars: usize,
}

/// Asks who it is, of whoever has the link.
pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, ApiError> {
    let invitation = app.members().invited(&token, app.now()).await.map_err(told)?;
    let page = page(&visit, invitation, token, String::new(), None);
    Ok(html(&page)?.into_response())
}

fn page(
    visit: &Visit,
    invitation: Invitation,
    token: String,
    name: String,
    fault: Option<String>,
) -> InvitationPage {
    let Invitation { email, role, invited_by, .. } = invitation;
    InvitationPage {
        shell: visit.shell("Invitation"),
        fault,
        token,
        name,
        email,
        role: called(role),
        invited_by,
        password_chars: PASSWORD_CHARS,
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Newcomer {
    token: String,
    name: String,
    password: String,
}

/// Makes a member of him and leads him in. The token stands in for that of the form.
pub(super) async fn accept(
    visit: Visit,
    State(app): State<App>,
    Form(form): Form<Newcomer>,
) -> Result<Response, ApiError> {
    let Newcomer { token, name, password } = form;
    let newcomer = (name.clone(), password);
    match app.members().accept(&token, newcomer, visit.from, app.now()).await {
        Ok(secret) => Ok(signed_in(&visit, &secret, "/")),
        Err(refusal @ Refusal::Invalid(_)) => {
            let invitation = app.members().invited(&token, app.now()).await;
            let fault = Some(sentence(&refusal.to_string()));
            let page = page(&visit, invitation.map_err(told)?, token, name, fault);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(refusal) => Err(told(refusal)),
    }
}
