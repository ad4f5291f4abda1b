//! Features: which there are, how much they are used and how their rules are; and the elements
//! that one can be made of.

mod add;
mod behind;
mod clicked;
mod curve;
mod detail;
mod name;
mod new;
mod pick;
mod point;
mod rule;
mod words;

use super::format::{capital, count, many};
use super::layout::{Place, Shell};
use super::notice::{Notice, sentence};
use super::people::Number;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::feature::meaning::Meaning;
use crate::feature::pointed::NO_PAGE;
use crate::feature::view::{FeatureView, Overview, used};
use crate::http::error::ApiError;
use crate::http::patience::in_time;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::By;
use analytics::catalog::{ClickedElement, Search};
use analytics::feature::fragile::Fragile;
use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::middleware::from_fn;
use axum::response::Html;
use axum::routing::{get, post};
use behind::Behind;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use store::Feature;

/// Elements that are offered at most, of those that have no name and of those that have.
const OFFERED: usize = 12;

/// Elements without a test id that are listed at most.
const LISTED: usize = 25;

/// Addresses of pages that are proposed at most.
const PAGES: u32 = 50;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/projects/{project}/features", get(show))
        .route("/projects/{project}/features/new", get(new::show).post(new::make))
        .route("/projects/{project}/features/clicked", get(clicked::show).post(clicked::name))
        .route("/projects/{project}/features/point", get(point::show))
        .route("/projects/{project}/features/point/clicks", get(point::clicks))
        .route("/projects/{project}/features/point/rules", get(point::rules))
        .route("/projects/{project}/features/{id}", get(detail::show).post(detail::change))
        .route("/projects/{project}/features/{id}/add", get(add::show).post(add::add))
        .route("/projects/{project}/features/{id}/remove", post(add::remove))
        .route("/projects/{project}/features/{id}/accept", post(detail::accept))
        .route("/projects/{project}/features/{id}/delete", post(detail::delete))
        .layer(from_fn(in_time))
}

#[derive(Debug, Template)]
#[template(path = "features.html")]
struct FeaturesPage {
    shell: Shell,
    path: String,
    search: String,
    /// That some features cannot be read.
    unreadable: Option<String>,
    /// The features by module.
    modules: Vec<Module>,
    /// What one can be made of.
    elements: Vec<Offer>,
    /// What is meant by one already.
    named: Vec<Offer>,
    /// Which of how many are shown, where there are more.
    n_elements: Option<String>,
    /// The same of those that have a name.
    n_named: Option<String>,
    /// All that has no name, to be named at once.
    clicked: String,
    /// Features were just made, or one deleted.
    notice: Option<Notice>,
    /// The pages that are viewed most.
    pages: Vec<String>,
    /// What was typed as a page and is none, with what is wrong with it.
    typed: Option<(String, String)>,
    /// What engineers should give a test id.
    fragile: Vec<FragileLine>,
    /// All of it as a table for them.
    fragile_csv: String,
}

/// An element that should have a test id.
#[derive(Debug)]
struct FragileLine {
    address: String,
    feature: String,
    grade: String,
    label: String,
    path: String,
    clicks: String,
    attribute: String,
}

/// A module and its features.
#[derive(Debug)]
struct Module {
    name: String,
    features: Vec<Line>,
}

/// A feature in the list.
#[derive(Debug)]
struct Line {
    address: String,
    name: String,
    what: &'static str,
    uses: String,
    people: Number,
    accounts: Number,
    state: Condition,
}

/// How a feature is, in a word.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    word: String,
    is_bad: bool,
}

/// An element that a feature can be made of.
#[derive(Debug)]
struct Offer {
    address: String,
    label: String,
    path: String,
    clicks: String,
    /// The features that mean it.
    meant_by: Vec<Link>,
}

/// A feature by its name.
#[derive(Debug)]
struct Link {
    address: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    /// How many features were just made.
    named: Option<u64>,
    /// Whether one was just deleted.
    #[serde(default)]
    deleted: bool,
    /// What was typed as the address of a page and is none.
    page: Option<String>,
}

impl Asked {
    fn notice(&self) -> Option<Notice> {
        let deleted = "The feature is deleted. Named the same again, it has its past again.";
        match self.named.filter(|n| *n > 0) {
            None => self.deleted.then(|| Notice::good(deleted)),
            named => named.map(named_words),
        }
    }
}

