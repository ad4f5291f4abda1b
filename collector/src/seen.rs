//! The events of the last seven days, to answer `duplicate`: in memory and on disk.
//!
//! An event id is a `UUIDv7`, so a repeat carries the same time in its id. The set is cut into
//! buckets of ten minutes of that time, and one bucket is asked per event. From bytes up: a
//! [`key`] is an event of a project, exact, because a false `duplicate` would be a lost event; a
//! [`mod@file`] holds the sorted keys of one bucket; the [`folder`] holds the files; [`memory`] holds
//! what no file has yet and all of the last half hour; a [`checkpoint`] says up to where of the
//! spool the files know everything; [`replay`] reads the spool from there; the [`keeper`] does
//! what goes on beside the requests, and asks the store for what is missing.
//!
//! **Invariant:** `duplicate` is said only of an event that is safe, or that is before the asker
//! in the spool's queue, so that both become safe or neither. A key is added while its record is
//! queued. When a write fails (the spool's epoch changes), everything that no file has is
//! forgotten and read from the spool again; and a file is written only after a barrier of the
//! spool in the epoch of its keys.
//!
//! **Invariant:** who is not told `duplicate` and comes within seven days is new, or is said to be
//! [`Answer::Unsure`]: then the writer looks it up in the store before writing it. Unsure are
//! events of buckets of which something may be missing, and ids that are older than seven days,
//! too far ahead, or without a time. A damaged page answers nothing: its file is dropped, and its
//! bucket asked of the spool and the store again. A file that cannot be read just now, as when too
//! many are open, is kept, and what it was asked for is unsure.
//!
//! It takes 33 to 66 bytes in memory for each key that no file has, and 16 more while it is
//! written (at most a minute of them, and about a million; four while files cannot be written),
//! 17 to 34 for each of the last half hour (at most two million), and 16 bytes for 255 keys of a
//! bucket that was asked; on disk, 16.1 bytes for each event of seven days.
//!
//! A file is written anew as a whole, which anybody could ask for who has a write key and makes up
//! times. So keys wait until they are a sixteenth of their file (and 16 at least), or for fifteen
//! checkpoints, a minute each: for n bytes of keys, at most 17 n (and 12 KiB for each 16 keys where
//! files are small) are written for the first reason,
//! and all files four times an hour for the second (a set of 100 MB: 0.1 MB/s, not 1.7 MB/s).
//! Meanwhile the spool keeps the records: up to sixteen minutes more than ClickHouse needs, which
//! are read again after a crash. With a million keys that wait, or an eighth of the spool's limit
//! held for them, all are written at the next checkpoint.

mod checkpoint;
mod file;
mod folder;
mod keeper;
mod key;
mod memory;
mod replay;

#[cfg(test)]
mod proptests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

use crate::spool::{self, Kind, Position, Spool, Ticket};
use anyhow::Context;
use checkpoint::Checkpoint;
use file::KeyFile;
use folder::Folder;
use key::{Bucket, Key, Span, Window, key_of, turn_of};
use memory::{Looked, Patience, Saved, State};
use protocol::{EventId, ProjectId, Timestamp};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;

/// Keys that no file has, beyond which a checkpoint is due at once.
const UNSAVED_KEYS: usize = 1_000_000;

/// Whether an event came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It did not.
    New,
    /// It did, and is safe or will be with whoever asks.
    Duplicate,
    /// It is not known here; the store has to be asked.
    Unsure,
}

/// The events of the last seven days.
#[derive(Debug)]
pub struct Seen {
    spool: Spool,
    spool_id: [u8; 16],
    state: Mutex<State>,
    /// Held while files are written.
    folder: Mutex<Folder>,
    /// The first and last bucket for which memory is enough: a hint that spares the lock.
    in_memory: [AtomicI64; 2],
    /// The spool's epoch in which that was so: what is forgotten with it has to be asked of files.
    hinted_epoch: AtomicU64,
    /// Told when there is something to do before the next checkpoint is due.
    wake: Notify,
}

/// The events of one project, for the time of one batch.
#[derive(Debug)]
pub struct OfProject<'a> {
    seen: &'a Seen,
    state: MutexGuard<'a, State>,
    window: Window,
    turn: Key,
    looked: Looked,
}

