//! One account: what is seen at a glance, its days with notes and what they changed, its modules
//! beside those of comparable accounts, its people, its features, and its story.

mod behind;
mod days;
mod effect;
mod facts;
mod features;
mod glance;
pub(super) mod links;
mod modules;
mod notes;
mod people;
mod timeline;
mod view;
mod words;

use super::address;
use super::of_one::OfOne;
use super::words::account_name;
use crate::App;
use crate::dashboard::format::moment;
use crate::dashboard::html;
use crate::dashboard::layout::Place;
use crate::dashboard::range::Choice;
use crate::dashboard::visit::Visit;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use accounts::account::{Account, WEEKS, load};
use accounts::look::WeekJudged;
use analytics::feature::Features;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use days::Shown;
use links::Links;
use protocol::Timestamp;
use serde::Deserialize;
use std::sync::Arc;
use store::record::{AccountRecord, attribute};
use store::{Annotation, AnnotationKind};
use view::AccountPage;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/accounts/{account}", get(show))
        .route("/projects/{project}/accounts/{account}/days.csv", get(days::csv))
        .route("/projects/{project}/accounts/{account}/people", get(behind::people))
        .route("/projects/{project}/accounts/{account}/people.csv", get(behind::people_csv))
        .route("/projects/{project}/accounts/{account}/events", get(behind::events))
        .route("/projects/{project}/accounts/{account}/events.csv", get(behind::events_csv))
}

/// What is looked at.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Asked {
    /// How many weeks that are over.
    #[serde(default)]
    weeks: Option<u32>,
    /// What the days show.
    #[serde(default)]
    show: Shown,
}

impl Asked {
    /// The weeks, of those that can be shown.
    fn weeks(self) -> u32 {
        self.weeks.filter(|weeks| WEEKS.contains(weeks)).unwrap_or(WEEKS[0])
    }
}

/// All that the page tells of.
struct Loaded {
    account: Account,
    record: AccountRecord,
    releases: Vec<Annotation>,
    /// What is said of all accounts in the last week that is over, where this one fell in it.
    judged: Option<WeekJudged>,
}

impl Loaded {
    /// What the account is called.
    fn name(&self) -> &str {
        account_name(&self.account.id, &self.record)
    }
}

/// Shows an account.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    OfOne { project, id }: OfOne,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let now = app.now();
    let loaded = loaded(&app, &project, &id, asked.weeks(), now).await?;
    let links = Links { path: address(project.definition.id.as_str(), &id), at: now };
    let shell = visit.shell_for("Account", Place::Accounts, &signed_in, &project);
    let page = page(shell, &loaded, &links, asked, &project);
    html(&page)
}

/// Reads an account.
///
/// # Errors
/// 404 where there is no such account; 503 while ClickHouse is away.
async fn loaded(
    app: &App,
    project: &Arc<Project>,
    id: &str,
    weeks: u32,
    now: Timestamp,
) -> Result<Loaded, ApiError> {
    let (scope, of) = (project.scope(), &project.definition.id);
    let record = app.store().account_record(of, &project.grouping.merges, id).await;
    let record = record.map_err(unavailable)?;
    let features = answered(Features::load(app.store(), of, None).await)?;
    let tier = record.attribute(attribute::TIER).filter(|tier| !tier.is_empty());
    let account = load(app.store(), &scope, &features, (id, weeks), tier, now).await;
    let account = answered(account)?.ok_or_else(|| missing(id))?;
    let annotations = crate::annotation::shown(app, project).await.map_err(unavailable)?;
    let releases = annotations.into_iter().map(|it| it.value);
    let releases = releases.filter(|it| it.kind == AnnotationKind::Release).collect();
    let judged = match glance::change(&account) {
        Some(_) => crate::look::judged(app, project, false, now).await?,
        None => None,
    };
    Ok(Loaded { account, record, releases, judged })
}

fn missing(id: &str) -> ApiError {
    ApiError::NotFound(format!(
        "there is no account `{id}` in this project, or a rule of who is counted leaves it out"
    ))
}

fn page(
    shell: crate::dashboard::layout::Shell,
    loaded: &Loaded,
    links: &Links,
    asked: Asked,
    project: &Project,
) -> AccountPage {
    let account = &loaded.account;
    let zone = &project.zone;
    let range = |weeks: &u32| Choice {
        value: links.page(*weeks, asked.show),
        label: format!("{weeks} weeks"),
        is_on: *weeks == asked.weeks(),
    };
    AccountPage {
        title: loaded.name().to_owned(),
        id: account.id.clone(),
        accounts: format!("/projects/{}/accounts", project.definition.id),
        features_page: format!("/projects/{}/features", project.definition.id),
        record: format!("{}/record", links.path),
        facts: facts::facts(&loaded.record, account.calendar.today),
        ranges: WEEKS.iter().map(range).collect(),
        is_still: account.is_still(),
        has_features: account.features.iter().any(|feature| feature.is_core),
        last_seen: account
            .people
            .iter()
            .map(|person| person.last_at)
            .max()
            .map(|at| moment(at, zone)),
        glance: glance::glance(loaded),
        figures: days::figures(account, links),
        days: days::section(loaded, links, asked),
        modules: modules::section(loaded, links),
        features: features::section(loaded, links, zone),
        people: people::section(loaded, links, zone),
        timeline: timeline::section(loaded, zone),
        footnote: format!(
            "Days and weeks are those of {}. The running week and today are not over. As of {}.",
            project.definition.time_zone,
            moment(account.computed_at, zone)
        ),
        shell,
    }
}
