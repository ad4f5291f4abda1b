//! Funnel: the steps, the days and the window in the address; the numbers as chart, table and CSV.

mod csv;
mod form;
mod picker;
mod view;
mod words;

use super::layout::{Place, Shell};
use super::question::Canonical;
use super::report::{self, Look, Report};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::definitions::Project;
use crate::feature::named::{Named, named};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::catalog::{ClickedElement, Search, ViewedPage, clicked_elements, viewed_pages};
use analytics::report::funnel::{MAX_STEPS, MIN_STEPS};
use analytics::{Answer, DateRange, Error, Funnel, FunnelResult, InvalidQuery, Query, Scope};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use form::Asked;
use picker::Catalog;
use protocol::Timestamp;
use view::{FunnelPage, State as Shown};

/// What it tells.
pub(super) const LEAD: &str = "How many people go the whole way, and where the others leave it.";

/// Where it is, and what it tells.
const REPORT: Report = Report { place: Place::Funnel, id: "funnel", title: "Funnel", lead: LEAD };

/// The ranges that one click leads to, in days.
const RANGES: [u32; 3] = [7, 28, 90];

/// The same, with what they are called.
fn ranges() -> [(u32, String); 3] {
    RANGES.map(|days| (days, format!("{days} days")))
}

impl report::Asked for Funnel {
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
        Query::Funnel(self.clone())
    }
}

/// Reads a question that was saved.
///
/// # Errors
/// When it cannot be read.
pub(super) fn question(text: &str) -> Result<Canonical, InvalidQuery> {
    Ok(Canonical::of(&Funnel::from_query_string(text)?))
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
    let (asked, fault) = report::loaded(asked)?;
    let (mut loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &project, &asked, look.now).await))?,
    };
    let meaningless = loaded.fault.take().map(|fault| ApiError::BadRequest(fault.to_string()));
    let fault = fault.or(away).or(meaningless);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, asked }.page(shell, &loaded, fault.as_ref()))?;
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
    let funnel = Funnel::from_query_string(query.as_deref().unwrap_or_default());
    let funnel = funnel.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let result = answered(answer(&app, &look.scope, &funnel, look.now).await)?;
    look.csv(&funnel, csv::lines(&result))
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
    look: Look<'a>,
    asked: Asked,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> FunnelPage {
        let catalog = Catalog::new(&loaded.features, &loaded.pages, &loaded.elements);
        let funnel = &self.asked.funnel;
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded, &catalog) };
        let mut frame = self.look.frame(funnel, &ranges(), form::hidden(funnel), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(funnel));
        }
        FunnelPage {
            shell,
            frame,
            steps: catalog.steps(funnel, loaded.result.as_ref()),
            is_full: funnel.steps.len() >= MAX_STEPS,
            picker: catalog.picker(funnel, &self.asked.search),
            windows: words::windows(funnel.window),
            state,
        }
    }

    fn state(&self, loaded: &Loaded, catalog: &Catalog<'_>) -> Shown {
        let funnel = &self.asked.funnel;
        match (&loaded.result, funnel.steps.len()) {
            (Some(result), _) if result.entered == 0 => {
                Shown::NothingMatches(self.look.wider(funnel, &ranges()))
            }
            (Some(result), _) => {
                let answer = words::answer(funnel, result, &self.look.scope, self.look.now);
                Shown::Answer(Box::new(answer))
            }
            (None, 0) if catalog.is_empty() && self.asked.search.is_empty() => Shown::NoData,
            (None, 0) => {
                let proposal = catalog.proposal();
                Shown::NoSteps(proposal.map(|(words, funnel)| (words, self.look.address(&funnel))))
            }
            (None, _) => Shown::OneStep,
        }
    }
}
