//! Identity: by which rules pages find out who is signed in, what came of them, and who changed
//! them when.

mod coverage;
mod form;
mod view;

use super::gate::check_token;
use super::layout::Place;
use super::notice::sentence;
use super::notice::{Notice, Outcome};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::identity_rules::{Change, changes, keep};
use crate::members::SignedIn;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use form::Filled;
use view::{ChangeView, CoverageView, IdentityPage, RulesView};

/// Shows the page.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(outcome): Query<Outcome>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let said = "The rules are saved. Pages in use follow within five minutes.";
    let notice = outcome.saved.then(|| Notice::good(said));
    html(&page(&app, &visit, &signed_in, &project, notice, None).await)
}

/// Keeps the rules of the form.
pub(super) async fn save(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, ApiError> {
    let filled = Filled::read(&fields);
    check_token(&filled.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let kept = match filled.rules() {
        Ok(rules) => {
            let change = Change { expected_version: filled.version, rules };
            keep(&app, &signed_in.member, &project, change).await
        }
        Err(fault) => Err(fault),
    };
    let fault = match kept {
        Ok(_) => {
            let address = format!("/projects/{}/identity?saved=true", project.definition.id);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(fault @ (ApiError::BadRequest(_) | ApiError::Conflict(_))) => fault,
        Err(fault) => return Err(fault),
    };
    let notice = Some(Notice::bad(sentence(&fault.to_string())));
    // Of two who changed the rules at once, the later one sees what the other made of them.
    let (status, filled) = match &fault {
        ApiError::BadRequest(_) => (StatusCode::UNPROCESSABLE_ENTITY, Some(filled)),
        fault => (fault.status(), None),
    };
    let page = page(&app, &visit, &signed_in, &project, notice, filled).await;
    Ok((status, html(&page)?).into_response())
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    notice: Option<Notice>,
    filled: Option<Filled>,
) -> IdentityPage {
    let (id, now) = (&project.definition.id, app.now());
    let changes = if_there(app, changes(app, id)).await;
    let counted = if_there(app, coverage::of_last_hour(app.store(), id, now)).await;
    let rules = changes.as_ref().map(|changes| {
        let stored = changes.first().map_or(&[][..], |last| &last.rules);
        let version = changes.first().map_or(0, |last| last.version);
        RulesView::new(version, stored, filled.as_ref(), &project.findings.of(&project.config))
    });
    let change = |change| ChangeView::new(change, &project.zone);
    IdentityPage {
        shell: visit.shell_for("Identity", Place::Identity, signed_in, project),
        project_id: id.to_string(),
        notice,
        rules,
        may_change: signed_in.may(Act::Identity),
        coverage: counted.map(|counted| CoverageView::new(&counted)),
        changes: changes.into_iter().flatten().map(change).collect(),
    }
}
