//! Reads everything in a spool, and says what is wrong with it, a sentence for each fault.

use super::cursor::{Cursor, Read};
use super::inspect::{Found, Loaded, Piece, load, pieces};
use super::segment::{self, HEADER};
use super::storage::Folder;
use super::{Entry, Error, Kind, Position, corrupt, recovery};
use serde::Serialize;
use std::path::Path;

/// What a spool was read as.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Segments that were read.
    pub n_segments: u64,
    /// Records that are whole.
    pub n_records: u64,
    /// Bytes that were read.
    pub n_bytes: u64,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// Something that is not as in a spool that nothing happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether something that was accepted may be lost by it.
    pub is_damage: bool,
    /// The segment.
    pub segment: Option<u64>,
    /// The byte of the segment's file.
    pub byte: Option<u64>,
    /// What it is.
    pub what: String,
}

impl Verification {
    /// Whether something that was accepted may be lost.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_damage)
    }

    fn add(&mut self, is_damage: bool, segment: Option<u64>, byte: Option<u64>, what: String) {
        self.findings.push(Finding { is_damage, segment, byte, what });
    }
}

/// Reads the spool in `dir`.
///
/// # Errors
/// When the file system refuses, or a later version of this program wrote there.
pub fn verify(dir: &Path) -> Result<Verification, Error> {
    let folder = Folder::real(dir);
    let mut verified = Verification::default();
    // Before the segments, because it only ever points to what is there.
    let cursor = Cursor::read(&folder)?;
    let loaded = load(&folder)?;
    check_cursor(&cursor, &loaded, &mut verified);
    for (number, length) in &loaded.headless {
        check_headless(*number, *length, &mut verified);
    }
    for (found, bytes) in &loaded.segments {
        check_segment(found, bytes, &mut verified);
    }
    // And again behind them: what a running collector let go of meanwhile is not missing.
    let done = match Cursor::read(&folder)? {
        Read::Whole(cursor) => cursor.done,
        // Without a cursor it is not known what is meant to be gone.
        Read::None | Read::Damaged => Position { segment: u64::MAX, offset: u64::MAX },
    };
    for number in recovery::missing(&loaded.headers(), done) {
        let what = "is gone, although its successor speaks of it and ClickHouse does not have it";
        verified.add(true, Some(number), None, what.to_owned());
    }
    for name in corrupt::names(&folder)? {
        let what = format!("is kept under corrupt/ as `{name}`, because it is damaged");
        verified.add(true, segment::number_of(&name), None, what);
    }
    Ok(verified)
}

fn check_cursor(cursor: &Read, loaded: &Loaded, verified: &mut Verification) {
    let what = match cursor {
        Read::Damaged => "the cursor cannot be read",
        Read::None if !loaded.segments.is_empty() => "there are segments, but no cursor",
        Read::Whole(cursor) if is_beyond(cursor.done, loaded) => {
            "the cursor points behind the end of this segment"
        }
        Read::None | Read::Whole(_) => return,
    };
    let done = match cursor {
        Read::Whole(cursor) => Some(cursor.done),
        Read::None | Read::Damaged => None,
    };
    let (segment, byte) = (done.map(|done| done.segment), done.map(|done| done.offset));
    verified.add(true, segment, byte, what.to_owned());
}

fn is_beyond(done: Position, loaded: &Loaded) -> bool {
    let mut segments = loaded.segments.iter();
    let found = segments.find(|(found, _)| found.header.number == done.segment);
    found.is_some_and(|(_, bytes)| done.offset > HEADER + bytes.len() as u64)
}

fn check_headless(number: u64, length: u64, verified: &mut Verification) {
    let (is_damage, what) = if length > HEADER {
        (true, "the header cannot be read")
    } else {
        (false, "the making of the segment was interrupted; nothing was in it")
    };
    verified.add(is_damage, Some(number), Some(0), what.to_owned());
}

fn check_segment(found: &Found, bytes: &[u8], verified: &mut Verification) {
    let number = Some(found.header.number);
    let readable = found.readable(bytes.len());
    verified.n_segments += 1;
    verified.n_bytes += HEADER + bytes.len() as u64;
    let length = HEADER + bytes.len() as u64;
    if bytes.len() < readable {
        let end = found.end.unwrap_or(length);
        let what = format!("the file ends here; its successor says that it ends at byte {end}");
        verified.add(true, number, Some(length), what);
    } else if readable < bytes.len() {
        let (end, n) = (HEADER + readable as u64, bytes.len() - readable);
        let what = format!("{n} bytes behind the end were never acknowledged");
        verified.add(false, number, Some(end), what);
    }
    let read = &bytes[..readable.min(bytes.len())];
    for piece in pieces(read) {
        check_piece(found, read.len(), &piece, verified);
    }
}

fn check_piece(found: &Found, n_bytes: usize, piece: &Piece<'_>, verified: &mut Verification) {
    let (is_damage, at, what) = match *piece {
        Piece::Whole { at, kind, body } => {
            verified.n_records += 1;
            let known = Kind::from_byte(kind);
            if known.is_none() {
                (true, at, format!("a record of a kind that is not known: {kind}"))
            } else if known == Some(Kind::Batch) && Entry::decode(body).is_none() {
                (true, at, "a batch that is of no known version".to_owned())
            } else {
                return;
            }
        }
        Piece::Bad { at, to } if to == n_bytes && found.end.is_none() => {
            let n = to - at;
            (false, at, format!("{n} bytes of a write that was not finished or not acknowledged"))
        }
        Piece::Bad { at, to } => (true, at, format!("{} bytes are no record", to - at)),
    };
    let byte = Some(HEADER + at as u64);
    verified.add(is_damage, Some(found.header.number), byte, what);
}
