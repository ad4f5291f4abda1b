//! Outcomes as JSON: `GET /v1/projects/{project}/outcomes`, for the engineer's own monitoring.
//! The same numbers as on the Delivery page.

use crate::App;
use crate::access::Act;
use crate::counters::{Counts, Day, Fault, Fields, Record, Samples, Stranger};
use crate::delivery::{Condition, today};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use axum::Json;
use axum::extract::{Path, State};
use protocol::{DropReason, ProjectId, Timestamp, Warning};
use serde::Serialize;
use std::collections::BTreeMap;
use store::Activity;

/// Days that are told.
const DAYS: u8 = 30;

/// What came and what was refused, and how far ClickHouse has it.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The project's day now.
    pub day: Day,
    /// The zone that its days are of.
    pub time_zone: String,
    /// The numbers of the last thirty days; a day on which nothing came is not there.
    pub days: BTreeMap<Day, Counts>,
    /// When the last event was kept that was not imported.
    pub last_event_at: Option<Timestamp>,
    /// What events and requests looked like that were refused, or changed.
    pub samples: SamplesByReason,
    /// Fields that nobody reads, in the batches that were looked through for them.
    pub unknown_fields: Fields,
    /// How many these were since the collector started: the first of the project, and every
    /// sixteenth after it; never an import.
    pub n_looked_through: u64,
    /// Those who send under no project's key, of the whole installation.
    pub unknown_keys: Vec<Stranger>,
    /// How far ClickHouse has it, and what is checked.
    pub delivery: Condition,
    /// How much there was on this day, by what ClickHouse has; none if it does not say.
    pub today: Option<Activity>,
}

/// The last ones of each reason, newest first.
#[derive(Debug, Serialize)]
pub struct SamplesByReason {
    /// Events, refused for good.
    pub events: BTreeMap<DropReason, Samples>,
    /// Events, kept but not as they came.
    pub warnings: BTreeMap<Warning, Samples>,
    /// Requests, refused as a whole.
    pub requests: BTreeMap<Fault, Samples>,
    /// Elements and pages beyond as many as the project may have.
    pub others: Samples,
    /// Browsers that switched the SDK off.
    pub switched_off: Samples,
}

/// Answers for one project.
///
/// # Errors
/// 401 without a member, 404 for an unknown project.
pub async fn answer(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(project): Path<String>,
) -> Result<Json<Answer>, ApiError> {
    let id = ProjectId::parse(&project).ok();
    let project = id
        .and_then(|id| app.definitions().project(&id))
        .ok_or_else(|| ApiError::NotFound(format!("there is no project `{project}`")))?;
    let is_admin = signed_in.may(Act::Letters);
    let now = app.now();
    let day = project.day(now);
    let record = project.counters.record();
    let Record { mut days, last_event_at, events, warnings, requests, .. } = record;
    let Record { others, switched_off, fields, .. } = record;
    days.retain(|at, _| (day.back(DAYS - 1)..=day).contains(at));
    Ok(Json(Answer {
        day,
        time_zone: project.definition.time_zone.clone(),
        days,
        last_event_at,
        samples: SamplesByReason { events, warnings, requests, others, switched_off },
        n_looked_through: project.counters.n_looked_through(),
        unknown_fields: fields,
        unknown_keys: app.outcomes().strangers().known,
        delivery: Condition::of(&app, &project, is_admin).await?,
        today: today(&app, &project).await,
    }))
}
