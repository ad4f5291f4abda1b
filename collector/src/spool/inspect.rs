//! Looks at a spool from outside: reads only, takes no lock, and works on a copied folder as well
//! as beside a running collector.

use super::cursor::{Cursor, Read};
use super::record::{self, Frame};
use super::segment::{self, HEADER, Header, Opening};
use super::storage::Folder;
use super::{About, Error, Kind, Position, corrupt, recovery};
use protocol::Timestamp;
use serde::Serialize;
use std::io::{self, ErrorKind};
use std::path::Path;

/// What lies in a spool. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// How far ClickHouse has it; none if there is no cursor that can be read.
    pub cursor: Option<Cursor>,
    /// The segments, in order.
    pub segments: Vec<SegmentInfo>,
    /// Records of all of them.
    pub n_records: u64,
    /// Records that ClickHouse does not have.
    pub n_waiting: u64,
    /// Bytes of all files.
    pub n_bytes: u64,
    /// Files kept under `corrupt/`.
    pub corrupt: Vec<String>,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentInfo {
    /// Its number.
    pub number: u64,
    /// When it was begun.
    pub created: i64,
    /// Bytes of its file.
    pub n_bytes: u64,
    /// Records that can be read.
    pub n_records: u64,
    /// Records that ClickHouse does not have.
    pub n_waiting: u64,
    /// When the first record came that says so.
    pub first_received_at: Option<i64>,
    /// When the last record came that says so.
    pub last_received_at: Option<i64>,
    /// The records, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordInfo>,
}

/// A record. What the head of a batch or of lines of an import says is empty where there is none,
/// as with rows, or it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordInfo {
    /// Where it begins.
    pub position: Position,
    /// What it is; none if that is not known here.
    pub kind: Option<String>,
    /// Whose it is.
    pub project: Option<String>,
    /// When it came.
    pub received_at: Option<i64>,
    /// How many of its events or lines are kept.
    pub n_events: Option<u32>,
    /// Its bytes, frame included.
    pub n_bytes: u64,
    /// Whether ClickHouse does not have it.
    pub is_waiting: bool,
}

/// Looks at the spool in `dir`; lists the records if `with_records`.
///
/// # Errors
/// When it cannot be read.
pub fn inspect(dir: &Path, with_records: bool) -> Result<Inspection, Error> {
    let folder = Folder::real(dir);
    let cursor = match Cursor::read(&folder)? {
        Read::Whole(cursor) => Some(cursor),
        Read::None | Read::Damaged => None,
    };
    let done = cursor.as_ref().map_or(Position::default(), |cursor| cursor.done);
    let mut segments = Vec::new();
    for found in survey(&folder)?.segments {
        let Some((bytes, _)) = found.load(&folder)? else { continue };
        let mut info = describe(&found, &bytes, done);
        if !with_records {
            info.records = Vec::new();
        }
        segments.push(info);
    }
    Ok(Inspection {
        cursor,
        n_records: segments.iter().map(|segment| segment.n_records).sum(),
        n_waiting: segments.iter().map(|segment| segment.n_waiting).sum(),
        n_bytes: segments.iter().map(|segment| segment.n_bytes).sum(),
        segments,
        corrupt: corrupt::names(&folder)?,
    })
}

fn describe(found: &Found, bytes: &[u8], done: Position) -> SegmentInfo {
    let read = &bytes[..bytes.len().min(found.readable(bytes.len()))];
    let records: Vec<RecordInfo> = pieces(read)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Whole { at, kind, body } => Some((at, kind, body)),
            Piece::Bad { .. } => None,
        })
        .map(|(at, kind, body)| describe_record(found.number, at, kind, body, done))
        .collect();
    let mut times = records.iter().filter_map(|record| record.received_at);
    let first_received_at = times.next();
    SegmentInfo {
        number: found.number,
        created: found.created.as_millis(),
        n_bytes: HEADER + bytes.len() as u64,
        n_records: records.len() as u64,
        n_waiting: records.iter().filter(|record| record.is_waiting).count() as u64,
        first_received_at,
        last_received_at: times.next_back().or(first_received_at),
        records,
    }
}

