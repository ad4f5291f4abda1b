//! Reads records in order, up to where they are known to be safe.

use super::record::{self, Frame};
use super::{Error, Kind, Position, recovery, segment};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

/// Bytes read at once: a few of the largest records.
const CHUNK: u64 = 4 << 20;

/// Some records, in order.
#[derive(Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    records: Vec<(Kind, Range<usize>, Position)>,
    /// Where to read on.
    pub next: Position,
    /// Damaged records that were passed over.
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
pub(super) fn chunk(dir: &Path, ends: &BTreeMap<u64, u64>, from: Position) -> Result<Chunk, Error> {
    let Some((number, end, offset)) = place(ends, from) else {
        // Nothing to read, but maybe segments without records to step over.
        let last = ends.last_key_value();
        let last = last.map_or(from, |(segment, end)| Position { segment: *segment, offset: *end });
        return Ok(Chunk { next: from.max(last), ..Chunk::default() });
    };
    let to = end.min(offset + CHUNK);
    let bytes = segment::read(dir, number, offset, to)?;
    let mut chunk = Chunk { bytes, ..Chunk::default() };
    let mut at = 0;
    let position = |at: usize| Position { segment: number, offset: offset + at as u64 };
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
            Frame::Bad { skip: Some(skip) } => {
                chunk.n_damaged += 1;
                at += skip;
            }
            Frame::Short if to < end => break,
            // A length that cannot be believed hides where the next record begins.
            Frame::Short | Frame::Bad { skip: None } => {
                chunk.n_damaged += 1;
                at = usize::try_from(end - offset).unwrap_or(usize::MAX);
            }
        }
    }
    if chunk.n_damaged > 0 {
        recovery::keep(dir, number)?;
    }
    chunk.next = position(at);
    Ok(chunk)
}

/// The first place at or after `from` with something to read: segment, its end, and offset.
fn place(ends: &BTreeMap<u64, u64>, from: Position) -> Option<(u64, u64, u64)> {
    ends.range(from.segment..).find_map(|(number, end)| {
        let offset = if *number == from.segment { from.offset } else { segment::HEADER };
        (offset < *end).then_some((*number, *end, offset))
    })
}