/// Shows the features.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let search = Search { text: asked.q.clone(), limit: clicked::LOOKED };
    let used = used(&app, &project, &search, PAGES).await;
    let Overview { features, fragile, clicked, meaning, viewed } = answered(used)?;
    let path = format!("/projects/{}/features", project.definition.id);
    let is_cut = clicked.len() >= clicked::LOOKED as usize;
    let offers = clicked.iter().map(|element| offer(element, &meaning, &path));
    let (mut elements, mut named): (Vec<_>, Vec<_>) =
        offers.partition(|offer| offer.meant_by.is_empty());
    let n_elements = shown_of(&mut elements, is_cut);
    let n_named = shown_of(&mut named, is_cut);
    let pages = viewed.into_iter().map(|page| page.path);
    let id = project.definition.id.as_str();
    let unreadable = app.features().unreadable().into_iter();
    let unreadable = unreadable.filter(|one| one.project.as_deref().is_none_or(|of| of == id));
    html(&FeaturesPage {
        shell: visit.shell_for("Features", Place::Features, &signed_in, &project),
        unreadable: unreadable_words(unreadable.count() as u64),
        modules: modules(&features, &path, &Behind::new(&app, &project)),
        elements,
        named,
        n_elements,
        n_named,
        clicked: clicked_address(&path, &asked.q),
        notice: asked.notice(),
        fragile: fragile.iter().take(LISTED).map(|one| fragile_line(one, &path)).collect(),
        fragile_csv: format!("/v1{path}/test_ids?format=csv"),
        pages: pages.collect::<BTreeSet<_>>().into_iter().collect(),
        typed: asked.page.map(|typed| (typed, sentence(NO_PAGE))),
        search: asked.q,
        path,
    })
}

/// Leaves as many as are shown; says of how many, where there are more.
fn shown_of(offers: &mut Vec<Offer>, is_cut: bool) -> Option<String> {
    let n = offers.len();
    offers.truncate(OFFERED);
    (n > OFFERED).then(|| clicked::range(0, OFFERED, n, is_cut))
}

fn clicked_address(path: &str, search: &str) -> String {
    if search.is_empty() {
        return format!("{path}/clicked");
    }
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", search).finish();
    format!("{path}/clicked?{query}")
}

fn named_words(n: u64) -> Notice {
    Notice::good(match n {
        1 => "1 feature is named, with all of its past.".to_owned(),
        n => format!("{} are named, each with all of its past.", many(n, "feature")),
    })
}

/// That some features cannot be read.
fn unreadable_words(n: u64) -> Option<String> {
    let which = match n {
        0 => return None,
        1 => "1 feature was saved by a later version of Sillage and cannot be read by this one. Its past is kept".to_owned(),
        n => format!("{n} features were saved by a later version of Sillage and cannot be read by this one. Their past is kept"),
    };
    Some(format!("{which}, and is gone on with when it can be read again."))
}

fn modules(features: &[FeatureView], path: &str, behind: &Behind<'_>) -> Vec<Module> {
    // The segment of a path and the name that somebody gave are one in upper and lower case.
    let mut modules: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for feature in features {
        let module = feature.shown_in.to_lowercase();
        modules.entry(module).or_default().push(line(feature, path, behind));
    }
    let name = |lower: &str| {
        let said = features.iter().filter_map(|feature| feature.feature.module.as_deref());
        let said = said.into_iter().find(|said| said.to_lowercase() == lower);
        said.map_or_else(|| capital(lower), str::to_owned)
    };
    let module = |(lower, features): (String, _)| Module { name: name(&lower), features };
    modules.into_iter().map(module).collect()
}

/// The name of the module that a feature is shown in: as somebody wrote it, else the segment of a
/// path with a capital.
pub(super) fn module(feature: &Feature, shown_in: &str) -> String {
    feature.module.clone().unwrap_or_else(|| capital(shown_in))
}

fn line(view: &FeatureView, path: &str, behind: &Behind<'_>) -> Line {
    let of = |by, n| behind.of_last_days(&view.feature.id, by, n);
    Line {
        address: format!("{path}/{}", view.feature.id),
        name: view.feature.name.clone(),
        what: words::step(view.feature.step),
        uses: count(view.usage.uses),
        people: of(By::People, view.usage.people),
        accounts: of(By::Accounts, view.usage.accounts),
        state: state(view),
    }
}

fn state(view: &FeatureView) -> Condition {
    match view.health.first() {
        Some(finding) => Condition { word: finding.finding.word().to_owned(), is_bad: true },
        None if words::is_of_nothing(view) => {
            Condition { word: "Means nothing".to_owned(), is_bad: true }
        }
        None if view.past.is_filled => Condition { word: "Well".to_owned(), is_bad: false },
        None if !view.past.is_kept => Condition { word: "Not checked".to_owned(), is_bad: false },
        None => {
            let (done, all) = (view.past.months_filled, view.past.months);
            Condition { word: format!("Past: {done} of {all} months"), is_bad: false }
        }
    }
}

fn fragile_line(fragile: &Fragile, path: &str) -> FragileLine {
    FragileLine {
        address: format!("{path}/{}", fragile.feature),
        feature: fragile.name.clone(),
        grade: format!("{:?}", fragile.grade),
        label: capital(&fragile.element.label),
        path: fragile.element.path.clone(),
        clicks: count(fragile.element.clicks),
        attribute: fragile.attribute.clone(),
    }
}

fn offer(element: &ClickedElement, meaning: &Meaning, path: &str) -> Offer {
    let link = |feature: &Feature| Link {
        address: format!("{path}/{}", feature.id),
        name: feature.name.clone(),
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("element", &element.element.to_string())
        .append_pair("path", &element.path)
        .finish();
    Offer {
        address: format!("{path}/new?{query}"),
        label: capital(&element.label),
        path: element.path.clone(),
        clicks: count(element.clicks),
        meant_by: meaning.of(element.element, &element.path).map(link).collect(),
    }
}
