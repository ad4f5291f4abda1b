//! What is found in the folder at the start, and what is made of it.
//!
//! A segment ends where its successor says. The last one has no successor: it ends before the
//! first frame that is not whole and that no whole one follows, which is what a crash in the
//! middle of a write leaves. Nothing there was ever acknowledged. A bad frame with whole ones
//! behind it is damage: the segment is kept for a person to look at, under `corrupt/`, and the
//! whole frames are used. So it is with a header that cannot be read: the segment before, whose
//! end stood there, then ends like the last one.
//!
//! Whether what is read in the last segment has reached the disk is not known, and a sync would
//! prove nothing if one failed before. So it is written again, to a new file that takes the place
//! of the old one, before anything of it is given away ([`secure`]).

use super::record::{self, Frame};
use super::segment::{self, Header, Opening};
use super::storage::{Folder, NEW};
use super::{About, Error, Kind, Position, corrupt};
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::io;

/// A segment as it is known while the collector runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where it ends: what lies beyond is never read.
    pub(super) end: u64,
    /// Bytes of its file.
    pub(super) length: u64,
    /// Whether its file is gone, although it is not known whether it is after a loss of power.
    pub(super) is_removed: bool,
    pub(super) created: Timestamp,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) segments: BTreeMap<u64, Segment>,
    /// Segments whose end no other segment knows, in order; their records may not have reached the
    /// disk.
    pub(super) unsecured: Vec<u64>,
    /// The highest number there is, damaged segments included.
    pub(super) highest: u64,
    /// Where the last record ends that there ever was.
    pub(super) last_record: Position,
    pub(super) recovered: Recovered,
}

/// What was wrong in the folder when it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes of unfinished writes that are left unread; nothing in them was acknowledged.
    pub torn_bytes: u64,
    /// Segments with damage, kept under `corrupt/`.
    pub damaged: Vec<u64>,
    /// Those of them whose header cannot be read, and whose records are used.
    pub headless: Vec<u64>,
    /// Segments that are gone although ClickHouse does not have all of them, or although the
    /// cursor points into them.
    pub missing: Vec<u64>,
}

/// Looks through the folder. ClickHouse has everything before `done`.
pub(super) fn recover(folder: &Folder, done: Position) -> Result<Found, Error> {
    let mut found = Found::default();
    let (mut headers, mut begun) = (Vec::new(), Vec::new());
    for number in segment::numbers(folder)? {
        found.highest = number;
        let created = match segment::open(folder, number)? {
            Opening::Whole(header) => {
                headers.push(header);
                Some(header.created)
            }
            Opening::Unreadable => salvage(folder, number, &mut found.recovered)?,
            Opening::Foreign => {
                set_aside(folder, number, &mut found.recovered)?;
                None
            }
        };
        begun.extend(created.map(|created| (number, created)));
    }
    for (number, created) in &begun {
        let (end, length) = match end_of(&headers, *number) {
            Some(end) => checked_end(folder, *number, end, &mut found.recovered)?,
            None => tail_end(folder, *number, &mut found)?,
        };
        found
            .segments
            .insert(*number, Segment { end, length, is_removed: false, created: *created });
        if end > segment::HEADER {
            let place = Position { segment: *number, offset: end };
            found.last_record = found.last_record.max(place);
        }
    }
    let known = headers.iter().map(|header| header.previous).max();
    found.last_record = found.last_record.max(known.unwrap_or_default());
    found.recovered.damaged.sort_unstable();
    found.recovered.damaged.dedup();
    found.recovered.missing =
        missing(&headers, done, |number| found.segments.contains_key(&number));
    Ok(found)
}

/// Writes the records of a segment again, so that they are on the disk.
pub(super) fn secure(folder: &Folder, number: u64, end: u64) -> io::Result<()> {
    let (bytes, n_lost) = segment::read(folder, number, 0, end)?;
    if n_lost > 0 {
        // What takes its place has zeros there.
        corrupt::keep(folder, number)?;
    }
    folder.replace(&segment::name(number), &bytes)
}

/// Removes files that were to take the place of others when the process ended.
pub(super) fn remove_unfinished(folder: &Folder) -> io::Result<()> {
    let names = folder.list()?;
    names.iter().filter(|name| name.ends_with(NEW)).try_for_each(|name| folder.remove(name))
}

/// Where a segment ends, as a later one knows it: the last before it with records, and where
/// that ends. Those between hold none.
pub(super) fn end_of(headers: &[Header], number: u64) -> Option<u64> {
    let is_later = |header: &&Header| header.number > number && header.previous.segment <= number;
    let later = headers.iter().find(is_later)?;
    let is_last = later.previous.segment == number;
    Some(if is_last { later.previous.offset } else { segment::HEADER })
}

