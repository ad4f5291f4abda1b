//! Setup: the script line, the events as they arrive, what was refused, and the project's settings.

mod advice;
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
use crate::counters::{Counts, Fault, Record, Samples};
use crate::definitions::Project;
use crate::delivery::{if_there, today};
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use advice::Facts;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use captured::CapturedView;
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::{Activity, Edit, Versioned};
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
    let record = project.counters.record();
    let facts = facts(app, project, &record, &zone).await;
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
        refusals: refusals(&facts.counts),
        browsers: browsers(app, project),
        is_flowing: facts.is_flowing(),
        advice: facts.advice(),
        origin: origin.to_owned(),
        write_key: definition.write_key.to_string(),
        listen: app.config().server.listen.to_string(),
        time_zone: definition.time_zone.clone(),
        captured: CapturedView::new(&project.config),
        settings: settings(app, definition).await,
    }
}

/// What there is to say of the SDK in browsers.
fn browsers(app: &App, project: &Project) -> Vec<String> {
    let (record, now) = (project.counters.record(), app.now());
    let off = super::browsers::switched_off(&record.on(project.day(now)), &record);
    [off, super::browsers::opposed(app.outcomes().n_opposed(now))].into_iter().flatten().collect()
}

/// What there is to know of what arrives and of what does not.
async fn facts<'a>(
    app: &'a App,
    project: &Project,
    record: &Record,
    zone: &'a TimeZone,
) -> Facts<'a> {
    let status = app.delivery().status(app.spool(), app.now());
    let away = || status.away_since.map(|_| "ClickHouse does not answer".to_owned());
    let newest =
        |(fault, samples): (&Fault, &Samples)| Some((*fault, samples.iter().next()?.clone()));
    let counts = record.on(project.day(app.now()));
    Facts {
        now: app.now(),
        zone,
        origin: app.origin(),
        last_event_at: record.last_event_at,
        is_only_automated: counts.n_live() > 0 && is_only_automated(app, project).await,
        counts,
        refused: record.requests.iter().filter_map(newest).collect(),
        strangers: app.outcomes().strangers().known,
        scripts: app.sightings().scripts(),
        configs: app.sightings().configs(&project.definition.id),
        obstacle: app.obstacle().get().or_else(away),
    }
}

/// Whether reports have nothing of today, but would if they counted automated browsers.
async fn is_only_automated(app: &App, project: &Project) -> bool {
    let definition = &project.definition;
    let has_none = |activity: Option<Activity>| activity.is_some_and(|it| it.events == 0);
    if definition.count_automated || !has_none(today(app, project).await) {
        return false;
    }
    let [from, to] = project.day(app.now()).span(&project.zone);
    let with = app.store().activity(&definition.id, from, to, &project.grouping, true);
    if_there(app, with).await.is_some_and(|it| it.events > 0)
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
