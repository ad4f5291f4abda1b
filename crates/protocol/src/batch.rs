//! A batch: what one request carries.

use crate::borrow::option;
use crate::{Element, Event, Page, Timestamp, fault, limits, nobody};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What one request carries. `E` is how an event is held: [`Event`] when it is written,
/// `Result<Event, _>` when it is read, because one bad event must not take the others with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch<'a, E> {
    /// Name and version of the sender, such as `sillage-web/0.1.0`.
    #[serde(borrow)]
    pub sdk: Cow<'a, str>,
    /// When it was sent, by the sender's clock.
    pub sent_at: Timestamp,
    /// How often it was sent before.
    #[serde(default)]
    pub attempt: u32,
    /// How many events the sender gave up before this batch, and has told nobody of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub given_up: u32,
    /// What the rules of [`crate::config`] gave when it was sent, as in `3:fnr`: their version, and
    /// a letter for each in its order.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub identity: Cow<'a, str>,
    /// What is the same for all events of the batch.
    #[serde(borrow)]
    pub context: Context<'a>,
    /// Elements, referred to by index.
    #[serde(borrow, default = "Vec::new")]
    pub elements: Vec<Element<'a>>,
    /// Pages, referred to by index.
    #[serde(borrow, default = "Vec::new")]
    pub pages: Vec<Page<'a>>,
    /// The events.
    pub events: Vec<E>,
}

/// What is the same for all events of a batch. The browser seals a batch when any of it changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Context<'a> {
    /// The browser's own id of its visitor.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub anonymous_id: Cow<'a, str>,
    /// Who it is, once known.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Cow<'a, str>>,
    /// The company of the user, once known.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Cow<'a, str>>,
    /// The visit.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub session_id: Cow<'a, str>,
    /// Host and path of the page that led to the session.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Cow<'a, str>>,
    /// The campaign that led to the session.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign<'a>>,
    /// The browser's language, such as `fr-CH`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub language: Option<Cow<'a, str>>,
    /// The browser's time zone, such as `Europe/Zurich`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Cow<'a, str>>,
    /// Width and height of the screen in CSS pixels, such as `1440x900`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub screen: Option<Cow<'a, str>>,
    /// The version of the vendor's application.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub app_version: Option<Cow<'a, str>>,
    /// Whether the browser says that a program drives it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub automated: bool,
}

/// The `utm_` parameters of the address that a session began with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Campaign<'a> {
    /// `utm_source`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub source: Option<Cow<'a, str>>,
    /// `utm_medium`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub medium: Option<Cow<'a, str>>,
    /// `utm_campaign`.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
}

impl Context<'_> {
    /// Who it is; empty if nobody is known, or what is said is [nobody's id](crate::nobody).
    pub fn user(&self) -> &str {
        somebody(self.user_id.as_deref())
    }

    /// The company of the user; empty as [`Self::user`] is.
    pub fn account(&self) -> &str {
        somebody(self.account_id.as_deref())
    }

    /// Which id is said, and nobody's: its field, if there is one.
    pub fn nobody(&self) -> Option<&'static str> {
        let ids = [("user_id", &self.user_id), ("account_id", &self.account_id)];
        let is_nobody = |id: &str| !id.is_empty() && nobody::is_nobody(id);
        ids.into_iter().find(|(_, id)| id.as_deref().is_some_and(is_nobody)).map(|(field, _)| field)
    }

    /// What is wrong with who is said to have done it, if anything; nothing of the ids is in it.
    pub fn identity_fault(&self) -> Option<String> {
        if self.anonymous_id.is_empty() && self.user().is_empty() {
            return Some(
                match self.nobody() {
                    Some("user_id") => {
                        "`context.user_id` is nobody's, and there is no `anonymous_id`"
                    }
                    _ => "`context` has neither an `anonymous_id` nor a `user_id`",
                }
                .to_owned(),
            );
        }
        let ids = [
            ("anonymous_id", &*self.anonymous_id),
            ("user_id", self.user_id.as_deref().unwrap_or("")),
            ("account_id", self.account_id.as_deref().unwrap_or("")),
            ("session_id", &*self.session_id),
        ];
        let too_long = ids.into_iter().find(|(_, id)| id.len() > limits::ID_BYTES);
        too_long.map(|(field, id)| {
            let (n, limit) = (id.len(), limits::ID_BYTES);
            format!("`context.{field}` has {n} bytes, and may have {limit}")
        })
    }
}

/// The id, if it is somebody's.
fn somebody(id: Option<&str>) -> &str {
    id.filter(|id| !nobody::is_nobody(id)).unwrap_or("")
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// Why a body is no batch at all.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not JSON, or not a batch: the sentence says what and where.
    Malformed(String),
    /// It holds more of something than a batch may.
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        n: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "the body is not a batch: {why}"),
            Self::TooMany { what, n, limit } => {
                write!(f, "the batch has {n} {what}, at most {limit} are allowed")
            }
        }
    }
}

impl std::error::Error for ParseError {}

/// Reads a batch out of an inflated body, borrowing from it.
///
/// First as a whole, which is the fast way and nearly always enough; if that fails, piece by
/// piece: a bad event is known by its index, with a sentence, and the others are kept. A bad
/// element or page is left empty, and the events that refer to it refer to nothing that is there.
///
/// # Errors
/// When the body as a whole is no batch, or holds too much.
pub fn parse_batch(body: &[u8]) -> Result<ReadBatch<'_>, ParseError> {
    parse(body, serde_json::from_str)
}