impl Seen {
    /// Opens the set in `dir`, which is made if it is not there, and reads what the spool holds
    /// beyond it. Where it is not there or says nothing of this spool, it begins anew, and
    /// [`Self::keep`] fills it while events are taken.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn open(
        dir: &Path,
        spool: &Spool,
        spool_id: [u8; 16],
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        Self::open_with(dir, spool, spool_id, now, keeper::PATIENCE)
    }

    fn open_with(
        dir: &Path,
        spool: &Spool,
        spool_id: [u8; 16],
        now: Timestamp,
        patience: Patience,
    ) -> anyhow::Result<Self> {
        let (mut folder, files) = Folder::open(dir)?;
        let end = *spool.end().borrow();
        let checkpoint = Checkpoint::load(dir)?;
        let checkpoint = checkpoint.filter(|c| c.spool == spool_id && c.position <= end);
        let state = match checkpoint {
            Some(checkpoint) => {
                folder.begin_after(checkpoint.buckets.values().copied().max().unwrap_or_default());
                let missing = missing(&checkpoint, &files, spool)?;
                let saved = Saved { position: checkpoint.position, missing };
                State::new(files, checkpoint.latest, saved, patience)
            }
            None => {
                folder.sweep(&folder::Files::new())?;
                let missing = Some(Window::at(now, now).buckets());
                let saved = Saved { position: Position::default(), missing };
                State::new(folder::Files::new(), now, saved, patience)
            }
        };
        spool.hold_from(state.saved_position());
        let seen = Self {
            spool: spool.clone(),
            spool_id,
            state: Mutex::new(state),
            folder: Mutex::new(folder),
            in_memory: [AtomicI64::new(Bucket::MAX), AtomicI64::new(Bucket::MIN)],
            hinted_epoch: AtomicU64::new(0),
            wake: Notify::new(),
        };
        seen.state().begin(spool.epoch(), now);
        seen.warm();
        if seen.state().missing.is_none() {
            seen.replay().context("the spool cannot be read")?;
        }
        Ok(seen)
    }

    /// The events of one project that arrive `now`, as the spool is in `epoch`. `ids` are those
    /// that will be asked for: where a file has to be read for them, that is done before others
    /// have to wait.
    pub fn of(
        &self,
        project: &ProjectId,
        now: Timestamp,
        epoch: u64,
        ids: impl Iterator<Item = EventId>,
    ) -> OfProject<'_> {
        let turn = turn_of(project);
        let looked = self.look(turn, now, epoch, ids);
        let mut state = self.state();
        state.begin(epoch, now);
        let window = Window::at(now, state.latest);
        OfProject { seen: self, state, window, turn, looked }
    }

    /// Appends a record to the spool that was there before, and remembers its events, which may
    /// have been forgotten meanwhile. The writer has to look them up.
    ///
    /// # Errors
    /// As [`Spool::append`].
    pub fn append_again(
        &self,
        epoch: u64,
        now: Timestamp,
        kind: Kind,
        record: &[u8],
    ) -> Result<Ticket, spool::Error> {
        let mut keys = Vec::new();
        replay::add(&mut keys, kind, record, self.state().latest.max(now));
        let mut state = self.state();
        state.begin(epoch, now);
        // Whether a file has them is not asked: nobody is answered, and most are old.
        state.add_again(&keys);
        let ticket = self.spool.append_again(epoch, kind, record);
        if ticket.is_err() {
            state.undo();
        }
        ticket
    }

    /// Whether it knows every event of the last seven days: nothing is left to be read from the
    /// spool or the store.
    pub fn is_complete(&self) -> bool {
        self.state().is_filled()
    }

    /// Asks the files for ids that memory cannot tell.
    fn look(
        &self,
        turn: Key,
        now: Timestamp,
        epoch: u64,
        ids: impl Iterator<Item = EventId>,
    ) -> Looked {
        let [first, last] = self.in_memory.each_ref().map(|at| at.load(Ordering::Relaxed));
        let in_memory = match self.hinted_epoch.load(Ordering::Relaxed) == epoch {
            true => Span { first, last },
            false => Span { first: Bucket::MAX, last: Bucket::MIN },
        };
        let window = Window::at(now, now);
        let place = |id| window.place(id).map(|bucket| (bucket, key_of(id, turn)));
        let cold = ids.filter_map(place).filter(|(bucket, _)| !in_memory.holds(*bucket));
        let cold: Vec<(Bucket, Key)> = cold.collect();
        if cold.is_empty() {
            return Looked::default();
        }
        let state = self.state();
        let file = |(bucket, key)| Some((key, Arc::clone(state.file_to_ask(bucket)?)));
        let cold: Vec<_> = cold.into_iter().filter_map(file).collect();
        drop(state);
        if cold.is_empty() {
            return Looked::default();
        }
        let ask = |(key, file): (Key, Arc<KeyFile>)| (key, (Arc::clone(&file), file.ask(key)));
        off_the_runtime(|| cold.into_iter().map(ask).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes into memory what should be there, as far as there is room. Blocks on the file system.
    fn warm(&self) {
        let cold = self.state().cold_files();
        for (bucket, file) in cold {
            if !file.len().is_ok_and(|n_keys| self.state().has_room_for(n_keys)) {
                continue;
            }
            // One that cannot be read is noticed when it is asked.
            if let Ok(keys) = file.keys().and_then(Iterator::collect) {
                self.state().warm(&file, bucket, keys);
            }
        }
        self.hint();
    }

    /// Renews the hint of what is in memory.
    fn hint(&self) {
        let state = self.state();
        let Span { first, last } = state.in_memory();
        self.in_memory[0].store(first, Ordering::Relaxed);
        self.in_memory[1].store(last, Ordering::Relaxed);
        self.hinted_epoch.store(state.epoch, Ordering::Relaxed);
    }
}

impl OfProject<'_> {
    /// Remembers an event, and says whether it came before.
    pub fn insert(&mut self, event: EventId) -> Answer {
        let Some(bucket) = self.window.place(event) else { return Answer::Unsure };
        match self.state.insert(bucket, key_of(event, self.turn), &self.looked) {
            Answer::New if !self.window.vouches_for(bucket) => Answer::Unsure,
            answer => answer,
        }
    }

    /// Forgets what was added: it does not become safe after all.
    pub fn undo(&mut self) {
        self.state.undo();
    }
}

impl Drop for OfProject<'_> {
    fn drop(&mut self) {
        if self.state.n_unsaved >= UNSAVED_KEYS || !self.state.is_filled() {
            self.seen.wake.notify_one();
        }
    }
}

/// Does what blocks on the disk so that other requests go on meanwhile.
fn off_the_runtime<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// Buckets in which something may be missing, although the files can be read.
fn missing(
    checkpoint: &Checkpoint,
    files: &folder::Files,
    spool: &Spool,
) -> anyhow::Result<Option<Span>> {
    let whole = Window::at(checkpoint.latest, checkpoint.latest).buckets();
    if checkpoint.missing.is_none() && !spool.has_all_from(checkpoint.position)? {
        return Ok(Some(whole));
    }
    let lost = checkpoint.lost(files).filter(|bucket| whole.holds(*bucket));
    Ok(lost.fold(checkpoint.missing, |missing, bucket| Some(Span::one(bucket).and(missing))))
}
