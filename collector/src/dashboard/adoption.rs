//! All features side by side: who uses them, who comes back to them, who stays; as table and CSV.

mod csv;
mod order;
mod people;
mod shown;
mod view;
mod words;

use super::apart::{self, Headline};
use super::features;
use super::format::many;
use super::layout::{Place, Shell};
use super::report::screen::Screen;
use super::report::{Asked, Look, Report, form};
use crate::App;
use crate::definitions::Project;
use crate::http::error::ApiError;
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{
    Adoption, AdoptionResult, Among, Answer, DateRange, Error, FeatureAdoption, InvalidQuery,
    Query, Scope,
};
use askama::Template;
use protocol::Timestamp;
pub(super) use shown::Shown;
use std::collections::BTreeMap;
use view::{AdoptionPage, State as Seen};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Adoption,
    id: "adoption",
    title: "Adoption",
    lead: "All features side by side: who uses them, who comes back to them, and who stays.",
};

/// The ranges that one click leads to, in days: 4, 13, 26 and 52 weeks.
const RANGES: [u32; 4] = [28, 91, 182, 364];

impl Asked for Shown {
    type Result = AdoptionResult;

    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Self::from_query_string(text)
    }

    fn address(&self) -> String {
        self.to_query_string()
    }

    fn among(&self) -> &Among {
        &self.adoption.among
    }

    fn with_among(&self, among: Among) -> Self {
        let mut with = self.clone();
        with.adoption.among = among;
        with
    }

    fn headlines(result: &AdoptionResult) -> Vec<Headline> {
        apart::of_adoption(result)
    }

    fn date_range(&self) -> DateRange {
        self.adoption.date_range
    }

    fn in_range(&self, date_range: DateRange) -> Self {
        Self { adoption: Adoption { date_range, ..self.adoption.clone() }, ..self.clone() }
    }

    fn query(&self) -> Query {
        Query::Adoption(self.adoption.clone())
    }

    fn result(answer: Answer) -> Option<AdoptionResult> {
        match answer {
            Answer::Adoption(result) => Some(result),
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
        let lines = loaded.result.as_ref().map(|it| csv::lines(it, &loaded.shown(self), &loaded));
        Ok(lines.unwrap_or_default())
    }
}

/// What the store says to a question.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    result: Option<AdoptionResult>,
    /// The module of each feature, by its id.
    modules: BTreeMap<String, String>,
}

async fn load(app: &App, scope: &Scope, asked: &Shown, now: Timestamp) -> Result<Loaded, Error> {
    let store = app.store();
    let features = Features::load(store, &scope.project, None).await?;
    let query = Query::Adoption(asked.adoption.clone());
    let (answer, modules) = tokio::try_join!(
        analytics::run_of(store, scope, &query, &features, now),
        modules(store, scope, &features, now),
    )?;
    let Answer::Adoption(result) = answer else { return Err(Error::NoRow) };
    let module = |meant: &analytics::feature::Meant| {
        let shown_in = modules.get(&meant.feature.id).map_or("", String::as_str);
        (meant.feature.id.clone(), features::module(&meant.feature, shown_in))
    };
    let modules = features.iter().map(module).collect();
    Ok(Loaded { result: Some(result), modules })
}

impl Loaded {
    /// The features that are searched for, in the order that is asked for.
    fn shown(&self, asked: &Shown) -> Vec<&FeatureAdoption> {
        let features = self.result.iter().flat_map(|result| &result.features);
        let search = asked.search.to_lowercase();
        let is_it = |feature: &&FeatureAdoption| {
            let is_in = asked.module.is_empty() || self.module(feature) == asked.module;
            is_in && feature.name.to_lowercase().contains(&search)
        };
        let mut shown: Vec<_> = features.filter(is_it).collect();
        asked.order.sort(&mut shown);
        shown
    }

    fn module(&self, feature: &FeatureAdoption) -> &str {
        self.modules.get(&feature.feature).map_or("", String::as_str)
    }
}

/// A question on its page.
struct Question<'a> {
    look: Look<'a>,
    asked: Shown,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> AdoptionPage {
        let asked = &self.asked;
        let state = if fault.is_some() { Seen::Fault } else { self.state(loaded) };
        let mut frame =
            self.look.frame(asked, &Self::ranges(), form::hidden(asked, shown::VISIBLE), fault);
        if matches!(state, Seen::Answer(_)) {
            frame.csv = Some(self.look.csv_address(asked));
        }
        AdoptionPage {
            shell,
            frame,
            after: asked.adoption.after.to_string(),
            unit: words::later(asked.adoption.after, asked.adoption.period),
            periods: shown::periods(asked.adoption.period),
            back_after: asked.adoption.retention.after.to_string(),
            back_periods: shown::back_periods(asked.adoption.retention),
            cohorts: shown::cohorts(asked.adoption.retention.cohorts),
            modules: shown::modules(&loaded.modules, &asked.module),
            search: asked.search.clone(),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Seen {
        let Some(result) = &loaded.result else { return Seen::Fault };
        let features = format!("/projects/{}/features", self.look.scope.project);
        let shown = loaded.shown(&self.asked);
        match (result.people, result.features.is_empty()) {
            (_, true) => Seen::NoFeature(features),
            (0, _) => Seen::Nobody(self.look.wider(&self.asked, &Self::ranges())),
            _ if shown.is_empty() => Seen::NoMatch(self.look.address(&self.asked.of_all())),
            _ => {
                let told = words::Told { look: &self.look, asked: &self.asked, loaded, result };
                Seen::Answer(Box::new(told.answer(&shown)))
            }
        }
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges() -> [(u32, String); 4] {
        RANGES.map(|days| (days, many(u64::from(days / 7), "week")))
    }
}
