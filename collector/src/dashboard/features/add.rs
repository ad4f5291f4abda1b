//! One more thing that counts as a feature: chosen from what was clicked, or a page, with the rule
//! for it. What was meant before is meant still; and what was added can be taken away again.

use super::new::{Chosen, of_scope};
use super::pick::{Pick, advice, picks};
use super::{OFFERED, Offer, clicked, offer};
use crate::App;
use crate::dashboard::format::capital;
use crate::dashboard::gate::check_token;
use crate::dashboard::layout::{Place, Shell};
use crate::dashboard::notice::sentence;
use crate::dashboard::visit::Visit;
use crate::dashboard::{html, project};
use crate::definitions::Project;
use crate::feature::draft::{Draft, Fault, alternatives, find, save};
use crate::feature::meaning::Meaning;
use crate::feature::pointed::Pointed;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::query::answered;
use analytics::catalog::{ClickedElement, Search, clicked_elements};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::{Feature, FeatureAlternative};

#[derive(Debug, Template)]
#[template(path = "feature_add.html")]
struct AddPage {
    shell: Shell,
    path: String,
    id: String,
    name: String,
    version: u32,
    fault: Option<String>,
    /// What was chosen; none where it is to be chosen.
    chosen: Option<ChosenView>,
    search: String,
    elements: Vec<Offer>,
    /// Which of how many are shown, where there are more.
    n_elements: Option<String>,
}

/// What was chosen, and the rules for it.
#[derive(Debug)]
struct ChosenView {
    element: String,
    on: String,
    label: String,
    is_unseen: bool,
    picks: Vec<Pick>,
    advice: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Asked {
    #[serde(flatten)]
    chosen: Chosen,
    #[serde(default)]
    q: String,
}

/// Shows what can be added, or the rules for what was chosen.
pub(in crate::dashboard) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &Path(of))?;
    let (feature, version) = stored(&app, &project, &id).await?;
    let shell = visit.shell_for("Count something else", Place::Features, &signed_in, &project);
    let mut page = AddPage::new(shell, &project, &feature, version);
    if asked.chosen.fields().is_some() {
        match asked.chosen.found(&app, &project).await {
            Err(ApiError::BadRequest(why)) => {
                page.fault = Some(sentence(&why));
                page.offer(&app, &project, asked.q).await?;
            }
            found => {
                page.chosen = Some(ChosenView::new(&asked.chosen, &found?, None, &project));
            }
        }
    } else {
        page.offer(&app, &project, asked.q).await?;
    }
    html(&page)
}

impl AddPage {
    fn new(shell: Shell, project: &Project, feature: &Feature, version: u32) -> Self {
        Self {
            shell,
            path: format!("/projects/{}/features", project.definition.id),
            id: feature.id.clone(),
            name: feature.name.clone(),
            version,
            fault: None,
            chosen: None,
            search: String::new(),
            elements: Vec::new(),
            n_elements: None,
        }
    }

    /// Offers what was clicked and is not meant by the feature yet.
    async fn offer(&mut self, app: &App, project: &Project, text: String) -> Result<(), ApiError> {
        let search = Search { text: text.clone(), limit: clicked::LOOKED };
        let found = clicked_elements(app.store(), &project.scope(), &search, app.now()).await;
        let found = answered(found)?;
        let meaning = answered(Meaning::load(app, project).await)?;
        let is_new = |one: &&ClickedElement| {
            meaning.of(one.element, &one.path).all(|feature| feature.id != self.id)
        };
        let new: Vec<_> = found.iter().filter(is_new).collect();
        let is_cut = found.len() >= clicked::LOOKED as usize;
        let n = new.len();
        self.n_elements = (n > OFFERED).then(|| clicked::range(0, OFFERED, n, is_cut));
        let to = |one: &&ClickedElement| {
            let offer = offer(one, &meaning, &self.path);
            let (_, query) = offer.address.split_once('?').unwrap_or_default();
            Offer { address: format!("{}/{}/add?{query}", self.path, self.id), ..offer }
        };
        self.elements = new.iter().take(OFFERED).map(to).collect();
        self.search = text;
        Ok(())
    }
}

