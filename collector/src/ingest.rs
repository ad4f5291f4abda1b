//! Takes a batch: authorise, read, inflate, parse, admit, spool; and only then the answer.
//!
//! Parsing happens on the request's own task: a batch takes less than a millisecond, which is
//! cheaper than a hand-over to another thread. Nothing is allocated per event that the parser
//! does not need.

pub mod admit;

use crate::http::auth::Address;
use crate::http::body::Incoming;
use crate::http::error::ApiError;
use crate::live::LiveEvent;
use crate::spool::{self, Encoding, Head, Ticket};
use crate::{App, enrich, inflate};
use admit::{Admission, admit};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Receipt, Timestamp, parse_batch};
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

/// Seconds after which to try a spool again that is full or failed.
const RETRY_AFTER: u32 = 10;

/// Answers `POST /v1/events` with 202 and a [`Receipt`] once the batch is safe.
pub async fn receive(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Incoming::new(body);
    let response = match accept(&app, &parts, &mut body).await {
        Ok(receipt) => (StatusCode::ACCEPTED, Json(receipt)).into_response(),
        Err(error) => {
            body.drain().await;
            error.into_response()
        }
    };
    for_every_origin(response)
}

/// Answers `OPTIONS /v1/events`, for senders whose request needs a preflight.
pub async fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type")),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
    ];
    for_every_origin((StatusCode::NO_CONTENT, headers).into_response())
}

/// Answers `/v1/events` by any other method.
pub async fn wrong_method() -> Response {
    for_every_origin(ApiError::MethodNotAllowed.into_response())
}

/// The key is public and no cookie is looked at, so any page may read the answer.
fn for_every_origin(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    response
}

async fn accept(app: &App, parts: &Parts, body: &mut Incoming) -> Result<Receipt, ApiError> {
    let address = Address::read(app, &parts.uri)?;
    let time = Duration::from_millis(app.config().ingest.read_timeout_ms);
    let body = body.read(&parts.headers, time).await?;
    if body.is_empty() {
        return Err(ApiError::BadRequest("the body is empty".to_owned()));
    }
    let Taken { admission, ticket, live } = take(app, &address, parts, &body)?;
    ticket.await.map_err(|error| not_now(&error))?;
    address.project.counters.add(admission.counts);
    address.project.feed.show(live);
    Ok(admission.receipt)
}

/// A batch that is on its way into the spool.
struct Taken {
    admission: Admission,
    ticket: Ticket,
    live: Vec<LiveEvent>,
}

fn take(app: &App, address: &Address, parts: &Parts, body: &Bytes) -> Result<Taken, ApiError> {
    match (address.encoding, inflate::is_gzip(body)) {
        (Encoding::Gzip, _) => inflate::with(body, |text| keep(app, address, parts, body, text))
            .map_err(|error| match error {
                inflate::Error::TooLarge => ApiError::TooLarge(error.to_string()),
                _ => ApiError::BadRequest(error.to_string()),
            })?,
        (Encoding::Plain, false) => keep(app, address, parts, body, body),
        (Encoding::Plain, true) => {
            let sentence = "the address says `c=none`, but the body begins as gzip does";
            Err(ApiError::BadRequest(sentence.to_owned()))
        }
    }
}

/// Decides what is kept of a batch, and appends it to the spool as it came.
fn keep(
    app: &App,
    address: &Address,
    parts: &Parts,
    body: &[u8],
    text: &[u8],
) -> Result<Taken, ApiError> {
    let project = &*address.project;
    let received_at = app.now();
    let batch = parse_batch(text).map_err(|error| match error {
        protocol::ParseError::TooMany { .. } => ApiError::TooLarge(error.to_string()),
        _ => ApiError::BadRequest(error.to_string()),
    })?;
    let epoch = app.spool().epoch();
    let ids = batch.events.iter().filter_map(|event| event.as_ref().ok()).map(|e| e.event_id);
    // Held until the events are on their way: who finds them here afterwards stands behind them
    // in the queue, and is answered after they are safe.
    let mut seen = app.seen().of(&project.definition.id, received_at, epoch, ids);
    let admission = admit(&batch, received_at, |event| seen.insert(event));
    let ticket = if admission.receipt.accepted == 0 {
        app.spool().barrier(epoch)
    } else {
        let head = head(app, address, parts, received_at, &admission);
        app.spool().append(epoch, spool::Kind::Batch, &head.encode(), body)
    };
    if ticket.is_err() {
        seen.undo();
    }
    drop(seen);
    let live = match project.feed.is_watched() {
        true => LiveEvent::of(&batch, &admission.admitted, admission.skew, received_at),
        false => Vec::new(),
    };
    Ok(Taken { admission, ticket: ticket.map_err(|error| not_now(&error))?, live })
}

/// What only the request knows of a batch.
fn head<'a>(
    app: &App,
    address: &'a Address,
    parts: &'a Parts,
    received_at: Timestamp,
    admission: &'a Admission,
) -> Head<'a> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    Head {
        project: Cow::Borrowed(&address.project.definition.id),
        received_at,
        request_id: app.request_id(),
        skew: admission.skew,
        network: peer.map_or_else(String::new, |ConnectInfo(peer)| enrich::network(peer.ip())),
        country: "",
        network_labels: "",
        user_agent: enrich::cut(user_agent.unwrap_or("")),
        encoding: address.encoding,
        admitted: Cow::Borrowed(&admission.admitted),
        unsure: Cow::Borrowed(&admission.unsure),
    }
}

/// The spool does not take it.
pub(crate) fn not_now(error: &spool::Error) -> ApiError {
    let message = match error {
        spool::Error::Full { .. } => "the collector has no room at the moment",
        spool::Error::TooOld { .. } => "the collector has to write what it holds first",
        _ => "the collector cannot keep events at the moment",
    };
    ApiError::Unavailable { message: message.to_owned(), retry_after: RETRY_AFTER }
}
