//! What a record of the spool says about some lines of an import, besides the body as it was
//! received.

use super::entry::{array, bytes, put, text};
use super::{Bitmap, Encoding};
use protocol::{ImportId, ProjectId, Timestamp};
use std::borrow::Cow;

/// The version of this layout; the first byte of the record.
const VERSION: u8 = 1;

/// Some lines of an import, as they lie in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEntry<'a> {
    /// What only the request knew.
    pub head: ImportHead<'a>,
    /// The body as it was received.
    pub body: &'a [u8],
}

/// What only the request knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportHead<'a> {
    /// Whose it is.
    pub project: Cow<'a, ProjectId>,
    /// When it came.
    pub received_at: Timestamp,
    /// The file.
    pub import: ImportId,
    /// The number of the body's first line in the file, from 1.
    pub first_line: u64,
    /// How the body is packed.
    pub encoding: Encoding,
    /// Which lines are kept.
    pub admitted: Cow<'a, Bitmap>,
}

impl ImportHead<'_> {
    /// The bytes before the body.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.admitted.bytes.len());
        out.push(VERSION);
        put(&mut out, self.project.as_str().as_bytes());
        out.extend_from_slice(&self.received_at.as_millis().to_le_bytes());
        out.extend_from_slice(self.import.as_bytes());
        out.extend_from_slice(&self.first_line.to_le_bytes());
        out.push(self.encoding.as_byte());
        put(&mut out, &self.admitted.bytes);
        out
    }
}

impl<'a> ImportEntry<'a> {
    /// Reads a record; `None` if it is none, or of a version that is not known here.
    pub fn decode(record: &'a [u8]) -> Option<Self> {
        let (version, mut rest) = record.split_first()?;
        if *version != VERSION {
            return None;
        }
        let rest = &mut rest;
        let head = ImportHead {
            project: Cow::Owned(ProjectId::parse(text(rest)?).ok()?),
            received_at: Timestamp::from_millis(i64::from_le_bytes(array(rest)?)),
            import: ImportId::from_bytes(array(rest)?),
            first_line: u64::from_le_bytes(array(rest)?),
            encoding: Encoding::read(rest)?,
            admitted: Cow::Owned(Bitmap { bytes: bytes(rest)?.to_owned() }),
        };
        Some(Self { head, body: rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(
            bytes in prop::collection::vec(any::<u8>(), 0..1_250),
            import in any::<[u8; 32]>(),
            first_line: u64,
            body in any::<Vec<u8>>(),
        ) {
            let head = ImportHead {
                project: Cow::Owned(ProjectId::parse("tidemark").unwrap()),
                received_at: Timestamp::from_millis(1_700_000_000_000),
                import: ImportId::from_bytes(import),
                first_line,
                encoding: Encoding::Gzip,
                admitted: Cow::Owned(Bitmap { bytes }),
            };
            let record = [head.encode(), body.clone()].concat();
            prop_assert_eq!(ImportEntry::decode(&record), Some(ImportEntry { head, body: &body }));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>()) {
            ImportEntry::decode(&bytes);
        }
    }
}
