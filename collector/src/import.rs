//! Takes the past: lines of a file, over HTTP with a private key.
//!
//! A body of lines is judged line by line, appended to the spool as it came, and answered when it
//! is safe; the writer makes rows of it like of everything else. Every event of an import is
//! looked up before it is written, and a line without an event id gets one that depends on file
//! and line only: so any body may be sent again, in any order, and nothing doubles. Therefore the
//! batches of an import need no ids of their own; they are cut and settled as all others are.
//!
//! The ids of lines are put into the set of [`crate::seen`] events, so that the same event sent
//! live afterwards is a `duplicate`. A line itself never is: it is accepted as often as it comes.
//!
//! Live events go first: an import is asked to wait while it is too far ahead of ClickHouse.

mod admit;

use crate::definitions::Project;
use crate::http::body::Incoming;
use crate::http::error::ApiError;
use crate::http::private_key;
use crate::ingest::refusal::Refused;
use crate::seen::Answer::{Duplicate, New, Unsure};
use crate::spool::{self, Encoding, ImportHead, Position};
use crate::{App, inflate};
use admit::{Admission, admit};
use anyhow::Context;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ImportId, ImportReceipt, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How far an import may be ahead of ClickHouse, in bytes of the spool: what browsers send
/// meanwhile waits behind it, half a minute at most.
const AHEAD_BYTES: u64 = 32 << 20;

/// Seconds after which an import that is too far ahead is to try again.
const RETRY_AFTER: u32 = 1;

/// What the address of a body says.
#[derive(Debug, Deserialize)]
struct Place {
    /// The file.
    import: String,
    /// The number of the body's first line in the file.
    first_line: u64,
}

/// Answers `POST /v1/projects/{project}/import?import=<id>&first_line=<n>` with 202 and an
/// [`ImportReceipt`] once the lines are safe.
pub async fn receive(
    State(app): State<App>,
    Path(project): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Incoming::new(body);
    match accept(&app, &project, &parts, &mut body).await {
        Ok(receipt) => (StatusCode::ACCEPTED, Json(receipt)).into_response(),
        Err(error) => {
            body.drain().await;
            error.into_response()
        }
    }
}

