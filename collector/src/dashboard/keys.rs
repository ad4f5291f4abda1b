//! Private keys: which there are, making one, which shows it once, and revoking one.

use super::format::{day, instant};
use super::gate::check_token;
use super::layout::{Place, Shell};
use super::notice::sentence;
use super::visit::Visit;
use super::{html, project};
use crate::App;
use crate::access::Act;
use crate::definitions::Project;
use crate::delivery::if_there;
use crate::http::error::ApiError;
use crate::members::{SignedIn, unavailable};
use crate::prepare::new_key;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use store::{Edit, PrivateKey, Versioned};

/// The most characters of a key's name.
const NAME_CHARS: usize = 100;

#[derive(Debug, Template)]
#[template(path = "keys.html")]
struct KeysPage {
    shell: Shell,
    project_id: String,
    origin: String,
    /// What is wrong with what was asked for.
    fault: Option<String>,
    /// The text of the key that was just made.
    made: Option<String>,
    /// None while the store is away.
    keys: Option<Vec<KeyView>>,
    may_change: bool,
}

/// A key in the list.
#[derive(Debug)]
struct KeyView {
    id: String,
    version: u32,
    name: String,
    ends_with: String,
    created_by: String,
    created_on: String,
    instant: String,
}

impl KeyView {
    fn new(key: Versioned<PrivateKey>, zone: &TimeZone) -> Self {
        let Versioned { version, value } = key;
        Self {
            id: value.id(),
            version,
            name: value.name,
            ends_with: value.ends_with,
            created_by: value.created_by,
            created_on: day(value.created_at, zone),
            instant: instant(value.created_at),
        }
    }
}

/// What came of a form.
#[derive(Debug, Default)]
struct Outcome {
    fault: Option<String>,
    made: Option<String>,
}

/// Shows the keys.
pub(super) async fn show(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
) -> Result<Html<String>, ApiError> {
    let project = project(&app, &id)?;
    page(&app, &visit, &signed_in, &project, Outcome::default()).await
}

async fn page(
    app: &App,
    visit: &Visit,
    signed_in: &SignedIn,
    project: &Project,
    outcome: Outcome,
) -> Result<Html<String>, ApiError> {
    // How one is used is of interest while the store is away, too.
    let keys = if_there(app, app.store().private_keys()).await;
    let own = |key: &Versioned<PrivateKey>| key.value.project == project.definition.id;
    let view = |key| KeyView::new(key, &project.zone);
    let keys = keys.map(|keys| keys.into_iter().filter(own).map(view).collect());
    html(&KeysPage {
        shell: visit.shell_for("Private keys", Place::Keys, signed_in, project),
        project_id: project.definition.id.to_string(),
        origin: app.origin().to_owned(),
        fault: outcome.fault,
        made: outcome.made,
        keys,
        may_change: signed_in.may(Act::Keys),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct NewKey {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
}

/// Makes a key, and shows it this one time.
pub(super) async fn make(
    visit: Visit,
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<NewKey>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS {
        let fault = sentence(&format!("a key has a name of 1 to {NAME_CHARS} characters"));
        let outcome = Outcome { fault: Some(fault), made: None };
        let page = page(&app, &visit, &signed_in, &project, outcome).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let text = new_key(PrivateKey::PREFIX)?;
    let key = PrivateKey {
        hash: PrivateKey::hash_of(&text),
        project: project.definition.id.clone(),
        name: name.to_owned(),
        ends_with: PrivateKey::end_of(&text),
        created_by: signed_in.member.email.clone(),
        created_at: app.now(),
    };
    let edit = edit(&app, &signed_in, 0);
    app.store().put_private_key(&key, &edit).await.map_err(unavailable)?;
    if let Err(error) = app.definitions().refresh(app.store()).await {
        // The key is there and will be known in a moment, and its text is nowhere else.
        let error = format!("{error:#}");
        tracing::warn!(error, "a private key was made and is not known to requests yet");
    }
    let outcome = Outcome { fault: None, made: Some(text) };
    Ok(page(&app, &visit, &signed_in, &project, outcome).await?.into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct OldKey {
    #[serde(default)]
    csrf: String,
    id: String,
    version: u32,
}

/// Revokes a key. One that is gone already is as good.
pub(super) async fn revoke(
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<OldKey>,
) -> Result<Response, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let keys = app.store().private_keys().await.map_err(unavailable)?.into_iter();
    let mut own = keys.map(|key| key.value).filter(|key| key.project == project.definition.id);
    if let Some(key) = own.find(|key| key.id() == form.id) {
        let edit = edit(&app, &signed_in, form.version);
        match app.store().revoke_private_key(&key, &edit).await {
            Ok(()) | Err(store::Error::Conflict { .. }) => {}
            Err(error) => return Err(unavailable(error)),
        }
        app.definitions().refresh(app.store()).await?;
    }
    Ok(Redirect::to(&format!("/projects/{}/keys", project.definition.id)).into_response())
}

fn edit(app: &App, signed_in: &SignedIn, expected_version: u32) -> Edit {
    Edit { expected_version, author: signed_in.member.email.clone(), at: app.now() }
}