impl ChosenView {
    fn new(chosen: &Chosen, found: &Pointed, scope: Option<&str>, project: &Project) -> Self {
        let (element, _) = chosen.fields().unwrap_or_default();
        Self {
            element: element.to_owned(),
            on: found.path.clone(),
            label: capital(&found.label),
            is_unseen: found.is_unseen(),
            picks: picks(found, scope, project),
            advice: advice(found),
        }
    }
}

/// What is to be added.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Addition {
    #[serde(default)]
    csrf: String,
    version: u32,
    #[serde(flatten)]
    chosen: Chosen,
    scope: String,
}

/// Adds a rule as an alternative.
pub(in crate::dashboard) async fn add(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Form(form): Form<Addition>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(of))?;
    let (feature, version) = stored(&app, &project, &id).await?;
    let found = form.chosen.found(&app, &project).await?;
    let rule = &of_scope(&found, &form.scope)?.rule;
    let shell = visit.shell_for("Count something else", Place::Features, &signed_in, &project);
    let mut page = AddPage::new(shell, &project, &feature, version);
    page.chosen = Some(ChosenView::new(&form.chosen, &found, Some(&form.scope), &project));
    let mut draft = Draft::of(&feature);
    let is_new = |one: &FeatureAlternative| !draft.any_of.contains(one);
    let new: Vec<_> = alternatives(rule).into_iter().filter(is_new).collect();
    let never = || {
        format!("No page with the address {} was ever seen: there is nothing to count.", found.path)
    };
    let already = || format!("“{}” counts this already.", feature.name);
    page.fault = match found.is_unseen() {
        true => Some(never()),
        false => new.is_empty().then(already),
    };
    if page.fault.is_some() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    draft.any_of.extend(new);
    let at = Some((id.as_str(), form.version));
    match save(&app, &project.definition.id, draft, at, &signed_in.member.email).await {
        Ok(_) => Ok(back(&project, &id).into_response()),
        Err(Fault::Invalid(why) | Fault::Conflict(why)) => {
            page.fault = Some(sentence(&why));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

/// What is to be taken away: an alternative by its place among them, from 0.
#[derive(Debug, Deserialize)]
pub(in crate::dashboard) struct Removal {
    #[serde(default)]
    csrf: String,
    version: u32,
    alternative: usize,
}

/// Takes an alternative away. The last one stays: without it nothing is counted.
pub(in crate::dashboard) async fn remove(
    signed_in: SignedIn,
    State(app): State<App>,
    Path((of, id)): Path<(String, String)>,
    Form(form): Form<Removal>,
) -> Result<Redirect, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &Path(of))?;
    let (feature, _) = stored(&app, &project, &id).await?;
    let mut draft = Draft::of(&feature);
    if form.alternative >= draft.any_of.len() || draft.any_of.len() == 1 {
        let why = "a feature keeps at least one rule: delete the feature instead";
        return Err(ApiError::Conflict(why.to_owned()));
    }
    draft.any_of.remove(form.alternative);
    let at = Some((id.as_str(), form.version));
    save(&app, &project.definition.id, draft, at, &signed_in.member.email).await?;
    Ok(back(&project, &id))
}

/// The feature as it is saved, and its version.
pub(super) async fn stored(
    app: &App,
    project: &Project,
    id: &str,
) -> Result<(Feature, u32), ApiError> {
    let definitions = app.store().feature_definitions().await.map_err(unavailable)?;
    let (feature, definition) = find(&definitions, &project.definition.id, id)?;
    Ok((feature, definition.version))
}

/// The way to the page of a feature.
pub(super) fn back(project: &Project, id: &str) -> Redirect {
    Redirect::to(&format!("/projects/{}/features/{id}", project.definition.id))
}
