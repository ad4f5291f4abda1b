//! What a record of the spool says about a batch, besides the body as it was received.
//!
//! Everything that only the request knew is here, and whether an event is kept was decided then:
//! the writer never decides it again.

use protocol::{ProjectId, Skew, Timestamp};
use std::borrow::Cow;

/// The version of this layout; the first byte of the record.
const VERSION: u8 = 2;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Plain,
    /// By gzip.
    Gzip,
}

impl Encoding {
    pub(super) const fn as_byte(self) -> u8 {
        match self {
            Self::Plain => 0,
            Self::Gzip => 1,
        }
    }

    pub(super) fn read(rest: &mut &[u8]) -> Option<Self> {
        match array::<1>(rest)? {
            [0] => Some(Self::Plain),
            [1] => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// One accepted batch, as it lies in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What only the request knew.
    pub head: Head<'a>,
    /// The body as it was received.
    pub body: &'a [u8],
}

/// What only the request knew. The full network address is in no field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<'a> {
    /// Whose it is.
    pub project: Cow<'a, ProjectId>,
    /// When it came.
    pub received_at: Timestamp,
    /// Random, made for the request.
    pub request_id: [u8; 16],
    /// How far the browser's clock was off.
    pub skew: Skew,
    /// The network that it came from, the address truncated; empty if not known.
    pub network: String,
    /// The country of the full address; empty if not known.
    pub country: &'a str,
    /// The labels of configured networks that the full address lies in, separated by spaces.
    pub network_labels: &'a str,
    /// The browser, in its own words.
    pub user_agent: &'a str,
    /// How the body is packed.
    pub encoding: Encoding,
    /// Which events are kept.
    pub admitted: Cow<'a, Bitmap>,
    /// Which of them nobody could vouch for that they are new: they are looked up in ClickHouse
    /// before they are written. May be shorter than [`Self::admitted`].
    pub unsure: Cow<'a, Bitmap>,
}

/// One bit per event of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bitmap {
    pub(super) bytes: Vec<u8>,
}

impl Bitmap {
    /// As many zeros.
    pub fn zeros(n: usize) -> Self {
        Self { bytes: vec![0; n.div_ceil(8)] }
    }

    /// Sets bit `i`.
    pub fn set(&mut self, i: usize) {
        if let Some(byte) = self.bytes.get_mut(i / 8) {
            *byte |= 1 << (i % 8);
        }
    }

    /// Clears bit `i`.
    pub fn clear(&mut self, i: usize) {
        if let Some(byte) = self.bytes.get_mut(i / 8) {
            *byte &= !(1 << (i % 8));
        }
    }

    /// Bit `i`; beyond the end it is not set.
    pub fn get(&self, i: usize) -> bool {
        self.bytes.get(i / 8).is_some_and(|byte| byte & (1 << (i % 8)) != 0)
    }

    /// How many are set.
    pub fn count(&self) -> u32 {
        self.bytes.iter().map(|byte| byte.count_ones()).sum()
    }
}

impl<'a> Head<'a> {
    /// A batch that nothing else is known of, in a body that is not packed, with no event kept.
    pub fn new(project: Cow<'a, ProjectId>, received_at: Timestamp) -> Self {
        Self {
            project,
            received_at,
            request_id: [0; 16],
            skew: Skew::default(),
            network: String::new(),
            country: "",
            network_labels: "",
            user_agent: "",
            encoding: Encoding::Plain,
            admitted: Cow::Owned(Bitmap::default()),
            unsure: Cow::Owned(Bitmap::default()),
        }
    }

    /// The bytes before the body.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.user_agent.len() + self.admitted.bytes.len());
        out.push(VERSION);
        put(&mut out, self.project.as_str().as_bytes());
        out.extend_from_slice(&self.received_at.as_millis().to_le_bytes());
        out.extend_from_slice(&self.request_id);
        out.extend_from_slice(&self.skew.as_millis().to_le_bytes());
        for text in [&self.network, self.country, self.network_labels, self.user_agent] {
            put(&mut out, text.as_bytes());
        }
        out.push(self.encoding.as_byte());
        put(&mut out, &self.admitted.bytes);
        put(&mut out, &self.unsure.bytes);
        out
    }
}

impl<'a> Entry<'a> {
    /// The record with all its events to be looked up before they are written; `None` as for
    /// [`Self::decode`].
    pub(crate) fn doubted(record: &'a [u8]) -> Option<Vec<u8>> {
        let Self { mut head, body } = Self::decode(record)?;
        head.unsure = head.admitted.clone();
        let mut doubted = head.encode();
        doubted.extend_from_slice(body);
        Some(doubted)
    }

    /// Reads a record; `None` if it is none, or of a version that is not known here.
    pub fn decode(record: &'a [u8]) -> Option<Self> {
        let (version, mut rest) = record.split_first()?;
        if *version != VERSION {
            return None;
        }
        let rest = &mut rest;
        let head = Head {
            project: Cow::Owned(ProjectId::parse(text(rest)?).ok()?),
            received_at: Timestamp::from_millis(i64::from_le_bytes(array(rest)?)),
            request_id: array(rest)?,
            skew: Skew::from_millis(i64::from_le_bytes(array(rest)?)),
            network: text(rest)?.to_owned(),
            country: text(rest)?,
            network_labels: text(rest)?,
            user_agent: text(rest)?,
            encoding: Encoding::read(rest)?,
            admitted: Cow::Owned(Bitmap { bytes: bytes(rest)?.to_owned() }),
            unsure: Cow::Owned(Bitmap { bytes: bytes(rest)?.to_owned() }),
        };
        Some(Self { head, body: rest })
    }
}

/// Length and bytes; what does not fit is left out, which no field comes near.
pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&bytes[..usize::from(length)]);
}

pub(super) fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

pub(super) fn bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::from(u16::from_le_bytes(array(rest)?));
    let (first, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(first)
}

pub(super) fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(bytes(rest)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(
            bits in prop::collection::vec(any::<bool>(), 0..200),
            user_agent in "\\PC{0,80}",
            request_id in any::<[u8; 16]>(),
            body in any::<Vec<u8>>(),
            is_unsure in any::<bool>(),
        ) {
            let mut admitted = Bitmap::zeros(bits.len());
            (0..bits.len()).filter(|i| bits[*i]).for_each(|i| admitted.set(i));
            let head = Head {
                project: Cow::Owned(ProjectId::parse("tidemark").unwrap()),
                received_at: Timestamp::from_millis(1_700_000_000_000),
                request_id,
                skew: Skew::from_millis(-90_000),
                network: "192.0.2.0/24".to_owned(),
                country: "CH",
                network_labels: "office",
                user_agent: &user_agent,
                encoding: Encoding::Gzip,
                unsure: Cow::Owned(if is_unsure { admitted.clone() } else { Bitmap::default() }),
                admitted: Cow::Owned(admitted),
            };
            let record = [head.encode(), body.clone()].concat();
            let read = Entry::decode(&record).unwrap();
            prop_assert!((0..bits.len()).all(|i| read.head.admitted.get(i) == bits[i]));
            prop_assert!((0..bits.len()).all(|i| read.head.unsure.get(i) == (is_unsure && bits[i])));
            prop_assert_eq!(read, Entry { head, body: &body });
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>()) {
            Entry::decode(&bytes);
        }
    }
}
