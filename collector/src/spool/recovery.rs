//! What is found in the folder at the start, and what is made of it.
//!
//! A segment ends where its successor says. The last one has no successor: it ends before the
//! first frame that is not whole and that no whole one follows, which is what a crash in the
//! middle of a write leaves. Nothing there was ever acknowledged. A bad frame with whole ones
//! behind it is damage: the segment is kept for a person to look at, under `corrupt/`, and the
//! whole frames are used.
//!
//! Whether what is read in the last segment has reached the disk is not known, and a sync would
//! prove nothing if one failed before. So it is written again, to a new file that takes the place
//! of the old one, before anything of it is given away ([`secure`]).

use super::record::{self, Frame};
use super::segment::{self, Header};
use super::storage::{Folder, NEW};
use super::{Error, Position, corrupt};
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::io;

/// A segment as it is known while the collector runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Where it ends: what lies beyond is never read.
    pub(super) end: u64,
    pub(super) created: Timestamp,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) segments: BTreeMap<u64, Segment>,
    /// Segments whose end no other segment knows; their records may not have reached the disk.
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
    /// Segments that are gone although ClickHouse does not have all of them.
    pub missing: Vec<u64>,
}

/// Looks through the folder. ClickHouse has everything before `done`.
pub(super) fn recover(folder: &Folder, done: Position) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut headers = Vec::new();
    for number in segment::numbers(folder)? {
        found.highest = number;
        match segment::read_header(folder, number)? {
            Some(header) => headers.push(header),
            None => set_aside(folder, number, &mut found.recovered)?,
        }
    }
    for header in &headers {
        found.last_record = found.last_record.max(header.previous);
        let end = match end_of(&headers, header.number) {
            Some(end) => checked_end(folder, header.number, end, &mut found.recovered)?,
            None => tail_end(folder, header.number, &mut found)?,
        };
        found.segments.insert(header.number, Segment { end, created: header.created });
        if end > segment::HEADER {
            let place = Position { segment: header.number, offset: end };
            found.last_record = found.last_record.max(place);
        }
    }
    found.recovered.missing = missing(&headers, done);
    Ok(found)
}

/// Writes the records of a segment again, so that they are on the disk.
pub(super) fn secure(folder: &Folder, number: u64, end: u64) -> io::Result<()> {
    let bytes = segment::read(folder, number, 0, end)?;
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
pub(super) fn missing(headers: &[Header], done: Position) -> Vec<u64> {
    let is_there = |number: u64| headers.iter().any(|header| header.number == number);
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

/// Takes a file without a readable header out of the way. One that is no longer than a header is
/// a segment whose making was interrupted: nothing is lost with it.
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

/// The end of a segment as its successor knows it, unless the file has become shorter.
fn checked_end(
    folder: &Folder,
    number: u64,
    end: u64,
    recovered: &mut Recovered,
) -> Result<u64, Error> {
    let length = folder.length(&segment::name(number))?;
    if length < end {
        recovered.damaged.push(number);
        is_kept(folder, number);
    }
    Ok(end.min(length))
}

fn tail_end(folder: &Folder, number: u64, found: &mut Found) -> Result<u64, Error> {
    let bytes = folder.read(&segment::name(number), segment::HEADER, u64::MAX)?;
    let (end, n_damaged) = whole_end(&bytes);
    if n_damaged > 0 {
        found.recovered.damaged.push(number);
        is_kept(folder, number);
    }
    if end > 0 {
        found.unsecured.push(number);
    }
    found.recovered.torn_bytes += (bytes.len() - end) as u64;
    Ok(segment::HEADER + end as u64)
}
