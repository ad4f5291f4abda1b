//! The dashboard: HTML that works without script, and every state of which is an address.
//!
//! One page a file: load, put into words, render. Each control is a link or a form first; the
//! scripts in `static` only save a reload. A view model holds finished texts, so that the
//! templates decide nothing, and askama escapes every one of them.

mod accounts;
mod activity;
mod adoption;
mod among;
mod apart;
mod behind;
mod browsers;
mod chart;
mod condition;
mod counted;
mod delivery;
mod features;
mod first_week;
pub(crate) mod format;
mod funnel;
mod gate;
mod guard;
mod identity;
mod invitation;
mod keys;
mod layout;
mod letters;
mod lifecycle;
mod live;
mod members;
mod notice;
mod offered;
mod paths;
mod people;
mod privacy;
pub(crate) mod question;
mod range;
mod report;
mod retention;
mod setup;
mod spark;
mod stickiness;
mod trend;
mod unit;
mod views;
mod visit;

use crate::App;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::http::rejection;
use crate::members::SignedIn;
use analytics::{Paths, Retention};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Router, middleware};
use protocol::ProjectId;
use report::screen::{csv, show};
use std::sync::Arc;

/// The routes, for this app.
pub fn routes(app: &App) -> Router<App> {
    Router::new()
        .route("/", get(start))
        .route("/welcome", get(gate::welcome).post(gate::begin))
        .route("/invitation", get(invitation::show).post(invitation::accept))
        .route("/sign-in", get(gate::ask).post(gate::sign_in))
        .route("/sign-out", post(gate::sign_out))
        .route("/theme", post(gate::theme))
        .route("/privacy", get(privacy::show))
        .route("/projects/{project}/setup", get(setup::show).post(setup::save))
        .route("/projects/{project}/setup/captured", post(setup::captured::save))
        .route("/projects/{project}/keys", get(keys::show).post(keys::make))
        .route("/projects/{project}/keys/revoke", post(keys::revoke))
        .route("/projects/{project}/counted", get(counted::show).post(counted::save))
        .route("/projects/{project}/counted/merges", post(counted::merges::merge))
        .route("/projects/{project}/counted/merges/undo", post(counted::merges::undo))
        .route("/projects/{project}/identity", get(identity::show).post(identity::save))
        .route("/projects/{project}/live", get(live::stream))
        .route("/projects/{project}/delivery", get(delivery::show))
        .route("/projects/{project}/funnel", get(show::<funnel::Edited>))
        .route("/projects/{project}/funnel.csv", get(csv::<funnel::Edited>))
        .route("/projects/{project}/paths", get(show::<Paths>))
        .route("/projects/{project}/paths.csv", get(csv::<Paths>))
        .route("/projects/{project}/retention", get(show::<Retention>))
        .route("/projects/{project}/retention.csv", get(csv::<Retention>))
        .route("/projects/{project}/adoption", get(show::<adoption::Shown>))
        .route("/projects/{project}/adoption.csv", get(csv::<adoption::Shown>))
        .route("/projects/{project}/first-week", get(show::<first_week::Shown>))
        .route("/projects/{project}/first-week.csv", get(csv::<first_week::Shown>))
        .merge(accounts::routes())
        .merge(trend::routes())
        .merge(people::route::routes())
        .merge(stickiness::routes())
        .merge(lifecycle::routes())
        .merge(members::routes())
        .merge(views::routes())
        .merge(letters::routes())
        .merge(features::routes())
        .fallback(guard::nothing)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn(rejection::tell))
        .layer(middleware::from_fn_with_state(app.clone(), guard::watch))
}

/// Leads to the first project: to its views, or to its setup before its first event.
async fn start(_: SignedIn, State(app): State<App>) -> Result<Redirect, ApiError> {
    let projects = app.definitions().projects();
    let missing = || ApiError::NotFound("there is no project yet".to_owned());
    let project = projects.first().ok_or_else(missing)?;
    let first = if_there(&app, app.store().first_event(&project.definition.id)).await;
    let place = if first.flatten().is_some() { "views" } else { "setup" };
    Ok(Redirect::to(&format!("/projects/{}/{place}", project.definition.id)))
}

/// The project of an address.
fn project(app: &App, Path(id): &Path<String>) -> Result<Arc<Project>, ApiError> {
    let known = ProjectId::parse(id).ok().and_then(|id| app.definitions().project(&id));
    known.ok_or_else(|| ApiError::NotFound("there is no such project".to_owned()))
}

/// The page as it is sent.
fn html(page: &impl Template) -> Result<Html<String>, ApiError> {
    page.render().map(Html).map_err(|error| ApiError::from(anyhow::Error::new(error)))
}