/// As [`parse_batch`], and names to `note` each field that nobody reads.
///
/// Such as `events[].colour`, once for each time it is there; `…` stands for a key that is no name
/// of a field ([`fault::is_name`]). Of a batch with a bad part nothing is noted. It takes an eighth
/// to a quarter longer, so it is for some of the batches, not for all of them.
///
/// # Errors
/// As [`parse_batch`].
pub fn parse_batch_noting(
    body: &[u8],
    mut note: impl FnMut(String),
) -> Result<ReadBatch<'_>, ParseError> {
    let mut noted = Vec::new();
    let batch = parse(body, |body| {
        let mut json = serde_json::Deserializer::from_str(body);
        let batch = serde_ignored::deserialize(&mut json, |path| noted.push(field(&path)))?;
        json.end().map(|()| batch)
    })?;
    if batch.events.iter().all(Result::is_ok) {
        noted.into_iter().for_each(&mut note);
    }
    Ok(batch)
}

/// The place of a field, whichever of its list it is in.
fn field(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, .. } => field(parent) + "[]",
        Path::Map { parent, key } => match field(parent) {
            parent if parent.is_empty() => fault::name(key).to_owned(),
            parent => parent + "." + fault::name(key),
        },
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => field(parent),
    }
}

/// A batch as it was read: each event, or why it is none.
pub type ReadBatch<'a> = Batch<'a, Result<Event<'a>, String>>;

fn parse<'a>(
    body: &'a [u8],
    whole: impl FnOnce(&'a str) -> serde_json::Result<Batch<'a, Event<'a>>>,
) -> Result<ReadBatch<'a>, ParseError> {
    // Checked once as a whole, which is faster than string by string.
    let body = std::str::from_utf8(body)
        .map_err(|error| ParseError::Malformed(format!("it is not UTF-8: {error}")))?;
    let batch = match whole(body) {
        Ok(batch) => batch.map_events(Ok),
        Err(_) => {
            let pieces: Result<Pieces<'_>, _> = fault::read(body, "");
            pieces.map_err(|fault| ParseError::Malformed(fault.sentence + &fault.at))?.read()
        }
    };
    let counts = [
        ("events", batch.events.len(), limits::EVENTS),
        ("elements", batch.elements.len(), limits::DICTIONARY),
        ("pages", batch.pages.len(), limits::DICTIONARY),
    ];
    for (what, n, limit) in counts {
        if n > limit {
            return Err(ParseError::TooMany { what, n, limit });
        }
    }
    Ok(batch)
}

/// A batch whose parts are not read yet.
#[derive(Deserialize)]
struct Pieces<'a> {
    #[serde(borrow)]
    sdk: Cow<'a, str>,
    sent_at: Timestamp,
    #[serde(default)]
    attempt: u32,
    #[serde(default)]
    given_up: u32,
    #[serde(borrow, default)]
    identity: Cow<'a, str>,
    #[serde(borrow)]
    context: Context<'a>,
    #[serde(borrow, default)]
    elements: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    pages: Vec<&'a RawValue>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

impl<'a> Pieces<'a> {
    /// Reads each part for itself.
    fn read(self) -> Batch<'a, Result<Event<'a>, String>> {
        let Self { sdk, sent_at, attempt, given_up, identity, context, elements, pages, events } =
            self;
        let elements = readable(&elements);
        let pages = readable(&pages);
        let read = |(i, raw): (usize, &'a RawValue)| {
            let event = fault::read(raw.get(), &format!("events[{i}]"));
            // Lines and columns are those of the piece, which nobody can see.
            let mut event: Event<'a> = event.map_err(|fault| fault.sentence)?;
            event.element = event.element.map(|at| known(at, &elements));
            event.page = event.page.map(|at| known(at, &pages));
            Ok(event)
        };
        let events = events.into_iter().enumerate().map(read).collect();
        let elements = elements.into_iter().map(Option::unwrap_or_default).collect();
        let pages = pages.into_iter().map(Option::unwrap_or_default).collect();
        Batch { sdk, sent_at, attempt, given_up, identity, context, elements, pages, events }
    }
}

/// The parts, `None` for each that cannot be read.
fn readable<'a, T: Deserialize<'a>>(raw: &[&'a RawValue]) -> Vec<Option<T>> {
    raw.iter().map(|raw| serde_json::from_str(raw.get()).ok()).collect()
}

/// The index, or one that no dictionary has if what it means cannot be read.
fn known<T>(at: u32, parts: &[Option<T>]) -> u32 {
    match usize::try_from(at).ok().and_then(|at| parts.get(at)) {
        Some(Some(_)) => at,
        _ => u32::MAX,
    }
}

impl<'a, E> Batch<'a, E> {
    /// The same batch with each event turned into another form.
    pub fn map_events<F>(self, turn: impl FnMut(E) -> F) -> Batch<'a, F> {
        let Self { sdk, sent_at, attempt, given_up, identity, context, elements, pages, events } =
            self;
        let events = events.into_iter().map(turn).collect();
        Batch { sdk, sent_at, attempt, given_up, identity, context, elements, pages, events }
    }
}
