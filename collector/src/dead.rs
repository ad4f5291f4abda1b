//! Dead letters: what could not be written, kept until somebody has looked at it.
//!
//! A row that ClickHouse refuses for good, and a record of the spool that no rows can be made of,
//! are buried here by the writer before its cursor moves over them. From bytes up: the `folder`
//! has a file of lines for each day; a [`Letter`] is one line; the `index` knows in memory which
//! letters there are. [`mend`] reads them back from a person's editor, and [`replay`] hands them
//! back to the spool, on the same way to ClickHouse as everything else; [`discard`] lets go of
//! them for good.
//!
//! **Invariants:**
//! - A letter is buried when its line and the folder are synced; it goes when the spool has what
//!   it holds, when an administrator discards it, or when it is old, which a clock that jumps does not make it within a day.
//! - The same thing buried twice is one letter.
//! - Beyond the limit of bytes nothing is buried and nothing goes: the writer waits.

pub mod discard;
mod folder;
mod index;
mod letter;
pub mod mend;
pub mod replay;
pub mod row;

#[cfg(test)]
mod tests;

pub use index::{Filter, Key, Reason, without_table_id};
pub use letter::{Content, Letter, LetterId};

use crate::config;
use crate::looks::Looks;
use anyhow::Context;
use folder::{FileId, Folder};
use index::{Entry, Index, Place, day};
use protocol::{ProjectId, Timestamp};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a letter is not buried or not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no room.
    #[error(
        "the dead letters hold {n_bytes} bytes and may hold {max_bytes}: hand some back, discard some, or raise `store.dead_letters_bytes`"
    )]
    Full {
        /// What they hold.
        n_bytes: u64,
        /// What they may hold.
        max_bytes: u64,
    },
    /// The file system refuses.
    #[error("the folder of dead letters cannot be used")]
    Io(#[from] io::Error),
    /// A letter cannot be put into words.
    #[error("a dead letter cannot be written down")]
    Json(#[from] serde_json::Error),
}

/// How the letters are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// How many there are.
    pub n_letters: usize,
    /// Bytes that they hold.
    pub n_bytes: u64,
    /// Bytes that they may hold.
    pub max_bytes: u64,
    /// Why nothing can be buried, if so.
    pub failure: Option<String>,
}

/// A letter that lies in the folder.
#[derive(Debug, Clone)]
pub struct Kept {
    /// By which it goes.
    pub key: Key,
    /// The letter.
    pub letter: Letter,
}

/// The letters. A clone is the same ones. Everything blocks on the file system but
/// [`Self::status`].
#[derive(Debug, Clone)]
pub struct Letters(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    shelf: Mutex<Shelf>,
    /// As of the last change, under a lock that is never held while a file is touched.
    status: Mutex<Status>,
}

#[derive(Debug)]
struct Shelf {
    folder: Folder,
    index: Index,
    max_bytes: u64,
    days: u16,
    failure: Option<String>,
    looks: Looks,
}

impl Letters {
    /// Opens the letters in the folder `dead-letters` of `data`. Lines that are none are left
    /// where they are.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn open(data: &Path, config: &config::store::Store) -> anyhow::Result<Self> {
        let dir = data.join("dead-letters");
        let shelf = Shelf::open(&dir, config)
            .with_context(|| format!("cannot open the dead letters in {}", dir.display()))?;
        let status = Mutex::new(shelf.status());
        Ok(Self(Arc::new(Shared { shelf: Mutex::new(shelf), status })))
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what changes the letters.
    fn change<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut shelf = self.shelf();
        let changed = change(&mut shelf);
        let status = shelf.status();
        *self.0.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
        changed
    }

    /// Keeps letters. They are safe when it returns.
    ///
    /// # Errors
    /// When there is no room, or the file system refuses: then none of them is.
    pub fn bury(&self, letters: &[Letter]) -> Result<(), Error> {
        self.change(|shelf| {
            let buried = shelf.bury(letters);
            shelf.failure = buried.as_ref().err().map(ToString::to_string);
            buried
        })
    }

    /// How they are. Waits for no file.
    pub fn status(&self) -> Status {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many letters of a project were buried at `since` or later and are still there.
    pub fn n_since(&self, project: &ProjectId, since: Timestamp) -> usize {
        self.shelf().index.n_since(project, since)
    }

    /// The reasons and how many letters each has, most first.
    pub fn reasons(&self, filter: &Filter) -> Vec<(Reason, u64)> {
        self.shelf().index.reasons(filter)
    }

    /// The keys of all letters that the filter lets through, newest first.
    pub fn keys(&self, filter: &Filter) -> Vec<Key> {
        self.shelf().index.newest(filter).map(|(key, _)| key).collect()
    }

    /// The key of the letter of an id, if there is one that the filter lets through.
    pub fn key(&self, id: LetterId, filter: &Filter) -> Option<Key> {
        self.shelf().index.find(id, filter).map(|(key, _)| key)
    }

    /// The letters of these keys, without those that are gone or came back meanwhile.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn read(&self, keys: &[Key]) -> Result<Vec<Kept>, Error> {
        let shelf = self.shelf();
        let known = keys.iter().filter_map(|key| Some((*key, shelf.index.get(*key)?)));
        let read = known.map(|(key, entry)| shelf.read(key, entry));
        Ok(read.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// The first of these letters, as many as `max_bytes` of lines hold and at least one, and how
    /// many of the keys they stand for.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn read_some(&self, keys: &[Key], max_bytes: usize) -> Result<(Vec<Kept>, usize), Error> {
        let shelf = self.shelf();
        let mut n_bytes = 0_usize;
        let is_within = |key: &&Key| {
            let is_first = n_bytes == 0;
            let place = shelf.index.get(**key).and_then(|entry| entry.places.last());
            n_bytes = n_bytes.saturating_add(place.map_or(0, |place| place.length));
            is_first || n_bytes <= max_bytes
        };
        let n_keys = keys.iter().take_while(is_within).count();
        drop(shelf);
        Ok((self.read(&keys[..n_keys])?, n_keys))
    }

    /// The letter of an id, if there is one that the filter lets through.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn find(&self, id: LetterId, filter: &Filter) -> Result<Option<Kept>, Error> {
        let shelf = self.shelf();
        let found = shelf.index.find(id, filter);
        let read = found.map(|(key, entry)| shelf.read(key, entry)).transpose()?;
        Ok(read.flatten())
    }

    /// Takes letters out that the spool has now, or that nobody wants. One that came back meanwhile stays.
    ///
    /// # Errors
    /// When the file system refuses: then some may still be there.
    pub fn remove(&self, keys: &[Key]) -> Result<(), Error> {
        Ok(self.change(|shelf| shelf.remove(keys))?)
    }

    /// Lets go of letters that are older than they may be, and were so a day before, and says so.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn expire(&self, now: Timestamp) -> Result<(), Error> {
        Ok(self.change(|shelf| shelf.expire(now))?)
    }
}

