//! The write-ahead log between the promise to a browser and ClickHouse.
//!
//! A batch is appended as it came and synced before it is acknowledged; many requests share one
//! sync. From bytes up: a [`record`] is a frame with a checksum; a [`segment`] is a file of
//! frames; the [`log`] is a folder of segments, appended to in groups; [`recovery`] is what is
//! made of the folder at the start; [`committer`] is the thread and the queue around the log;
//! [`cursor`] says how far ClickHouse has it; an [`entry`] is what a record holds. Below them all,
//! [`storage`] is what is asked of a file system; [`inspect()`] and [`verify()`] look at a folder
//! from outside.
//!
//! Goals: nothing acknowledged is lost, however the process ends; bounded in bytes and in age;
//! never a file that a person has to delete by hand. No goals: many queues, many readers, random
//! access.
//!
//! **Invariant:** after a failed write or sync nothing is appended to that file again, and every
//! waiting request is told that it is not safe.

mod about;
mod committer;
mod corrupt;
mod cursor;
mod entry;
mod fault;
mod import;
mod inspect;
mod log;
mod read;
mod record;
mod recovery;
mod segment;
mod status;
mod storage;
mod verify;
mod waiting;
mod words;

#[cfg(test)]
mod crashes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod proptests;
#[cfg(test)]
mod simfs;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use committer::Ticket;
pub use cursor::{Cursor, Cut};
pub use entry::{Bitmap, Encoding, Entry, Head};
pub use import::{ImportEntry, ImportHead};
pub use inspect::{Inspection, RecordInfo, SegmentInfo, inspect};
pub use read::Chunk;
pub use recovery::Recovered;
pub use status::Status;
pub use verify::{Finding, Verification, verify};
pub(crate) use words::many;

use crate::config;
use crate::env::Clock;
use about::About;
use committer::{Committer, Found, Put};
use log::Log;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use status::Damage;
use std::io;
use std::path::Path;
use std::sync::Arc;
use storage::Folder;
use waiting::Waiting;

/// A place between two records.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Position {
    /// The number of the segment.
    pub segment: u64,
    /// Bytes from the beginning of its file.
    pub offset: u64,
}

impl Position {
    /// The place of the first record of a segment.
    pub(crate) const fn first_of(segment: u64) -> Self {
        Self { segment, offset: segment::HEADER }
    }
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An accepted batch: an [`Entry`].
    Batch,
    /// Accepted lines of an import: an [`ImportEntry`].
    Import,
    /// Rows that ClickHouse had refused, as [`crate::dead::replay`] hands them back.
    Rows,
}

/// Whether a file of this name makes a folder a spool.
pub(crate) fn is_of_spool(name: &str) -> bool {
    name == cursor::NAME || segment::number_of(name).is_some()
}

impl Kind {
    pub(crate) const fn as_byte(self) -> u8 {
        match self {
            Self::Batch => 1,
            Self::Import => 2,
            Self::Rows => 3,
        }
    }

    /// What the byte of a record says it is.
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Batch),
            2 => Some(Self::Import),
            3 => Some(Self::Rows),
            _ => None,
        }
    }
}

/// Why the spool does not take or give a record.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refuses.
    #[error("the spool's file system refuses")]
    Io(#[source] Arc<io::Error>),
    /// A segment was written by a later version of this program.
    #[error(
        "segment `{number}` of the spool has version `{version}`, which is later than this program"
    )]
    Version {
        /// The number of the segment.
        number: u64,
        /// Its version.
        version: u32,
    },
    /// It holds as much as it may.
    #[error("the spool is full: `{n_bytes}` bytes wait to be written to ClickHouse")]
    Full {
        /// What it holds.
        n_bytes: u64,
    },
    /// What it holds waits for too long: whether an event that comes now is a repeat is only
    /// known for so long, and what people did is not meant to lie around.
    #[error("the spool takes nothing new: what it holds has waited `{age_s}` s for ClickHouse")]
    TooOld {
        /// Seconds that its oldest record waits.
        age_s: u64,
    },
    /// A write or sync failed a moment ago.
    #[error("the spool cannot be written")]
    Failed,
    /// It is closed.
    #[error("the spool is closed")]
    Closed,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// The spool. A clone is the same one; when the last is dropped, what was appended is synced and
/// the spool is closed.
#[derive(Debug, Clone)]
pub struct Spool {
    folder: Folder,
    committer: Arc<Committer>,
    id: [u8; 16],
}

impl Spool {
    /// Opens the spool in `dir`, which is made if it is not there. Returns it with the cursor and
    /// with what was found wrong. One that can be read but not written is opened, too, and takes
    /// records once it can be written.
    ///
    /// # Errors
    /// When the file system refuses, or a later version of this program wrote there.
    pub fn open(
        dir: &Path,
        config: &config::spool::Spool,
        random: [u8; 16],
        clock: Clock,
    ) -> Result<(Self, Cursor, Recovered), Error> {
        Self::open_in(Folder::real(dir), config, random, clock)
    }

    fn open_in(
        folder: Folder,
        config: &config::spool::Spool,
        random: [u8; 16],
        clock: Clock,
    ) -> Result<(Self, Cursor, Recovered), Error> {
        let (log, cursor, recovered) = recover(&folder, config.segment_bytes, random)?;
        let mut waiting = Waiting::new(log.begun());
        waiting.done(cursor.done);
        if let Some(since) = first_received_at(&folder, &log, cursor.done) {
            waiting.correct(since);
        }
        let damage = Damage {
            kept: corrupt::count(&folder)?,
            n_missing: recovered.missing.len() as u64,
            torn_bytes: recovered.torn_bytes,
            ..Damage::default()
        };
        let found = Found { waiting, damage };
        let committer = Committer::start(log, folder.clone(), found, config, clock)?;
        let spool = Self { folder, committer: Arc::new(committer), id: cursor.spool };
        Ok((spool, cursor, recovered))
    }

