//! One feature: its use, what is wrong with its rule, its alternatives and its versions.

use super::add::{back, stored};
use super::behind::Behind;
use super::curve::Curve;
use super::module;
use super::rule::Told;
use super::words::{self, Choice, KINDS, STEPS};
use crate::App;
use crate::dashboard::format::{capital, count, day, day_minute, instant, many, percent};
use crate::dashboard::gate::check_token;
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::notice::sentence;
use crate::dashboard::people::Number;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::draft::{self, Draft, Fault, alternatives, save};
use crate::feature::suggested;
use crate::feature::view::{FeatureStory, story};
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use analytics::feature::health::{Candidate, Finding};
use analytics::{By, ElementId};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rules::page::CanonicalPage;
use rules::rule::{Alternative, PageRule, Rule};
use rules::suggest::Scope;
use serde::Deserialize;
use store::definition::Kind;
use store::{Definition, Feature, FeatureAlternative, FeatureKind, FeatureStep};

/// What is said where two have changed the same feature.
const MEANWHILE: &str = "Somebody else has changed this feature meanwhile, and your change is not saved. What stands now is shown here; what you typed is still in the form below: save it again if it still holds.";

#[derive(Debug, Template)]
#[template(path = "feature.html")]
struct FeaturePage {
    shell: Shell,
    path: String,
    id: String,
    version: u32,
    /// What it is called.
    title: String,
    /// Why a change was not saved.
    fault: Option<String>,
    /// What is wrong with the name that was typed.
    name_fault: Option<String>,
    name: String,
    module: String,
    shown_in: String,
    uses: String,
    people: Number,
    accounts: Number,
    past: Option<String>,
    no_findings: &'static str,
    findings: Vec<FindingLine>,
    alternatives: Vec<AlternativeLine>,
    versions: Vec<VersionLine>,
    kinds: Vec<Choice>,
    steps: Vec<Choice>,
    /// How many elements and pages it means.
    meant: String,
    curve: Option<Curve>,
}

#[derive(Debug)]
struct FindingLine {
    word: &'static str,
    sentence: String,
    candidates: Vec<CandidateLine>,
}

#[derive(Debug)]
struct CandidateLine {
    element: String,
    label: String,
    how: String,
}

#[derive(Debug)]
struct AlternativeLine {
    told: Told,
    holds: String,
}

#[derive(Debug)]
struct VersionLine {
    version: u32,
    author: String,
    when: String,
    instant: String,
    what: String,
}

/// Shows a feature.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &Path(of))?;
    html(&load(&app, &project, visit, &signed_in, &id).await?)
}

/// The page of a feature as things are.
async fn load(
    app: &App,
    project: &Project,
    visit: Visit,
    signed_in: &SignedIn,
    id: &str,
) -> Result<FeaturePage, ApiError> {
    let Some(story) = answered(story(app, project, id).await)? else {
        let definitions = app.store().feature_definitions().await.map_err(unavailable)?;
        let definition = definitions.iter().find(|definition| definition.id == id);
        let why = draft::missing(definition, &project.definition.id, id);
        return Err(ApiError::NotFound(why));
    };
    let versions = app.store().versions(Kind::Feature, id).await.map_err(unavailable)?;
    let shell = visit.shell_for("Feature", Place::Features, signed_in, project);
    Ok(page(shell, project, &Behind::new(app, project), &story, &versions))
}

fn page(
    shell: Shell,
    project: &Project,
    behind: &Behind<'_>,
    FeatureStory { view, history, n_pages, is_unseen }: &FeatureStory,
    versions: &[Definition],
) -> FeaturePage {
    let feature = &view.feature;
    let findings = view.health.iter().map(|found| {
        let candidates = match &found.finding {
            Finding::Silent { candidates, .. } => candidates.iter().map(candidate).collect(),
            _ => Vec::new(),
        };
        let sentence = format!("{}.", found.sentence);
        FindingLine { word: found.finding.word(), sentence, candidates }
    });
    FeaturePage {
        shell,
        path: format!("/projects/{}/features", project.definition.id),
        id: feature.id.clone(),
        version: view.version,
        title: feature.name.clone(),
        fault: None,
        name_fault: None,
        name: feature.name.clone(),
        module: feature.module.clone().unwrap_or_default(),
        shown_in: module(feature, &view.shown_in),
        uses: count(view.usage.uses),
        people: behind.of_last_days(&feature.id, By::People, view.usage.people),
        accounts: behind.of_last_days(&feature.id, By::Accounts, view.usage.accounts),
        past: if *is_unseen { Some(words::UNSEEN.to_owned()) } else { words::past(view.past) },
        no_findings: if *is_unseen { words::UNCHECKED } else { words::no_findings(view) },
        findings: findings.collect(),
        alternatives: feature.any_of.iter().map(|one| alternative(one, project)).collect(),
        versions: versions.iter().map(|one| version(one, project)).collect(),
        kinds: words::choices(&KINDS, &feature.kind),
        steps: words::choices(&STEPS, &feature.step),
        meant: meant(view.n_elements as u64, *n_pages, feature),
        curve: Curve::new(history, |name, n| {
            behind.of_period(&feature.id, history.period, name, n)
        }),
    }
}

/// How many elements and pages a feature means: those that its rule speaks of.
fn meant(n_elements: u64, n_pages: u64, feature: &Feature) -> String {
    let is_page = |one: &FeatureAlternative| !one.rule.contains_key("target");
    let pages = many(n_pages, "page");
    let elements = many(n_elements, "element");
    match (feature.any_of.iter().all(is_page), feature.any_of.iter().any(is_page)) {
        (true, _) => pages,
        (_, true) => format!("{elements} and {pages}"),
        _ => elements,
    }
}

