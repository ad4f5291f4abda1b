//! Accounts that are one, under `/v1/projects/{project}/merges`, for administrators and for programs
//! with a private key. The same as on the page "Who is counted".
//!
//! A merge is applied when a question is asked, so it changes all of the past at once; each stays
//! with who made it and when, and to undo it brings the past back as it was.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::members::unavailable;
use crate::staff::take_up;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::definition::Written;
use store::{Edit, Merge, Merges};

/// A merge and who made it.
#[derive(Debug, Serialize)]
pub struct View {
    from: String,
    into: String,
    version: u32,
    author: String,
    written_at: Timestamp,
}

impl From<Written<Merge>> for View {
    fn from(written: Written<Merge>) -> Self {
        let Written { version, author, written_at, value, .. } = written;
        let Merge { project: _, from, into } = value;
        Self { from, into, version, author, written_at }
    }
}

/// The merges of a project, by the account that is merged.
#[derive(Debug, Serialize)]
pub struct List {
    merges: Vec<View>,
}

/// Which account is which other one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    pub(crate) from: String,
    pub(crate) into: String,
}

/// Tells the merges.
///
/// # Errors
/// 401 and 403 without somebody who may read it, 404 for an unknown project, 503 while ClickHouse
/// is away.
pub async fn list(State(app): State<App>, asker: Asker) -> Result<Json<List>, ApiError> {
    let merges = kept(&app, &asker.project).await.map_err(unavailable)?;
    Ok(Json(List { merges: merges.into_iter().map(View::from).collect() }))
}

/// Merges an account into another: 201, or 200 where it is already.
///
/// # Errors
/// As [`list`]; 400 with a sentence for what cannot be, 409 where the account is merged into another
/// one, or somebody else was faster.
pub async fn create(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<View>), ApiError> {
    let draft: Draft = json::read(&headers, &body, "merge")?;
    let (is_new, merge) = save(&app, &asker.project, &draft, asker.author).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(merge.into())))
}

/// What the address of an undoing says.
#[derive(Debug, Deserialize)]
pub struct Undoing {
    expected_version: Option<u32>,
}

/// Undoes the merge of an account.
///
/// # Errors
/// As [`list`]; 400 without the version, 404 for an account that is not merged, 409 when somebody
/// else was faster.
pub async fn remove(
    State(app): State<App>,
    asker: Asker,
    Path((_, from)): Path<(String, String)>,
    Query(Undoing { expected_version }): Query<Undoing>,
) -> Result<StatusCode, ApiError> {
    let why = "a merge is undone with `?expected_version=` and the version that it is at";
    let version = expected_version.ok_or_else(|| ApiError::BadRequest(why.to_owned()))?;
    undo(&app, &asker.project, (&from, version), asker.author).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The merges of a project that hold, by the account that is merged.
pub(crate) async fn kept(
    app: &App,
    project: &Project,
) -> Result<Vec<Written<Merge>>, store::Error> {
    let mut merges = app.store().merges(&project.definition.id).await?;
    merges.retain(|merge| !merge.deleted);
    Ok(merges)
}

/// Keeps a merge; returns whether it is a new one, and what is kept.
///
/// # Errors
/// As [`create`].
pub(crate) async fn save(
    app: &App,
    project: &Project,
    Draft { from, into }: &Draft,
    author: String,
) -> Result<(bool, Written<Merge>), ApiError> {
    let id = project.definition.id.clone();
    let value = Merge::new(id, from, into).map_err(ApiError::BadRequest)?;
    let all = app.store().merges(&project.definition.id).await.map_err(unavailable)?;
    let before = all.iter().find(|merge| merge.value.from == value.from);
    if let Some(there) = before.filter(|merge| !merge.deleted) {
        let (from, other) = (&there.value.from, &there.value.into);
        return if there.value == value {
            Ok((false, there.clone()))
        } else {
            let why = format!("`{from}` is merged into `{other}`: undo that first");
            Err(ApiError::Conflict(why))
        };
    }
    let hold = || all.iter().filter(|merge| !merge.deleted);
    if hold().count() >= Merge::MOST {
        let most = Merge::MOST;
        return Err(ApiError::BadRequest(format!("a project has at most {most} merges")));
    }
    let merges: Merges = hold().map(|merge| &merge.value).collect();
    if merges.account(&value.into) == value.from {
        let Merge { from, into, .. } = &value;
        let why = format!("`{into}` is merged into `{from}`, so this would go in a circle");
        return Err(ApiError::BadRequest(why));
    }
    let expected_version = before.map_or(0, |merge| merge.version);
    let edit = Edit { expected_version, author, at: app.now() };
    let version = app.store().put_merge(&value, &edit).await.map_err(conflict)?;
    take_up(app).await;
    let Edit { author, at: written_at, .. } = edit;
    Ok((true, Written { version, author, written_at, deleted: false, value }))
}

/// Undoes the merge of an account that is at a version.
///
/// # Errors
/// As [`remove`].
pub(crate) async fn undo(
    app: &App,
    project: &Project,
    (from, expected_version): (&str, u32),
    author: String,
) -> Result<(), ApiError> {
    let merges = kept(app, project).await.map_err(unavailable)?;
    let merge = merges.into_iter().find(|merge| merge.value.from == from);
    let missing = || ApiError::NotFound(format!("the account `{from}` is merged into no other"));
    let edit = Edit { expected_version, author, at: app.now() };
    app.store().delete_merge(&merge.ok_or_else(missing)?.value, &edit).await.map_err(conflict)?;
    take_up(app).await;
    Ok(())
}

fn conflict(error: store::Error) -> ApiError {
    match error {
        store::Error::Conflict { .. } => {
            let why = "somebody else changed this merge meanwhile: read the merges again";
            ApiError::Conflict(why.to_owned())
        }
        error => unavailable(error),
    }
}
