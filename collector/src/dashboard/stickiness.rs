//! Stickiness: in how many periods people are there, and how many of a week's or a month's people
//! on a mean day; as chart, table and CSV.

mod view;
mod words;

use super::activity::{self, Picks, read};
use super::layout::{Place, Shell};
use super::offered::Offered;
use super::report::{self, Look, Report};
use super::unit::ranges;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::{
    Answer, DateRange, Error, InvalidQuery, Period, Query, Scope, Stickiness, StickinessResult,
};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use protocol::Timestamp;
use view::{State as Shown, StickinessPage};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Stickiness,
    id: "stickiness",
    title: "Stickiness",
    lead: "How regularly people are there: how many of them on how many days.",
};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/stickiness", get(show))
        .route("/projects/{project}/stickiness.csv", get(csv))
}

impl report::Asked for Stickiness {
    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Self::from_query_string(text)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn date_range(&self) -> DateRange {
        self.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { date_range, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Stickiness(self.clone())
    }
}

impl activity::Asked for Stickiness {
    /// Days of four weeks.
    fn proposal() -> Self {
        Self { period: Period::Day, ..Self::default() }
    }
}

/// Shows the page; what the form says is first made into the address that says the same.
async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let asked = read::<Stickiness>(query.as_deref().unwrap_or_default());
    let asked = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()));
    if let Ok((_, Some(query))) = asked {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let ((asked, _), fault) = report::loaded(asked)?;
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &project, &asked, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&page(&look, &asked, shell, &loaded, fault.as_ref()))?;
    Ok((report::status(fault.as_ref()), page).into_response())
}

/// Answers with the same numbers as CSV.
async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let asked = read::<Stickiness>(query.as_deref().unwrap_or_default());
    let (asked, _) = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let result = answered(answer(&app, &look.scope, &asked, look.now).await)?;
    let mut lines = "periods,exactly,or_more\r\n".to_owned();
    for bar in &result.bars {
        lines.push_str(&format!("{},{},{}\r\n", bar.periods, bar.exactly, bar.or_more));
    }
    look.csv(&asked, lines)
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    offered: Offered,
    result: Option<StickinessResult>,
}

async fn load(
    app: &App,
    project: &Project,
    asked: &Stickiness,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let (offered, result) =
        tokio::try_join!(Offered::load(app, &scope, now), answer(app, &scope, asked, now))?;
    Ok(Loaded { offered, result: Some(result) })
}

async fn answer(
    app: &App,
    scope: &Scope,
    asked: &Stickiness,
    now: Timestamp,
) -> Result<StickinessResult, Error> {
    match analytics::run(app.store(), scope, &Query::Stickiness(asked.clone()), now).await? {
        Answer::Stickiness(result) => Ok(result),
        _ => Err(Error::NoRow),
    }
}

fn page(
    look: &Look<'_>,
    asked: &Stickiness,
    shell: Shell,
    loaded: &Loaded,
    fault: Option<&ApiError>,
) -> StickinessPage {
    let result = loaded.result.as_ref();
    let ranges = ranges(asked.period);
    let state = match result.filter(|_| fault.is_none()) {
        None => Shown::Fault,
        Some(result) if result.total > 0 => {
            Shown::Answer(Box::new(words::answer(asked, result, &look.scope)))
        }
        Some(_) if loaded.offered.is_empty() => Shown::NoData,
        Some(_) => Shown::Nobody(look.wider(asked, &ranges)),
    };
    let mut frame = look.frame(asked, &ranges, activity::hidden(asked), fault);
    if matches!(state, Shown::Answer(_)) {
        frame.csv = Some(look.csv_address(asked));
    }
    let name = result.and_then(|result| result.activity.as_deref());
    let picks = Picks::new(&loaded.offered, asked.activity.as_ref(), name, asked.by, asked.period);
    StickinessPage { shell, frame, picks, state }
}
