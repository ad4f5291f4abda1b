//! Retention: who began in each period, and how many of them came back; as curve, table and CSV.

mod choice;
mod csv;
mod form;
mod view;
mod words;

use super::format::many;
use super::layout::{Place, Shell};
use super::offered::{Offered, none};
use super::report::{self, Look, Report};
use super::unit::periods;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::{
    Answer, DateRange, Error, InvalidQuery, Period, Query, Retention, RetentionResult, Scope, Step,
};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use form::Asked;
use protocol::Timestamp;
use view::{RetentionPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Retention,
    id: "retention",
    title: "Retention",
    lead: "How many of those who began come back, and for how long.",
};

/// The ranges that one click leads to, in days: four, thirteen and twenty-six weeks.
const RANGES: [u32; 3] = [28, 91, 182];
/// The same where hours are told apart, of which there are many.
const RANGES_OF_HOURS: [u32; 3] = [1, 3, 7];

impl report::Asked for Retention {
    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Ok(form::read(text)?.retention)
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
        Query::Retention(self.clone())
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
    let asked = form::read(query.as_deref().unwrap_or_default());
    let asked = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()));
    if let Ok(Asked { go_to: Some(query), .. }) = asked {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let (Asked { mut retention, .. }, fault) = report::loaded(asked)?;
    if query.is_none_or(|query| query.is_empty()) {
        let (age, _) = report::loaded(report::age(&app, &project, look.now).await)?;
        retention = form::proposal(age);
    }
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &project, &retention, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, retention }.page(shell, &loaded, fault.as_ref()))?;
    Ok((report::status(fault.as_ref()), page).into_response())
}

/// Answers with the same numbers as CSV.
pub(super) async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let retention = Retention::from_query_string(query.as_deref().unwrap_or_default());
    let retention = retention.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let result = answered(answer(&app, &look.scope, &retention, look.now).await)?;
    look.csv(&retention, csv::lines(&result))
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    offered: Offered,
    result: Option<RetentionResult>,
}

async fn load(
    app: &App,
    project: &Project,
    retention: &Retention,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let (offered, result) =
        tokio::try_join!(Offered::load(app, &scope, now), answer(app, &scope, retention, now),)?;
    Ok(Loaded { offered, result: Some(result) })
}

async fn answer(
    app: &App,
    scope: &Scope,
    retention: &Retention,
    now: Timestamp,
) -> Result<RetentionResult, Error> {
    let query = Query::Retention(retention.clone());
    match analytics::run(app.store(), scope, &query, now).await? {
        Answer::Retention(result) => Ok(result),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    retention: Retention,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> RetentionPage {
        let retention = &self.retention;
        let names = loaded.result.as_ref().map(|result| [&result.start, &result.returning]);
        let [start, returning] = names.unwrap_or([&None, &None]);
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        let mut frame = self.look.frame(retention, &self.ranges(), form::hidden(retention), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(retention));
        }
        let groups = |step: &Option<Step>, name: &Option<String>| {
            loaded.offered.groups(none("Anything", step.as_ref()), step.as_ref(), name.as_deref())
        };
        RetentionPage {
            shell,
            frame,
            starts: groups(&retention.start, start),
            returns: groups(&retention.returning, returning),
            periods: periods(retention.period),
            cohorts: choice::cohorts(retention.cohorts),
            whens: choice::whens(retention.returns, retention.period),
            bys: choice::bys(retention.by),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        if result.cohorts.iter().any(|cohort| cohort.size > 0) {
            return Shown::Answer(Box::new(words::answer(
                &self.retention,
                result,
                &self.look.scope,
            )));
        }
        if loaded.offered.is_empty() {
            return Shown::NoData;
        }
        Shown::Nobody(self.look.wider(&self.retention, &self.ranges()))
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges(&self) -> [(u32, String); 3] {
        let days = if self.retention.period == Period::Hour { RANGES_OF_HOURS } else { RANGES };
        days.map(|days| match days {
            1..=7 => (days, many(u64::from(days), "day")),
            _ => (days, many(u64::from(days / 7), "week")),
        })
    }
}
