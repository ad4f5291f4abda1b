//! Funnel: the steps, the days and the window in the address; the numbers as chart, table and CSV.

mod csv;
mod form;
mod picker;
mod view;
mod words;

use super::layout::Place;
use super::range::{Choice, custom_range};
use super::visit::Visit;
use super::{html, project, report};
use crate::App;
use crate::definitions::Project;
use crate::feature::named::{Named, named};
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use analytics::catalog::{ClickedElement, Search, ViewedPage, clicked_elements, viewed_pages};
use analytics::report::funnel::{MAX_STEPS, MIN_STEPS};
use analytics::{Answer, DateRange, Error, Funnel, FunnelResult, InvalidQuery, Query, Scope};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use form::Asked;
use picker::Catalog;
use protocol::Timestamp;
use view::{FunnelPage, State as Shown};

/// The days of the widest range that one click leads to.
const WIDEST: u32 = 90;
/// The ranges that one click leads to, in days.
const RANGES: [u32; 3] = [7, 28, WIDEST];

/// Shows the page; what the form says is first made into the address that says the same.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let path = format!("/projects/{}/funnel", project.definition.id);
    let now = app.now();
    let (asked, fault) = match form::read(query.as_deref().unwrap_or_default()) {
        Ok(Asked { go_to: Some(query), .. }) => {
            return Ok(Redirect::to(&format!("{path}?{query}")).into_response());
        }
        Ok(asked) => (asked, None),
        Err(fault) => (Asked::default(), Some(ApiError::BadRequest(fault.to_string()))),
    };
    let (loaded, fault) = match fault {
        Some(fault) => (Loaded::default(), Some(fault)),
        None => match load(&app, &project, &asked, now).await {
            Ok(mut loaded) => {
                let fault = loaded.fault.take();
                (loaded, fault.map(|fault| ApiError::BadRequest(fault.to_string())))
            }
            Err(Error::Store(error)) if error.is_retryable() => {
                (Loaded::default(), Some(unavailable(error)))
            }
            Err(error) => return Err(anyhow::Error::new(error).into()),
        },
    };
    let status = fault.as_ref().map_or(StatusCode::OK, ApiError::status);
    let shell = visit.shell_for("Funnel", Place::Funnel, &signed_in, &project);
    let question = Question { origin: app.origin(), path, asked, scope: project.scope(), now };
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
    let funnel = Funnel::from_query_string(query.as_deref().unwrap_or_default());
    let funnel = funnel.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let (scope, now) = (project.scope(), app.now());
    let result = answered(answer(&app, &scope, &funnel, now).await)?;
    report::csv("funnel", funnel.date_range, &scope, now, csv::lines(&result))
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    features: Vec<Named>,
    pages: Vec<ViewedPage>,
    elements: Vec<ClickedElement>,
    result: Option<FunnelResult>,
    /// Why there is no answer, if the question means nothing. There is something to choose then.
    fault: Option<InvalidQuery>,
}

async fn load(
    app: &App,
    project: &Project,
    asked: &Asked,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let search = Search { text: asked.search.clone(), ..Search::default() };
    let result = async {
        match asked.funnel.steps.len() {
            n if n < MIN_STEPS => Ok((None, None)),
            _ => match answer(app, &scope, &asked.funnel, now).await {
                Ok(result) => Ok((Some(result), None)),
                Err(Error::Invalid(fault)) => Ok((None, Some(fault))),
                Err(error) => Err(error),
            },
        }
    };
    let (features, pages, elements, (result, fault)) = tokio::try_join!(
        named(app, project),
        viewed_pages(app.store(), &scope, &search, now),
        clicked_elements(app.store(), &scope, &search, now),
        result,
    )?;
    Ok(Loaded { features, pages, elements, result, fault })
}

async fn answer(
    app: &App,
    scope: &Scope,
    funnel: &Funnel,
    now: Timestamp,
) -> Result<FunnelResult, Error> {
    let query = Query::Funnel(funnel.clone());
    match analytics::run(app.store(), scope, &query, now).await? {
        Answer::Funnel(result) => Ok(result),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    origin: &'a str,
    path: String,
    asked: Asked,
    scope: Scope,
    now: Timestamp,
}

impl Question<'_> {
    fn page(
        &self,
        shell: super::layout::Shell,
        loaded: &Loaded,
        fault: Option<String>,
    ) -> FunnelPage {
        let catalog = Catalog::new(&loaded.features, &loaded.pages, &loaded.elements);
        let funnel = &self.asked.funnel;
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded, &catalog) };
        FunnelPage {
            shell,
            link: format!("{}{}", self.origin, self.address(funnel)),
            hidden: form::hidden(funnel),
            steps: catalog.steps(funnel, loaded.result.as_ref()),
            is_full: funnel.steps.len() >= MAX_STEPS,
            picker: catalog.picker(funnel, &self.asked.search),
            ranges: self.ranges(),
            custom: custom_range(funnel.date_range, &RANGES, &self.scope, self.now),
            windows: words::windows(funnel.window),
            path: self.path.clone(),
            fault,
            state,
        }
    }

    fn state(&self, loaded: &Loaded, catalog: &Catalog<'_>) -> Shown {
        match (&loaded.result, self.asked.funnel.steps.len()) {
            (Some(result), _) if result.entered == 0 => {
                let widest = DateRange::Last { days: WIDEST };
                let is_widest = self.asked.funnel.date_range == widest;
                Shown::NothingMatches((!is_widest).then(|| self.in_range(widest)))
            }
            (Some(result), _) => Shown::Answer(Box::new(self.answer(result))),
            (None, 0) if catalog.is_empty() && self.asked.search.is_empty() => {
                Shown::NoData(format!("/projects/{}/setup", self.scope.project))
            }
            (None, 0) => {
                let proposal = catalog.proposal();
                Shown::NoSteps(proposal.map(|(words, funnel)| (words, self.address(&funnel))))
            }
            (None, _) => Shown::OneStep,
        }
    }

    fn answer(&self, result: &FunnelResult) -> view::Answer {
        let funnel = &self.asked.funnel;
        let question = serde_json::to_string_pretty(&Query::Funnel(funnel.clone()));
        view::Answer {
            csv: format!("{}.csv?{}", self.path, funnel.to_query_string()),
            question: question.unwrap_or_default(),
            endpoint: format!("{}/v1/projects/{}/query", self.origin, self.scope.project),
            ..words::answer(funnel, result, &self.scope, self.now)
        }
    }

    fn ranges(&self) -> Vec<Choice> {
        let choice = |days| {
            let range = DateRange::Last { days };
            let is_on = self.asked.funnel.date_range == range;
            Choice { value: self.in_range(range), label: format!("{days} days"), is_on }
        };
        RANGES.into_iter().map(choice).collect()
    }

    /// The address of the same question about other days.
    fn in_range(&self, date_range: DateRange) -> String {
        self.address(&Funnel { date_range, ..self.asked.funnel.clone() })
    }

    fn address(&self, funnel: &Funnel) -> String {
        format!("{}?{}", self.path, funnel.to_query_string())
    }
}