impl Shelf {
    fn open(dir: &Path, config: &config::store::Store) -> io::Result<Self> {
        let mut folder = Folder::open(dir)?;
        let mut index = Index::default();
        let mut n_unreadable = 0_usize;
        for file in folder.files() {
            let bytes = folder.read(file)?;
            for range in lines(&bytes) {
                match Letter::from_line(&bytes[range.clone()]) {
                    Some(letter) => index.add(&letter, place(file, &range)),
                    None => n_unreadable += 1,
                }
            }
        }
        if n_unreadable > 0 {
            tracing::warn!(n_unreadable, "lines among the dead letters cannot be read and stay");
        }
        let (max_bytes, days) = (config.dead_letters_bytes, config.dead_letters_days);
        let looks = folder.looks()?;
        Ok(Self { folder, index, max_bytes, days, failure: None, looks })
    }

    fn status(&self) -> Status {
        let (n_letters, n_bytes) = (self.index.len(), self.folder.n_bytes());
        Status { n_letters, n_bytes, max_bytes: self.max_bytes, failure: self.failure.clone() }
    }

    fn bury(&mut self, letters: &[Letter]) -> Result<(), Error> {
        let Some(first) = letters.first() else { return Ok(()) };
        let mut bytes = Vec::new();
        let mut ranges = Vec::with_capacity(letters.len());
        for letter in letters {
            let begin = bytes.len();
            bytes.extend_from_slice(letter.to_line()?.as_bytes());
            ranges.push(begin..bytes.len());
            bytes.push(b'\n');
        }
        let n_bytes = self.folder.n_bytes();
        if n_bytes.saturating_add(bytes.len() as u64) > self.max_bytes {
            return Err(Error::Full { n_bytes, max_bytes: self.max_bytes });
        }
        let (file, offset) = self.folder.append(day(first.buried_at), &bytes)?;
        for (letter, range) in letters.iter().zip(ranges) {
            let place = Place { offset: offset + range.start as u64, ..place(file, &range) };
            self.index.add(letter, place);
        }
        Ok(())
    }

    fn read(&self, key: Key, entry: &Entry) -> io::Result<Option<Kept>> {
        let Some(place) = entry.places.last() else { return Ok(None) };
        let line = self.folder.read_at(place.file, place.offset, place.length)?;
        Ok(Letter::from_line(&line).map(|letter| Kept { key, letter }))
    }

    fn remove(&mut self, keys: &[Key]) -> io::Result<()> {
        let entries: Vec<_> = keys.iter().filter_map(|key| self.index.get(*key)).collect();
        let gone: HashSet<(FileId, u64)> = entries
            .iter()
            .flat_map(|e| &e.places)
            .map(|place| (place.file, place.offset))
            .collect();
        let files: BTreeSet<FileId> = gone.iter().map(|(file, _)| *file).collect();
        for file in files {
            let bytes = self.folder.read(file)?;
            let mut pieces: Vec<Range<usize>> = lines(&bytes).collect();
            pieces.retain(|line| !gone.contains(&(file, line.start as u64)));
            // With the line's end.
            pieces.iter_mut().for_each(|piece| piece.end += 1);
            self.folder.keep(file, &bytes, &pieces)?;
            self.index.rewritten(file, &pieces);
        }
        Ok(())
    }

    fn expire(&mut self, now: Timestamp) -> io::Result<()> {
        let known = self.looks;
        let counted_to = self.looks.look(now);
        if self.looks != known {
            self.folder.keep_looks(&self.looks)?;
        }
        let Some(now) = counted_to else { return Ok(()) };
        let days = jiff::Span::new().days(self.days);
        let first = day(now).saturating_sub(days);
        for file in self.folder.files().into_iter().filter(|file| file.day < first) {
            self.folder.delete(file)?;
            let n_letters = self.index.rewritten(file, &[]);
            tracing::warn!(n_letters, day = %file.day, "dead letters that nobody handed back are gone");
        }
        Ok(())
    }
}

/// The lines that have an end, without it.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut begin = 0;
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(move |(end, _)| std::mem::replace(&mut begin, end + 1)..end)
}

fn place(file: FileId, range: &Range<usize>) -> Place {
    Place { file, offset: range.start as u64, length: range.len() }
}