    /// Its identity, [`Cursor::spool`].
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// A number that changes whenever a write fails. What a caller learns while it has one value
    /// (such as which events are in the spool already) is worth nothing once it has another.
    pub fn epoch(&self) -> u64 {
        self.committer.epoch()
    }

    /// Appends a record whose body is `head` and `body`. It is safe when the ticket says so.
    ///
    /// # Errors
    /// When the spool is full, failed or closed, or `epoch` is over.
    pub fn append(
        &self,
        epoch: u64,
        kind: Kind,
        head: &[u8],
        body: &[u8],
    ) -> Result<Ticket, Error> {
        let put = Put { kind, parts: [head, body], is_again: false };
        self.committer.append(epoch, Some(put))
    }

    /// Appends a record that was in the spool before and comes back from the dead letters. It is
    /// taken beyond the limit, as far as the reserve goes, and however long others wait.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub(crate) fn append_again(
        &self,
        epoch: u64,
        kind: Kind,
        record: &[u8],
    ) -> Result<Ticket, Error> {
        let put = Put { kind, parts: [record, &[]], is_again: true };
        self.committer.append(epoch, Some(put))
    }

    /// A ticket for everything appended so far.
    ///
    /// # Errors
    /// When the spool is failed or closed, or `epoch` is over.
    pub fn barrier(&self, epoch: u64) -> Result<Ticket, Error> {
        self.committer.append(epoch, None)
    }

    /// How it is.
    pub fn status(&self) -> Status {
        self.committer.status()
    }

    /// Follows the end: everything before it is safe and can be read.
    pub fn end(&self) -> tokio::sync::watch::Receiver<Position> {
        self.committer.end()
    }

    /// Reads some records from `from` on, or from the first behind it that is still there: what
    /// nobody needs may go meanwhile. Blocks on the file system.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn read(&self, from: Position) -> Result<Chunk, Error> {
        self.committer.read(from)
    }

    /// Whether every record from `position` on that was ever safe is still here.
    ///
    /// # Errors
    /// When the file system refuses.
    pub(crate) fn has_all_from(&self, position: Position) -> Result<bool, Error> {
        let ends = self.committer.ends();
        if let Some(end) = ends.get(&position.segment) {
            return Ok(position.offset <= *end);
        }
        let first = ends.keys().next().copied().filter(|first| position.segment < *first);
        let Some(first) = first else { return Ok(false) };
        let header = segment::read_header(&self.folder, first)?;
        Ok(header.is_some_and(|header| header.previous <= position))
    }

    /// Keeps the records from `position` on, whether or not ClickHouse has them.
    pub(crate) fn hold_from(&self, position: Position) {
        self.committer.hold(position);
    }

    /// Bytes of records that are safe and lie behind `position`.
    pub fn bytes_after(&self, position: Position) -> u64 {
        let of_segment = |(number, end): (&u64, &u64)| {
            let start = Position::first_of(*number).max(position);
            if start.segment == *number { end.saturating_sub(start.offset) } else { 0 }
        };
        self.committer.ends().iter().map(of_segment).sum()
    }

    /// Saves how far ClickHouse has it, and lets go of what is before. Blocks on the file system.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, cursor: &Cursor) -> Result<(), Error> {
        cursor.save(&self.folder)?;
        self.committer.release(cursor.done);
        Ok(())
    }

    /// Syncs what was appended, refuses what comes after, and waits until that is done.
    pub fn close(&self) {
        self.committer.close();
    }
}

/// Makes of the folder what it is to be after a start: the log, not rolled yet, and the cursor,
/// which survives a loss of power.
fn recover(
    folder: &Folder,
    segment_bytes: u64,
    random: [u8; 16],
) -> Result<(Log, Cursor, Recovered), Error> {
    folder.make()?;
    let known = Cursor::load(folder)?;
    // Without a cursor it is not known what is meant to be gone.
    let everything = Position { segment: u64::MAX, offset: u64::MAX };
    let done = known.as_ref().map_or(everything, |cursor| cursor.done);
    let number = known.as_ref().map_or(0, Cursor::highest);
    let (log, mut recovered) = Log::open(folder.clone(), segment_bytes, done, number)?;
    if let Some(mut cursor) = known {
        recovered.missing.extend(cursor.lost(log.last().segment));
        if !recovered.headless.is_empty() {
            // The segment before ends where its last whole record does, and that may have been
            // refused and sent again.
            cursor.doubtful = cursor.doubtful.max(log.last());
        }
        return Ok((log, cursor, recovered));
    }
    let cursor = Cursor { spool: random, done: log.start(), cut: None, doubtful: log.last() };
    cursor.save(folder)?;
    Ok((log, cursor, recovered))
}

/// When the first record came that waits, if that can be read.
fn first_received_at(folder: &Folder, log: &Log, done: Position) -> Option<Timestamp> {
    let chunk = read::chunk(folder, &log.all_ends(), done).ok()?;
    let (kind, record, _) = chunk.records().next()?;
    Some(About::read(kind, record)?.received_at)
}
