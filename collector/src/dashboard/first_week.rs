//! The first-week threshold: what of the first week goes with coming back in the second; as chart,
//! tables and CSV.

mod csv;
mod people;
mod shown;
mod view;
mod words;

use super::apart::{self, Headline};
use super::format::many;
use super::layout::{Place, Shell};
use super::report::screen::Screen;
use super::report::{Asked, Look, Report, form};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::feature::Features;
use analytics::{
    Among, Answer, DateRange, Error, InvalidQuery, Query, Scope, Threshold, ThresholdResult,
};
use askama::Template;
use protocol::Timestamp;
pub(super) use shown::Shown;
use view::{FirstWeekPage, State as Seen};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::FirstWeek,
    id: "first-week",
    title: "First week",
    lead: "Which feature, used how often in the first week, goes with coming back in the second.",
};

/// The ranges that one click leads to, in days: thirteen, twenty-six and fifty-two weeks.
const RANGES: [u32; 3] = [91, 182, 364];

impl Asked for Shown {
    type Result = ThresholdResult;

    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Self::from_query_string(text)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn among(&self) -> &Among {
        &self.threshold.among
    }

    fn with_among(&self, among: Among) -> Self {
        let mut with = self.clone();
        with.threshold.among = among;
        with
    }

    fn headlines(result: &ThresholdResult) -> Vec<Headline> {
        apart::of_first_week(result)
    }

    fn date_range(&self) -> DateRange {
        self.threshold.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { threshold: Threshold { date_range, ..self.threshold.clone() }, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Threshold(self.threshold.clone())
    }

    fn result(answer: Answer) -> Option<ThresholdResult> {
        match answer {
            Answer::Threshold(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Shown {
    type Asked = Self;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    fn proposal(_: Option<i64>) -> Self {
        Self::default()
    }

    fn read(query: &str) -> Result<(Self, Option<String>), InvalidQuery> {
        form::read(query)
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
        load(app, &project.scope(), self, now).await
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
        let loaded = load(app, &project.scope(), self, now).await?;
        Ok(loaded.result.as_ref().map(csv::lines).unwrap_or_default())
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    features: Features,
    result: Option<ThresholdResult>,
}

async fn load(app: &App, scope: &Scope, asked: &Shown, now: Timestamp) -> Result<Loaded, Error> {
    let features = Features::load(app.store(), &scope.project, None).await?;
    let query = Query::Threshold(asked.threshold.clone());
    match analytics::run_of(app.store(), scope, &query, &features, now).await? {
        Answer::Threshold(result) => Ok(Loaded { features, result: Some(result) }),
        _ => Err(Error::NoRow),
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    asked: Shown,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> FirstWeekPage {
        let asked = &self.asked;
        let state = if fault.is_some() { Seen::Fault } else { self.state(loaded) };
        let mut frame =
            self.look.frame(asked, &Self::ranges(), form::hidden(asked, shown::VISIBLE), fault);
        if matches!(state, Seen::Answer(_)) {
            frame.csv = Some(self.look.csv_address(asked));
        }
        FirstWeekPage {
            shell,
            frame,
            bys: shown::bys(asked.threshold.by),
            outcomes: shown::outcomes(&asked.threshold.outcome, &loaded.features),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Seen {
        let Some(result) = &loaded.result else { return Seen::Fault };
        let told = words::Told { look: &self.look, asked: &self.asked, result };
        if result.features.is_empty() {
            return Seen::NoFeature(format!("/projects/{}/features", self.look.scope.project));
        }
        match result.too_little {
            Some(too_little) => {
                let wider = self.look.wider(&self.asked, &Self::ranges());
                Seen::TooLittle { why: told.too_little(too_little), wider }
            }
            None => Seen::Answer(Box::new(told.answer())),
        }
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges() -> [(u32, String); 3] {
        RANGES.map(|days| (days, many(u64::from(days / 7), "week")))
    }
}
