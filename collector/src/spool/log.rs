//! The write-ahead log: segments in a folder, appended to in groups, one sync a group.
//!
//! Synchronous and single-threaded; [`super::Spool`] puts a thread and a queue around it.

use super::recovery::{self, Recovered, Segment};
use super::segment::{self, Header};
use super::storage::{Folder, NewFile};
use super::{Error, Position, fault};
use protocol::Timestamp;
use std::collections::BTreeMap;

/// The log, open for appending.
#[derive(Debug)]
pub(super) struct Log {
    folder: Folder,
    segment_bytes: u64,
    segments: BTreeMap<u64, Segment>,
    /// Segments of an earlier process that are not known to be on the disk, and not read before.
    unsecured: Vec<u64>,
    active: Active,
    highest: u64,
    /// Where the last record ends that there ever was, deleted or not.
    last_record: Position,
}

/// The segment that is appended to.
#[derive(Debug)]
enum Active {
    /// This one.
    Open { number: u64, file: Box<dyn NewFile> },
    /// A write or sync of the last one failed: what it holds beyond its end is not known, so it
    /// is never touched again.
    Broken,
}

impl Log {
    /// Opens the folder. ClickHouse has everything before
    /// `done`, and no number up to `number` is used again. The log has to be [rolled](Self::roll)
    /// before what the last process wrote last can be read.
    pub(super) fn open(
        folder: Folder,
        segment_bytes: u64,
        done: Position,
        number: u64,
    ) -> Result<(Self, Recovered), Error> {
        recovery::remove_unfinished(&folder)?;
        let found = recovery::recover(&folder, done)?;
        let log = Self {
            folder,
            segment_bytes,
            segments: found.segments,
            unsecured: found.unsecured,
            active: Active::Broken,
            highest: found.highest.max(number),
            last_record: found.last_record,
        };
        Ok((log, found.recovered))
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
        let written = fault::point("spool.write")
            .and_then(|()| file.append(frames))
            .and_then(|()| fault::point("spool.sync"))
            .and_then(|()| file.sync());
        if let Err(error) = written {
            self.active = Active::Broken;
            self.measure(number, length);
            return Err(error.into());
        }
        self.segments.entry(number).and_modify(|segment| {
            segment.end += length;
            segment.length += length;
        });
        self.last_record = self.end();
        Ok(self.last_record)
    }

    /// Asks how long a file has become by a write of `n_bytes` that failed.
    fn measure(&mut self, number: u64, n_bytes: u64) {
        let length = self.folder.length(&segment::name(number));
        if let Some(segment) = self.segments.get_mut(&number) {
            segment.length = length.unwrap_or(segment.length + n_bytes);
        }
    }

    /// Begins a new segment.
    pub(super) fn roll(&mut self, now: Timestamp) -> Result<(), Error> {
        self.active = Active::Broken;
        fault::point("spool.roll")?;
        self.secure()?;
        self.highest += 1;
        // A segment without records may be gone after a loss of power: nothing relies on it.
        let header = Header { number: self.highest, created: now, previous: self.last_record };
        let file = segment::create(&self.folder, header)?;
        let segment = Segment {
            end: segment::HEADER,
            length: segment::HEADER,
            is_removed: false,
            created: now,
        };
        self.segments.insert(self.highest, segment);
        self.active = Active::Open { number: self.highest, file };
        Ok(())
    }

    /// Lets go of what is before `position`. A segment that was begun before `old` goes too if
    /// nothing of it is left, full or not, because what is in it is not meant to lie around.
    /// `hide` is told of each before it goes.
    pub(super) fn release(
        &mut self,
        position: Position,
        old: Timestamp,
        now: Timestamp,
        hide: impl FnMut(u64),
    ) -> Result<(), Error> {
        fault::point("spool.release")?;
        let is_done = position == self.last() && position.offset > segment::HEADER;
        if is_done && self.active_since() < old {
            self.roll(now)?;
            return self.truncate(self.end(), hide);
        }
        self.truncate(position, hide)
    }

    /// Deletes the segments that end before `position`; never the last one.
    pub(super) fn truncate(
        &mut self,
        position: Position,
        mut hide: impl FnMut(u64),
    ) -> Result<(), Error> {
        let last = self.last().segment;
        let is_gone = |number: &u64, segment: &Segment| {
            *number != last && Position { segment: *number, offset: segment.end } <= position
                || *number < position.segment.min(last)
        };
        let gone: Vec<u64> =
            self.segments.iter().filter(|(n, s)| is_gone(n, s)).map(|(n, _)| *n).collect();
        for number in gone {
            hide(number);
            self.folder.remove(&segment::name(number))?;
            self.segments.entry(number).and_modify(|segment| segment.is_removed = true);
            // One by one, so that never one is back whose successor is gone.
            self.folder.sync()?;
            self.segments.remove(&number);
            self.unsecured.retain(|unsecured| *unsecured != number);
        }
        Ok(())
    }

    fn secure(&mut self) -> Result<(), Error> {
        while let Some(number) = self.unsecured.first().copied() {
            if let Some(segment) = self.segments.get_mut(&number) {
                recovery::secure(&self.folder, number, segment.end)?;
                segment.length = segment.end;
            }
            self.unsecured.remove(0);
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
        self.secured().next_back().map_or(Position::default(), place)
    }

    /// The segments that are there, before the first that is not known to be safe: nothing behind
    /// it is read before it is.
    fn secured(&self) -> impl DoubleEndedIterator<Item = (&u64, &Segment)> {
        let first = self.unsecured.first().copied().unwrap_or(u64::MAX);
        self.segments.range(..first).filter(|(_, segment)| !segment.is_removed)
    }

    /// The same, with what is not known to be safe.
    pub(super) fn last(&self) -> Position {
        self.segments.last_key_value().map_or(Position::default(), place)
    }

    /// When the active segment was begun.
    fn active_since(&self) -> Timestamp {
        self.segments.last_key_value().map_or(Timestamp::default(), |(_, s)| s.created)
    }

    /// Where each segment ends that can be read.
    pub(super) fn ends(&self) -> BTreeMap<u64, u64> {
        self.secured().map(|(number, segment)| (*number, segment.end)).collect()
    }

    /// Bytes of all segments on the disk.
    pub(super) fn n_bytes(&self) -> u64 {
        self.segments.values().map(|segment| segment.length).sum()
    }

    /// Where each segment ends, with what is not known to be safe.
    pub(super) fn all_ends(&self) -> BTreeMap<u64, u64> {
        self.segments.iter().map(|(number, segment)| (*number, segment.end)).collect()
    }

    /// Where each segment with records ends, and when it was begun.
    pub(super) fn begun(&self) -> impl Iterator<Item = (Position, Timestamp)> {
        let filled = self.segments.iter().filter(|(_, segment)| segment.end > segment::HEADER);
        filled.map(|(number, segment)| (place((number, segment)), segment.created))
    }
}

fn place((number, segment): (&u64, &Segment)) -> Position {
    Position { segment: *number, offset: segment.end }
}
