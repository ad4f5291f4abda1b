//! Reads records in order, up to where they are known to be safe.

use super::record::{self, Frame};
use super::storage::Folder;
use super::{Error, Kind, Position, corrupt, segment};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes read at once: a few of the largest records.
const CHUNK: u64 = 4 << 20;

/// Some records, in order.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    records: Vec<(Kind, Range<usize>, Position)>,
    /// Where to read on.
    pub next: Position,
    /// Damaged places that were passed over.
    pub n_damaged: u64,
}

impl Chunk {
    /// The records: what each is, what it holds, and where the next one begins.
    pub fn records(&self) -> impl Iterator<Item = (Kind, &[u8], Position)> {
        let bytes = &self.bytes;
        self.records.iter().map(move |(kind, range, next)| (*kind, &bytes[range.clone()], *next))
    }
}

/// Reads from `from` on, within one segment. A chunk whose `next` is `from` is the end.
pub(super) fn chunk(
    folder: &Folder,
    ends: &BTreeMap<u64, u64>,
    from: Position,
) -> Result<Chunk, Error> {
    let Some((number, end, offset)) = place(ends, from) else {
        // Nothing to read, but maybe segments without records to step over.
        let last = ends.last_key_value();
        let last = last.map_or(from, |(segment, end)| Position { segment: *segment, offset: *end });
        return Ok(Chunk { next: from.max(last), ..Chunk::default() });
    };
    let first = Position { segment: number, offset };
    let to = end.min(offset + CHUNK);
    let (bytes, _) = segment::read(folder, number, offset, to)?;
    let chunk = match split(bytes, first, to == end) {
        Some(chunk) => chunk,
        // Damage: where records go on depends on all that follows.
        None => {
            split(segment::read(folder, number, offset, end)?.0, first, true).unwrap_or_default()
        }
    };
    if chunk.n_damaged > 0 {
        // If this fails, as it does where the whole disk is away, nothing is passed over.
        corrupt::keep(folder, number)?;
    }
    Ok(chunk)
}

/// The segment that is read from `from` on.
pub(super) fn segment(ends: &BTreeMap<u64, u64>, from: Position) -> Option<u64> {
    place(ends, from).map(|(number, ..)| number)
}

/// Splits bytes that begin at `first` into records; `None` if there is damage and more follows.
fn split(bytes: Vec<u8>, first: Position, is_all: bool) -> Option<Chunk> {
    let mut chunk = Chunk { bytes, ..Chunk::default() };
    let mut at = 0;
    let position = |at: usize| Position { offset: first.offset + at as u64, ..first };
    while at < chunk.bytes.len() {
        match record::read(&chunk.bytes[at..]) {
            Frame::Whole { kind, body } => {
                let body = at + record::HEADER..at + record::HEADER + body.len();
                at = body.end;
                match Kind::from_byte(kind) {
                    Some(kind) => chunk.records.push((kind, body, position(at))),
                    None => chunk.n_damaged += 1,
                }
            }
            Frame::Short if !is_all => break,
            Frame::Bad { .. } if !is_all => return None,
            Frame::Short | Frame::Bad { .. } => {
                chunk.n_damaged += 1;
                at = record::resume(&chunk.bytes, at).unwrap_or(chunk.bytes.len());
            }
        }
    }
    chunk.next = position(at);
    Some(chunk)
}

/// The first place at or after `from` with something to read: segment, its end, and offset.
fn place(ends: &BTreeMap<u64, u64>, from: Position) -> Option<(u64, u64, u64)> {
    ends.range(from.segment..).find_map(|(number, end)| {
        let offset = if *number == from.segment { from.offset } else { segment::HEADER };
        (offset < *end).then_some((*number, *end, offset))
    })
}