fn describe_record(number: u64, at: usize, kind: u8, body: &[u8], done: Position) -> RecordInfo {
    let position = Position { segment: number, offset: HEADER + at as u64 };
    let kind = Kind::from_byte(kind);
    let about = kind.and_then(|kind| About::read(kind, body));
    RecordInfo {
        position,
        kind: kind.map(|kind| format!("{kind:?}").to_lowercase()),
        project: about.as_ref().map(|about| about.project.as_str().to_owned()),
        received_at: about.as_ref().map(|about| about.received_at.as_millis()),
        n_events: about.as_ref().map(|about| about.n_kept),
        n_bytes: (record::HEADER + body.len()) as u64,
        is_waiting: position >= done,
    }
}

/// A segment with records that can be read, or with a header.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) number: u64,
    pub(super) created: Timestamp,
    /// Bytes of its file.
    pub(super) length: u64,
    /// Where it ends, as a later one knows it.
    pub(super) end: Option<u64>,
}

impl Found {
    /// How many of so many bytes behind the header may hold records.
    pub(super) fn readable(&self, n_bytes: usize) -> usize {
        let known = self.end.map(|end| usize::try_from(end.saturating_sub(HEADER)));
        known.and_then(Result::ok).unwrap_or(n_bytes)
    }

    /// Reads what is behind the header, with zeros for what the disk cannot give any more, and
    /// how many bytes those are. `None` if it was deleted meanwhile.
    pub(super) fn load(&self, folder: &Folder) -> Result<Option<(Vec<u8>, u64)>, Error> {
        let read = folder.read_around(&segment::name(self.number), HEADER, u64::MAX);
        there(read.map_err(Error::from))
    }
}

/// The files of a spool. None of them is kept in memory: together they may be larger.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Those that are read.
    pub(super) segments: Vec<Found>,
    /// The headers that can be read.
    pub(super) headers: Vec<Header>,
    /// Those whose header cannot be read, with their lengths.
    pub(super) headless: Vec<(u64, u64)>,
}

impl Survey {
    pub(super) fn find(&self, number: u64) -> Option<&Found> {
        self.segments.iter().find(|found| found.number == number)
    }

    fn add(&mut self, folder: &Folder, number: u64) -> Result<(), Error> {
        let length = folder.length(&segment::name(number))?;
        let created = match segment::open(folder, number)? {
            Opening::Whole(header) => {
                self.headers.push(header);
                Some(header.created)
            }
            opening => {
                self.headless.push((number, length));
                match opening {
                    Opening::Foreign => None,
                    _ => recovery::begun_without_header(folder, number)?,
                }
            }
        };
        let found = created.map(|created| Found { number, created, length, end: None });
        self.segments.extend(found);
        Ok(())
    }
}

/// Looks at all segments. One that is deleted meanwhile is none.
pub(super) fn survey(folder: &Folder) -> Result<Survey, Error> {
    let mut survey = Survey::default();
    for number in segment::numbers(folder)? {
        there(survey.add(folder, number))?;
    }
    for found in &mut survey.segments {
        found.end = recovery::end_of(&survey.headers, found.number);
    }
    Ok(survey)
}

fn there<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    let is_gone = |error: &io::Error| error.kind() == ErrorKind::NotFound;
    match read {
        Err(Error::Io(error)) if is_gone(&error) => Ok(None),
        read => read.map(Some),
    }
}

/// What stands behind the header of a segment, one thing after the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Whole { at: usize, kind: u8, body: &'a [u8] },
    Bad { at: usize, to: usize },
}

pub(super) fn pieces(bytes: &[u8]) -> Vec<Piece<'_>> {
    let (mut at, mut pieces) = (0, Vec::new());
    while at < bytes.len() {
        let (piece, next) = match record::read(&bytes[at..]) {
            Frame::Whole { kind, body } => {
                (Piece::Whole { at, kind, body }, at + record::HEADER + body.len())
            }
            Frame::Short | Frame::Bad { .. } => {
                let to = record::resume(bytes, at).unwrap_or(bytes.len());
                (Piece::Bad { at, to }, to)
            }
        };
        pieces.push(piece);
        at = next;
    }
    pieces
}
