//! What is found in the folder at the start, and what is made of it.
//!
//! A segment ends where its successor says. The last one has no successor: it ends before the
//! first frame that is not whole and that no whole one follows, which is what a crash in the
//! middle of a write leaves. Nothing there was ever acknowledged. A bad frame with whole ones
//! behind it is damage: the segment is kept for a person to look at, under `corrupt/`, and the
//! whole frames are used.

use super::record::{self, Frame};
use super::segment;
use super::{Error, Position};
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

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
    /// The highest number ever used, damaged segments included.
    pub(super) highest: u64,
    /// Bytes of unfinished writes that are left unread.
    pub(super) torn_bytes: u64,
    /// Segments with damage.
    pub(super) damaged: Vec<u64>,
}

/// Looks through the folder.
pub(super) fn recover(dir: &Path) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut headers = Vec::new();
    for number in numbers(dir)? {
        found.highest = number;
        match segment::read_header(dir, number)? {
            Some(header) => headers.push(header),
            None => set_aside(dir, number, &mut found)?,
        }
    }
    for (at, header) in headers.iter().enumerate() {
        let end = match headers.get(at + 1) {
            Some(next) if next.previous.segment == header.number => {
                checked_end(dir, next.previous, &mut found)?
            }
            _ => tail_end(dir, header.number, &mut found)?,
        };
        found.segments.insert(header.number, Segment { end, created: header.created });
    }
    Ok(found)
}

/// Keeps a second name of a damaged segment, so that it stays when the first is deleted.
pub(super) fn keep(dir: &Path, number: u64) -> Result<(), Error> {
    let corrupt = dir.join("corrupt");
    fs::create_dir_all(&corrupt)?;
    match fs::hard_link(segment::path(dir, number), segment::path(&corrupt, number)) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

fn numbers(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        numbers.extend(entry?.file_name().to_str().and_then(segment::number_of));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Takes a file without a readable header out of the way. One that is no longer than a header is
/// a segment whose making was interrupted: nothing is lost with it.
fn set_aside(dir: &Path, number: u64, found: &mut Found) -> Result<(), Error> {
    let path = segment::path(dir, number);
    if fs::metadata(&path)?.len() > segment::HEADER {
        keep(dir, number)?;
        found.damaged.push(number);
    }
    fs::remove_file(&path)?;
    Ok(())
}

/// The end of a segment as its successor knows it, unless the file has become shorter.
fn checked_end(dir: &Path, end: Position, found: &mut Found) -> Result<u64, Error> {
    let length = fs::metadata(segment::path(dir, end.segment))?.len();
    if length < end.offset {
        keep(dir, end.segment)?;
        found.damaged.push(end.segment);
    }
    Ok(end.offset.min(length))
}

fn tail_end(dir: &Path, number: u64, found: &mut Found) -> Result<u64, Error> {
    let length = fs::metadata(segment::path(dir, number))?.len();
    let bytes = segment::read(dir, number, segment::HEADER, length)?;
    let (mut at, mut end, mut is_damaged) = (0, 0, false);
    while at < bytes.len() {
        match record::read(&bytes[at..]) {
            Frame::Whole { body, .. } => {
                is_damaged |= end < at;
                at += record::HEADER + body.len();
                end = at;
            }
            Frame::Bad { skip: Some(skip) } => at += skip,
            Frame::Bad { skip: None } | Frame::Short => break,
        }
    }
    if is_damaged {
        keep(dir, number)?;
        found.damaged.push(number);
    }
    let end = segment::HEADER + end as u64;
    found.torn_bytes += length - end;
    Ok(end)
}
