//! Trend: how often things are done, by how many, period by period; as chart, table and CSV, with
//! releases and notes beside.

mod annotation;
mod compared;
mod csv;
mod people;
mod shown;
mod view;
mod words;

use super::apart::{self, Headline};
use super::condition::{self, Conditions};
use super::layout::{Place, Shell};
use super::offered::Offered;
use super::range::Choice;
use super::report::screen::{Screen, answer, csv, show};
use super::report::{Asked, Look, Report};
use super::unit::{choices, periods, ranges};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::report::trend::{Compare, MAX_SERIES};
use analytics::{Among, Answer, DateRange, Error, InvalidQuery, Query, Step, Trend, TrendResult};
use askama::Template;
use axum::Router;
use axum::routing::{get, post};
use protocol::Timestamp;
pub(super) use shown::Shown;
use shown::{Measure, Shape};
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
        .route("/projects/{project}/trend", get(show::<Shown>))
        .route("/projects/{project}/trend.csv", get(csv::<Shown>))
        .route("/projects/{project}/annotations", post(annotation::add))
        .route("/projects/{project}/annotations/remove", post(annotation::remove))
}

impl Asked for Shown {
    type Result = TrendResult;

    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Self::from_query_string(text)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn among(&self) -> &Among {
        &self.trend.among
    }

    fn with_among(&self, among: Among) -> Self {
        let mut with = self.clone();
        with.trend.among = among;
        with
    }

    fn headlines(result: &TrendResult) -> Vec<Headline> {
        apart::of_trend(result)
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

    fn result(answer: Answer) -> Option<TrendResult> {
        match answer {
            Answer::Trend(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Shown {
    type Asked = Self;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    fn proposal(age: Option<i64>) -> Self {
        shown::proposal(age)
    }

    fn read(query: &str) -> Result<(Self, Option<String>), InvalidQuery> {
        shown::read(query)
    }

    fn asked(&self) -> &Self {
        self
    }

    async fn load(
        &self,
        app: &App,
        project: &Project,
        now: Timestamp,
    ) -> Result<Self::Loaded, Error> {
        let scope = project.scope();
        let (offered, (result, annotations)) =
            tokio::try_join!(Offered::load(app, &scope, now), numbers(app, project, self, now))?;
        Ok(Loaded { offered, annotations, result: Some(result) })
    }

    fn page(
        self,
        look: Look<'_>,
        shell: Shell,
        loaded: &Loaded,
        fault: Option<&ApiError>,
    ) -> impl Template {
        Question { look, shown: self }.page(shell, loaded, fault)
    }

    async fn lines(&self, app: &App, project: &Project, now: Timestamp) -> Result<String, Error> {
        let (result, annotations) = numbers(app, project, self, now).await?;
        let placed = words::placed(&result, &annotations, &project.scope());
        Ok(csv::lines(self, &result, &placed))
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    offered: Offered,
    annotations: Vec<Written<Annotation>>,
    result: Option<TrendResult>,
}

async fn numbers(
    app: &App,
    project: &Project,
    shown: &Shown,
    now: Timestamp,
) -> Result<(TrendResult, Vec<Written<Annotation>>), Error> {
    let annotations = crate::annotation::shown(app, project).await.map_err(Error::from)?;
    Ok((answer(app, &project.scope(), shown, now).await?, annotations))
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
        let mut frame = self.look.frame(shown, &ranges(trend.period), shown.hidden(), fault);
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
                [
                    (Compare::Previous, "beside the time before"),
                    (Compare::LastYear, "beside last year"),
                    (Compare::None, "alone"),
                ],
                trend.compare,
            ),
            shapes: match trend.series.len() {
                1 => Vec::new(),
                _ => choices(Shape::NAMES, shown.shape),
            },
            properties: condition::choices(loaded.offered.properties(), None),
            state,
        }
    }

    /// A field for each series, and one for another.
    fn series(&self, loaded: &Loaded) -> Vec<Pick> {
        let series = &self.shown.trend.series;
        let anything = |is_on| Choice {
            value: shown::ANYTHING.to_owned(),
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
            let conditions = step.as_ref().map(|step| Conditions::of(n, step));
            Pick { id: n + 1, label: format!("Series {}", n + 1), groups, conditions }
        };
        let mut picks: Vec<_> = series.iter().enumerate().map(pick).collect();
        if let [one] = picks.as_mut_slice() {
            one.label = "What".to_owned();
        }
        if series.len() < MAX_SERIES {
            let first = vec![nothing("Add another", true), anything(false)];
            let groups = loaded.offered.groups(first, None, None);
            picks.push(Pick {
                id: series.len() + 1,
                label: "and".to_owned(),
                groups,
                conditions: None,
            });
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
