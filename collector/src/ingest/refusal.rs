//! Why an event, or a whole request, is refused: in a word for the counters, and in a sentence
//! that says what is wrong and where.

use crate::counters::{Fault, Sample};
use crate::http::error::ApiError;
use crate::{App, inflate, spool};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use protocol::{
    Context, DropReason, Event, Outcome, ParseError, ReadBatch, Skew, Timestamp, Warning, limits,
};

/// Seconds after which to try a spool again that is full or failed.
const RETRY_AFTER: u32 = 10;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is wrong with the `i`th event, or what was changed of it, and where; empty where the outcome
/// says it all. Nothing that stands in the event is in it.
pub fn sentence(
    outcome: Outcome,
    batch: &ReadBatch<'_>,
    i: usize,
    skew: Skew,
    received_at: Timestamp,
) -> String {
    let event = match batch.events.get(i) {
        Some(Ok(event)) => event,
        Some(Err(sentence)) => return sentence.clone(),
        None => return String::new(),
    };
    let ahead_ms = skew.correct(event.timestamp).millis_since(received_at);
    match outcome {
        Outcome::Dropped(DropReason::InvalidIdentity) => {
            batch.context.identity_fault().unwrap_or_default()
        }
        Outcome::Dropped(DropReason::TooOld) => {
            let (days, limit) = (-ahead_ms / DAY_MS, limits::PAST_MS / DAY_MS);
            format!(
                "`events[{i}].timestamp` is {days} days old; what is older than {limit} comes by import"
            )
        }
        Outcome::Dropped(DropReason::InvalidName) => {
            let fault = event.kind.name_fault(event.name.as_deref()).unwrap_or_default();
            format!("`events[{i}].name` {fault}")
        }
        Outcome::Dropped(DropReason::SwitchedOff) => {
            format!("`events[{i}].kind` is switched off for this project")
        }
        Outcome::Warning(Warning::TimestampInFuture) => {
            format!("`events[{i}].timestamp` lies more than 5 minutes in the future")
        }
        Outcome::Warning(Warning::UnknownReference) => unknown_reference(batch, event, i),
        Outcome::Warning(Warning::PropertiesCut) => {
            let n = event.properties.n_cut();
            format!("`events[{i}].properties`: {n} of them left out or shortened")
        }
        Outcome::Warning(Warning::IdentityLeftOut) => nobodys(&batch.context),
        _ => String::new(),
    }
}

/// Which id is nobody's.
pub fn nobodys(context: &Context<'_>) -> String {
    let field = context.nobody().unwrap_or_default();
    format!("`context.{field}` is nobody's id, such as `0` or `undefined`, and was left out")
}

/// Which index of an event means nothing.
fn unknown_reference(batch: &ReadBatch<'_>, event: &Event<'_>, i: usize) -> String {
    let n_pages = batch.pages.len();
    let (field, list, n) = match is_beyond(event.page, n_pages) {
        true => ("page", "pages", n_pages),
        false => ("element", "elements", batch.elements.len()),
    };
    let there = match n {
        0 => "is empty".to_owned(),
        n => format!("has {n}, counted from 0"),
    };
    format!("`events[{i}].{field}` points at nothing that can be read; `{list}` {there}")
}

/// Whether an index means nothing in a list of this length.
pub fn is_beyond(index: Option<u32>, length: usize) -> bool {
    index.is_some_and(|index| usize::try_from(index).map_or(true, |index| index >= length))
}

/// The host of an event's page; of any page of the batch where it has none.
pub fn host<'a>(batch: &'a ReadBatch<'_>, i: usize) -> &'a str {
    let event = batch.events.get(i).and_then(|event| event.as_ref().ok());
    let page = event.and_then(|event| usize::try_from(event.page?).ok());
    let page = page.and_then(|page| batch.pages.get(page)).or(batch.pages.first());
    page.map_or("", |page| &page.host)
}

/// A request that is refused as a whole.
#[derive(Debug)]
pub struct Refused {
    /// Why, for the counters.
    pub fault: Fault,
    /// Why, for the sender.
    pub error: ApiError,
}

impl Refused {
    /// Refused for what the address says.
    pub fn for_address(uri: &Uri, error: ApiError) -> Self {
        let has_key = crate::http::auth::key(uri).is_some();
        let fault = match (&error, has_key) {
            (ApiError::Unauthorized(_), true) => Fault::UnknownKey,
            (ApiError::Unauthorized(_), false) => Fault::NoKey,
            _ => Fault::Packing,
        };
        Self { fault, error }
    }

    /// Refused because the body did not come as it should.
    pub fn for_body(error: ApiError) -> Self {
        let fault = match error {
            ApiError::TooLarge(_) => Fault::TooLarge,
            ApiError::Timeout => Fault::TimedOut,
            _ => Fault::BrokenOff,
        };
        Self { fault, error }
    }

    /// Refused for something that the sender can mend.
    pub fn because(fault: Fault, sentence: &str) -> Self {
        Self { fault, error: ApiError::BadRequest(sentence.to_owned()) }
    }

    /// Counts it and keeps it to look at.
    pub fn count(&self, app: &App, parts: &Parts) {
        let (now, host) = (app.now(), page_host(&parts.headers));
        let key = crate::http::auth::key(&parts.uri);
        match key.and_then(|key| app.definitions().by_write_key(key)) {
            Some(project) => {
                let sample = Sample::new(now, &self.error.to_string(), "", host);
                project.counters.refuse(project.day(now), self.fault, sample);
            }
            None => app.outcomes().turn_away(key, host, now),
        }
    }
}

impl From<inflate::Error> for Refused {
    fn from(error: inflate::Error) -> Self {
        match error {
            inflate::Error::TooLarge => {
                Self { fault: Fault::TooLarge, error: ApiError::TooLarge(error.to_string()) }
            }
            _ => Self::because(Fault::NotGzip, &error.to_string()),
        }
    }
}

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::TooMany { .. } => {
                Self { fault: Fault::TooMany, error: ApiError::TooLarge(error.to_string()) }
            }
            _ => Self::because(Fault::NotBatch, &error.to_string()),
        }
    }
}

impl From<spool::Error> for Refused {
    fn from(error: spool::Error) -> Self {
        let (fault, message) = match error {
            spool::Error::Full { .. } => {
                (Fault::SpoolFull, "the collector has no room at the moment")
            }
            spool::Error::TooOld { .. } => {
                (Fault::SpoolFull, "the collector has to write what it holds first")
            }
            _ => (Fault::SpoolFailed, "the collector cannot keep events at the moment"),
        };
        let message = message.to_owned();
        Self { fault, error: ApiError::Unavailable { message, retry_after: RETRY_AFTER } }
    }
}

/// The host of the page that sends, as the browser tells it; empty where it does not.
pub fn page_host(headers: &HeaderMap) -> &str {
    let told = [header::ORIGIN, header::REFERER].into_iter().find_map(|name| headers.get(name));
    let address = told.and_then(|told| told.to_str().ok()).unwrap_or("");
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}
