//! Features as JSON, under `/v1/projects/{project}/features`: for signed-in members and for
//! programs with a private key.

use super::draft::{Draft, delete, find, save};
use super::known;
use super::pointed::{pointed_page, suggested};
use super::view::{FeatureView, one, overview};
use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::csv::quoted;
use crate::http::error::ApiError;
use crate::http::json;
use crate::http::patience::in_time;
use crate::members::unavailable;
use crate::query::answered;
use analytics::feature::fragile::{Fragile, fragile};
use analytics::feature::preview::{Preview, preview};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::Feature;
use store::definition::Kind;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/projects/{project}/features", get(list).post(create))
        .route("/v1/projects/{project}/features/preview", post(look))
        .route("/v1/projects/{project}/features/suggestions", get(suggest))
        .route("/v1/projects/{project}/features/test_ids", get(test_ids))
        .route("/v1/projects/{project}/features/{id}", get(read).put(change).delete(remove))
        .route("/v1/projects/{project}/features/{id}/versions", get(versions))
        .layer(from_fn(in_time))
}

#[derive(Debug, Serialize)]
struct List {
    features: Vec<FeatureView>,
}

async fn list(State(app): State<App>, asker: Asker) -> Result<Json<List>, ApiError> {
    let project = &asker.project;
    Ok(Json(List { features: answered(overview(&app, project).await)? }))
}

async fn create(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<FeatureView>), ApiError> {
    let project = &asker.project;
    let draft: Draft = json::read(&headers, &body, "feature")?;
    let id = &project.definition.id;
    let (feature, _) = save(&app, id, draft, None, &asker.author).await?;
    Ok((StatusCode::CREATED, Json(view(&app, project, &feature.id).await?)))
}

async fn read(
    State(app): State<App>,
    asker: Asker,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<FeatureView>, ApiError> {
    let project = &asker.project;
    Ok(Json(view(&app, project, &id).await?))
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
) -> Result<Json<FeatureView>, ApiError> {
    let project = &asker.project;
    let Change { expected_version, draft } = json::read(&headers, &body, "feature")?;
    let draft = serde_json::from_value(draft.into()).map_err(|error| unreadable(&error))?;
    let of = Some((id.as_str(), expected_version));
    save(&app, &project.definition.id, draft, of, &asker.author).await?;
    Ok(Json(view(&app, project, &id).await?))
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
    let project = &asker.project;
    let why = "a feature is deleted with `?expected_version=` and the version that it is at";
    let version = expected_version.ok_or_else(|| ApiError::BadRequest(why.to_owned()))?;
    delete(&app, &project.definition.id, (&id, version), &asker.author).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One version of a feature.
#[derive(Debug, Serialize)]
struct Version {
    version: u32,
    author: String,
    written_at: Timestamp,
    deleted: bool,
    feature: Option<Feature>,
}

#[derive(Debug, Serialize)]
struct Versions {
    versions: Vec<Version>,
}

async fn versions(
    State(app): State<App>,
    asker: Asker,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Versions>, ApiError> {
    let project = &asker.project;
    let stored = app.store().versions(Kind::Feature, &id).await.map_err(unavailable)?;
    let version = |definition: store::Definition| {
        let feature = serde_json::from_str::<Feature>(&definition.body).ok();
        let feature = feature.filter(|feature| feature.project == project.definition.id)?;
        let store::Definition { version, author, written_at, deleted, .. } = definition;
        Some(Version { version, author, written_at, deleted, feature: Some(feature) })
    };
    let versions: Vec<Version> = stored.into_iter().filter_map(version).collect();
    if versions.is_empty() {
        return Err(missing(&id));
    }
    Ok(Json(Versions { versions }))
}

async fn look(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Preview>, ApiError> {
    let project = &asker.project;
    let draft: Draft = json::read(&headers, &body, "feature")?;
    let id = Feature::id_of(&project.definition.id, draft.name.trim(), 0);
    let feature = draft.feature(&project.definition.id, id)?;
    let known = answered(known(app.store(), &project.definition.id).await)?;
    let seen = preview(app.store(), &project.scope(), &feature, &known, app.now()).await;
    Ok(Json(answered(seen)?))
}

#[derive(Deserialize)]
struct Pointed {
    /// None for the page itself.
    element: Option<String>,
    path: Option<String>,
}

/// A rule for what was pointed at, and what it means.
#[derive(Debug, Serialize)]
struct Suggested {
    #[serde(flatten)]
    suggestion: rules::suggest::Suggestion,
    preview: Preview,
}

#[derive(Debug, Serialize)]
struct Suggestions {
    suggestions: Vec<Suggested>,
}

async fn suggest(
    State(app): State<App>,
    asker: Asker,
    Query(Pointed { element, path }): Query<Pointed>,
) -> Result<Json<Suggestions>, ApiError> {
    let project = &asker.project;
    let found = match (&element, &path) {
        (Some(element), path) => {
            let why = |error| ApiError::BadRequest(format!("the element `{element}`: {error}"));
            suggested(&app, project, element.parse().map_err(why)?, path.as_deref()).await?
        }
        (None, Some(path)) => pointed_page(&app, project, path).await?.rules,
        (None, None) => {
            let why = "say which `element`, or the `path` of which page";
            return Err(ApiError::BadRequest(why.to_owned()));
        }
    };
    let suggestions =
        found.into_iter().map(|(suggestion, preview)| Suggested { suggestion, preview });
    Ok(Json(Suggestions { suggestions: suggestions.collect() }))
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    format: String,
}

#[derive(Debug, Serialize)]
struct TestIds {
    elements: Vec<Fragile>,
}

/// What engineers should give a test id, as JSON or, with `?format=csv`, as a table.
async fn test_ids(
    State(app): State<App>,
    asker: Asker,
    Query(Form { format }): Query<Form>,
) -> Result<Response, ApiError> {
    let project = &asker.project;
    let id = &project.definition.id;
    let features = answered(analytics::feature::Features::load(app.store(), id, None).await)?;
    let elements = answered(fragile(app.store(), &project.scope(), &features, app.now()).await)?;
    match format.as_str() {
        "" | "json" => Ok(Json(TestIds { elements }).into_response()),
        "csv" => {
            let kind = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
            Ok((kind, table(&elements)).into_response())
        }
        _ => Err(ApiError::BadRequest(format!("the format is `json` or `csv`, not `{format}`"))),
    }
}

fn table(elements: &[Fragile]) -> String {
    let mut table = "feature,grade,element,path,clicks,people,attribute\r\n".to_owned();
    for Fragile { name, grade, element, attribute, .. } in elements {
        let (clicks, people) = (element.clicks.to_string(), element.people.to_string());
        let grade = format!("{grade:?}");
        let fields = [name, &grade, &element.label, &element.path, &clicks, &people, attribute];
        table += &fields.map(|field| quoted(field)).join(",");
        table += "\r\n";
    }
    table
}

async fn view(app: &App, project: &Arc<Project>, id: &str) -> Result<FeatureView, ApiError> {
    let definitions = app.store().feature_definitions().await.map_err(unavailable)?;
    find(&definitions, &project.definition.id, id)?;
    answered(one(app, project, id).await)?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> ApiError {
    ApiError::NotFound(format!("there is no feature `{id}` in this project"))
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    ApiError::BadRequest(format!("the feature cannot be read: {error}"))
}
