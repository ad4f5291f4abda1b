//! The write-ahead log between the promise to a browser and ClickHouse.
//!
//! A batch is appended as it came and synced before it is acknowledged; many requests share one
//! sync. From bytes up: a [`record`] is a frame with a checksum; a [`segment`] is a file of
//! frames; the [`log`] is a folder of segments, appended to in groups; [`recovery`] is what is
//! made of the folder at the start; [`committer`] is the thread and the queue around the log;
//! [`cursor`] says how far ClickHouse has it; an [`entry`] is what a record holds.
//!
//! Goals: nothing acknowledged is lost, however the process ends; bounded in bytes; never a file
//! that a person has to delete by hand. No goals: many queues, many readers, random access.
//!
//! **Invariant:** after a failed write or sync nothing is appended to that file again, and every
//! waiting request is told that it is not safe.

mod committer;
mod cursor;
mod entry;
mod import;
mod log;
mod read;
mod record;
mod recovery;
mod segment;

#[cfg(test)]
mod proptests;
#[cfg(test)]
mod tests;

pub use committer::{Status, Ticket};
pub use cursor::{Cursor, Cut};
pub use entry::{Bitmap, Encoding, Entry, Head};
pub use import::{ImportEntry, ImportHead};
pub use log::Recovered;
pub use read::Chunk;

use crate::config;
use crate::env::Clock;
use committer::Committer;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
}

impl Kind {
    const fn as_byte(self) -> u8 {
        match self {
            Self::Batch => 1,
            Self::Import => 2,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Batch),
            2 => Some(Self::Import),
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
    dir: PathBuf,
    committer: Arc<Committer>,
}

impl Spool {
    /// Opens the spool in `dir`, which is made if it is not there. Returns it with the cursor and
    /// with what was found wrong.
    ///
    /// # Errors
    /// When the file system refuses, or a later version of this program wrote there.
    pub fn open(
        dir: &Path,
        config: &config::spool::Spool,
        random: [u8; 16],
        clock: Clock,
    ) -> Result<(Self, Cursor, Recovered), Error> {
        let known = Cursor::load(dir)?;
        let number = known.as_ref().map_or(0, |cursor| cursor.done.segment);
        let (log, recovered) = log::Log::open(dir, config.segment_bytes, number, clock())?;
        let cursor = known.unwrap_or_else(|| Cursor {
            spool: random,
            done: log.start(),
            cut: None,
            doubtful: log.end(),
        });
        cursor.save(dir)?;
        let committer = Committer::start(log, config, clock)?;
        Ok((Self { dir: dir.to_owned(), committer: Arc::new(committer) }, cursor, recovered))
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
        self.committer.append(epoch, Some((kind, [head, body])))
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

    /// Reads some records from `from` on. Blocks on the file system.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn read(&self, from: Position) -> Result<Chunk, Error> {
        read::chunk(&self.dir, &self.committer.ends(), from)
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
        cursor.save(&self.dir)?;
        self.committer.release(cursor.done);
        Ok(())
    }

    /// Syncs what was appended, refuses what comes after, and waits until that is done.
    pub fn close(&self) {
        self.committer.close();
    }
}
