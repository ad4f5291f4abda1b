//! Paths: what people do one after the other, as a diagram of flows, tables, journeys and CSV.

mod as_funnel;
mod csv;
mod diagram;
mod form;
mod journey;
mod view;
mod words;

use super::layout::{Place, Shell};
use super::offered::{self, Offered};
use super::report::{self, Look, Report};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::report::paths::Nodes;
use analytics::{Answer, DateRange, Error, InvalidQuery, Paths, PathsResult, Query, Scope, Step};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use form::Asked;
use protocol::Timestamp;
use view::{PathsPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Paths,
    id: "paths",
    title: "Paths",
    lead: "What people do one after the other, and where they leave.",
};

/// The ranges that one click leads to, in days.
const RANGES: [u32; 3] = [7, 28, 90];

impl report::Asked for Paths {
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
        Query::Paths(self.clone())
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
    let (Asked { paths, .. }, fault) = report::loaded(asked)?;
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &project, &paths, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, paths }.page(shell, &loaded, fault.as_ref()))?;
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
    let paths = Paths::from_query_string(query.as_deref().unwrap_or_default());
    let paths = paths.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let result = answered(answer(&app, &look.scope, &paths, look.now).await)?;
    look.csv(&paths, csv::lines(&result))
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    offered: Offered,
    result: Option<PathsResult>,
    /// Of the first journeys that can be funnels: their place, and how many people the funnel
    /// counts.
    funnels: Vec<(usize, u64)>,
}

async fn load(
    app: &App,
    project: &Project,
    paths: &Paths,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
    let with_funnels = async {
        let result = answer(app, &scope, paths, now).await?;
        let funnels = as_funnel::counts(app, &scope, paths, &result, now).await?;
        Ok((result, funnels))
    };
    let (offered, (result, funnels)) =
        tokio::try_join!(Offered::load(app, &scope, now), with_funnels)?;
    Ok(Loaded { offered, result: Some(result), funnels })
}

async fn answer(
    app: &App,
    scope: &Scope,
    paths: &Paths,
    now: Timestamp,
) -> Result<PathsResult, Error> {
    let query = Query::Paths(paths.clone());
    match analytics::run(app.store(), scope, &query, now).await? {
        Answer::Paths(result) => Ok(result),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    paths: Paths,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> PathsPage {
        let paths = &self.paths;
        let names = loaded.result.as_ref().map(|result| [&result.start, &result.end]);
        let [start, end] = names.unwrap_or([&None, &None]);
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        let mut frame = self.look.frame(paths, &ranges(), form::hidden(paths), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(paths));
        }
        let groups = |none, step: &Option<Step>, name: &Option<String>| {
            loaded.offered.groups(
                offered::none(none, step.as_ref()),
                step.as_ref(),
                name.as_deref(),
            )
        };
        PathsPage {
            shell,
            frame,
            nodes: words::nodes(paths.nodes),
            starts: groups("The start of a visit", &paths.start, start),
            ends: groups("Wherever it leads", &paths.end, end),
            steps: words::steps(paths.steps),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        if result.visits > 0 {
            return Shown::Answer(Box::new(self.answer(result, loaded)));
        }
        if loaded.offered.is_empty() {
            return Shown::NoData;
        }
        if self.paths.nodes == Nodes::Features && loaded.offered.has_no_feature() {
            return Shown::NoFeature(format!("/projects/{}/features", self.look.scope.project));
        }
        Shown::Nobody(self.look.wider(&self.paths, &ranges()))
    }

    fn answer(&self, result: &PathsResult, loaded: &Loaded) -> view::Answer {
        let funnel = format!("/projects/{}/funnel", self.look.scope.project);
        let from = |step: &str| self.other(step, |paths, step| paths.start = step);
        let to = |step: &str| self.other(step, |paths, step| paths.end = step);
        view::Answer {
            figures: words::figures(&self.paths, result),
            diagram: diagram::diagram(result, &from),
            caption: words::caption(&self.paths, result),
            footnote: words::footnote(&self.paths, result, &self.look.scope),
            edges: words::edges(result),
            nodes: words::rows(result, &from, &to),
            journeys: journey::journeys(&self.paths, result, &loaded.funnels, &funnel),
        }
    }

    /// The address of the same question with another start or end.
    fn other(&self, step: &str, set: impl Fn(&mut Paths, Option<Step>)) -> Option<String> {
        let text =
            form_urlencoded::Serializer::new(String::new()).append_pair("start", step).finish();
        let step = Paths::from_query_string(&text).ok()?.start;
        let mut paths = self.paths.clone();
        set(&mut paths, step);
        Some(self.look.address(&paths))
    }
}

fn ranges() -> [(u32, String); 3] {
    RANGES.map(|days| (days, format!("{days} days")))
}