fn candidate(candidate: &Candidate) -> CandidateLine {
    CandidateLine {
        element: candidate.element.to_string(),
        label: capital(&candidate.label),
        how: format!(
            "{:.2} similar, {} of the usual volume",
            candidate.similarity,
            percent(candidate.volume)
        ),
    }
}

fn alternative(alternative: &FeatureAlternative, project: &Project) -> AlternativeLine {
    let on = |at| day(at, &project.zone);
    let mut holds = Vec::new();
    holds.extend(alternative.valid_from.map(|at| format!("from {}", on(at))));
    holds.extend(alternative.valid_to.map(|at| format!("until {}", on(at))));
    holds.extend(alternative.app_version.as_ref().map(|version| format!("app version {version}")));
    let holds = if holds.is_empty() { "always".to_owned() } else { holds.join(", ") };
    AlternativeLine { told: Told::new(&alternative.rule), holds }
}

fn version(definition: &Definition, project: &Project) -> VersionLine {
    let feature = serde_json::from_str::<Feature>(&definition.body).ok();
    let what = match feature {
        _ if definition.deleted => "deleted".to_owned(),
        None => "cannot be read".to_owned(),
        Some(feature) => {
            let n = feature.any_of.len();
            let ways =
                if n == 1 { "1 alternative".to_owned() } else { format!("{n} alternatives") };
            format!("“{}”, {ways}", feature.name)
        }
    };
    VersionLine {
        version: definition.version,
        author: definition.author.clone(),
        when: day_minute(definition.written_at, &project.zone),
        instant: instant(definition.written_at),
        what,
    }
}

/// What is changed of a feature.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Change {
    #[serde(default)]
    csrf: String,
    version: u32,
    name: String,
    #[serde(default)]
    module: String,
    kind: FeatureKind,
    step: FeatureStep,
}

/// Changes what a feature is called and where it belongs. What is wrong is said on its page, which
/// keeps what was typed.
pub(in crate::dashboard) async fn change(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Form(form): Form<Change>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(of))?;
    let (before, _) = stored(&app, &project, &id).await?;
    let draft = Draft {
        name: form.name.clone(),
        module: Some(form.module.clone()),
        kind: form.kind,
        step: Some(form.step),
        ..Draft::of(&before)
    };
    let at = Some((id.as_str(), form.version));
    let (fault, name_fault) =
        match save(&app, &project.definition.id, draft, at, &signed_in.member.email).await {
            Ok(_) => return Ok(back(&project, &id).into_response()),
            Err(Fault::Unnamed(why) | Fault::Taken(why)) => (None, Some(sentence(&why))),
            Err(Fault::Conflict(_)) => (Some(MEANWHILE.to_owned()), None),
            Err(fault) => return Err(fault.into()),
        };
    let page = FeaturePage {
        fault,
        name_fault,
        name: form.name,
        module: form.module,
        kinds: words::choices(&KINDS, &form.kind),
        steps: words::choices(&STEPS, &form.step),
        ..load(&app, &project, visit, &signed_in, &id).await?
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

/// An element that takes the place of one that is used no more.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Acceptance {
    #[serde(default)]
    csrf: String,
    version: u32,
    element: String,
}

/// Adds the rule of an element as an alternative: what was meant before is meant still.
pub(in crate::dashboard) async fn accept(
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Form(form): Form<Acceptance>,
) -> Result<Redirect, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(of))?;
    let why = |error| ApiError::BadRequest(format!("the element `{}`: {error}", form.element));
    let element: ElementId = form.element.parse().map_err(why)?;
    let found = suggested(&app, &project, element, None).await?;
    let this_one = found.iter().find(|(suggestion, _)| suggestion.scope == Scope::ThisOne);
    let none = || ApiError::Conflict(format!("there is no rule for the element `{element}` alone"));
    let (suggestion, _) = this_one.ok_or_else(none)?;
    let before = Draft::of(&stored(&app, &project, &id).await?.0);
    let n_before = before.any_of.len();
    let draft = with_successor(before, &suggestion.rule);
    if draft.any_of.len() == n_before {
        return Ok(back(&project, &id));
    }
    let of = Some((id.as_str(), form.version));
    save(&app, &project.definition.id, draft, of, &signed_in.member.email).await?;
    Ok(back(&project, &id))
}

/// The draft with one more alternative, unless it has it already, on the pages of the one whose place it takes: a button that
/// stood on many pages stands there under its new name as well.
fn with_successor(mut draft: Draft, rule: &Rule) -> Draft {
    let old: Vec<Alternative> =
        draft.any_of.iter().filter_map(|one| words::read(&one.rule)).collect();
    let mut rule = rule.clone();
    for new in &mut rule.any_of {
        let Some(page) = &new.page else { continue };
        let page = CanonicalPage::new("", &page.path);
        let is_there = |old: &&Alternative| {
            let on_any_host = |on: &PageRule| PageRule { host: None, ..on.clone() };
            old.page.as_ref().is_none_or(|on| on_any_host(on).matches(&page))
        };
        if let Some(old) = old.iter().find(is_there) {
            new.page.clone_from(&old.page);
        }
    }
    let is_new = |one: &FeatureAlternative| !draft.any_of.contains(one);
    let new: Vec<_> = alternatives(&rule).into_iter().filter(is_new).collect();
    draft.any_of.extend(new);
    draft
}

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Removal {
    #[serde(default)]
    csrf: String,
    version: u32,
}

/// Deletes a feature.
pub(in crate::dashboard) async fn delete(
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Form(form): Form<Removal>,
) -> Result<Redirect, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(of))?;
    let of = &project.definition.id;
    draft::delete(&app, of, (&id, form.version), &signed_in.member.email).await?;
    Ok(Redirect::to(&format!("/projects/{of}/features?deleted=true")))
}
