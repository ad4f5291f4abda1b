//! The form for a new feature: rules for what was clicked, each with what it means now.

use super::pick::{Pick, picks};
use super::words::{self, Choice, KINDS, STEPS};
use crate::App;
use crate::dashboard::format::capital;
use crate::dashboard::gate::check_token;
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::notice::sentence;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::draft::{Draft, Fault, alternatives, save};
use crate::feature::{pointed, suggested_page};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use analytics::ElementId;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
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
    picks: Vec<Pick>,
    kinds: Vec<Choice>,
    steps: Vec<Choice>,
}

/// What was chosen to be named.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Chosen {
    /// Empty for the page itself.
    #[serde(default)]
    element: String,
    #[serde(default)]
    path: String,
}

impl Chosen {
    fn element(&self) -> Result<ElementId, ApiError> {
        if self.element.is_empty() {
            let why = "choose first what was clicked: this address does not say it";
            return Err(ApiError::BadRequest(why.to_owned()));
        }
        let why = |error| ApiError::BadRequest(format!("the element `{}`: {error}", self.element));
        self.element.parse().map_err(why)
    }

    /// The rules for it, and what each means.
    async fn found(&self, app: &App, project: &Project) -> Result<pointed::Pointed, ApiError> {
        match (self.element.is_empty(), self.path()) {
            (true, Some(path)) => Ok(pointed::Pointed {
                label: "a page".to_owned(),
                names: Vec::new(),
                path: rules::page::pattern(path.trim()).into_owned(),
                rules: vec![suggested_page(app, project, path).await?],
            }),
            (_, path) => pointed::pointed(app, project, self.element()?, path).await,
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
    Query(chosen): Query<Chosen>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    let found = chosen.found(&app, &project).await?;
    let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
    page(shell, &project, &chosen, &found, None)
}

/// A feature as the form says it.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct NewFeature {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    chosen: Chosen,
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
    let found = form.chosen.found(&app, &project).await?;
    let is_chosen = |rule: &&rules::suggest::Suggestion| words::scope(rule.scope).0 == form.scope;
    let why = || ApiError::BadRequest("choose one of the rules".to_owned());
    let suggestion = found.rules.iter().map(|(rule, _)| rule).find(is_chosen).ok_or_else(why)?;
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
            let page = page(shell, &project, &form.chosen, &found, fault)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

fn page(
    shell: Shell,
    project: &Project,
    chosen: &Chosen,
    found: &pointed::Pointed,
    fault: Option<(String, &NewFeature)>,
) -> Result<Html<String>, ApiError> {
    let (fault, form) = fault.map_or((None, None), |(fault, form)| (Some(fault), Some(form)));
    let is_page = chosen.element.is_empty();
    let first_step = if is_page { FeatureStep::View } else { FeatureStep::default() };
    let kind = form.map_or_else(FeatureKind::default, |form| form.kind);
    let step = form.map_or(first_step, |form| form.step);
    let proposed = || found.names.first().map(|name| capital(name)).unwrap_or_default();
    html(&NewPage {
        shell,
        path: format!("/projects/{}/features", project.definition.id),
        fault,
        element: chosen.element.clone(),
        on: found.path.clone(),
        label: capital(&found.label),
        name: form.map_or_else(proposed, |form| form.name.clone()),
        module: form.map(|form| form.module.clone()).unwrap_or_default(),
        picks: picks(&found.rules, form.map(|form| form.scope.as_str()), project),
        kinds: words::choices(&KINDS, &kind),
        steps: words::choices(&STEPS, &step),
    })
}
