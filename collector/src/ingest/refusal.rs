//! Why an event, or a whole request, is refused: in a word for the counters, and in a sentence
//! that says what is wrong and where.

use crate::counters::{Fault, Sample};
use crate::http::error::ApiError;
use crate::{App, inflate, spool};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use protocol::{Context, DropReason, ParseError, ReadBatch, Skew, Timestamp, limits};

/// Seconds after which to try a spool again that is full or failed.
const RETRY_AFTER: u32 = 10;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is wrong with who is said to have done it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// There is neither an anonymous id nor a user id.
    Nobody,
    /// An id is too long.
    TooLong {
        /// Which.
        field: &'static str,
        /// How long.
        n_bytes: usize,
    },
}

/// What is wrong with the ids of a context, if anything.
pub fn identity(context: &Context<'_>) -> Option<Identity> {
    let user_id = context.user_id.as_deref().unwrap_or("");
    let account_id = context.account_id.as_deref().unwrap_or("");
    if context.anonymous_id.is_empty() && user_id.is_empty() {
        return Some(Identity::Nobody);
    }
    let ids = [
        ("anonymous_id", context.anonymous_id.len()),
        ("user_id", user_id.len()),
        ("account_id", account_id.len()),
        ("session_id", context.session_id.len()),
    ];
    let too_long = ids.into_iter().find(|(_, n_bytes)| *n_bytes > limits::ID_BYTES);
    too_long.map(|(field, n_bytes)| Identity::TooLong { field, n_bytes })
}

/// What is wrong with the `i`th event, and where.
pub fn sentence(
    reason: DropReason,
    batch: &ReadBatch<'_>,
    i: usize,
    identity: Option<Identity>,
    skew: Skew,
    received_at: Timestamp,
) -> String {
    let event = match batch.events.get(i) {
        Some(Ok(event)) => event,
        Some(Err(sentence)) => return sentence.clone(),
        None => return String::new(),
    };
    match (reason, identity) {
        (_, Some(Identity::Nobody)) => {
            "context.anonymous_id and context.user_id: both are missing".to_owned()
        }
        (_, Some(Identity::TooLong { field, n_bytes })) => {
            let limit = limits::ID_BYTES;
            format!("context.{field}: has {n_bytes} bytes, expected at most {limit}")
        }
        (DropReason::TooOld, _) => {
            let days = received_at.millis_since(skew.correct(event.timestamp)) / DAY_MS;
            let limit = limits::PAST_MS / DAY_MS;
            format!("events[{i}].timestamp: {days} days old, expected at most {limit}")
        }
        (DropReason::InvalidName, _) => match event.name.as_deref().map_or(0, str::len) {
            0 => format!("events[{i}].name: missing, expected for the kind `custom`"),
            n => {
                let limit = limits::EVENT_NAME_BYTES;
                format!("events[{i}].name: has {n} bytes, expected at most {limit}")
            }
        },
        _ => format!("events[{i}]: {reason}"),
    }
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
