//! Trend: how often things are done, by how many, period by period; as chart, table and CSV, with
//! releases and notes beside.

mod annotation;
mod csv;
mod form;
mod view;
mod words;

use super::layout::Place;
use super::layout::Shell;
use super::offered::Offered;
use super::range::Choice;
use super::report::{self, Look, Report};
use super::unit::{choices, periods, ranges};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::report::trend::{Compare, MAX_SERIES};
use analytics::{Answer, DateRange, Error, InvalidQuery, Query, Scope, Step, Trend, TrendResult};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
pub(super) use form::Shown;
use form::{Asked, Measure};
use protocol::Timestamp;
use store::{Annotation, Written};
use view::{Pick, State as Page, TrendPage};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Trend,
    id: "trend",
    title: "Trend",
    lead: "How much is used, and by how many, beside the time before.",
};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/trend", get(show))
        .route("/projects/{project}/trend.csv", get(csv))
        .route("/projects/{project}/annotations", post(annotation::add))
        .route("/projects/{project}/annotations/remove", post(annotation::remove))
}

impl report::Asked for Shown {
    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Ok(form::read(text)?.shown)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn date_range(&self) -> DateRange {
        self.trend.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { trend: Trend { date_range, ..self.trend.clone() }, ..*self }
    }

    fn query(&self) -> Query {
        Query::Trend(self.trend.clone())
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
    let asked = form::read(query.as_deref().unwrap_or_default());
    let asked = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()));
    if let Ok(Asked { go_to: Some(query), .. }) = asked {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let (Asked { shown, .. }, fault) = report::loaded(asked)?;
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &project, &shown.trend, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, shown }.page(shell, &loaded, fault.as_ref()))?;
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
    let asked = form::read(query.as_deref().unwrap_or_default());
    let shown = asked.map_err(|fault| ApiError::BadRequest(fault.to_string()))?.shown;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let loaded = answered(numbers(&app, &look.scope, &project, &shown.trend, look.now).await)?;
    look.csv(&shown, csv::lines(&loaded.0, &words::placed(&loaded.0, &loaded.1, &look.scope)))
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    offered: Offered,
    annotations: Vec<Written<Annotation>>,
    result: Option<TrendResult>,
}

async fn load(
    app: &App,
    project: &Project,
    trend: &Trend,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let (offered, (result, annotations)) = tokio::try_join!(
        Offered::load(app, &scope, now),
        numbers(app, &scope, project, trend, now),
    )?;
    Ok(Loaded { offered, annotations, result: Some(result) })
}

async fn numbers(
    app: &App,
    scope: &Scope,
    project: &Project,
    trend: &Trend,
    now: Timestamp,
) -> Result<(TrendResult, Vec<Written<Annotation>>), Error> {
    let query = Query::Trend(trend.clone());
    let annotations = crate::annotation::shown(app, project).await.map_err(Error::from)?;
    match analytics::run(app.store(), scope, &query, now).await? {
        Answer::Trend(result) => Ok((result, annotations)),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    shown: Shown,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> TrendPage {
        let (shown, trend) = (&self.shown, &self.shown.trend);
        let state = if fault.is_some() { Page::Fault } else { self.state(loaded) };
        let hidden = form::hidden(shown);
        let mut frame = self.look.frame(shown, &ranges(trend.period), hidden, fault);
        if matches!(state, Page::Answer(_)) {
            frame.csv = Some(self.look.csv_address(shown));
        }
        let today = DateRange::Last { days: 1 }.days(&self.look.scope, self.look.now);
        TrendPage {
            annotations: format!("/projects/{}/annotations", self.look.scope.project),
            today: today.map_or_else(|_| String::new(), |(today, _)| today.to_string()),
            shell,
            frame,
            series: self.series(loaded),
            periods: periods(trend.period),
            measures: choices(Measure::NAMES, shown.measure),
            compares: choices(
                [(Compare::Previous, "beside the time before"), (Compare::None, "alone")],
                trend.compare,
            ),
            state,
        }
    }

    /// A field for each series, and one for another.
    fn series(&self, loaded: &Loaded) -> Vec<Pick> {
        let series = &self.shown.trend.series;
        let anything = |is_on| Choice {
            value: form::ANYTHING.to_owned(),
            label: "Anything".to_owned(),
            is_on,
        };
        let nothing =
            |label: &str, is_on| Choice { value: String::new(), label: label.to_owned(), is_on };
        let name = |n: usize| loaded.result.as_ref()?.series.get(n)?.name.clone();
        let pick = |(n, step): (usize, &Option<Step>)| {
            let mut first = vec![anything(step.is_none())];
            if series.len() > 1 {
                first.push(nothing("Leave out", false));
            }
            let groups = loaded.offered.groups(first, step.as_ref(), name(n).as_deref());
            Pick { id: n + 1, label: format!("Series {}", n + 1), groups }
        };
        let mut picks: Vec<_> = series.iter().enumerate().map(pick).collect();
        if let [one] = picks.as_mut_slice() {
            one.label = "What".to_owned();
        }
        if series.len() < MAX_SERIES {
            let first = vec![nothing("Add another", true), anything(false)];
            let groups = loaded.offered.groups(first, None, None);
            picks.push(Pick { id: series.len() + 1, label: "and".to_owned(), groups });
        }
        picks
    }

    fn state(&self, loaded: &Loaded) -> Page {
        let Some(result) = &loaded.result else { return Page::Fault };
        if result.series.iter().any(|series| series.total.uses > 0) {
            let words = words::Words { shown: &self.shown, result, look: &self.look };
            return Page::Answer(Box::new(words.answer(&loaded.annotations)));
        }
        if loaded.offered.is_empty() {
            return Page::NoData;
        }
        let ranges = ranges(self.shown.trend.period);
        Page::Nobody(self.look.wider(&self.shown, &ranges))
    }
}
