//! Life cycle: who is new in each period, who comes back and who stays away; as chart, table and
//! CSV.

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
use analytics::report::lifecycle::Phase;
use analytics::{Among, Answer, DateRange, Error, InvalidQuery, Lifecycle, LifecycleResult, Query};
use askama::Template;
use axum::Router;
use axum::routing::get;
use protocol::Timestamp;
use view::{LifecyclePage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Lifecycle,
    id: "lifecycle",
    title: "Life cycle",
    lead: "Who is new, who comes back, and who stays away.",
};

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/lifecycle", get(show::<Lifecycle>))
        .route("/projects/{project}/lifecycle.csv", get(csv::<Lifecycle>))
}

impl Asked for Lifecycle {
    type Result = LifecycleResult;

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

    fn headlines(result: &LifecycleResult) -> Vec<Headline> {
        apart::of_lifecycle(result)
    }

    fn date_range(&self) -> DateRange {
        self.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { date_range, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Lifecycle(self.clone())
    }

    fn result(answer: Answer) -> Option<LifecycleResult> {
        match answer {
            Answer::Lifecycle(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Lifecycle {
    type Asked = Self;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    /// Thirteen weeks.
    fn proposal(age: Option<i64>) -> Self {
        let (period, days) = usual(age);
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
        let mut lines = "period,is_complete,new,returning,resurrecting,dormant\r\n".to_owned();
        for phase in &result.periods {
            let Phase { period, new, returning, resurrecting, dormant, is_complete } = phase;
            let dormant = dormant.map_or_else(String::new, |n| n.to_string());
            lines.push_str(&format!(
                "{period},{is_complete},{new},{returning},{resurrecting},{dormant}\r\n"
            ));
        }
        Ok(lines)
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    offered: Offered,
    result: Option<LifecycleResult>,
}

fn page(
    look: &Look<'_>,
    asked: &Lifecycle,
    shell: Shell,
    loaded: &Loaded,
    fault: Option<&ApiError>,
) -> LifecyclePage {
    let result = loaded.result.as_ref();
    let ranges = ranges(asked.period);
    let state = match result.filter(|_| fault.is_none()) {
        None => Shown::Fault,
        Some(result) if result.periods.iter().any(words::has_anybody) => {
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
    LifecyclePage { shell, frame, picks, state }
}
