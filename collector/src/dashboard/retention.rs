//! Retention: who began in each period, and how many of them came back; as curve, table and CSV.

mod choice;
mod csv;
mod form;
mod view;
mod words;

use super::format::many;
use super::layout::{Place, Shell};
use super::range::{Choice, custom_range};
use super::visit::Visit;
use super::{html, project, report};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::catalog::{ClickedElement, Search, ViewedPage, clicked_elements, viewed_pages};
use analytics::feature::Features;
use analytics::{Answer, DateRange, Error, Period, Query, Retention, RetentionResult, Scope};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form::Asked;
use protocol::Timestamp;
use view::{RetentionPage, State as Shown};

/// The ranges that one click leads to, in days: four, thirteen and twenty-six weeks.
const RANGES: [u32; 3] = [28, 91, 182];
/// The same where hours are told apart, of which there are many.
const RANGES_OF_HOURS: [u32; 3] = [1, 3, 7];

/// How many pages and elements can be chosen.
const OFFERED: u32 = 50;

/// Shows the page; what the form says is first made into the address that says the same.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let path = format!("/projects/{}/retention", project.definition.id);
    let now = app.now();
    let (retention, fault) = match form::read(query.as_deref().unwrap_or_default()) {
        Ok(Asked { go_to: Some(query), .. }) => {
            return Ok(Redirect::to(&format!("{path}?{query}")).into_response());
        }
        Ok(asked) => (asked.retention, None),
        Err(fault) => (form::proposal(), Some(ApiError::BadRequest(fault.to_string()))),
    };
    let (loaded, fault) = match fault {
        Some(fault) => (Loaded::default(), Some(fault)),
        None => match answered(load(&app, &project, &retention, now).await) {
            Ok(loaded) => (loaded, None),
            Err(fault @ (ApiError::BadRequest(_) | ApiError::Unavailable { .. })) => {
                (Loaded::default(), Some(fault))
            }
            Err(fault) => return Err(fault),
        },
    };
    let status = fault.as_ref().map_or(StatusCode::OK, ApiError::status);
    let shell = visit.shell_for("Retention", Place::Retention, &signed_in, &project);
    let question = Question { origin: app.origin(), path, retention, scope: project.scope(), now };
    let fault = fault.map(|fault| super::notice::sentence(&fault.to_string()));
    Ok((status, html(&question.page(shell, &loaded, fault))?).into_response())
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
    let (scope, now) = (project.scope(), app.now());
    let result = answered(answer(&app, &scope, &retention, now).await)?;
    report::csv("retention", retention.date_range, &scope, now, csv::lines(&result))
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    features: Features,
    pages: Vec<ViewedPage>,
    elements: Vec<ClickedElement>,
    result: Option<RetentionResult>,
}

async fn load(
    app: &App,
    project: &Project,
    retention: &Retention,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let search = Search { limit: OFFERED, ..Search::default() };
    let (features, pages, elements, result) = tokio::try_join!(
        Features::load(app.store(), &scope.project, None),
        viewed_pages(app.store(), &scope, &search, now),
        clicked_elements(app.store(), &scope, &search, now),
        answer(app, &scope, retention, now),
    )?;
    Ok(Loaded { features, pages, elements, result: Some(result) })
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
    origin: &'a str,
    path: String,
    retention: Retention,
    scope: Scope,
    now: Timestamp,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<String>) -> RetentionPage {
        let retention = &self.retention;
        let names = loaded.result.as_ref().map(|result| [&result.start, &result.returning]);
        let [start, returning] = names.unwrap_or([&None, &None]);
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        RetentionPage {
            shell,
            link: format!("{}{}", self.origin, self.address(retention)),
            hidden: form::hidden(retention),
            starts: choice::groups(loaded, retention.start.as_ref(), start.as_deref()),
            returns: choice::groups(loaded, retention.returning.as_ref(), returning.as_deref()),
            periods: choice::periods(retention.period),
            cohorts: choice::cohorts(retention.cohorts),
            whens: choice::whens(retention.returns, retention.period),
            bys: choice::bys(retention.by),
            ranges: self.ranges(),
            custom: custom_range(retention.date_range, &self.days(), &self.scope, self.now),
            path: self.path.clone(),
            fault,
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        if result.cohorts.iter().any(|cohort| cohort.size > 0) {
            return Shown::Answer(Box::new(self.answer(result)));
        }
        if loaded.pages.is_empty() && loaded.elements.is_empty() {
            return Shown::NoData(format!("/projects/{}/setup", self.scope.project));
        }
        let widest = self.ranges().pop();
        Shown::Nobody(widest.filter(|range| !range.is_on))
    }

    fn answer(&self, result: &RetentionResult) -> view::Answer {
        let question = serde_json::to_string_pretty(&Query::Retention(self.retention.clone()));
        view::Answer {
            csv: format!("{}.csv?{}", self.path, self.retention.to_query_string()),
            question: question.unwrap_or_default(),
            endpoint: format!("{}/v1/projects/{}/query", self.origin, self.scope.project),
            ..words::answer(&self.retention, result, &self.scope)
        }
    }

    fn ranges(&self) -> Vec<Choice> {
        let choice = |days: u32| {
            let range = DateRange::Last { days };
            let is_on = self.retention.date_range == range;
            let label = match days {
                1..=7 => many(u64::from(days), "day"),
                _ => many(u64::from(days / 7), "week"),
            };
            Choice { value: self.in_range(range), label, is_on }
        };
        self.days().into_iter().map(choice).collect()
    }

    /// The ranges that one click leads to.
    fn days(&self) -> [u32; 3] {
        if self.retention.period == Period::Hour { RANGES_OF_HOURS } else { RANGES }
    }

    /// The address of the same question about other days.
    fn in_range(&self, date_range: DateRange) -> String {
        self.address(&Retention { date_range, ..self.retention.clone() })
    }

    fn address(&self, retention: &Retention) -> String {
        format!("{}?{}", self.path, retention.to_query_string())
    }
}
