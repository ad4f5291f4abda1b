//! Look: the accounts that fell, each with what may be behind it; who is not back and who is, who
//! hardly uses what he pays for, and of whom one person makes most of the use. As a page and as CSV.

mod lines;
mod view;
mod words;

use crate::App;
use crate::dashboard::accounts::today;
use crate::dashboard::layout::Place;
use crate::dashboard::question::{Canonical, Report};
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::http::error::ApiError;
use crate::http::patience::in_time;
use crate::look::{Asked, load};
use crate::members::SignedIn;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use view::LookPage;
use words::Words;

/// The list, as views are of it.
pub(crate) const REPORT: Report = Report {
    id: "look",
    label: "Look",
    what: "The accounts that fell, each with what may be behind it; those that are back, and those whose modules lie idle.",
    read: canonical,
};

/// As of when it is looked, as the screen writes it.
fn canonical(text: &str) -> Result<Canonical, String> {
    let asked: Asked = serde_urlencoded::from_str(text).map_err(|fault| fault.to_string())?;
    asked.day().map_err(|fault| fault.to_string())?;
    let address = match asked.on.trim() {
        "" => String::new(),
        on => format!("on={on}"),
    };
    Ok(Canonical { address, query: None })
}

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/look", get(show))
        .route("/projects/{project}/look.csv", get(csv))
        .layer(from_fn(in_time))
}

/// Shows the list.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let now = asked.moment(&app, &project)?;
    let result = load(&app, &project, now).await?;
    let words = Words { result: &result, project: &project, on: asked.on.trim() };
    let shell = visit.shell_for("Look", Place::Look, &signed_in, &project);
    html(&LookPage::new(shell, &words, app.origin(), today(&project, app.now())))
}

/// The same as a file.
async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let now = asked.moment(&app, &project)?;
    let result = load(&app, &project, now).await?;
    let words = Words { result: &result, project: &project, on: asked.on.trim() };
    let day = today(&project, now);
    let name = format!("look-{}-{day}.csv", project.definition.id);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, lines::lines(&words)).into_response())
}
