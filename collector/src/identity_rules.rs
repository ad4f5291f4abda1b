//! The identity rules of a project as JSON: `GET` and `PUT /v1/projects/{project}/identity-rules`.
//!
//! They decide what is read on other people's pages, so only an admin who is signed in changes
//! them, and each change is kept with its author.

use crate::App;
use crate::definitions::Project;
use crate::http::asker::Asker;
use crate::http::error::ApiError;
use crate::http::json;
use crate::members::{SignedIn, unavailable};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use protocol::ProjectId;
use protocol::config::{self, IdentityRule};
use serde::{Deserialize, Serialize};
use store::{Edit, IdentityChange, IdentityRules, Member};

/// Versions that are told.
const CHANGES: u32 = 50;

/// The rules as they are, and how they came to be.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The version, to base a change on; 0 if there were never any.
    pub version: u32,
    /// The rules, those of one id in the order in which they are tried.
    pub rules: Vec<IdentityRule>,
    /// The last versions, the newest first.
    pub changes: Vec<IdentityChange>,
}

/// New rules in the place of those that are there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that it is based on; 0 if there were never any.
    pub expected_version: u32,
    /// All rules from now on.
    pub rules: Vec<IdentityRule>,
}

/// What a change made.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// The version that holds now.
    pub version: u32,
}

/// Tells the rules, to a member or to a program with a private key.
///
/// # Errors
/// 401 and 403 for a private key that does not open the project, 404 for an unknown project, 503
/// while ClickHouse is away.
pub async fn answer(State(app): State<App>, asker: Asker) -> Result<Json<Answer>, ApiError> {
    let changes = changes(&app, &asker.project.definition.id).await.map_err(unavailable)?;
    let (version, rules) =
        changes.first().map_or_else(Default::default, |last| (last.version, last.rules.clone()));
    Ok(Json(Answer { version, rules, changes }))
}

/// Changes the rules.
///
/// # Errors
/// 401 without a member, 403 for one who is no admin, 404 for an unknown project, 400 with a
/// sentence for rules that are none, 409 when somebody else was faster, 503 while ClickHouse is
/// away.
pub async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Changed>, ApiError> {
    let change: Change = json::read(&headers, &body, "change")?;
    let version = keep(&app, &signed_in.member, &asker.project, change).await?;
    Ok(Json(Changed { version }))
}

/// The last versions of the rules, the newest first.
///
/// # Errors
/// When ClickHouse refuses or is away.
pub(crate) async fn changes(
    app: &App,
    project: &ProjectId,
) -> Result<Vec<IdentityChange>, store::Error> {
    app.store().identity_changes(project, CHANGES).await
}

/// Keeps new rules, and has pages told of them.
///
/// # Errors
/// As [`change`].
pub(crate) async fn keep(
    app: &App,
    member: &Member,
    project: &Project,
    change: Change,
) -> Result<u32, ApiError> {
    config::check(&change.rules).map_err(|invalid| ApiError::BadRequest(invalid.0))?;
    let rules = IdentityRules { project: project.definition.id.clone(), rules: change.rules };
    let expected_version = change.expected_version;
    let edit = Edit { expected_version, author: member.email.clone(), at: app.now() };
    let version = match app.store().put_identity_rules(&rules, &edit).await {
        Ok(version) => version,
        Err(store::Error::Conflict { .. }) => {
            let why = "somebody else changed the rules meanwhile: read them again";
            return Err(ApiError::Conflict(why.to_owned()));
        }
        Err(error) => return Err(unavailable(error)),
    };
    if let Err(error) = app.definitions().refresh(app.store()).await {
        // The rules are kept and will be known in a moment.
        let error = format!("{error:#}");
        tracing::warn!(error, "identity rules were changed, and pages are told a little later");
    }
    Ok(version)
}
