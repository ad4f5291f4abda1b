//! The form for a new feature: rules for what was clicked, each with what it means now.

use super::Link;
use super::name::free;
use super::pick::{Pick, advice, picks};
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
use crate::feature::meaning::Meaning;
use crate::feature::pointed::{Pointed, pointed, pointed_page};
use crate::http::error::ApiError;
use crate::members::SignedIn;
use crate::query::answered;
use analytics::ElementId;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use rules::suggest::Suggestion;
use serde::Deserialize;
use store::{FeatureKind, FeatureStep, ListMode};

#[derive(Debug, Template)]
#[template(path = "feature_new.html")]
struct NewPage {
    shell: Shell,
    path: String,
    /// What is wrong with what was asked for.
    fault: Option<String>,
    /// What is wrong with its name.
    name_fault: Option<String>,
    element: String,
    on: String,
    label: String,
    /// Whether a part of the address stands for any.
    has_ids: bool,
    /// Whether it is a page that was never seen.
    is_unseen: bool,
    /// Whether it was to be saved all the same, and is asked for again.
    is_asked_again: bool,
    /// The pages that may be meant in its place.
    nearest: Vec<Link>,
    name: String,
    module: String,
    picks: Vec<Pick>,
    advice: Option<String>,
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
    pub(super) async fn found(&self, app: &App, project: &Project) -> Result<Pointed, ApiError> {
        match (self.element.is_empty(), self.path()) {
            (true, Some(path)) => pointed_page(app, project, path).await,
            (_, path) => pointed(app, project, self.element()?, path).await,
        }
    }

    fn path(&self) -> Option<&str> {
        Some(self.path.as_str()).filter(|path| !path.is_empty())
    }

    /// What was chosen, for a form; none where nothing was.
    pub(super) fn fields(&self) -> Option<(&str, &str)> {
        let is_chosen = !self.element.is_empty() || !self.path.is_empty();
        is_chosen.then_some((&self.element, &self.path))
    }
}

/// The rule of the scope that a form names.
pub(super) fn of_scope<'a>(found: &'a Pointed, scope: &str) -> Result<&'a Suggestion, ApiError> {
    let is_chosen = |rule: &&Suggestion| words::scope(rule.scope).0 == scope;
    let why = || ApiError::BadRequest("choose one of the rules".to_owned());
    found.rules.iter().map(|(rule, _)| rule).find(is_chosen).ok_or_else(why)
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
    let meaning = answered(Meaning::load(&app, &project).await)?;
    let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
    let mut page = page(shell, &project, &chosen, &found, None);
    if !found.names.is_empty() {
        page.name = free(&found.names, &mut meaning.names());
    }
    html(&page)
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
    /// Said where the page was never seen, and is to be saved all the same.
    #[serde(default)]
    anyway: String,
}

/// Makes a feature of the chosen rule. A page that was never seen is asked for a second time.
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
    let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
    let mut page = page(shell, &project, &form.chosen, &found, Some(&form));
    if found.is_unseen() && form.anyway.is_empty() {
        page.is_asked_again = true;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    let draft = Draft {
        name: form.name.clone(),
        module: Some(form.module.clone()),
        kind: form.kind,
        step: Some(form.step),
        list: ListMode::default(),
        any_of: alternatives(&of_scope(&found, &form.scope)?.rule),
    };
    let of = &project.definition.id;
    match save(&app, of, draft, None, &signed_in.member.email).await {
        Ok((feature, _)) => {
            let address = format!("/projects/{of}/features/{}", feature.id);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(Fault::Unnamed(why) | Fault::Taken(why)) => page.name_fault = Some(sentence(&why)),
        Err(Fault::Invalid(why) | Fault::Conflict(why)) => page.fault = Some(sentence(&why)),
        Err(fault) => return Err(fault.into()),
    }
    // What was said once is not asked for again.
    page.is_asked_again = found.is_unseen();
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

fn page(
    shell: Shell,
    project: &Project,
    chosen: &Chosen,
    found: &Pointed,
    form: Option<&NewFeature>,
) -> NewPage {
    let is_page = chosen.element.is_empty();
    let first_step = if is_page { FeatureStep::View } else { FeatureStep::default() };
    let kind = form.map_or_else(FeatureKind::default, |form| form.kind);
    let step = form.map_or(first_step, |form| form.step);
    let path = format!("/projects/{}/features", project.definition.id);
    let link = |page: &String| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("path", page).finish();
        Link { address: format!("{path}/new?{query}"), name: page.clone() }
    };
    NewPage {
        shell,
        fault: None,
        name_fault: None,
        element: chosen.element.clone(),
        on: found.path.clone(),
        label: capital(&found.label),
        has_ids: is_page && found.path.split('/').any(|part| part == rules::page::ID),
        is_unseen: found.is_unseen(),
        is_asked_again: false,
        nearest: found.nearest.iter().map(link).collect(),
        name: form.map(|form| form.name.clone()).unwrap_or_default(),
        module: form.map(|form| form.module.clone()).unwrap_or_default(),
        picks: picks(&found.rules, form.map(|form| form.scope.as_str()), project),
        advice: advice(&found.rules),
        kinds: words::choices(&KINDS, &kind),
        steps: words::choices(&STEPS, &step),
        path,
    }
}
