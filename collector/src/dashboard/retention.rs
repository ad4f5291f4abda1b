//! Retention: who began in each period, and how many of them came back; as curve, table and CSV.

mod choice;
mod csv;
mod form;
mod people;
mod value;
mod view;
mod words;

use super::condition::{Conditions, breakdowns, choices};
use super::format::many;
use super::layout::{Place, Shell};
use super::offered::{Offered, none};
use super::report::screen::{Screen, answer};
use super::report::{Asked, Look, Report};
use super::unit::periods;
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::{
    Among, Answer, DateRange, Error, InvalidQuery, Period, Query, Retention, RetentionResult, Step,
};
use askama::Template;
use protocol::Timestamp;
use view::{RetentionPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Retention,
    id: "retention",
    title: "Retention",
    lead: "How many of those who began come back, and for how long.",
};

/// The ranges that one click leads to, in days: four, thirteen and twenty-six weeks.
const RANGES: [u32; 3] = [28, 91, 182];
/// The same where hours are told apart, of which there are many.
const RANGES_OF_HOURS: [u32; 3] = [1, 3, 7];

impl Asked for Retention {
    type Result = RetentionResult;
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

    fn query(&self) -> Query {
        Query::Retention(self.clone())
    }

    fn result(answer: Answer) -> Option<RetentionResult> {
        match answer {
            Answer::Retention(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Retention {
    type Asked = Self;
    type Loaded = Loaded;
    const REPORT: &'static Report = &REPORT;

    fn proposal(age: Option<i64>) -> Self {
        form::proposal(age)
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
        Question { look, retention: self }.page(shell, loaded, fault)
    }

    async fn lines(&self, app: &App, project: &Project, now: Timestamp) -> Result<String, Error> {
        Ok(csv::lines(self, &answer(app, &project.scope(), self, now).await?))
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    offered: Offered,
    result: Option<RetentionResult>,
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    retention: Retention,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> RetentionPage {
        let retention = &self.retention;
        let names = loaded.result.as_ref().map(|result| [&result.start, &result.returning]);
        let [start, returning] = names.unwrap_or([&None, &None]);
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        let mut frame = self.look.frame(retention, &self.ranges(), form::hidden(retention), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(retention));
        }
        let groups = |step: &Option<Step>, name: &Option<String>| {
            loaded.offered.groups(none("Anything", step.as_ref()), step.as_ref(), name.as_deref())
        };
        RetentionPage {
            shell,
            frame,
            starts: groups(&retention.start, start),
            start_conditions: retention.start.as_ref().map(|step| Conditions::of(0, step)),
            returns: groups(&retention.returning, returning),
            return_conditions: retention.returning.as_ref().map(|step| Conditions::of(1, step)),
            properties: choices(loaded.offered.properties(), None),
            breakdowns: breakdowns(loaded.offered.properties(), retention.breakdown.as_ref()),
            periods: periods(retention.period),
            cohorts: choice::cohorts(retention.cohorts),
            whens: choice::whens(retention.returns, retention.period),
            bys: choice::bys(retention.by),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        if result.cohorts.iter().any(|cohort| cohort.size > 0) {
            return Shown::Answer(Box::new(words::answer(&self.retention, result, &self.look)));
        }
        if loaded.offered.is_empty() {
            return Shown::NoData;
        }
        Shown::Nobody(self.look.wider(&self.retention, &self.ranges()))
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges(&self) -> [(u32, String); 3] {
        let days = if self.retention.period == Period::Hour { RANGES_OF_HOURS } else { RANGES };
        days.map(|days| match days {
            1..=7 => (days, many(u64::from(days), "day")),
            _ => (days, many(u64::from(days / 7), "week")),
        })
    }
}
