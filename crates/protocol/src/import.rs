//! Import: what one line of a file of the past says, and the answer to some lines.
//!
//! A line is a JSON object: an event of the wire with its context, its page and its element in
//! place, since no other line is needed to understand it. Unknown fields are ignored.
//!
//! ```
//! let line = br#"{"timestamp": 1700000000000, "kind": "click",
//!     "context": {"anonymous_id": "a-1", "user_id": "u-7", "session_id": "s-1"},
//!     "page": {"host": "app.example.com", "path": "/orders/12"},
//!     "element": {"chain": [{"tag": "button", "test_id": "save", "name": "Save"}]}}"#;
//! let line = protocol::ImportLine::parse(line).unwrap();
//! assert_eq!((line.kind, line.event_id), (protocol::Kind::Click, None));
//! ```

use crate::{
    Context, DropReason, Element, EventId, InvalidId, Kind, Outcome, Page, Properties, Timestamp,
    fault, limits,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// The identity of an import: the SHA-256 of its file, shown as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImportId([u8; 32]);

impl ImportId {
    /// The id of these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the digits.
    ///
    /// # Errors
    /// When the text is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|n| u8::try_from(n).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64);
        let digits = digits.ok_or(InvalidId::expecting("64 hexadecimal digits"))?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One event of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportLine<'a> {
    /// Which event it is. Without it, the collector derives one from the file and the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// What happened.
    pub kind: Kind,
    /// The vendor's name for it; needed for [`Kind::Custom`], ignored otherwise.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who did it, in which visit, coming from where.
    #[serde(borrow, default)]
    pub context: Context<'a>,
    /// The page that it happened on.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page<'a>>,
    /// The element that it happened on.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub element: Option<Element<'a>>,
    /// What else there is to say.
    #[serde(borrow, default, skip_serializing_if = "Properties::is_empty")]
    pub properties: Properties<'a>,
    /// The browser, in the words of its `User-Agent`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<Cow<'a, str>>,
    /// The country, such as `CH`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Cow<'a, str>>,
}

/// Why a line is refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason.
    pub reason: DropReason,
    /// A sentence that names the field.
    pub detail: String,
}

impl Refused {
    /// A line that is no event.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self { reason: DropReason::Malformed, detail: detail.into() }
    }
}

/// The answer to some lines. Lines that are not listed were plainly accepted, or are blank.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReceipt {
    /// How many lines are kept.
    pub accepted: u32,
    /// The lines of which there is more to say, in their order.
    #[serde(default)]
    pub results: Vec<LineResult>,
    /// A place in the collector's spool, opaque: once everything before it is written, these
    /// lines are.
    pub mark: String,
}

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineResult {
    /// Index of the line in the body, blank lines counted.
    pub i: u32,
    /// The outcome and its reason.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// A sentence that names the field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The lines of a body, without their ends. Blank ones are in it, so that the index is right.
pub fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.strip_suffix(b"\n").unwrap_or(body).split(|byte| *byte == b'\n')
}

/// Whether a line says nothing at all, and is passed over.
pub fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

impl<'a> ImportLine<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is no event, with a sentence that names the field.
    pub fn parse(line: &'a [u8]) -> Result<Self, Refused> {
        if line.len() > limits::IMPORT_LINE_BYTES {
            let limit = limits::IMPORT_LINE_BYTES;
            return Err(Refused::malformed(format!("the line is longer than {limit} bytes")));
        }
        let text =
            std::str::from_utf8(line).map_err(|_| Refused::malformed("the line is not UTF-8"))?;
        // The derived reader would take a list of the values, too.
        if !text.trim_start().starts_with('{') {
            return Err(Refused::malformed("the line is no JSON object"));
        }
        fault::read(text, "").map_err(|fault| Refused::malformed(fault.sentence))
    }

    /// Why this event is not taken at `now`, if it is not.
    pub fn fault(&self, now: Timestamp) -> Option<Refused> {
        self.time_fault(now).or_else(|| self.name_fault()).or_else(|| self.identity_fault())
    }

    fn time_fault(&self, now: Timestamp) -> Option<Refused> {
        let (reason, detail) = if self.timestamp.millis_since(now) > limits::FUTURE_MS {
            (DropReason::InFuture, "`timestamp` lies more than 5 minutes in the future")
        } else if self.timestamp.as_millis() < limits::IMPORT_EARLIEST_MS {
            let detail = "`timestamp` lies before 1990: it is in milliseconds, are these seconds?";
            (DropReason::TooOld, detail)
        } else {
            return None;
        };
        Some(Refused { reason, detail: detail.to_owned() })
    }

    fn name_fault(&self) -> Option<Refused> {
        let fault = self.kind.name_fault(self.name.as_deref())?;
        Some(Refused { reason: DropReason::InvalidName, detail: format!("`name` {fault}") })
    }

    fn identity_fault(&self) -> Option<Refused> {
        let detail = self.context.identity_fault()?;
        Some(Refused { reason: DropReason::InvalidIdentity, detail })
    }
}
