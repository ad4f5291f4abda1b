//! Life cycle: who is new in each period, who comes back and who stays away; as chart, table and
//! CSV.

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
use analytics::report::lifecycle::Phase;
use analytics::{Answer, DateRange, Error, InvalidQuery, Lifecycle, LifecycleResult, Query, Scope};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use protocol::Timestamp;
use view::{LifecyclePage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Lifecycle,
    id: "lifecycle",
    title: "Life cycle",
    lead: "Who is new, who comes back, and who stays away.",
};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/lifecycle", get(show))
        .route("/projects/{project}/lifecycle.csv", get(csv))
}

impl report::Asked for Lifecycle {
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
        Query::Lifecycle(self.clone())
    }
}

impl activity::Asked for Lifecycle {
    /// Thirteen weeks.
    fn proposal() -> Self {
        Self { date_range: DateRange::Last { days: 91 }, ..Self::default() }
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
    let asked = read::<Lifecycle>(query.as_deref().unwrap_or_default());
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
    let asked = read::<Lifecycle>(query.as_deref().unwrap_or_default());
    let (asked, _) = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let result = answered(answer(&app, &look.scope, &asked, look.now).await)?;
    let mut lines = "period,is_complete,new,returning,resurrecting,dormant\r\n".to_owned();
    for phase in &result.periods {
        let Phase { period, new, returning, resurrecting, dormant, is_complete } = phase;
        let dormant = dormant.map_or_else(String::new, |n| n.to_string());
        lines.push_str(&format!(
            "{period},{is_complete},{new},{returning},{resurrecting},{dormant}\r\n"
        ));
    }
    look.csv(&asked, lines)
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    offered: Offered,
    result: Option<LifecycleResult>,
}

async fn load(
    app: &App,
    project: &Project,
    asked: &Lifecycle,
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
    asked: &Lifecycle,
    now: Timestamp,
) -> Result<LifecycleResult, Error> {
    match analytics::run(app.store(), scope, &Query::Lifecycle(asked.clone()), now).await? {
        Answer::Lifecycle(result) => Ok(result),
        _ => Err(Error::NoRow),
    }
}

fn page(
    look: &Look<'_>,
    asked: &Lifecycle,
    shell: Shell,
    loaded: &Loaded,
    fault: Option<&ApiError>,
) -> LifecyclePage {
    let result = loaded.result.as_ref();
    let ranges = ranges(asked.period);
    let state = match result.filter(|_| fault.is_none()) {
        None => Shown::Fault,
        Some(result) if result.periods.iter().any(words::has_anybody) => {
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
    LifecyclePage { shell, frame, picks, state }
}
