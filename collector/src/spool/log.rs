//! The write-ahead log: segments in a folder, appended to in groups, one sync a group.
//!
//! Synchronous and single-threaded; [`super::Spool`] puts a thread and a queue around it.

use super::recovery::{self, Segment};
use super::segment::{self, Header};
use super::{Error, Position};
use protocol::Timestamp;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The log, open for appending.
#[derive(Debug)]
pub(super) struct Log {
    dir: PathBuf,
    segment_bytes: u64,
    segments: BTreeMap<u64, Segment>,
    active: Active,
    highest: u64,
}

/// The segment that is appended to.
#[derive(Debug)]
enum Active {
    /// This one.
    Open { number: u64, file: File },
    /// A write or sync of the last one failed: what it holds beyond its end is not known, so it
    /// is never touched again.
    Broken,
}

/// What was wrong in the folder when it was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes of unfinished writes that are left unread; nothing in them was acknowledged.
    pub torn_bytes: u64,
    /// Segments with damage, kept under `corrupt/`.
    pub damaged: Vec<u64>,
}

impl Log {
    /// Opens the folder, which is made if it is not there, and begins a new segment with a number
    /// above `number` and above all that are there.
    pub(super) fn open(
        dir: &Path,
        segment_bytes: u64,
        number: u64,
        now: Timestamp,
    ) -> Result<(Self, Recovered), Error> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let found = recovery::recover(dir)?;
        let recovered = Recovered { torn_bytes: found.torn_bytes, damaged: found.damaged };
        let mut log = Self {
            dir: dir.to_owned(),
            segment_bytes,
            segments: found.segments,
            active: Active::Broken,
            highest: found.highest.max(number),
        };
        log.roll(now)?;
        Ok((log, recovered))
    }

    /// Appends a group of whole frames and syncs it. When this returns, they are safe.
    ///
    /// After an error the segment is left for good; the next call begins a new one.
    pub(super) fn append(&mut self, frames: &[u8], now: Timestamp) -> Result<Position, Error> {
        let length = frames.len() as u64;
        let is_full =
            self.end().offset > segment::HEADER && self.end().offset + length > self.segment_bytes;
        if is_full || matches!(self.active, Active::Broken) {
            self.roll(now)?;
        }
        let Active::Open { number, file } = &mut self.active else {
            return Err(Error::Closed);
        };
        let number = *number;
        if let Err(error) = file.write_all(frames).and_then(|()| file.sync_data()) {
            self.active = Active::Broken;
            return Err(error.into());
        }
        self.segments.entry(number).and_modify(|segment| segment.end += length);
        Ok(self.end())
    }

    /// Begins a new segment.
    pub(super) fn roll(&mut self, now: Timestamp) -> Result<(), Error> {
        self.active = Active::Broken;
        self.highest += 1;
        let header = Header { number: self.highest, created: now, previous: self.end() };
        let file = segment::create(&self.dir, header)?;
        let segment = Segment { end: segment::HEADER, created: now };
        self.segments.insert(self.highest, segment);
        self.active = Active::Open { number: self.highest, file };
        Ok(())
    }

    /// Deletes the segments that end before `position`; never the last one.
    pub(super) fn truncate(&mut self, position: Position) -> Result<(), Error> {
        let last = self.end().segment;
        let is_gone = |number: &u64, segment: &Segment| {
            *number != last && Position { segment: *number, offset: segment.end } <= position
                || *number < position.segment.min(last)
        };
        let gone: Vec<u64> =
            self.segments.iter().filter(|(n, s)| is_gone(n, s)).map(|(n, _)| *n).collect();
        for number in &gone {
            fs::remove_file(segment::path(&self.dir, *number))?;
            self.segments.remove(number);
        }
        if !gone.is_empty() {
            segment::sync_dir(&self.dir)?;
        }
        Ok(())
    }

    /// Where the first record is, or would be.
    pub(super) fn start(&self) -> Position {
        let first = self.segments.first_key_value();
        first.map_or(Position::default(), |(number, _)| Position::first_of(*number))
    }

    /// Where the next record goes: everything before is safe.
    pub(super) fn end(&self) -> Position {
        let last = self.segments.last_key_value();
        last.map_or(Position::default(), |(number, segment)| Position {
            segment: *number,
            offset: segment.end,
        })
    }

    /// When the active segment was begun.
    pub(super) fn active_since(&self) -> Timestamp {
        self.segments.last_key_value().map_or(Timestamp::default(), |(_, s)| s.created)
    }

    /// Where each segment ends.
    pub(super) fn ends(&self) -> BTreeMap<u64, u64> {
        self.segments.iter().map(|(number, segment)| (*number, segment.end)).collect()
    }
}
