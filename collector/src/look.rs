//! The accounts to look at, as the screen Look shows them: `GET /v1/projects/{project}/look`.
//!
//! It is for signed-in members and for programs with a private key; with `?on=2026-11-22` it tells
//! what accounts had done when that day began in the project's zone. What is said of them, as their
//! contracts, is what is said now.
//!
//! Other screens tell of a week what is said of all accounts in it ([`judged`]). Where there are many
//! accounts that holds for a minute ([`Held`]): to sort a table is no reason to read months again.

use crate::App;
use crate::definitions::Project;
use crate::figures::MANY;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::query::answered;
use accounts::as_of::{self, NoDay};
use accounts::look::{LookResult, WeekJudged, look, weeks_judged};
use analytics::Scope;
use analytics::feature::Features;
use axum::Json;
use axum::extract::{Query, State};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};

/// How long it holds what is said of the weeks of many accounts.
const HOLDS_MS: i64 = 60 * 1_000;

/// Of so many projects it is kept.
const PROJECTS: usize = 8;

/// What was said of the weeks of many accounts, the latest last.
#[derive(Debug, Default)]
pub struct Held(Mutex<Vec<Said>>);

#[derive(Debug)]
struct Said {
    scope: Scope,
    features: Features,
    /// As of when, and when it was said.
    at: Timestamp,
    said_at: Timestamp,
    weeks: Arc<[WeekJudged]>,
}

impl Held {
    fn with<T>(&self, of: impl FnOnce(&mut Vec<Said>) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn get(
        &self,
        (scope, features): (&Scope, &Features),
        at: Timestamp,
        now: Timestamp,
    ) -> Option<Arc<[WeekJudged]>> {
        let is_young = |age: i64| (0..HOLDS_MS).contains(&age);
        self.with(|all| {
            all.retain(|said| is_young(now.millis_since(said.said_at)));
            let of = (scope, features);
            let holds = |said: &&Said| {
                (&said.scope, &said.features) == of && is_young(at.millis_since(said.at))
            };
            all.iter().find(holds).map(|said| Arc::clone(&said.weeks))
        })
    }

    fn put(&self, said: Said) {
        self.with(|all| {
            all.retain(|other| other.scope.project != said.scope.project);
            all.push(said);
            if all.len() > PROJECTS {
                all.remove(0);
            }
        });
    }
}

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
    let (scope, now) = (project.scope(), app.now());
    let asked = async {
        let features = Features::load(app.store(), &project.definition.id, None).await?;
        if let Some(weeks) = app.weeks_judged().get((&scope, &features), at, now) {
            return Ok(weeks);
        }
        let (weeks, n_accounts) = weeks_judged(app.store(), &scope, &features, at).await?;
        let weeks: Arc<[WeekJudged]> = weeks.into();
        if n_accounts >= MANY {
            let (scope, weeks) = (scope.clone(), Arc::clone(&weeks));
            app.weeks_judged().put(Said { scope, features, at, said_at: now, weeks });
        }
        Ok(weeks)
    };
    let weeks = answered(asked.await)?;
    Ok(weeks.iter().find(|week| week.is_running == is_running).cloned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ProjectId;
    use store::WeekStart;
    use store::identity::Grouping;

    #[test]
    fn what_was_said_holds_for_a_minute_of_the_same_question() {
        let project = ProjectId::parse("p").unwrap();
        let scope = Scope {
            grouping: Grouping::none(project.clone()),
            project,
            time_zone: "UTC".to_owned(),
            week_start: WeekStart::Monday,
            count_automated: false,
        };
        let (features, then) = (Features::default(), Timestamp::from_millis(1_795_305_600_000));
        let other = Scope { time_zone: "Asia/Tokyo".to_owned(), ..scope.clone() };
        let held = Held::default();
        let said = |scope: &Scope| Said {
            scope: scope.clone(),
            features: features.clone(),
            at: then,
            said_at: then,
            weeks: Vec::new().into(),
        };
        held.put(said(&scope));
        let get = |scope: &Scope, at, now| held.get((scope, &features), at, now).is_some();
        let [before, soon, late] = [-1, HOLDS_MS - 1, HOLDS_MS].map(|ms| then.plus_millis(ms));
        assert!(get(&scope, then, soon) && get(&scope, soon, soon));
        assert!(!get(&scope, before, soon), "another moment");
        assert!(!get(&other, then, soon), "other days");
        held.put(said(&other));
        assert!(!get(&scope, then, soon) && get(&other, then, soon), "one a project");
        assert!(!get(&other, then, late));
    }
}
