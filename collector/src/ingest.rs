//! Takes a batch: authorise, read, inflate, parse, admit, spool; and only then the answer.
//!
//! Parsing happens on the request's own task: a batch takes less than a millisecond, which is
//! cheaper than a hand-over to another thread. Nothing is allocated per event that the parser
//! does not need.

pub mod admit;
pub mod refusal;

use crate::counters::Fault;
use crate::definitions::Project;
use crate::http::auth::Address;
use crate::http::body::Incoming;
use crate::http::error::ApiError;
use crate::live::{Arrival, LiveEvent};
use crate::spool::{self, Encoding, Head, Ticket};
use crate::{App, enrich, inflate};
use admit::{Admission, admit};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{ReadBatch, Receipt, Timestamp, parse_batch, parse_batch_noting};
use refusal::Refused;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

/// Answers `POST /v1/events` with 202 and a [`Receipt`] once the batch is safe.
pub async fn receive(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = Incoming::new(body);
    let response = match accept(&app, &parts, &mut body).await {
        Ok(receipt) => (StatusCode::ACCEPTED, Json(receipt)).into_response(),
        Err(refused) => {
            refused.count(&app, &parts);
            body.drain().await;
            refused.error.into_response()
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

/// Answers an address that browsers use by any other method.
pub async fn wrong_method() -> Response {
    for_every_origin(ApiError::MethodNotAllowed.into_response())
}

/// The key is public and no cookie is looked at, so any page may read the answer.
pub(crate) fn for_every_origin(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    response
}

async fn accept(app: &App, parts: &Parts, body: &mut Incoming) -> Result<Receipt, Refused> {
    let address =
        Address::read(app, &parts.uri).map_err(|error| Refused::for_address(&parts.uri, error))?;
    let time = Duration::from_millis(app.config().ingest.read_timeout_ms);
    let body = body.read(&parts.headers, time).await.map_err(Refused::for_body)?;
    if body.is_empty() {
        return Err(Refused::because(Fault::Empty, "the body is empty"));
    }
    let Taken { admission, received_at, ticket, live } = take(app, &address, parts, &body)?;
    ticket.await?;
    let Admission { receipt, counts, samples, .. } = admission;
    let project = &*address.project;
    let last_event_at = (receipt.accepted > 0).then_some(received_at);
    if !samples.is_empty() {
        project.counters.show(samples);
    }
    project.counters.add(project.day(received_at), &counts, last_event_at);
    app.delivery().kept(body.len(), received_at);
    project.feed.show(live, received_at);
    Ok(receipt)
}

/// A batch that is on its way into the spool.
struct Taken {
    admission: Admission,
    received_at: Timestamp,
    ticket: Ticket,
    live: Vec<LiveEvent>,
}

fn take(app: &App, address: &Address, parts: &Parts, body: &Bytes) -> Result<Taken, Refused> {
    match (address.encoding, inflate::is_gzip(body)) {
        (Encoding::Gzip, _) => inflate::with(body, |text| keep(app, address, parts, body, text))?,
        (Encoding::Plain, false) => keep(app, address, parts, body, body),
        (Encoding::Plain, true) => {
            let sentence = "the address says `c=none`, but the body begins as gzip does";
            Err(Refused::because(Fault::Packing, sentence))
        }
    }
}

/// Reads a batch; some of them are looked through for fields that nobody reads.
fn parse<'a>(
    project: &Project,
    text: &'a [u8],
    at: Timestamp,
) -> Result<ReadBatch<'a>, protocol::ParseError> {
    if !project.counters.is_looked_through() {
        return parse_batch(text);
    }
    let mut fields = Vec::new();
    let batch = parse_batch_noting(text, |field| fields.push(field))?;
    if !fields.is_empty() {
        project.counters.note(&fields, at);
    }
    Ok(batch)
}

/// Decides what is kept of a batch, and appends it to the spool as it came.
fn keep(
    app: &App,
    address: &Address,
    parts: &Parts,
    body: &[u8],
    text: &[u8],
) -> Result<Taken, Refused> {
    let project = &*address.project;
    let received_at = app.now();
    let batch = parse(project, text, received_at)?;
    if !batch.identity.is_empty() {
        project.findings.note(&batch.identity, &project.config, received_at);
    }
    let epoch = app.spool().epoch();
    let ids = batch.events.iter().filter_map(|event| event.as_ref().ok()).map(|e| e.event_id);
    // Held until the events are on their way: who finds them here afterwards stands behind them
    // in the queue, and is answered after they are safe.
    let mut seen = app.seen().of(&project.definition.id, received_at, epoch, ids);
    let admission = admit(&batch, received_at, project.config.off(), |event| seen.insert(event));
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
    let live = match project.feed.is_watched(received_at) {
        true => {
            let (id_key, origin) = (&project.definition.id_key, app.origins().of(parts));
            let arrival = Arrival { id_key, skew: admission.skew, received_at, origin };
            LiveEvent::of(&batch, &admission.admitted, arrival)
        }
        false => Vec::new(),
    };
    Ok(Taken { admission, received_at, ticket: ticket?, live })
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
