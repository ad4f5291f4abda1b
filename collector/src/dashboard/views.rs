//! Views: the questions that members saved, the team's and one's own, with what is to be found in
//! each; saving one from a report, renaming it and deleting it.

mod view;

use super::gate::check_token;
use super::layout::Place;
use super::notice::{Notice, sentence};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::http::patience::in_time;
use crate::members::SignedIn;
use crate::views::{self, Draft, Who};
use analytics::feature::Features;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use std::time::Duration;
use store::View;
use tokio::time::timeout;
use view::{Line, Typed, ViewsPage, starts};

/// How long it is waited for the features that the questions are about.
const PATIENCE: Duration = Duration::from_secs(2);

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/views", get(show).post(save))
        .route("/projects/{project}/views/{id}", post(change))
        .route("/projects/{project}/views/{id}/delete", post(delete))
        .layer(from_fn(in_time))
}

/// What an address says of the form that led to it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn notice(&self) -> Option<Notice> {
        match self.done.as_str() {
            "changed" => Some(Notice::good("The view is changed.")),
            "deleted" => Some(Notice::good("The view is deleted.")),
            _ => None,
        }
    }
}

/// Shows the views.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(done): Query<Done>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    page(&app, &visit, &signed_in, &project, (done.notice(), None)).await
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    (notice, typed): (Option<Notice>, Option<Typed>),
) -> Result<Html<String>, ApiError> {
    let (who, now, scope) = (who(signed_in), app.now(), project.scope());
    let features = timeout(PATIENCE, Features::load(app.store(), &scope.project, None)).await;
    // Without them it is only looked whether the questions can be read.
    let features = features.ok().and_then(Result::ok);
    let sense = view::Sense { features, scope, databases: app.store().databases(), now };
    let line = |one| Line::new(one, &sense, now, &project.zone);
    let seen = views::seen(app, &project.definition.id, &who).into_iter().map(line);
    let (team, mine) = seen.partition(|line: &Line| line.shared);
    let path = format!("/projects/{}", project.definition.id);
    html(&ViewsPage {
        shell: visit.shell_for("Views", Place::Views, signed_in, project),
        notice,
        may_change: signed_in.may(Act::Views),
        starts: starts(&path),
        path,
        typed,
        team,
        mine,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct ViewForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    version: u32,
    name: String,
    #[serde(default)]
    description: String,
    report: String,
    query: String,
    #[serde(default)]
    of: String,
}

impl ViewForm {
    fn draft(&self) -> Draft {
        Draft {
            name: self.name.clone(),
            description: self.description.clone(),
            report: self.report.clone(),
            query: self.query.clone(),
            shared: self.of == "team",
        }
    }
}

/// Saves a question, and leads back to it.
pub(super) async fn save(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<ViewForm>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    match views::save(&app, &project, form.draft(), None, &who(&signed_in)).await {
        Ok(View { project, report, query, .. }) => {
            Ok(Redirect::to(&format!("/projects/{project}/{report}?{query}")).into_response())
        }
        Err(fault) => told(&app, &visit, &signed_in, &project, (fault, Some(form))).await,
    }
}

/// Renames a view, describes it, or gives it to the team.
pub(super) async fn change(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((id, view)): Path<(String, String)>,
    Form(form): Form<ViewForm>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(id))?;
    let of = Some((view.as_str(), form.version));
    match views::save(&app, &project, form.draft(), of, &who(&signed_in)).await {
        Ok(_) => Ok(back(&project, "changed")),
        Err(fault) => told(&app, &visit, &signed_in, &project, (fault, None)).await,
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Removal {
    #[serde(default)]
    csrf: String,
    version: u32,
}

/// Deletes a view.
pub(super) async fn delete(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((id, view)): Path<(String, String)>,
    Form(form): Form<Removal>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(id))?;
    match views::delete(&app, &project, (&view, form.version), &who(&signed_in)).await {
        Ok(()) => Ok(back(&project, "deleted")),
        Err(fault) => told(&app, &visit, &signed_in, &project, (fault, None)).await,
    }
}

fn back(project: &Project, done: &str) -> Response {
    let address = format!("/projects/{}/views?done={done}", project.definition.id);
    Redirect::to(&address).into_response()
}

/// Shows the list with what is wrong, and again what was typed of something new.
async fn told(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    (fault, form): (ApiError, Option<ViewForm>),
) -> Result<Response, ApiError> {
    let status = match &fault {
        ApiError::BadRequest(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::Conflict(_) | ApiError::Forbidden(_) => fault.status(),
        _ => return Err(fault),
    };
    let notice = Some(Notice::bad(sentence(&fault.to_string())));
    let typed = form.map(|form| Typed {
        shared: form.of == "team",
        name: form.name,
        description: form.description,
        report: form.report,
        query: form.query,
    });
    Ok((status, page(app, visit, signed_in, project, (notice, typed)).await?).into_response())
}

fn who(signed_in: &SignedIn) -> Who {
    Who { name: signed_in.member.email.clone(), is_program: false }
}
