//! The forms of releases and notes: one to write, one to remove.

use crate::App;
use crate::annotation::{Draft, save, take_away};
use crate::dashboard::gate::check_token;
use crate::dashboard::project;
use crate::dashboard::visit::local;
use crate::http::error::ApiError;
use crate::members::SignedIn;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;
use store::AnnotationKind;

#[derive(Debug, Deserialize)]
pub(super) struct NewForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    kind: AnnotationKind,
    #[serde(default)]
    text: String,
}

/// Writes one, and leads back.
pub(super) async fn add(
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<NewForm>,
) -> Result<Redirect, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let NewForm { next, day, kind, text, .. } = form;
    let day = Some(day).filter(|day| !day.trim().is_empty());
    let draft = Draft { day, at: None, kind, text };
    save(&app, &project, draft, signed_in.member.email.clone()).await?;
    Ok(Redirect::to(local(&next)))
}

#[derive(Debug, Deserialize)]
pub(super) struct RemoveForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    /// The id and the version that was seen, with a colon between.
    annotation: String,
}

/// Removes one, and leads back.
pub(super) async fn remove(
    signed_in: SignedIn,
    State(app): State<App>,
    id: Path<String>,
    Form(form): Form<RemoveForm>,
) -> Result<Redirect, ApiError> {
    check_token(&form.csrf, &signed_in)?;
    let project = project(&app, &id)?;
    let seen = form.annotation.split_once(':');
    let seen = seen.and_then(|(id, version)| Some((id, version.parse().ok()?)));
    let missing = || ApiError::BadRequest("there is no such annotation".to_owned());
    let author = signed_in.member.email.clone();
    take_away(&app, &project, seen.ok_or_else(missing)?, author).await?;
    Ok(Redirect::to(local(&form.next)))
}
