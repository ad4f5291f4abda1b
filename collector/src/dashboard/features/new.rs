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
use axum::response::{IntoResponse, Redirect, Response};
use rules::suggest::Suggestion;
use serde::Deserialize;
use store::{Feature, FeatureKind, FeatureStep, ListMode};

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
    /// The features that it counts for already.
    meant_by: Vec<Link>,
    /// The feature that is called as it is, and where it is made a use of that.
    twin: Option<Link>,
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

    /// Where the address of a page was typed.
    fn typed(&self, project: &Project) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("page", &self.path)
            .finish();
        format!("/projects/{}/features?{query}#page", project.definition.id)
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

/// The features that an element counts for on a page; `features` is the path of all.
pub(super) fn meant_by(
    meaning: &Meaning,
    element: ElementId,
    path: &str,
    features: &str,
) -> Vec<Link> {
    let link = |feature: &Feature| Link {
        address: format!("{features}/{}", feature.id),
        name: feature.name.clone(),
    };
    meaning.of(element, path).map(link).collect()
}

/// The feature that is called as an element is and does not mean it, and where it is made to.
pub(super) fn twin(
    meaning: &Meaning,
    element: ElementId,
    found: &Pointed,
    features: &str,
) -> Option<Link> {
    twin_of(meaning, element, &found.names, &found.path, features)
}

/// The same of an element with these names, the shortest first.
pub(super) fn twin_of(
    meaning: &Meaning,
    element: ElementId,
    names: &[String],
    path: &str,
    features: &str,
) -> Option<Link> {
    let twin = meaning.called(names.first()?)?;
    if meaning.of(element, path).any(|feature| feature.id == twin.id) {
        return None;
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("element", &element.to_string())
        .append_pair("path", path)
        .finish();
    let address = format!("{features}/{}/add?{query}", twin.id);
    Some(Link { address, name: twin.name.clone() })
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
) -> Result<Response, ApiError> {
    let project = project(&app, &id)?;
    let found = match chosen.found(&app, &project).await {
        // What was typed is told to be none where it was typed.
        Err(ApiError::BadRequest(_)) if chosen.element.is_empty() && !chosen.path.is_empty() => {
            return Ok(Redirect::to(&chosen.typed(&project)).into_response());
        }
        found => found?,
    };
    let meaning = answered(Meaning::load(&app, &project).await)?;
    let shell = visit.shell_for("New feature", Place::Features, &signed_in, &project);
    let mut page = page(shell, &project, &chosen, &found, None);
    if !found.names.is_empty() {
        page.name = free(&found.names, &mut meaning.names());
    }
    if let Ok(element) = chosen.element() {
        page.meant_by = meant_by(&meaning, element, &found.path, &page.path);
        page.twin = twin(&meaning, element, &found, &page.path);
    }
    Ok(html(&page)?.into_response())
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
        meant_by: Vec::new(),
        twin: None,
        name: form.map(|form| form.name.clone()).unwrap_or_default(),
        module: form.map(|form| form.module.clone()).unwrap_or_default(),
        picks: picks(found, form.map(|form| form.scope.as_str()), project),
        advice: advice(found),
        kinds: words::choices(&KINDS, &kind),
        steps: words::choices(&STEPS, &step),
        path,
    }
}
