//! All features side by side: who uses them, who comes back to them, who stays; as table and CSV.

mod csv;
mod form;
mod order;
mod spark;
mod view;
mod words;

use super::features;
use super::format::many;
use super::layout::{Place, Shell};
use super::report::{self, Look, Report};
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::feature::Features;
use analytics::feature::module::modules;
use analytics::{
    Adoption, AdoptionResult, Answer, DateRange, Error, FeatureAdoption, InvalidQuery, Query, Scope,
};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
pub(super) use form::Asked;
use protocol::Timestamp;
use std::collections::BTreeMap;
use view::{AdoptionPage, State as Shown};

/// Where it is, and what it tells.
pub(super) const REPORT: Report = Report {
    place: Place::Adoption,
    id: "adoption",
    title: "Adoption",
    lead: "All features side by side: who uses them, who comes back to them, and who stays.",
};

/// The ranges that one click leads to, in days: 4, 13, 26 and 52 weeks.
const RANGES: [u32; 4] = [28, 91, 182, 364];

impl report::Asked for Asked {
    fn of(text: &str) -> Result<Self, InvalidQuery> {
        Ok(form::read(text)?.0)
    }

    fn address(&self) -> String {
        self.to_query_string()
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
    let read = form::read(query.as_deref().unwrap_or_default());
    let read = read.map_err(|fault| ApiError::BadRequest(fault.to_string()));
    if let Ok((_, Some(query))) = read {
        return Ok(Redirect::to(&format!("{}?{query}", look.path)).into_response());
    }
    let ((asked, _), fault) = report::loaded(read)?;
    let (loaded, away) = match fault {
        Some(_) => (Loaded::default(), None),
        None => report::loaded(answered(load(&app, &look.scope, &asked, look.now).await))?,
    };
    let fault = fault.or(away);
    let shell = look.shell(&visit, &signed_in, &project);
    let page = html(&Question { look, asked }.page(shell, &loaded, fault.as_ref()))?;
    Ok((report::status(fault.as_ref()), page).into_response())
}

/// Answers with the same features and numbers as CSV.
pub(super) async fn csv(
    _: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let read = form::read(query.as_deref().unwrap_or_default());
    let (asked, _) = read.map_err(|fault| ApiError::BadRequest(fault.to_string()))?;
    let look = Look::new(&REPORT, &app, &project, app.now());
    let loaded = answered(load(&app, &look.scope, &asked, look.now).await)?;
    let lines = loaded.result.as_ref().map(|it| csv::lines(it, &loaded.shown(&asked), &loaded));
    look.csv(&asked, lines.unwrap_or_default())
}

/// What the store says to a question.
#[derive(Debug, Default)]
struct Loaded {
    result: Option<AdoptionResult>,
    /// The module of each feature, by its id.
    modules: BTreeMap<String, String>,
}

async fn load(app: &App, scope: &Scope, asked: &Asked, now: Timestamp) -> Result<Loaded, Error> {
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
    fn shown(&self, asked: &Asked) -> Vec<&FeatureAdoption> {
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
    asked: Asked,
}

impl Question<'_> {
    fn page(&self, shell: Shell, loaded: &Loaded, fault: Option<&ApiError>) -> AdoptionPage {
        let asked = &self.asked;
        let state = if fault.is_some() { Shown::Fault } else { self.state(loaded) };
        let mut frame = self.look.frame(asked, &Self::ranges(), form::hidden(asked), fault);
        if matches!(state, Shown::Answer(_)) {
            frame.csv = Some(self.look.csv_address(asked));
        }
        AdoptionPage {
            shell,
            frame,
            after: asked.adoption.after.to_string(),
            unit: words::later(asked.adoption.after, asked.adoption.period),
            periods: form::periods(asked.adoption.period),
            back_after: asked.adoption.retention.after.to_string(),
            back_periods: form::back_periods(asked.adoption.retention),
            cohorts: form::cohorts(asked.adoption.retention.cohorts),
            modules: form::modules(&loaded.modules, &asked.module),
            search: asked.search.clone(),
            state,
        }
    }

    fn state(&self, loaded: &Loaded) -> Shown {
        let Some(result) = &loaded.result else { return Shown::Fault };
        let features = format!("/projects/{}/features", self.look.scope.project);
        let shown = loaded.shown(&self.asked);
        match (result.people, result.features.is_empty()) {
            (_, true) => Shown::NoFeature(features),
            (0, _) => Shown::Nobody(self.look.wider(&self.asked, &Self::ranges())),
            _ if shown.is_empty() => Shown::NoMatch(self.look.address(&self.asked.of_all())),
            _ => {
                let told = words::Told { look: &self.look, asked: &self.asked, loaded, result };
                Shown::Answer(Box::new(told.answer(&shown)))
            }
        }
    }

    /// The ranges that one click leads to, with what they are called.
    fn ranges() -> [(u32, String); 4] {
        RANGES.map(|days| (days, many(u64::from(days / 7), "week")))
    }
}
