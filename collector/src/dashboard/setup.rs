//! Setup: the script line, the events as they arrive, what was refused, and the project's settings.

pub(super) mod captured;
mod recent;
mod view;

use super::delivery::why;
use super::format::count;
use super::gate::check_token;
use super::layout::Place;
use super::live::{Line, zone};
use super::notice::{Notice, Outcome};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::counters::Counts;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use captured::CapturedView;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::{Edit, Versioned};
use view::{RefusalView, Settings, SetupPage};

/// Shows the page.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(outcome): Query<Outcome>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let saved = || Notice::good("The settings are saved.");
    let page = page(&app, &visit, &signed_in, &project, outcome.saved.then(saved)).await;
    html(&page)
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    notice: Option<Notice>,
) -> SetupPage {
    let (origin, definition) = (app.origin(), &project.definition);
    // The page is of use while the store is away, too: the line, and what arrives.
    let events = if_there(app, recent::events(app.store(), definition, app.now())).await;
    let (is_away, events) = (events.is_none(), events.unwrap_or_default());
    let zone = zone(&definition.time_zone);
    let lines = events.iter().filter_map(|event| Line::new(event, &zone).render().ok()).collect();
    SetupPage {
        shell: visit.shell_for("Setup", Place::Setup, signed_in, project),
        project_id: definition.id.to_string(),
        notice,
        snippet: format!(
            "<script async src=\"{origin}/sdk.js\" data-write-key=\"{}\"></script>",
            definition.write_key
        ),
        policy: format!("script-src {origin} 'wasm-unsafe-eval';\nconnect-src {origin};"),
        lines,
        is_away,
        refusals: refusals(&project.counters.record().on(project.day(app.now()))),
        time_zone: definition.time_zone.clone(),
        captured: CapturedView::new(&project.config),
        settings: settings(app, definition).await,
    }
}

/// The settings and their version as they are stored now; none while the store is away.
async fn settings(app: &App, definition: &store::Project) -> Option<Settings> {
    let projects = if_there(app, app.store().projects()).await?.into_iter();
    let Versioned { version, value } = of(projects, definition)?;
    let zones =
        jiff::tz::db().available().map(|zone| zone.to_string()).filter(|zone| is_offered(zone));
    let zones = zones.collect();
    let store::Project { time_zone, count_automated, .. } = value;
    Some(Settings { version, zones, time_zone, count_automated })
}

/// Whether a zone is in the list: the named places. Others can be typed all the same.
fn is_offered(zone: &str) -> bool {
    zone == "UTC" || (zone.contains('/') && !zone.starts_with("Etc/") && !zone.starts_with("US/"))
}

async fn stored(
    app: &App,
    project: &store::Project,
) -> Result<Versioned<store::Project>, ApiError> {
    let projects = app.store().projects().await.map_err(unavailable)?.into_iter();
    let missing = || ApiError::NotFound("there is no such project any more".to_owned());
    of(projects, project).ok_or_else(missing)
}

fn of(
    mut projects: impl Iterator<Item = Versioned<store::Project>>,
    project: &store::Project,
) -> Option<Versioned<store::Project>> {
    projects.find(|stored| stored.value.id == project.id)
}

fn refusals(counts: &Counts) -> Vec<RefusalView> {
    let dropped = counts.dropped.iter().map(|(reason, n)| (why(*reason), *n));
    let lines = dropped.chain([("It was there already, and is counted once", counts.duplicates)]);
    lines
        .filter(|(_, n)| *n > 0)
        .map(|(why, n)| RefusalView { why: why.to_owned(), n: count(n) })
        .collect()
}

#[derive(Debug, Deserialize)]
pub(super) struct SettingsForm {
    #[serde(default)]
    csrf: String,
    version: u32,
    time_zone: String,
    count_automated: Option<String>,
}

/// Keeps the settings of the project.
pub(super) async fn save(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let fault = match keep(&app, &signed_in, &project, &form).await {
        Ok(()) => {
            let address = format!("/projects/{}/setup?saved=true", project.definition.id);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(fault @ (ApiError::BadRequest(_) | ApiError::Conflict(_))) => fault,
        Err(fault) => return Err(fault),
    };
    let notice = Notice::bad(super::notice::sentence(&fault.to_string()));
    let page = page(&app, &visit, &signed_in, &project, Some(notice)).await;
    Ok((status_of(&fault), html(&page)?).into_response())
}

fn status_of(fault: &ApiError) -> StatusCode {
    match fault {
        ApiError::BadRequest(_) => StatusCode::UNPROCESSABLE_ENTITY,
        fault => fault.status(),
    }
}

async fn keep(
    app: &App,
    signed_in: &SignedIn,
    project: &Project,
    form: &SettingsForm,
) -> Result<(), ApiError> {
    let name = form.time_zone.trim();
    if TimeZone::get(name).is_err() {
        let why = "is not a time zone; one of the list is, such as `Europe/Zurich`";
        return Err(ApiError::BadRequest(format!("`{name}` {why}")));
    }
    let Versioned { value, .. } = stored(app, &project.definition).await?;
    let count_automated = form.count_automated.is_some();
    let changed = store::Project { time_zone: name.to_owned(), count_automated, ..value };
    let author = signed_in.member.email.clone();
    let edit = Edit { expected_version: form.version, author, at: app.now() };
    match app.store().put_project(&changed, &edit).await {
        Ok(_) => Ok(app.definitions().refresh(app.store()).await?),
        Err(store::Error::Conflict { .. }) => {
            let why = "somebody else changed the settings meanwhile: here they are as they are now";
            Err(ApiError::Conflict(why.to_owned()))
        }
        Err(error) => Err(unavailable(error)),
    }
}
