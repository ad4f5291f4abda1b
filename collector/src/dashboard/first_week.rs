//! The first-week threshold: what of the first week goes with coming back in the second; as chart,
//! tables and CSV.

mod csv;
mod form;
mod view;
mod words;

use super::format::many;
use super::layout::{Place, Shell};
use super::report::{self, Look, Report};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::feature::Features;
use analytics::{Answer, DateRange, Error, InvalidQuery, Query, Scope, Threshold, ThresholdResult};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
pub(super) use form::Asked;
use protocol::Timestamp;
use view::{FirstWeekPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::FirstWeek,
    id: "first-week",
    title: "First week",
    lead: "Which feature, used how often in the first week, goes with coming back in the second.",
};

/// The ranges that one click leads to, in days: thirteen, twenty-six and fifty-two weeks.
const RANGES: [u32; 3] = [91, 182, 364];

impl report::Asked for Asked {
    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Ok(form::read(text)?.0)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn date_range(&self) -> DateRange {
        self.threshold.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { threshold: Threshold { date_range, ..self.threshold.clone() }, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Threshold(self.threshold.clone())
    }
}

/// Shows the page; what the form says is first made into the address that says the same.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let read = form::read(query.as_deref().unwrap_or_default());
    let read = read.map_err(|fault| ApiError::BadRequest(fault.to_string()));
    if let Ok((_, Some(query))) = read {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let ((asked, _), fault) = report::loaded(read)?;
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &look.scope, &asked, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, asked }.page(shell, &loaded, fault.as_ref()))?;
    Ok((report::status(fault.as_ref()), page).into_response())
}

/// Answers with the numbers of all features and counts as CSV.
pub(super) async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let read = form::read(query.as_deref().unwrap_or_default());
    let (asked, _) = read.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let loaded = answered(load(&app, &look.scope, &asked, look.now).await)?;
    look.csv(&asked, loaded.result.as_ref().map(csv::lines).unwrap_or_default())
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    features: Features,
    result: Option<ThresholdResult>,
}

async fn load(app: &App, scope: &Scope, asked: &Asked, now: Timestamp) -> Result<Loaded, Error> {
    let features = Features::load(app.store(), &scope.project, None).await?;
    let query = Query::Threshold(asked.threshold.clone());
    match analytics::run_of(app.store(), scope, &query, &features, now).await? {
        Answer::Threshold(result) => Ok(Loaded { features, result: Some(result) }),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    asked: Asked,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> FirstWeekPage {
        let asked = &self.asked;
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        let mut frame = self.look.frame(asked, &Self::ranges(), form::hidden(asked), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(asked));
        }
        FirstWeekPage {
            shell,
            frame,
            bys: form::bys(asked.threshold.by),
            outcomes: form::outcomes(&asked.threshold.outcome, &loaded.features),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        let told = words::Told { look: &self.look, asked: &self.asked, result };
        if result.features.is_empty() {
            return Shown::NoFeature(format!("/projects/{}/features", self.look.scope.project));
        }
        match result.too_little {
            Some(too_little) => {
                let wider = self.look.wider(&self.asked, &Self::ranges());
                Shown::TooLittle { why: told.too_little(too_little), wider }
            }
            None => Shown::Answer(Box::new(told.answer())),
        }
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges() -> [(u32, String); 3] {
        RANGES.map(|days| (days, many(u64::from(days / 7), "week")))
    }
}
