//! Members: who signs in here and what each may do; inviting, which shows the link once; roles,
//! and who leaves.

mod view;

use super::gate::{check_token, told};
use super::layout::Place;
use super::notice::{Notice, sentence};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::{Refusal, SignedIn, Target};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use store::Role;
pub(super) use view::called;
use view::{Made, MembersPage, TeamView, roles};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/members", get(show).post(invite))
        .route("/projects/{project}/members/withdraw", post(withdraw))
        .route("/projects/{project}/members/role", post(set_role))
        .route("/projects/{project}/members/remove", post(remove))
}

/// What an address says of the form that led to it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn notice(&self) -> Option<Notice> {
        let sentence = match self.done.as_str() {
            "withdrawn" => "The invitation is withdrawn. Its link leads nowhere now.",
            "role" => "The role is changed, from the next click on.",
            "removed" => "The member is removed and signed out everywhere.",
            _ => return None,
        };
        Some(Notice::good(sentence))
    }
}

/// What came of a form.
#[derive(Debug, Default)]
struct Outcome {
    notice: Option<Notice>,
    made: Option<Made>,
    /// What was typed into the form for an invitation.
    typed: Option<(String, Role)>,
}

/// Shows who there is.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(done): Query<Done>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let outcome = Outcome { notice: done.notice(), ..Outcome::default() };
    page(&app, &visit, &signed_in, &project, outcome).await
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    outcome: Outcome,
) -> Result<Html<String>, ApiError> {
    let may_change = signed_in.may(Act::Members);
    let team = if_there(app, app.members().team()).await;
    let view = |team| TeamView::new(team, &signed_in.member, may_change, app.now(), &project.zone);
    let (email, role) = outcome.typed.unwrap_or_else(|| (String::new(), Role::Editor));
    html(&MembersPage {
        shell: visit.shell_for("Members", Place::Members, signed_in, project),
        project_id: project.definition.id.to_string(),
        notice: outcome.notice,
        made: outcome.made,
        team: team.map(view),
        may_change,
        email,
        roles: roles(role),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Invite {
    #[serde(default)]
    csrf: String,
    email: String,
    role: String,
}

/// Invites somebody, and shows the link this one time.
pub(super) async fn invite(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<Invite>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let (project, role) = (project(&app, &id)?, role(&form.role)?);
    let invited = app.members().invite(&form.email, role, &signed_in.member, app.now()).await;
    let (status, outcome) = match invited {
        Ok(secret) => {
            let link = format!("{}/invitation?token={}", app.origin(), secret.as_str());
            let made = Some(Made { link, email: form.email.trim().to_owned() });
            (StatusCode::OK, Outcome { made, ..Outcome::default() })
        }
        Err(refusal @ (Refusal::Invalid(_) | Refusal::Outdated)) => {
            let notice = Some(Notice::bad(sentence(&refusal.to_string())));
            let typed = Some((form.email, role));
            (StatusCode::UNPROCESSABLE_ENTITY, Outcome { notice, typed, made: None })
        }
        Err(refusal) => return Err(told(refusal)),
    };
    let page = page(&app, &visit, &signed_in, &project, outcome).await?;
    Ok((status, page).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    csrf: String,
    id: String,
    version: u32,
    #[serde(default)]
    role: String,
}

impl Change {
    fn target(&self) -> Target<'_> {
        Target { id: &self.id, version: self.version }
    }
}

/// Takes an invitation back.
pub(super) async fn withdraw(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let done = app.members().withdraw(&form.target(), &signed_in.member, app.now()).await;
    answer(&app, &visit, &signed_in, &id, done.map(|()| "withdrawn")).await
}

/// Gives a member another role.
pub(super) async fn set_role(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let role = role(&form.role)?;
    let done = app.members().set_role(&form.target(), role, &signed_in.member, app.now()).await;
    answer(&app, &visit, &signed_in, &id, done.map(|()| "role")).await
}

/// Removes a member.
pub(super) async fn remove(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<Change>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let done = app.members().remove(&form.target(), &signed_in.member, app.now()).await;
    answer(&app, &visit, &signed_in, &id, done.map(|()| "removed")).await
}

/// Leads back to the list, or shows it with what is wrong.
async fn answer(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    id: &Path<String>,
    done: Result<&'static str, Refusal>,
) -> Result<Response, ApiError> {
    let project = project(app, id)?;
    let refusal = match done {
        Ok(done) => {
            let address = format!("/projects/{}/members?done={done}", project.definition.id);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(refusal @ (Refusal::Invalid(_) | Refusal::Outdated | Refusal::LastAdmin)) => refusal,
        Err(refusal) => return Err(told(refusal)),
    };
    let notice = Some(Notice::bad(sentence(&refusal.to_string())));
    let page = page(app, visit, signed_in, &project, Outcome { notice, ..Outcome::default() });
    Ok((StatusCode::CONFLICT, page.await?).into_response())
}

fn role(word: &str) -> Result<Role, ApiError> {
    let why = || ApiError::BadRequest(format!("the role is viewer, editor or admin, not `{word}`"));
    Role::parse(word).ok_or_else(why)
}
