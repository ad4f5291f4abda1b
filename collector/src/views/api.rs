//! Views as JSON, under `/v1/projects/{project}/views`: for signed-in members and for programs
//! with a private key, which see and save those of the team.

use super::{Draft, Who, delete, save, seen};
use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::http::patience::in_time;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::routing::{get, put};
use axum::{Json, Router};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::{SavedView, View};

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/projects/{project}/views", get(list).post(create))
        .route("/v1/projects/{project}/views/{id}", put(change).delete(remove))
        .layer(from_fn(in_time))
}

/// A view on the wire.
#[derive(Debug, Serialize)]
struct Answer {
    id: String,
    version: u32,
    name: String,
    description: String,
    report: String,
    query: String,
    shared: bool,
    owner: String,
    /// Who changed it last, and when.
    author: String,
    written_at: Timestamp,
    /// Where it is looked at.
    address: String,
}

impl Answer {
    fn new(app: &App, saved: SavedView) -> Self {
        let SavedView { version, author, at: written_at, view } = saved;
        let View { id, project, name, description, report, query, owner, shared } = view;
        let address = format!("{}/projects/{project}/{report}?{query}", app.origin());
        Self {
            id,
            version,
            name,
            description,
            report,
            query,
            shared,
            owner,
            author,
            written_at,
            address,
        }
    }
}

#[derive(Debug, Serialize)]
struct List {
    views: Vec<Answer>,
}

async fn list(State(app): State<App>, asker: Asker) -> Json<List> {
    let views = seen(&app, &asker.project.definition.id, &who(&asker)).into_iter();
    Json(List { views: views.map(|one| Answer::new(&app, one)).collect() })
}

async fn create(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Answer>), ApiError> {
    let draft: Draft = json::read(&headers, &body, "view")?;
    let (project, who) = (&asker.project, who(&asker));
    let made = save(&app, project, draft, None, &who).await?;
    Ok((StatusCode::CREATED, one(&app, project, &made.id, &who)?))
}

#[derive(Deserialize)]
struct Change {
    expected_version: u32,
    #[serde(flatten)]
    draft: serde_json::Map<String, serde_json::Value>,
}

async fn change(
    State(app): State<App>,
    asker: Asker,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Answer>, ApiError> {
    let Change { expected_version, draft } = json::read(&headers, &body, "view")?;
    let draft = serde_json::from_value(draft.into())
        .map_err(|error| ApiError::BadRequest(format!("the view cannot be read: {error}")))?;
    let (project, who) = (&asker.project, who(&asker));
    save(&app, project, draft, Some((&id, expected_version)), &who).await?;
    one(&app, project, &id, &who)
}

#[derive(Deserialize)]
struct Removal {
    expected_version: Option<u32>,
}

async fn remove(
    State(app): State<App>,
    asker: Asker,
    Path((_, id)): Path<(String, String)>,
    Query(Removal { expected_version }): Query<Removal>,
) -> Result<StatusCode, ApiError> {
    let why = "a view is deleted with `?expected_version=` and the version that it is at";
    let version = expected_version.ok_or_else(|| ApiError::BadRequest(why.to_owned()))?;
    delete(&app, &asker.project, (&id, version), &who(&asker)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn one(app: &App, project: &Project, id: &str, who: &Who) -> Result<Json<Answer>, ApiError> {
    let found = seen(app, &project.definition.id, who).into_iter().find(|one| one.view.id == id);
    let why = "the view is saved, and known in a moment";
    let found =
        found.ok_or_else(|| ApiError::Unavailable { message: why.to_owned(), retry_after: 5 })?;
    Ok(Json(Answer::new(app, found)))
}

fn who(asker: &Asker) -> Who {
    Who { name: asker.author.clone(), is_program: asker.is_program }
}
