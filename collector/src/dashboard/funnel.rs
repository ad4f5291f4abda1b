//! Funnel: the steps, the days and the window in the address; the numbers as chart, table and CSV.

mod chart;
mod csv;
mod form;
mod people;
mod picker;
mod series;
mod view;
mod words;

use super::condition;
use super::layout::{Place, Shell};
use super::report::form::hidden;
use super::report::screen::{Screen, answer};
use super::report::{Asked, Look, Report};
use crate::App;
use crate::definitions::Project;
use crate::feature::named::{Named, named};
use crate::http::error::ApiError;
use crate::lately::Lately;
use analytics::report::funnel::{MAX_STEPS, MIN_STEPS};
use analytics::{Among, Answer, DateRange, Error, Funnel, FunnelResult, InvalidQuery, Query};
use askama::Template;
pub(super) use form::Edited;
use picker::Catalog;
use protocol::Timestamp;
use std::sync::Arc;
use view::{FunnelPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Funnel,
    id: "funnel",
    title: "Funnel",
    lead: "How many people go the whole way, and where the others leave it.",
};

/// The ranges that one click leads to, in days.
const RANGES: [u32; 3] = [7, 28, 90];

/// The same, with what they are called.
fn ranges() -> [(u32, String); 3] {
    RANGES.map(|days| (days, format!("{days} days")))
}

impl Asked for Funnel {
    type Result = FunnelResult;
    const HAS_BREAKDOWN: bool = true;

    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Self::from_query_string(text)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn among(&self) -> &Among {
        &self.among
    }

    fn with_among(&self, among: Among) -> Self {
        Self { among, ..self.clone() }
    }

    fn date_range(&self) -> DateRange {
        self.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { date_range, ..self.clone() }
    }

    /// The screen always asks how long it takes.
    fn query(&self) -> Query {
        Query::Funnel(Self { times: true, ..self.clone() })
    }

    fn result(answer: Answer) -> Option<FunnelResult> {
        match answer {
            Answer::Funnel(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Edited {
    type Asked = Funnel;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    fn proposal(_: Option<i64>) -> Self {
        Self::default()
    }

    fn read(query: &str) -> Result<(Self, Option<String>), InvalidQuery> {
        form::read(query)
    }

    fn asked(&self) -> &Funnel {
        &self.funnel
    }

    async fn load(
        &self,
        app: &App,
        project: &Project,
        now: Timestamp,
    ) -> Result<Self::Loaded, Error> {
        load(app, project, self, now).await
    }

    fn meaningless(loaded: &Loaded) -> Option<&InvalidQuery> {
        loaded.fault.as_ref()
    }

    fn page(
        self,
        look: Look<'_>,
        shell: Shell,
        loaded: &Loaded,
        fault: Option<&ApiError>,
    ) -> impl Template {
        Question { look, asked: self }.page(shell, loaded, fault)
    }

    async fn lines(&self, app: &App, project: &Project, now: Timestamp) -> Result<String, Error> {
        Ok(csv::lines(&answer(app, &project.scope(), &self.funnel, now).await?))
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    features: Vec<Named>,
    lately: Arc<Lately>,
    result: Option<FunnelResult>,
    /// Why there is no answer, if the question means nothing. There is something to choose then.
    fault: Option<InvalidQuery>,
}

async fn load(
    app: &App,
    project: &Project,
    asked: &Edited,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let scope = project.scope();
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
    let (features, lately, (result, fault)) = tokio::try_join!(
        named(app, project),
        app.lately().lately(app.store(), &scope, &asked.search, now),
        result,
    )?;
    Ok(Loaded { features, lately, result, fault })
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    asked: Edited,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> FunnelPage {
        let lately = &loaded.lately;
        let catalog =
            Catalog::new(&loaded.features, &lately.pages, &lately.elements, &lately.events);
        let funnel = &self.asked.funnel;
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded, &catalog) };
        let mut frame = self.look.frame(funnel, &ranges(), hidden(funnel, form::VISIBLE), fault);
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
            bys: words::bys(funnel.by),
            breakdowns: condition::breakdowns(&lately.properties, funnel.breakdown.as_ref()),
            properties: words::properties(&lately.properties),
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
                let answer = words::answer(funnel, result, &self.look);
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
