//! Reads everything in a spool, and says what is wrong with it, a sentence for each fault.

use super::cursor::{Cursor, Read};
use super::inspect::{Found, Piece, Survey, pieces, survey};
use super::segment::{self, HEADER};
use super::storage::Folder;
use super::{About, Error, Kind, Position, corrupt, many, recovery};
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
    let survey = survey(&folder)?;
    check_cursor(&cursor, &survey, &mut verified);
    for (number, length) in &survey.headless {
        check_headless(*number, *length, &survey, &mut verified);
    }
    for found in &survey.segments {
        if let Some((bytes, n_lost)) = found.load(&folder)? {
            check_lost(found, n_lost, &mut verified);
            check_segment(found, &bytes, &mut verified);
        }
    }
    // And again behind them: what a running collector let go of meanwhile is not missing.
    let done = match Cursor::read(&folder)? {
        Read::Whole(cursor) => cursor.done,
        // Without a cursor it is not known what is meant to be gone.
        Read::None | Read::Damaged => Position { segment: u64::MAX, offset: u64::MAX },
    };
    for number in recovery::missing(&survey.headers, done, |number| survey.find(number).is_some()) {
        let what = "is gone, although its successor speaks of it and ClickHouse does not have it";
        verified.add(true, Some(number), None, what.to_owned());
    }
    for name in corrupt::names(&folder)? {
        let what = format!("is kept under corrupt/ as `{name}`, because it is damaged");
        verified.add(true, segment::number_of(&name), None, what);
    }
    Ok(verified)
}

fn check_cursor(cursor: &Read, survey: &Survey, verified: &mut Verification) {
    let what = match cursor {
        Read::Damaged => "the cursor cannot be read",
        Read::None if !survey.segments.is_empty() => "there are segments, but no cursor",
        Read::None => return,
        Read::Whole(cursor) => return check_place(cursor, survey, verified),
    };
    verified.add(true, None, None, what.to_owned());
}

fn check_place(cursor: &Cursor, survey: &Survey, verified: &mut Verification) {
    let Position { segment, offset } = cursor.done;
    if survey.find(segment).is_some_and(|found| offset > found.length) {
        let what = "the cursor points behind the end of this segment";
        verified.add(true, Some(segment), Some(offset), what.to_owned());
    }
    let last = survey.segments.last().map_or(0, |found| found.number);
    for number in cursor.lost(last) {
        let what = "is gone, although the cursor points into it and the last one is never deleted";
        verified.add(true, Some(number), None, what.to_owned());
    }
}

fn check_headless(number: u64, length: u64, survey: &Survey, verified: &mut Verification) {
    let (is_damage, what) = if survey.find(number).is_some() {
        (true, "the header cannot be read; the records behind it are used")
    } else if length > HEADER {
        (true, "the header cannot be read")
    } else {
        (false, "the making of the segment was interrupted; nothing was in it")
    };
    verified.add(is_damage, Some(number), Some(0), what.to_owned());
}

fn check_lost(found: &Found, n_lost: u64, verified: &mut Verification) {
    if n_lost > 0 {
        let what = format!("the disk cannot read {} any more", bytes(n_lost));
        verified.add(true, Some(found.number), None, what);
    }
}

fn check_segment(found: &Found, content: &[u8], verified: &mut Verification) {
    let number = Some(found.number);
    let readable = found.readable(content.len());
    verified.n_segments += 1;
    verified.n_bytes += HEADER + content.len() as u64;
    let length = HEADER + content.len() as u64;
    if content.len() < readable {
        let end = found.end.unwrap_or(length);
        let what = format!("the file ends here; its successor says that it ends at byte {end}");
        verified.add(true, number, Some(length), what);
    } else if readable < content.len() {
        let (end, n) = (HEADER + readable as u64, content.len() - readable);
        let what = format!("never acknowledged, behind the end: {}", bytes(n as u64));
        verified.add(false, number, Some(end), what);
    }
    let read = &content[..readable.min(content.len())];
    for piece in pieces(read) {
        check_piece(found, read.len(), &piece, verified);
    }
}

fn check_piece(found: &Found, n_bytes: usize, piece: &Piece<'_>, verified: &mut Verification) {
    let (is_damage, at, what) = match *piece {
        Piece::Whole { at, kind, body } => {
            verified.n_records += 1;
            let what = match Kind::from_byte(kind) {
                None => format!("a record of a kind that is not known: {kind}"),
                Some(kind @ (Kind::Batch | Kind::Import)) if About::read(kind, body).is_none() => {
                    let what = if kind == Kind::Batch { "a batch" } else { "lines of an import" };
                    format!("{what} of no known version")
                }
                Some(_) => return,
            };
            (true, at, what)
        }
        Piece::Bad { at, to } if to == n_bytes && found.end.is_none() => {
            let n = bytes((to - at) as u64);
            (false, at, format!("{n} of a write that was not finished or not acknowledged"))
        }
        Piece::Bad { at, to } => (true, at, format!("not a record: {}", bytes((to - at) as u64))),
    };
    let byte = Some(HEADER + at as u64);
    verified.add(is_damage, Some(found.number), byte, what);
}

fn bytes(n: u64) -> String {
    many(n, "byte")
}