/// Segments with records after `done` that others speak of, and that are not there.
pub(super) fn missing(
    headers: &[Header],
    done: Position,
    is_there: impl Fn(u64) -> bool,
) -> Vec<u64> {
    let mut missing: Vec<u64> = headers
        .iter()
        .map(|header| header.previous)
        .filter(|previous| previous.offset > segment::HEADER && *previous > done)
        .map(|previous| previous.segment)
        .filter(|number| !is_there(*number))
        .collect();
    missing.dedup();
    missing
}

/// Where whole frames end in the bytes behind a header, and how many places before are damaged.
pub(super) fn whole_end(bytes: &[u8]) -> (usize, usize) {
    let (mut at, mut end, mut n_damaged) = (0, 0, 0);
    while at < bytes.len() {
        if let Frame::Whole { body, .. } = record::read(&bytes[at..]) {
            n_damaged += usize::from(end < at);
            at += record::HEADER + body.len();
            end = at;
        } else if let Some(next) = record::resume(bytes, at) {
            at = next;
        } else {
            break;
        }
    }
    (end, n_damaged)
}

/// Keeps a segment whose header cannot be read, for a person to look at, and returns when it was
/// begun if its records are to be used all the same. Where its predecessor ends is then not known.
fn salvage(
    folder: &Folder,
    number: u64,
    recovered: &mut Recovered,
) -> Result<Option<Timestamp>, Error> {
    let begun = begun_without_header(folder, number)?;
    if begun.is_some() {
        recovered.damaged.push(number);
        recovered.headless.push(number);
        is_kept(folder, number);
    } else {
        set_aside(folder, number, recovered)?;
    }
    Ok(begun)
}

/// When a segment without a readable header was begun, as its records say, or else its file;
/// `None` if it has no records.
pub(super) fn begun_without_header(
    folder: &Folder,
    number: u64,
) -> Result<Option<Timestamp>, Error> {
    let name = segment::name(number);
    let (bytes, _) = folder.read_around(&name, segment::HEADER, u64::MAX)?;
    if whole_end(&bytes).0 == 0 {
        return Ok(None);
    }
    match first_received_at(&bytes) {
        Some(received_at) => Ok(Some(received_at)),
        None => Ok(Some(folder.modified(&name)?)),
    }
}

/// When the first whole record came, if it says so.
fn first_received_at(bytes: &[u8]) -> Option<Timestamp> {
    let mut at = 0;
    loop {
        if let Frame::Whole { kind, body } = record::read(bytes.get(at..)?) {
            return Some(About::read(Kind::from_byte(kind)?, body)?.received_at);
        }
        at = record::resume(bytes, at)?;
    }
}

/// Takes a file that holds no records of this segment out of the way. One that is no longer than
/// a header is a segment whose making was interrupted: nothing is lost with it.
fn set_aside(folder: &Folder, number: u64, recovered: &mut Recovered) -> Result<(), Error> {
    let name = segment::name(number);
    if folder.length(&name)? > segment::HEADER {
        recovered.damaged.push(number);
        if !is_kept(folder, number) {
            return Ok(());
        }
    }
    folder.remove(&name)?;
    Ok(())
}

/// Keeps a damaged segment if that is possible now; the start does not fail for want of it.
fn is_kept(folder: &Folder, number: u64) -> bool {
    let kept = corrupt::keep(folder, number);
    if let Err(error) = &kept {
        tracing::warn!(%error, number, "a damaged segment of the spool cannot be kept");
    }
    kept.is_ok()
}

/// The end of a segment as its successor knows it, unless the file has become shorter; and the
/// length of the file.
fn checked_end(
    folder: &Folder,
    number: u64,
    end: u64,
    recovered: &mut Recovered,
) -> Result<(u64, u64), Error> {
    let length = folder.length(&segment::name(number))?;
    if length < end {
        recovered.damaged.push(number);
        is_kept(folder, number);
    }
    Ok((end.min(length), length))
}

/// The end of a segment that no other knows the end of, and the length of its file.
fn tail_end(folder: &Folder, number: u64, found: &mut Found) -> Result<(u64, u64), Error> {
    let (bytes, n_lost) = folder.read_around(&segment::name(number), segment::HEADER, u64::MAX)?;
    let (end, n_damaged) = whole_end(&bytes);
    if n_damaged > 0 || n_lost > 0 {
        found.recovered.damaged.push(number);
        is_kept(folder, number);
    }
    if end > 0 {
        found.unsecured.push(number);
    }
    if n_lost == 0 {
        found.recovered.torn_bytes += (bytes.len() - end) as u64;
    }
    Ok((segment::HEADER + end as u64, segment::HEADER + bytes.len() as u64))
}
