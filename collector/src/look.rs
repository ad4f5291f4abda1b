//! The accounts to look at, as the screen Look shows them: `GET /v1/projects/{project}/look`.
//!
//! It is for signed-in members and for programs with a private key; with `?on=2026-11-22` it tells
//! what accounts had done when that day began in the project's zone. What is said of them, as their
//! contracts, is what is said now.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::query::answered;
use accounts::as_of::{self, NoDay};
use accounts::look::{LookResult, WeekJudged, look, weeks_judged};
use analytics::feature::Features;
use axum::Json;
use axum::extract::{Query, State};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::Deserialize;

/// As of when it is looked; now, if nothing is said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The day, such as `2026-11-22`, with whose beginning it ends.
    #[serde(default)]
    pub(crate) on: String,
}

impl Asked {
    /// The moment.
    ///
    /// # Errors
    /// When the text is no day, or one that has not begun.
    pub(crate) fn moment(&self, app: &App, project: &Project) -> Result<Timestamp, ApiError> {
        let day = self.day().map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
        moment(day, app, project)
    }

    /// The day, if one is asked for.
    ///
    /// # Errors
    /// When the text is none.
    pub(crate) fn day(&self) -> Result<Option<Date>, NoDay> {
        as_of::day(&self.on)
    }
}

/// When a day began, or now where none is said.
///
/// # Errors
/// 400 for a day that has not begun.
pub(crate) fn moment(
    day: Option<Date>,
    app: &App,
    project: &Project,
) -> Result<Timestamp, ApiError> {
    let now = app.now();
    let Some(day) = day else { return Ok(now) };
    let begins = day.to_zoned(project.zone.clone()).ok();
    let begins = begins.map(|it| Timestamp::from_millis(it.timestamp().as_millisecond()));
    let not_yet = || ApiError::BadRequest(format!("`{day}` has not begun yet"));
    begins.filter(|begins| *begins <= now).ok_or_else(not_yet)
}

/// Tells which accounts fell, and what may be behind it.
///
/// # Errors
/// 400 for an `on` that is no day, or one that has not begun; 401 and 403 for a private key that does not open it, 404 for an unknown project, 503 while
/// ClickHouse is away.
pub async fn answer(
    State(app): State<App>,
    asker: Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<LookResult>, ApiError> {
    let at = asked.moment(&app, &asker.project)?;
    load(&app, &asker.project, at).await.map(Json)
}

/// What was said at a moment of the week that ran then, or of the last full one.
///
/// # Errors
/// When ClickHouse is away.
pub(crate) async fn judged(
    app: &App,
    project: &Project,
    is_running: bool,
    at: Timestamp,
) -> Result<Option<WeekJudged>, ApiError> {
    let asked = async {
        let features = Features::load(app.store(), &project.definition.id, None).await?;
        weeks_judged(app.store(), &project.scope(), &features, at).await
    };
    Ok(answered(asked.await)?.into_iter().find(|week| week.is_running == is_running))
}

/// The accounts to look at, as things were at a moment.
///
/// # Errors
/// When ClickHouse is away.
pub(crate) async fn load(
    app: &App,
    project: &Project,
    at: Timestamp,
) -> Result<LookResult, ApiError> {
    let asked = async {
        let features = Features::load(app.store(), &project.definition.id, None).await?;
        look(app.store(), &project.scope(), &features, at).await
    };
    answered(asked.await)
}
