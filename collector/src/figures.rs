//! What accounts did: counted once for all who look at them within some seconds, and the table of
//! them as JSON, `POST /v1/projects/{project}/accounts`.
//!
//! Whoever looks for an account sorts, filters and pages, and each of these is a question. Where
//! there are many accounts, what was counted holds for some seconds, and the weeks before the last two
//! for some minutes ([`figures::Counted`]); where there are few, somebody waits for her first click to
//! be there, and counting is quick.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::look::moment;
use crate::query::answered;
use accounts::figures::{self, Figures, MAX_ACCOUNTS};
use accounts::table::{Attributes, Table, TableResult};
use analytics::feature::Features;
use analytics::{Error, Scope};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use protocol::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use store::Connection;
use tokio::sync::Mutex;

/// How long it holds where there are many accounts.
const HOLDS_MS: i64 = 15 * 1_000;

/// So many accounts are many.
pub(crate) const MANY: usize = 1_000;

/// What was counted last, a project each, the latest last.
///
/// It is of [`MAX_ACCOUNTS`] accounts at most, all projects together. While one is counted the others
/// wait, so that all of them together take the memory of one.
#[derive(Debug, Default)]
pub struct Counted(Mutex<Vec<figures::Counted>>);

impl Counted {
    /// What all accounts of a project did; counted now, or some seconds ago where there are many.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn figures(
        &self,
        store: &Connection,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Arc<Figures>, Error> {
        let mut all = self.0.lock().await;
        all.retain(|counted| counted.is_fresh(now));
        let place = all.iter().position(|counted| counted.scope().project == scope.project);
        let before = place.map(|place| all.remove(place));
        let holds = |counted: &figures::Counted| {
            let age = now.millis_since(counted.figures().computed_at);
            counted.scope() == scope && (0..HOLDS_MS).contains(&age)
        };
        let counted = match before {
            Some(before) if holds(&before) => before,
            before => {
                let features = Features::load(store, &scope.project, None).await?;
                figures::Counted::load(store, scope, features, now, before.as_ref()).await?
            }
        };
        let figures = Arc::clone(counted.figures());
        if figures.accounts.len() >= MANY {
            all.push(counted);
            while n_accounts(&all) > MAX_ACCOUNTS && all.len() > 1 {
                all.remove(0);
            }
        }
        Ok(figures)
    }

    /// What all accounts did, as it was at a moment that is over; kept for nobody.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub async fn figures_then(
        &self,
        store: &Connection,
        scope: &Scope,
        at: Timestamp,
    ) -> Result<Figures, Error> {
        let _alone = self.0.lock().await;
        let features = Features::load(store, &scope.project, None).await?;
        figures::load(store, scope, &features, at).await
    }
}

/// How many accounts are kept.
fn n_accounts(all: &[figures::Counted]) -> usize {
    all.iter().map(|counted| counted.figures().accounts.len()).sum()
}

/// The answer to a table, and as of when it is.
///
/// # Errors
/// 400 for a day that has not begun, 503 while ClickHouse is away.
pub(crate) async fn table(
    app: &App,
    project: &Project,
    table: &Table,
) -> Result<(TableResult, Timestamp), ApiError> {
    let (scope, at) = (project.scope(), moment(table.on, app, project)?);
    let figures = async {
        match table.on {
            None => app.figures().figures(app.store(), &scope, at).await,
            Some(_) => app.figures().figures_then(app.store(), &scope, at).await.map(Arc::new),
        }
    };
    let (figures, attributes) =
        answered(tokio::try_join!(figures, Attributes::load(app.store(), &scope, table),))?;
    Ok((table.answer(&figures, &attributes), at))
}

/// The answer as JSON, told apart by `report` as those of other questions are.
#[derive(Debug, Serialize)]
pub struct Answer {
    report: &'static str,
    #[serde(flatten)]
    table: TableResult,
}

/// Answers which accounts are as a question says, and what they did.
///
/// # Errors
/// 401 and 403 for a private key that does not open it, 404 for an unknown project, 400 with a
/// sentence for a question that means nothing, 503 while ClickHouse is away.
pub async fn answer(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Answer>, ApiError> {
    let asked: Table = json::read(&headers, &body, "question")?;
    let (table, _) = table(&app, &asker.project, &asked).await?;
    Ok(Json(Answer { report: "accounts", table }))
}
