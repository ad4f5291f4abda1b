//! A new feature: from an element that was clicked, by one of the rules that are suggested for it,
//! or from the address of a page.

use super::words::{self, Choice, KINDS, STEPS};
use crate::App;
use crate::dashboard::format::{capital, day_minute, instant, many, people};
use crate::dashboard::gate::check_token;
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::notice::sentence;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::draft::{Draft, Fault, alternatives, save};
use crate::feature::{suggested, suggested_page};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use analytics::ElementId;
use analytics::feature::preview::Preview;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rules::suggest::{Scope, Suggestion};
use serde::Deserialize;
use store::{FeatureKind, FeatureStep, ListMode};

#[derive(Debug, Template)]
#[template(path = "feature_new.html")]
struct NewPage {
    shell: Shell,
    path: String,
    /// What is wrong with what was asked for.
    fault: Option<String>,
    element: String,
    on: String,
    label: String,
    name: String,
    module: String,
    suggestions: Vec<SuggestionView>,
    kinds: Vec<Choice>,
    steps: Vec<Choice>,
}

/// A rule that can be chosen.
#[derive(Debug)]
struct SuggestionView {
    value: &'static str,
    title: &'static str,
    what: &'static str,
    words: String,
    grade: String,
    reason: &'static str,
    means: String,
    use_: String,
    is_chosen: bool,
    overlaps: Vec<String>,
    samples: Vec<SampleView>,
}

#[derive(Debug)]
struct SampleView {
    when: String,
    instant: String,
    label: String,
    path: String,
}

/// The element that was chosen.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Pointed {
    /// Empty for the page itself.
    #[serde(default)]
    element: String,
    #[serde(default)]
    path: String,
}

impl Pointed {
    fn element(&self) -> Result<ElementId, ApiError> {
        if self.element.is_empty() {
            let why = "choose first what was clicked: this address does not say it";
            return Err(ApiError::BadRequest(why.to_owned()));
        }
        let why = |error| ApiError::BadRequest(format!("the element `{}`: {error}", self.element));
        self.element.parse().map_err(why)
    }

    /// The rules for it, and what each means.
    async fn suggested(
        &self,
        app: &App,
        project: &Project,
    ) -> Result<Vec<(Suggestion, Preview)>, ApiError> {
        match (self.element.is_empty(), self.path()) {
            (true, Some(path)) => Ok(vec![suggested_page(app, project, path).await?]),
            (_, path) => suggested(app, project, self.element()?, path).await,
        }
    }

    fn path(&self) -> Option<&str> {
        Some(self.path.as_str()).filter(|path| !path.is_empty())
    }
}

/// Shows the rules for an element.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Query(pointed): Query<Pointed>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let found = pointed.suggested(&app, &project).await?;
    let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
    page(shell, &project, &pointed, &found, None)
}

/// A feature as the form says it.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct NewFeature {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    pointed: Pointed,
    scope: String,
    name: String,
    #[serde(default)]
    module: String,
    kind: FeatureKind,
    step: FeatureStep,
}

/// Makes a feature of the chosen rule.
pub(in crate::dashboard) async fn make(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<NewFeature>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let found = form.pointed.suggested(&app, &project).await?;
    let is_chosen =
        |(suggestion, _): &&(Suggestion, _)| words::scope(suggestion.scope).0 == form.scope;
    let why = || ApiError::BadRequest("choose one of the rules".to_owned());
    let (suggestion, _) = found.iter().find(is_chosen).ok_or_else(why)?;
    let draft = Draft {
        name: form.name.clone(),
        module: Some(form.module.clone()),
        kind: form.kind,
        step: Some(form.step),
        list: ListMode::default(),
        any_of: alternatives(&suggestion.rule),
    };
    let of = &project.definition.id;
    match save(&app, of, draft, None, &signed_in.member.email).await {
        Ok((feature, _)) => {
            let address = format!("/projects/{of}/features/{}", feature.id);
            Ok(Redirect::to(&address).into_response())
        }
        Err(Fault::Invalid(why) | Fault::Conflict(why)) => {
            let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
            let fault = Some((sentence(&why), &form));
            let page = page(shell, &project, &form.pointed, &found, fault)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

fn page(
    shell: Shell,
    project: &Project,
    pointed: &Pointed,
    found: &[(Suggestion, Preview)],
    fault: Option<(String, &NewFeature)>,
) -> Result<Html<String>, ApiError> {
    let (fault, form) = fault.map_or((None, None), |(fault, form)| (Some(fault), Some(form)));
    let chosen = form.map(|form| form.scope.as_str());
    let suggestions = found.iter().enumerate();
    let suggestions = suggestions.map(|(n, (suggestion, seen))| {
        let is_chosen = chosen.map_or(n == 0, |chosen| chosen == words::scope(suggestion.scope).0);
        view(suggestion, seen, is_chosen, project)
    });
    let of_element = |one: &&analytics::feature::preview::PreviewElement| {
        one.element.to_string() == pointed.element
    };
    let seen = found.first().and_then(|(_, seen)| seen.elements.iter().find(of_element));
    let is_page = pointed.element.is_empty();
    let label = match (is_page, seen) {
        (true, _) => "A page".to_owned(),
        (false, Some(one)) => capital(&one.label),
        (false, None) => pointed.element.clone(),
    };
    let first_step = if is_page { FeatureStep::View } else { FeatureStep::default() };
    let kind = form.map_or_else(FeatureKind::default, |form| form.kind);
    let step = form.map_or(first_step, |form| form.step);
    html(&NewPage {
        shell,
        path: format!("/projects/{}/features", project.definition.id),
        fault,
        element: pointed.element.clone(),
        on: pointed.path.clone(),
        label,
        name: form.map(|form| form.name.clone()).unwrap_or_default(),
        module: form.map(|form| form.module.clone()).unwrap_or_default(),
        suggestions: suggestions.collect(),
        kinds: words::choices(&KINDS, &kind),
        steps: words::choices(&STEPS, &step),
    })
}

fn view(
    suggestion: &Suggestion,
    seen: &Preview,
    is_chosen: bool,
    project: &Project,
) -> SuggestionView {
    let (value, title, what) = words::scope(suggestion.scope);
    let is_page = suggestion.scope == Scope::Page;
    let alternatives = alternatives(&suggestion.rule);
    let overlaps = seen.overlaps.iter().map(|other| other.name.clone());
    let sample = |sample: &analytics::feature::preview::Sample| SampleView {
        when: day_minute(sample.at, &project.zone),
        instant: instant(sample.at),
        label: capital(&sample.label),
        path: sample.path.clone(),
    };
    SuggestionView {
        value,
        title,
        what,
        words: alternatives
            .first()
            .map(|one| capital(&words::alternative(&one.rule)))
            .unwrap_or_default(),
        grade: format!("{:?}", suggestion.grade),
        reason: suggestion.reason,
        means: if is_page {
            many(seen.n_pages as u64, "page")
        } else {
            words::counted(seen.is_partial, &many(seen.n_elements as u64, "element"))
        },
        use_: words::counted(
            seen.is_partial,
            &[
                many(seen.clicks, if is_page { "view" } else { "click" }),
                people(seen.people),
                many(seen.accounts, "account"),
            ]
            .join(" · "),
        ),
        is_chosen,
        overlaps: overlaps.collect(),
        samples: seen.samples.iter().map(sample).collect(),
    }
}
