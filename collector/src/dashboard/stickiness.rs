//! Stickiness: in how many periods people are there, and how many of a week's or a month's people
//! on a mean day; as chart, table and CSV.

mod people;
mod view;
mod words;

use super::activity::{self, Picks};
use super::apart::{self, Headline};
use super::layout::{Place, Shell};
use super::offered::Offered;
use super::report::screen::{Screen, answer, csv, show};
use super::report::{Asked, Look, Report};
use super::unit::{ranges, usual};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::{
    Among, Answer, DateRange, Error, InvalidQuery, Period, Query, Stickiness, StickinessResult,
};
use askama::Template;
use axum::Router;
use axum::routing::get;
use protocol::Timestamp;
use view::{State as Shown, StickinessPage};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Stickiness,
    id: "stickiness",
    title: "Stickiness",
    lead: "How regularly people are there: how many of them on how many days.",
};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/stickiness", get(show::<Stickiness>))
        .route("/projects/{project}/stickiness.csv", get(csv::<Stickiness>))
}

impl Asked for Stickiness {
    type Result = StickinessResult;

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

    fn headlines(result: &StickinessResult) -> Vec<Headline> {
        apart::of_stickiness(result)
    }

    fn date_range(&self) -> DateRange {
        self.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { date_range, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Stickiness(self.clone())
    }

    fn result(answer: Answer) -> Option<StickinessResult> {
        match answer {
            Answer::Stickiness(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Stickiness {
    type Asked = Self;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    /// Days of four weeks; on the first days of a project its hours.
    fn proposal(age: Option<i64>) -> Self {
        let (period, days) = match usual(age) {
            (Period::Week, _) => (Period::Day, 28),
            shorter => shorter,
        };
        Self { period, date_range: DateRange::Last { days }, ..Self::default() }
    }

    fn read(query: &str) -> Result<(Self, Option<String>), InvalidQuery> {
        activity::read::<Self>(query, |asked| asked.activity.as_mut())
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
        let (offered, result) =
            tokio::try_join!(Offered::load(app, &scope, now), answer(app, &scope, self, now))?;
        Ok(Loaded { offered, result: Some(result) })
    }

    fn page(
        self,
        look: Look<'_>,
        shell: Shell,
        loaded: &Loaded,
        fault: Option<&ApiError>,
    ) -> impl Template {
        page(&look, &self, shell, loaded, fault)
    }

    async fn lines(&self, app: &App, project: &Project, now: Timestamp) -> Result<String, Error> {
        let result = answer(app, &project.scope(), self, now).await?;
        let mut lines = "periods,exactly,or_more\r\n".to_owned();
        for bar in &result.bars {
            lines.push_str(&format!("{},{},{}\r\n", bar.periods, bar.exactly, bar.or_more));
        }
        Ok(lines)
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    offered: Offered,
    result: Option<StickinessResult>,
}

fn page(
    look: &Look<'_>,
    asked: &Stickiness,
    shell: Shell,
    loaded: &Loaded,
    fault: Option<&ApiError>,
) -> StickinessPage {
    let result = loaded.result.as_ref();
    let ranges = ranges(asked.period);
    let state = match result.filter(|_| fault.is_none()) {
        None => Shown::Fault,
        Some(result) if result.total > 0 => {
            Shown::Answer(Box::new(words::answer(asked, result, look)))
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
    StickinessPage { shell, frame, picks, state }
}
