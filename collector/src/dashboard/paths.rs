//! Paths: what people do one after the other, as a diagram of flows, tables, journeys and CSV.

mod as_funnel;
mod csv;
mod diagram;
mod journey;
mod people;
mod view;
mod words;

use super::apart::{self, Headline};
use super::layout::{Place, Shell};
use super::offered::{self, Offered};
use super::people::Lists;
use super::report::screen::{Screen, answer};
use super::report::{Asked, Look, Report, form};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::report::paths::Nodes;
use analytics::{Among, Answer, DateRange, Error, InvalidQuery, Paths, PathsResult, Query, Step};
use askama::Template;
use protocol::Timestamp;
use view::{PathsPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Paths,
    id: "paths",
    title: "Paths",
    lead: "What people do one after the other, and where they leave.",
};

/// The fields that are visible.
const VISIBLE: &[&str] = &["nodes", "start", "end", "steps"];

/// The ranges that one click leads to, in days.
const RANGES: [u32; 3] = [7, 28, 90];

impl Asked for Paths {
    type Result = PathsResult;

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

    fn headlines(result: &PathsResult) -> Vec<Headline> {
        apart::of_paths(result)
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

    fn result(answer: Answer) -> Option<PathsResult> {
        match answer {
            Answer::Paths(result) => Some(result),
            _ => None,
        }
    }
}

impl Screen for Paths {
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
        let scope = project.scope();
        let with_funnels = async {
            let result = answer(app, &scope, self, now).await?;
            let funnels = as_funnel::counts(app, &scope, self, &result, now).await?;
            Ok((result, funnels))
        };
        let (offered, (result, funnels)) =
            tokio::try_join!(Offered::load(app, &scope, now), with_funnels)?;
        Ok(Loaded { offered, result: Some(result), funnels })
    }

    fn page(
        self,
        look: Look<'_>,
        shell: Shell,
        loaded: &Loaded,
        fault: Option<&ApiError>,
    ) -> impl Template {
        Question { look, paths: self }.page(shell, loaded, fault)
    }

    async fn lines(&self, app: &App, project: &Project, now: Timestamp) -> Result<String, Error> {
        Ok(csv::lines(&answer(app, &project.scope(), self, now).await?))
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    offered: Offered,
    result: Option<PathsResult>,
    /// Of the journeys that can be funnels: their place, and how many people the funnel
    /// counts.
    funnels: Vec<(usize, u64)>,
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
        let mut frame = self.look.frame(paths, &ranges(), form::hidden(paths, VISIBLE), fault);
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
        let lists = Lists { look: &self.look, asked: &self.paths, at: result.computed_at };
        view::Answer {
            figures: words::figures(&self.paths, result),
            diagram: diagram::diagram(result, &from),
            caption: words::caption(&self.paths, result),
            footnote: words::footnote(&self.paths, result, &self.look.scope),
            edges: words::edges(result, &lists),
            nodes: words::rows(result, &lists, &from, &to),
            journeys: journey::journeys(&self.paths, result, &loaded.funnels, &funnel, &lists),
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

#[cfg(test)]
mod tests {
    use super::*;
    use form_urlencoded::Serializer;

    const ASKED: &str = "nodes=clicks&start=page%3A%2Fa&steps=4&shown=6&last=7d";

    #[test]
    fn an_address_is_shown_as_it_is() {
        let (asked, go_to) = form::read::<Paths>(ASKED).unwrap();
        assert_eq!((asked.to_query_string().as_str(), go_to), (ASKED, None));
    }

    #[test]
    fn the_form_says_the_whole_question() {
        let paths = Paths::from_query_string(ASKED).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(form::hidden(&paths, VISIBLE));
        fields.extend_pairs([
            ("nodes", "clicks"),
            ("start", "page:/a"),
            ("end", ""),
            ("steps", "4"),
        ]);
        let fields = fields.finish();
        assert_eq!(form::read::<Paths>(&fields).unwrap().1.as_deref(), Some(ASKED));
        let dated = format!("{fields}&day_from=2026-11-01&day_to=2026-11-22&do=dates");
        let go_to = form::read::<Paths>(&dated).unwrap().1.unwrap();
        assert!(go_to.ends_with("from=2026-11-01&to=2026-11-22"), "{go_to}");
    }
}
