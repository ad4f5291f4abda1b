//! One letter, and the line of JSON that it is kept as.

use super::row::{self, Columns};
use protocol::{EventId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::fmt;
use store::EventRow;

/// The identity of a letter: what it holds, not when or why it was refused.
///
/// Of a row it is the hash of project and event, so that a mended one that is refused again is
/// the same letter; of a record, the hash of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId([u8; 16]);

impl LetterId {
    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(unhex(text)?.try_into().ok()?))
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// What could not be written, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// When it was buried.
    pub buried_at: Timestamp,
    /// Whose it is, if that is known.
    pub project: Option<String>,
    /// Why ClickHouse or the collector refused it.
    pub reason: String,
    /// What it holds.
    pub content: Content,
}

/// What a letter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The row of an event.
    Row(Box<EventRow>),
    /// A record of the spool that no rows can be made of.
    Record {
        /// What kind of record it is, as the spool writes it.
        kind: u8,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// The line, fields in the order in which they are read by a person.
#[derive(Serialize)]
struct Written<'a> {
    id: String,
    buried_at: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<Columns>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record_kind: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    buried_at: Value,
    project: Option<String>,
    reason: String,
    row: Option<Map<String, Value>>,
    record_kind: Option<u8>,
    record: Option<String>,
}

impl Letter {
    /// The letter of a row.
    pub fn of_row(row: EventRow, reason: String, buried_at: Timestamp) -> Self {
        let project = Some(row.project.clone());
        Self { buried_at, project, reason, content: Content::Row(Box::new(row)) }
    }

    /// Its identity.
    pub fn id(&self) -> LetterId {
        let mut hasher = Sha256::new();
        match &self.content {
            Content::Row(row) => {
                hasher.update(b"row\0");
                hasher.update(row.event_id);
                hasher.update(row.project.as_bytes());
            }
            Content::Record { kind, bytes } => {
                hasher.update([b"record\0".as_slice(), &[*kind], bytes].concat());
            }
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        LetterId(id)
    }

    /// The event, if it holds a row.
    pub fn event_id(&self) -> Option<EventId> {
        match &self.content {
            Content::Row(row) => Some(EventId::from_bytes(row.event_id)),
            Content::Record { .. } => None,
        }
    }

    /// The line that it is kept as, without an end.
    pub fn to_line(&self) -> serde_json::Result<String> {
        let (row, record_kind, record) = match &self.content {
            Content::Row(row) => (Some(Columns::of(row)), None, None),
            Content::Record { kind, bytes } => (None, Some(*kind), Some(hex(bytes))),
        };
        let ms = self.buried_at.as_millis();
        serde_json::to_string(&Written {
            id: self.id().to_string(),
            buried_at: instant(ms).map_or_else(|| ms.into(), Value::from),
            project: self.project.as_deref(),
            reason: &self.reason,
            event_id: self.event_id().map(|id| id.to_string()),
            row,
            record_kind,
            record,
        })
    }

    /// Reads a line; `None` if it is none.
    pub fn from_line(line: &[u8]) -> Option<Self> {
        let Read { buried_at, project, reason, row, record_kind, record } =
            serde_json::from_slice(line).ok()?;
        let ms = buried_at.as_str().and_then(millis).or_else(|| buried_at.as_i64())?;
        let content = match (row, record_kind, record) {
            (Some(columns), None, None) => Content::Row(Box::new(row::read(&columns, false).ok()?)),
            (None, Some(kind), Some(record)) => Content::Record { kind, bytes: unhex(&record)? },
            _ => return None,
        };
        Some(Self { buried_at: Timestamp::from_millis(ms), project, reason, content })
    }
}

/// A moment as text: `2026-11-22T14:03:09.000Z`; none for one beyond the calendar.
pub(super) fn instant(ms: i64) -> Option<String> {
    let moment = jiff::Timestamp::from_millisecond(ms).ok()?;
    let text = moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    (millis(&text) == Some(ms)).then_some(text)
}

/// The moment that a text stands for.
pub(super) fn millis(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The bytes of hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
    bytes.collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())
}
