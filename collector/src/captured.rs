//! What a project captures, as JSON: `GET` and `PUT /v1/projects/{project}/captured`.
//!
//! Only an admin who is signed in changes it, and each change is kept with its author. Pages are
//! told, and what comes all the same from a page that does not know yet is dropped.

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
use protocol::config::can_be_off;
use protocol::{Kind, ProjectId};
use serde::{Deserialize, Serialize};
use store::{Captured, CapturedChange, Edit, Member};

/// Versions that are told.
const CHANGES: u32 = 50;

/// What is captured, and how that came to be.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The version, to base a change on; 0 if nobody has said anything yet.
    pub version: u32,
    /// What is not captured.
    pub off: Vec<Kind>,
    /// The last versions, the newest first.
    pub changes: Vec<CapturedChange>,
}

/// What is not to be captured, in the place of what was not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that it is based on; 0 if nobody has said anything yet.
    pub expected_version: u32,
    /// All kinds that are not captured from now on.
    pub off: Vec<Kind>,
}

/// What a change made.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// The version that holds now.
    pub version: u32,
}

/// Tells what is captured, to a member or to a program with a private key.
///
/// # Errors
/// 401 and 403 for a private key that does not open the project, 404 for an unknown project, 503
/// while ClickHouse is away.
pub async fn answer(State(app): State<App>, asker: Asker) -> Result<Json<Answer>, ApiError> {
    let changes = changes(&app, &asker.project.definition.id).await.map_err(unavailable)?;
    let at_first = || (0, Kind::OFF_AT_FIRST.to_vec());
    let (version, off) =
        changes.first().map_or_else(at_first, |last| (last.version, last.off.clone()));
    Ok(Json(Answer { version, off, changes }))
}

/// Changes what is captured.
///
/// # Errors
/// 401 without a member, 403 for one who is no admin, 404 for an unknown project, 400 with a
/// sentence for a kind that cannot be switched off, 409 when somebody else was faster, 503 while
/// ClickHouse is away.
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

/// The last versions, the newest first.
///
/// # Errors
/// When ClickHouse refuses or is away.
pub(crate) async fn changes(
    app: &App,
    project: &ProjectId,
) -> Result<Vec<CapturedChange>, store::Error> {
    app.store().captured_changes(project, CHANGES).await
}

/// Keeps what is captured, and has pages told of it.
///
/// # Errors
/// As [`change`].
pub(crate) async fn keep(
    app: &App,
    member: &Member,
    project: &Project,
    change: Change,
) -> Result<u32, ApiError> {
    if let Some(kind) = change.off.iter().find(|kind| !can_be_off(**kind)) {
        let why = "is what your pages say themselves, and cannot be switched off";
        return Err(ApiError::BadRequest(format!("`{kind}` {why}")));
    }
    let off = Kind::ALL.into_iter().filter(|kind| change.off.contains(kind)).collect();
    let captured = Captured { project: project.definition.id.clone(), off };
    let expected_version = change.expected_version;
    let edit = Edit { expected_version, author: member.email.clone(), at: app.now() };
    let version = match app.store().put_captured(&captured, &edit).await {
        Ok(version) => version,
        Err(store::Error::Conflict { .. }) => {
            let why = "somebody else changed what is captured meanwhile: read it again";
            return Err(ApiError::Conflict(why.to_owned()));
        }
        Err(error) => return Err(unavailable(error)),
    };
    if let Err(error) = app.definitions().refresh(app.store()).await {
        // It is kept and will be known in a moment.
        let error = format!("{error:#}");
        tracing::warn!(error, "what is captured was changed, and pages are told a little later");
    }
    Ok(version)
}