async fn accept(
    app: &App,
    project: &str,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<ImportReceipt, ApiError> {
    let project = private_key::project(app, &parts.headers, project)?;
    let (import, first_line) = place(parts)?;
    let encoding = encoding(&parts.headers)?;
    check_room(app)?;
    let time = Duration::from_millis(app.config().ingest.read_timeout_ms);
    let body = body.read(&parts.headers, time).await?;
    let lines = Lines { project, import, first_line, encoding, body };
    let of_task = app.clone();
    // Ten thousand lines take longer than other requests should wait for.
    let kept = spawn_blocking(move || lines.keep(&of_task)).await.context("the lines were lost")?;
    let (mut receipt, ticket) = kept?;
    ticket.await.map_err(|error| Refused::from(error).error)?;
    receipt.mark = mark(*app.spool().end().borrow());
    Ok(receipt)
}

fn place(parts: &Parts) -> Result<(ImportId, u64), ApiError> {
    let bad = |sentence: String| ApiError::BadRequest(sentence);
    let Query(place) = Query::<Place>::try_from_uri(&parts.uri).map_err(|_| {
        let form = "`?import=<SHA-256 of the file>&first_line=<number of the first line, from 1>`";
        bad(format!("the address must end with {form}"))
    })?;
    let import = ImportId::parse(&place.import);
    let import = import.map_err(|error| bad(format!("`import` is no id of a file: {error}")))?;
    match place.first_line {
        0 => Err(bad("`first_line` counts from 1".to_owned())),
        first_line => Ok((import, first_line)),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Ok(Encoding::Plain),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(_) => {
            let sentence = "a body is packed with `Content-Encoding: gzip`, or not at all";
            Err(ApiError::BadRequest(sentence.to_owned()))
        }
    }
}

/// Refuses an import that would take the room of live events, or make them wait.
fn check_room(app: &App) -> Result<(), ApiError> {
    let n_waiting = app.spool().bytes_after(app.delivery().done());
    let status = app.spool().status();
    // A spool that is written to the end has room, however large its files still are.
    let is_half_full = n_waiting > 0 && status.n_bytes > status.max_bytes / 2;
    if !is_half_full && n_waiting <= AHEAD_BYTES {
        return Ok(());
    }
    let message = "the collector still writes what came before; live events keep their room";
    Err(ApiError::Unavailable { message: message.to_owned(), retry_after: RETRY_AFTER })
}

/// Some lines of a file, as they came.
struct Lines {
    project: Arc<Project>,
    import: ImportId,
    first_line: u64,
    encoding: Encoding,
    body: Bytes,
}

impl Lines {
    /// Judges the lines, and appends them to the spool as they came.
    fn keep(&self, app: &App) -> Result<(ImportReceipt, spool::Ticket), ApiError> {
        let received_at = app.now();
        let admitted = match self.encoding {
            Encoding::Plain => self.admit(&self.body, received_at),
            Encoding::Gzip => inflate::with(&self.body, |lines| self.admit(lines, received_at))
                .map_err(|error| match error {
                    inflate::Error::TooLarge => ApiError::TooLarge(error.to_string()),
                    _ => ApiError::BadRequest(error.to_string()),
                })?,
        };
        let Admission { admitted, ids, receipt } = admitted?;
        let (project, epoch) = (&self.project.definition.id, app.spool().epoch());
        // Held until the lines are on their way, as for live events.
        let mut seen = app.seen().of(project, received_at, epoch, ids.iter().copied());
        for id in ids {
            // Every line is looked up, whatever the answer.
            let (New | Duplicate | Unsure) = seen.insert(id);
        }
        let ticket = if receipt.accepted == 0 {
            app.spool().barrier(epoch)
        } else {
            let head = ImportHead {
                project: Cow::Borrowed(project),
                received_at,
                import: self.import,
                first_line: self.first_line,
                encoding: self.encoding,
                admitted: Cow::Borrowed(&admitted),
            };
            app.spool().append(epoch, spool::Kind::Import, &head.encode(), &self.body)
        };
        if ticket.is_err() {
            seen.undo();
        }
        drop(seen);
        Ok((receipt, ticket.map_err(|error| Refused::from(error).error)?))
    }

    fn admit(&self, lines: &[u8], received_at: Timestamp) -> Result<Admission, ApiError> {
        admit(lines, &self.import, self.first_line, received_at)
    }
}

fn mark(position: Position) -> String {
    format!("{}-{}", position.segment, position.offset)
}

/// Which lines are asked about.
#[derive(Debug, Deserialize)]
pub struct Mark {
    mark: String,
}

/// Whether lines are written.
#[derive(Debug, Serialize)]
pub struct Written {
    written: bool,
}

/// Answers `GET /v1/projects/{project}/import?mark=<mark of a receipt>`: whether ClickHouse has
/// everything up to there.
///
/// # Errors
/// 401 and 403 as for the import itself, 400 for what is no mark.
pub async fn written(
    State(app): State<App>,
    Path(project): Path<String>,
    headers: HeaderMap,
    Query(asked): Query<Mark>,
) -> Result<Json<Written>, ApiError> {
    private_key::project(&app, &headers, &project)?;
    let (segment, offset) = asked.mark.split_once('-').unwrap_or_default();
    let (Ok(segment), Ok(offset)) = (segment.parse(), offset.parse()) else {
        return Err(ApiError::BadRequest("`mark` is not one of a receipt".to_owned()));
    };
    Ok(Json(Written { written: app.delivery().done() >= Position { segment, offset } }))
}

/// A project that a key opens.
#[derive(Debug, Serialize)]
pub struct Opened {
    id: String,
    name: String,
}

/// The projects that a key opens.
#[derive(Debug, Serialize)]
pub struct Projects {
    projects: Vec<Opened>,
}

/// Answers `GET /v1/projects` with what the private key opens, which is one project.
///
/// # Errors
/// 401 without a known private key.
pub async fn projects(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Projects>, ApiError> {
    let project = private_key::holder(&app, &headers)?;
    let store::Project { id, name, .. } = &project.definition;
    let opened = Opened { id: id.to_string(), name: name.clone() };
    Ok(Json(Projects { projects: vec![opened] }))
}
