//! A segment file: a header, then frames.
//!
//! ```text
//! magic 8 bytes | version u32 | number u64 | created i64 ms | previous u64, its end u64 | crc32 u32
//! ```
//!
//! **Invariant:** what stands in a file is never changed, and a file that an earlier process
//! wrote is never appended to. Where a segment ends is written in the header of its successor,
//! so what lies beyond, torn or never acknowledged, stays unread for good.

use super::storage::{Folder, NewFile};
use super::{Error, Position};
use protocol::Timestamp;
use std::io::{self, ErrorKind};

/// Bytes of the header.
pub(super) const HEADER: u64 = 48;

const MAGIC: [u8; 8] = *b"sillage\n";
const VERSION: u32 = 1;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) created: Timestamp,
    /// Where the last record before this segment ends, even if it was deleted since; zeros if
    /// there was none. The segments between hold none.
    pub(super) previous: Position,
}

impl Header {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.created.as_millis().to_le_bytes());
        bytes.extend_from_slice(&self.previous.segment.to_le_bytes());
        bytes.extend_from_slice(&self.previous.offset.to_le_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// `None` if it is torn or damaged.
    fn decode(bytes: &[u8; 48]) -> Option<Result<Self, u32>> {
        let (rest, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let (magic, rest) = rest.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (number, rest) = rest.split_first_chunk::<8>()?;
        let (created, rest) = rest.split_first_chunk::<8>()?;
        let (segment, rest) = rest.split_first_chunk::<8>()?;
        let (offset, _) = rest.split_first_chunk::<8>()?;
        let version = u32::from_le_bytes(*version);
        if *magic != MAGIC {
            return None;
        }
        if version != VERSION {
            return Some(Err(version));
        }
        Some(Ok(Self {
            number: u64::from_le_bytes(*number),
            created: Timestamp::from_millis(i64::from_le_bytes(*created)),
            previous: Position {
                segment: u64::from_le_bytes(*segment),
                offset: u64::from_le_bytes(*offset),
            },
        }))
    }
}

/// The name of the file of segment `number`. Names sort as numbers do.
pub(super) fn name(number: u64) -> String {
    format!("{number:020}.seg")
}

/// The number in a file's name, if it is the name of a segment.
pub(super) fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".seg")?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}

/// The numbers of the segments in a folder, in order.
pub(super) fn numbers(folder: &Folder) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = folder.list()?.iter().filter_map(|name| number_of(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes a segment that is there after a loss of power: file, header and name are synced.
pub(super) fn create(folder: &Folder, header: Header) -> io::Result<Box<dyn NewFile>> {
    let name = name(header.number);
    let mut file = folder.create(&name)?;
    let written =
        file.append(&header.encode()).and_then(|()| file.sync()).and_then(|()| folder.sync());
    if let Err(error) = written {
        // Whether or not this succeeds: the number is not used again, and recovery knows such files.
        drop(folder.remove(&name));
        return Err(error);
    }
    Ok(file)
}

/// What stands where the header of a segment belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    Whole(Header),
    /// The header of another segment: the file was given this name by somebody else.
    Foreign,
    /// Torn or damaged.
    Unreadable,
}

/// Reads where the header of segment `number` belongs.
pub(super) fn open(folder: &Folder, number: u64) -> Result<Opening, Error> {
    let (bytes, _) = folder.read_around(&name(number), 0, HEADER)?;
    let header = <&[u8; 48]>::try_from(bytes.as_slice()).ok().and_then(Header::decode);
    match header {
        Some(Err(version)) => Err(Error::Version { number, version }),
        Some(Ok(header)) if header.number == number => Ok(Opening::Whole(header)),
        Some(Ok(_)) => Ok(Opening::Foreign),
        None => Ok(Opening::Unreadable),
    }
}

/// Reads the header of segment `number`; `None` if it is torn or damaged.
pub(super) fn read_header(folder: &Folder, number: u64) -> Result<Option<Header>, Error> {
    match open(folder, number)? {
        Opening::Whole(header) => Ok(Some(header)),
        Opening::Foreign | Opening::Unreadable => Ok(None),
    }
}

/// Reads bytes `from..to` of segment `number`, with zeros for what the disk cannot give any more.
/// Returns how many bytes those are, too.
pub(super) fn read(folder: &Folder, number: u64, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)> {
    let (bytes, n_lost) = folder.read_around(&name(number), from, to)?;
    match bytes.len() as u64 == to.saturating_sub(from) {
        true => Ok((bytes, n_lost)),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let created = Timestamp::from_millis(1_700_000_000_000);
        let header = Header { number: 7, created, previous: Position { segment: 6, offset: 99 } };
        let folder = Folder::real(dir.path());
        drop(create(&folder, header).unwrap());
        assert_eq!(read_header(&folder, 7).unwrap(), Some(header));
        assert_eq!(numbers(&folder).unwrap(), [7]);
    }

    #[test]
    fn a_torn_header_is_none_and_a_later_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::real(dir.path());
        std::fs::write(dir.path().join(name(1)), b"sillage").unwrap();
        assert_eq!(read_header(&folder, 1).unwrap(), None);

        let header =
            Header { number: 2, created: Timestamp::default(), previous: Position::default() };
        let mut bytes = header.encode();
        bytes[8] = 2;
        let checksum = crc32fast::hash(&bytes[..44]).to_le_bytes();
        bytes[44..].copy_from_slice(&checksum);
        std::fs::write(dir.path().join(name(2)), &bytes).unwrap();
        let error = read_header(&folder, 2).unwrap_err();
        insta::assert_snapshot!(error, @"segment `2` of the spool has version `2`, which is later than this program");
    }
}
