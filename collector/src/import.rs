//! Takes the past: lines of a file, over HTTP with a private key.
//!
//! A body of lines is judged line by line, appended to the spool as it came, and answered when it
//! is safe; the writer makes rows of it like of everything else. Every event of an import is
//! looked up before it is written, and a line without an event id gets one that depends on file
//! and line only: so any body may be sent again, in any order, and nothing doubles. That is why a
//! batch is not named by (import id, chunk), which would know a repeat only of a file that is cut
//! in the same places: the lookup knows it event by event, however the file is cut, and batches
//! are cut and settled as all others are.
//!
//! The ids of lines are put into the set of [`crate::seen`] events, so that the same event sent
//! live afterwards is a `duplicate`. A line itself never is: it is accepted as often as it comes.
//!
//! All of it is counted in the project's outcomes like live events, and of what is refused the
//! place and reason are kept, never what stands there.
//!
//! Live events go first: an import is asked to wait while it is too far ahead of ClickHouse.

mod admit;
mod mark;

use crate::counters::{Fault, Sample};
use crate::definitions::Project;
use crate::http::body::Incoming;
use crate::http::error::ApiError;
use crate::http::private_key;
use crate::ingest::refusal::Refused;
use crate::seen::Answer::{Duplicate, New, Unsure};
use crate::spool::{self, Encoding, ImportHead};
use crate::{App, inflate};
use admit::{Admission, admit};
use anyhow::Context;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mark::Mark;
pub use mark::written;
use protocol::{ImportId, ImportReceipt, ProjectId, Timestamp};
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

/// Who sent what a sample shows.
const SENDER: &str = "import";

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
        Err(refused) => {
            count(&app, &project, &parts.headers, &refused);
            body.drain().await;
            refused.error.into_response()
        }
    }
}

/// Counts a request that is refused as a whole: at the project that it names, or else at the one
/// that its key opens.
fn count(app: &App, id: &str, headers: &HeaderMap, refused: &Refused) {
    let named = ProjectId::parse(id).ok().and_then(|id| app.definitions().project(&id));
    let Some(project) = named.or_else(|| private_key::holder(app, headers).ok()) else { return };
    let now = app.now();
    let sample = Sample::new(now, &refused.error.to_string(), SENDER, "");
    project.counters.refuse(project.day(now), refused.fault, sample);
}

async fn accept(
    app: &App,
    id: &str,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<ImportReceipt, Refused> {
    let for_key = |error| Refused { fault: Fault::PrivateKey, error };
    let project = private_key::project(app, &parts.headers, id).map_err(for_key)?;
    let (import, first_line) =
        place(parts).map_err(|sentence| Refused::because(Fault::Address, &sentence))?;
    let encoding = encoding(&parts.headers)?;
    check_room(app)?;
    let time = Duration::from_millis(app.config().ingest.read_timeout_ms);
    let body = body.read(&parts.headers, time).await.map_err(Refused::for_body)?;
    let lines = Lines { project: Arc::clone(&project), import, first_line, encoding, body };
    let of_task = app.clone();
    // Ten thousand lines take longer than other requests should wait for.
    let kept = spawn_blocking(move || lines.keep(&of_task)).await.context("the lines were lost");
    let lost = |error| Refused { fault: Fault::SpoolFailed, error: ApiError::from(error) };
    let Kept { admission, received_at, ticket } = kept.map_err(lost)??;
    ticket.await?;
    let Admission { mut receipt, counts, samples, .. } = admission;
    project.counters.show(samples);
    project.counters.add(project.day(received_at), &counts, None);
    receipt.mark = Mark::now(app).to_string();
    Ok(receipt)
}

fn place(parts: &Parts) -> Result<(ImportId, u64), String> {
    let Query(place) = Query::<Place>::try_from_uri(&parts.uri).map_err(|_| {
        let form = "`?import=<SHA-256 of the file>&first_line=<number of the first line, from 1>`";
        format!("the address must end with {form}")
    })?;
    let import = ImportId::parse(&place.import);
    let import = import.map_err(|error| format!("`import` is no id of a file: {error}"))?;
    match place.first_line {
        0 => Err("`first_line` counts from 1".to_owned()),
        first_line => Ok((import, first_line)),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refused> {
    match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None | Some(b"identity") => Ok(Encoding::Plain),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(_) => {
            let sentence = "a body is packed with `Content-Encoding: gzip`, or not at all";
            Err(Refused::because(Fault::Packing, sentence))
        }
    }
}

/// Refuses an import that would take the room of live events, or make them wait.
fn check_room(app: &App) -> Result<(), Refused> {
    let n_waiting = app.spool().bytes_after(app.delivery().done());
    let status = app.spool().status();
    // A spool that is written to the end has room, however large its files still are.
    let is_half_full = n_waiting > 0 && status.n_bytes > status.max_bytes / 2;
    if !is_half_full && n_waiting <= AHEAD_BYTES {
        return Ok(());
    }
    let message = "the collector still writes what came before; live events keep their room";
    let error = ApiError::Unavailable { message: message.to_owned(), retry_after: RETRY_AFTER };
    Err(Refused { fault: Fault::Ahead, error })
}

/// Some lines of a file, as they came.
struct Lines {
    project: Arc<Project>,
    import: ImportId,
    first_line: u64,
    encoding: Encoding,
    body: Bytes,
}

/// Some lines that are on their way into the spool.
struct Kept {
    admission: Admission,
    received_at: Timestamp,
    ticket: spool::Ticket,
}

impl Lines {
    /// Judges the lines, and appends them to the spool as they came.
    fn keep(&self, app: &App) -> Result<Kept, Refused> {
        let received_at = app.now();
        let admitted = match self.encoding {
            Encoding::Plain => self.admit(&self.body, received_at),
            Encoding::Gzip => inflate::with(&self.body, |lines| self.admit(lines, received_at))?,
        };
        let admission = admitted?;
        let (project, epoch) = (&self.project.definition.id, app.spool().epoch());
        // Held until the lines are on their way, as for live events.
        let mut seen = app.seen().of(project, received_at, epoch, admission.ids.iter().copied());
        for id in &admission.ids {
            // Every line is looked up, whatever the answer.
            let (New | Duplicate | Unsure) = seen.insert(*id);
        }
        let ticket = if admission.receipt.accepted == 0 {
            app.spool().barrier(epoch)
        } else {
            let head = ImportHead {
                project: Cow::Borrowed(project),
                received_at,
                import: self.import,
                first_line: self.first_line,
                encoding: self.encoding,
                admitted: Cow::Borrowed(&admission.admitted),
            };
            app.spool().append(epoch, spool::Kind::Import, &head.encode(), &self.body)
        };
        if ticket.is_err() {
            seen.undo();
        }
        drop(seen);
        Ok(Kept { admission, received_at, ticket: ticket? })
    }

    fn admit(&self, lines: &[u8], received_at: Timestamp) -> Result<Admission, Refused> {
        admit(lines, &self.import, self.first_line, received_at)
    }
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
    /// The identity of the collector's spool, with which every mark begins.
    spool: String,
    /// The time here, in milliseconds.
    now: Timestamp,
}

/// Answers `GET /v1/projects` with what the private key opens, which is one project, and with
/// what an import must know before it begins.
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
    let spool = mark::spool(&app);
    Ok(Json(Projects { projects: vec![opened], spool, now: app.now() }))
}
