//! Annotations, under `/v1/projects/{project}/annotations`: releases and notes beside the numbers.
//!
//! Signed-in members set and remove them, and so do programs with a private key, such as the one
//! that brings a release out. The same one sent again is the one that is there, so that a program
//! may repeat itself.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::members::unavailable;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Annotation, AnnotationKind, Edit, Written};

/// The most annotations of a project.
const MOST: usize = 2_000;

/// An annotation and who wrote it.
#[derive(Debug, Serialize)]
pub struct View {
    id: String,
    version: u32,
    day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    kind: AnnotationKind,
    text: String,
    author: String,
    written_at: Timestamp,
}

impl From<Written<Annotation>> for View {
    fn from(written: Written<Annotation>) -> Self {
        let Written { version, author, written_at, value, .. } = written;
        let Annotation { id, project: _, day, at, kind, text } = value;
        Self { id, version, day, at, kind, text, author, written_at }
    }
}

/// The annotations of a project, by day.
#[derive(Debug, Serialize)]
pub struct List {
    annotations: Vec<View>,
}

/// What is to be marked: a `day`, or the moment `at`, or now.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    #[serde(default)]
    pub(crate) day: Option<String>,
    #[serde(default)]
    pub(crate) at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) kind: AnnotationKind,
    pub(crate) text: String,
}

/// Tells the annotations.
///
/// # Errors
/// 401 and 403 for a private key that does not open the project, 404 for an unknown project, 503
/// while ClickHouse is away.
pub async fn list(State(app): State<App>, asker: Asker) -> Result<Json<List>, ApiError> {
    let annotations = shown(&app, &asker.project).await.map_err(unavailable)?;
    Ok(Json(List { annotations: annotations.into_iter().map(View::from).collect() }))
}

/// Sets an annotation: 201, or 200 where just this one is there already.
///
/// # Errors
/// As [`list`]; 400 with a sentence for an annotation that says nothing, 409 when somebody else was
/// faster.
pub async fn create(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<View>), ApiError> {
    let draft: Draft = json::read(&headers, &body, "annotation")?;
    let (is_new, annotation) = save(&app, &asker.project, draft, asker.author).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(annotation.into())))
}

/// What the address of a removal says.
#[derive(Debug, Deserialize)]
pub struct Removal {
    expected_version: Option<u32>,
}

/// Takes an annotation away.
///
/// # Errors
/// As [`list`]; 400 without the version, 404 for an annotation that is not there, 409 when somebody else
/// was faster.
pub async fn remove(
    State(app): State<App>,
    asker: Asker,
    Path((_, id)): Path<(String, String)>,
    Query(Removal { expected_version }): Query<Removal>,
) -> Result<StatusCode, ApiError> {
    let why = "an annotation is taken away with `?expected_version=` and the version that it is at";
    let version = expected_version.ok_or_else(|| ApiError::BadRequest(why.to_owned()))?;
    take_away(&app, &asker.project, (&id, version), asker.author).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The annotations of a project that are there, by day.
pub(crate) async fn shown(
    app: &App,
    project: &Project,
) -> Result<Vec<Written<Annotation>>, store::Error> {
    let mut annotations = app.store().annotations(&project.definition.id).await?;
    annotations.retain(|annotation| !annotation.deleted);
    Ok(annotations)
}

/// Keeps an annotation; returns whether it is a new one, and what is kept.
///
/// # Errors
/// As [`create`].
pub(crate) async fn save(
    app: &App,
    project: &Project,
    draft: Draft,
    author: String,
) -> Result<(bool, Written<Annotation>), ApiError> {
    let value = draft.annotation(project, app.now()).map_err(ApiError::BadRequest)?;
    let annotations = app.store().annotations(&project.definition.id).await.map_err(unavailable)?;
    let before = annotations.iter().find(|annotation| annotation.value.id == value.id);
    if let Some(there) = before.filter(|annotation| !annotation.deleted) {
        return Ok((false, there.clone()));
    }
    if annotations.iter().filter(|annotation| !annotation.deleted).count() >= MOST {
        let why = format!("a project has at most {MOST} annotations: take some away first");
        return Err(ApiError::BadRequest(why));
    }
    let expected_version = before.map_or(0, |annotation| annotation.version);
    let edit = Edit { expected_version, author, at: app.now() };
    let version = app.store().put_annotation(&value, &edit).await.map_err(conflict)?;
    let Edit { author, at: written_at, .. } = edit;
    Ok((true, Written { version, author, written_at, deleted: false, value }))
}

/// Takes an annotation at a version away.
///
/// # Errors
/// As [`remove`].
pub(crate) async fn take_away(
    app: &App,
    project: &Project,
    (id, expected_version): (&str, u32),
    author: String,
) -> Result<(), ApiError> {
    let annotations = shown(app, project).await.map_err(unavailable)?;
    let annotation = annotations.into_iter().find(|annotation| annotation.value.id == id);
    let missing = || ApiError::NotFound(format!("there is no annotation `{id}` in this project"));
    let edit = Edit { expected_version, author, at: app.now() };
    app.store()
        .delete_annotation(&annotation.ok_or_else(missing)?.value, &edit)
        .await
        .map_err(conflict)
}

fn conflict(error: store::Error) -> ApiError {
    match error {
        store::Error::Conflict { .. } => {
            let why = "somebody else changed this annotation meanwhile: read the annotations again";
            ApiError::Conflict(why.to_owned())
        }
        error => unavailable(error),
    }
}

impl Draft {
    /// The annotation, if it says something that can be shown in one line.
    fn annotation(self, project: &Project, now: Timestamp) -> Result<Annotation, String> {
        let text = self.text.trim().to_owned();
        let n_chars = text.chars().count();
        if text.is_empty() || n_chars > Annotation::CHARS || text.contains(char::is_control) {
            let most = Annotation::CHARS;
            return Err(format!(
                "an annotation says something in one line of at most {most} characters"
            ));
        }
        let (day, at) = match (self.day, self.at) {
            (Some(day), None) => (day_of(&day)?, None),
            (None, at) => {
                let at = at.unwrap_or(now);
                (moment(at)?.to_zoned(project.zone.clone()).date(), Some(at))
            }
            (Some(_), Some(_)) => {
                return Err("an annotation has a `day` or a moment (`at`), and not both".to_owned());
            }
        };
        let (day, kind) = (day.to_string(), self.kind);
        let id = &project.definition.id;
        // A program that says again what it said has another now, and means the same day.
        let when = self.at.map_or_else(|| day.clone(), |at| at.as_millis().to_string());
        let id = Annotation::id_of(id, &when, kind, &text);
        Ok(Annotation { id, project: project.definition.id.clone(), day, at, kind, text })
    }
}

fn day_of(text: &str) -> Result<Date, String> {
    let day = text.trim().parse::<Date>().ok().filter(|day| (1970..2200).contains(&day.year()));
    day.ok_or_else(|| format!("`{text}` is not a day of the calendar, such as `2026-11-22`"))
}

fn moment(at: Timestamp) -> Result<jiff::Timestamp, String> {
    let found = jiff::Timestamp::from_millisecond(at.as_millis()).ok();
    let found = found.filter(|at| (0..7_258_118_400_000).contains(&at.as_millisecond()));
    found.ok_or_else(|| "the moment of an annotation is milliseconds since 1970".to_owned())
}
