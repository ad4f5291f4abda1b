//! What is known of the events, under one lock: keys in memory, and which files there are.
//!
//! A bucket in memory holds at least the keys that its file has not. Those of the last half hour
//! hold all keys, so that an event that is new costs no more than one insertion into a set.

use super::Answer;
use super::file::{KeyFile, OnDisk};
use super::folder::{Files, Fresh, Written};
use super::key::{Bucket, Key, REPEATS_MS, Span, Window, bucket_at};
use crate::spool::Position;
use foldhash::fast::RandomState;
use protocol::Timestamp;
use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Buckets around the present that stay in memory: half an hour back, an hour ahead.
const HOT: RangeInclusive<Bucket> = -3..=6;

/// Keys that stay in memory although a file has them: 17 to 34 bytes each.
const HOT_KEYS: usize = 2_000_000;

/// A clock that goes back by more than this was wrong before.
const BACK_MS: i64 = 24 * 60 * 60 * 1_000;

type Keys = HashSet<Key, RandomState>;

/// What files said of keys while the lock was not held.
pub(super) type Looked = HashMap<Key, (Arc<KeyFile>, OnDisk), RandomState>;

/// What is known of the events.
#[derive(Debug)]
pub(super) struct State {
    /// The spool's epoch in which the keys in memory were safe.
    pub(super) epoch: u64,
    /// The latest time of arrival.
    pub(super) latest: Timestamp,
    /// Events of records from here on may be missing, until they are read.
    pub(super) replay_from: Option<Position>,
    /// Buckets in which events may be missing that only the store knows.
    pub(super) missing: Option<Span>,
    pub(super) files: Files,
    /// Keys that no file has.
    pub(super) n_unsaved: usize,
    buckets: HashMap<Bucket, Memory, RandomState>,
    /// What was added since [`Self::begin`].
    added: Vec<(Bucket, Key)>,
    saved: Saved,
    patience: Patience,
    /// Where the spool ended at the last snapshot, and how many there were.
    looked_to: Position,
    n_snapshots: u64,
}

/// When a bucket's file is written anew. A whole file is written for each key that is added, so
/// few of them wait for others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// With so many new keys for each that the file has: one in this many.
    pub(super) share: usize,
    /// With that share of so many, where the file has fewer.
    pub(super) least: usize,
    /// Or after so many snapshots.
    pub(super) snapshots: u64,
}

impl Patience {
    pub(super) fn is_over(self, n_new: usize, n_in_file: usize, n_snapshots: u64) -> bool {
        n_new * self.share >= n_in_file.max(self.least) || n_snapshots >= self.snapshots
    }
}

/// Keys that wait to be written.
#[derive(Debug, Clone, Copy)]
struct Waits {
    /// Their records lie behind this.
    from: Position,
    /// The number of the first snapshot that left them.
    since: u64,
}

/// What the last checkpoint says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) position: Position,
    pub(super) missing: Option<Span>,
}

/// A bucket in memory.
#[derive(Debug, Default)]
struct Memory {
    keys: Keys,
    /// Those that no file has, in the order in which they came.
    fresh: Vec<Key>,
    /// Those that are being written.
    in_flight: Arc<Vec<Key>>,
    /// Whether `keys` are all there are.
    is_whole: bool,
    /// Since when `fresh` waits; none if all of it came since the last snapshot.
    waits: Option<Waits>,
    /// Whether `fresh` cannot wait: some of it was read from the store or the spool.
    is_due: bool,
}

/// What a checkpoint is to write.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) fresh: Vec<Fresh>,
    pub(super) saved: Saved,
    pub(super) latest: Timestamp,
}

impl Snapshot {
    /// Notes that events of these buckets may be missing.
    pub(super) fn lose(&mut self, span: Span) {
        self.saved.missing = Some(span.and(self.saved.missing));
    }
}

impl State {
    /// Holds what the files hold, of which a checkpoint says this.
    pub(super) fn new(files: Files, latest: Timestamp, saved: Saved, patience: Patience) -> Self {
        let mut state = Self {
            epoch: 0,
            latest,
            replay_from: None,
            missing: None,
            files,
            n_unsaved: 0,
            buckets: HashMap::default(),
            added: Vec::new(),
            saved,
            patience,
            looked_to: saved.position,
            n_snapshots: 0,
        };
        state.forget();
        state
    }

    /// Begins to add keys in `epoch` of the spool; an earlier one than before adds nothing that
    /// lasts, because the spool takes nothing in it.
    pub(super) fn begin(&mut self, epoch: u64, now: Timestamp) {
        self.added.clear();
        if epoch > self.epoch {
            self.epoch = epoch;
            self.forget();
        }
        let ms = now.millis_since(self.latest);
        if !(-BACK_MS..=REPEATS_MS).contains(&ms) {
            // By the clock as it was, other events were held than those of the last seven days.
            self.latest = now;
            self.lose(Window::at(now, now).buckets());
            self.replay_from = Some(Position::default());
        }
        self.latest = self.latest.max(now);
    }

    /// Takes back what was added since [`Self::begin`].
    pub(super) fn undo(&mut self) {
        for (bucket, key) in self.added.drain(..).rev() {
            if let Some(memory) = self.buckets.get_mut(&bucket) {
                memory.keys.remove(&key);
                memory.fresh.pop();
                self.n_unsaved -= 1;
            }
        }
    }

    /// Adds a key, and says whether it was there.
    pub(super) fn insert(&mut self, bucket: Bucket, key: Key, looked: &Looked) -> Answer {
        let memory = memory(&mut self.buckets, &self.files, bucket);
        if !memory.keys.insert(key) {
            return Answer::Duplicate;
        }
        let on_disk = match memory.is_whole {
            true => OnDisk::NotThere,
            false => on_disk(&self.files, bucket, key, looked),
        };
        if on_disk == OnDisk::There {
            memory.keys.remove(&key);
            return Answer::Duplicate;
        }
        memory.fresh.push(key);
        self.n_unsaved += 1;
        self.added.push((bucket, key));
        if on_disk == OnDisk::Damaged {
            self.lose_file(bucket);
        }
        let is_missing =
            self.missing.is_some_and(|missing| missing.holds(bucket)) || on_disk == OnDisk::Unread;
        if is_missing || self.replay_from.is_some() { Answer::Unsure } else { Answer::New }
    }

    /// Adds keys of events that came before and come again, whether or not a file has them.
    pub(super) fn add_again(&mut self, keys: &[(Bucket, Key)]) {
        for (bucket, key) in keys {
            let memory = memory(&mut self.buckets, &self.files, *bucket);
            if memory.keys.insert(*key) {
                memory.fresh.push(*key);
                self.n_unsaved += 1;
                self.added.push((*bucket, *key));
            }
        }
    }

    /// Adds keys of events that are safe, whether or not a file has them already.
    pub(super) fn refill(&mut self, keys: &[(Bucket, Key)]) {
        for (bucket, key) in keys {
            let memory = memory(&mut self.buckets, &self.files, *bucket);
            if memory.keys.insert(*key) {
                memory.fresh.push(*key);
                memory.is_due = true;
                self.n_unsaved += 1;
            }
        }
    }

    /// The file to ask for a key of the bucket, if memory cannot tell.
    pub(super) fn file_to_ask(&self, bucket: Bucket) -> Option<&Arc<KeyFile>> {
        let is_whole = self.buckets.get(&bucket).is_some_and(|memory| memory.is_whole);
        self.files.get(&bucket).filter(|_| !is_whole)
    }

    /// Notes that events of these buckets may be missing that only the store knows.
    pub(super) fn lose(&mut self, span: Span) {
        self.missing = Some(span.and(self.missing));
    }

    /// Notes that a file is damaged. Its events are in the store or else in the spool.
    fn lose_file(&mut self, bucket: Bucket) {
        tracing::warn!(bucket, "a file of keys is damaged: its ten minutes are looked up anew");
        self.files.remove(&bucket);
        self.lose_bucket(bucket);
    }

    /// Whatever only a file had comes again, and must not be taken for saved then.
    fn lose_bucket(&mut self, bucket: Bucket) {
        if let Some(memory) = self.buckets.get_mut(&bucket) {
            memory.shrink();
        }
        self.lose(Span::one(bucket));
        self.replay_from = Some(Position::default());
    }

    /// Whether there is something to be read again.
    pub(super) fn is_filled(&self) -> bool {
        self.replay_from.is_none() && self.missing.is_none()
    }

    /// From where the spool is still needed.
    pub(super) fn saved_position(&self) -> Position {
        self.saved.position
    }

    /// Forgets what no file has: it may not be safe.
    fn forget(&mut self) {
        self.buckets.clear();
        self.added.clear();
        self.n_unsaved = 0;
        if let Some(missing) = self.saved.missing {
            self.lose(missing);
        }
        let is_missing = self.missing.is_some();
        self.replay_from = Some(if is_missing { Position::default() } else { self.saved.position });
    }

    /// Forgets what no file has because there is no room for it, and that anything was saved.
    pub(super) fn give_up(&mut self) {
        let missing = Some(Window::at(self.latest, self.latest).buckets());
        self.saved = Saved { position: Position::default(), missing };
        self.forget();
    }

    /// What is to be written, if everything before `end` is safe; `None` if nothing has changed.
    /// What may wait is left out unless `is_all`, and the spool is needed from its records on.
    pub(super) fn snapshot(&mut self, end: Position, is_all: bool) -> Option<Snapshot> {
        // Whatever was not there at the last one has its record behind the end of then.
        let from = std::mem::replace(&mut self.looked_to, end);
        self.n_snapshots += 1;
        let mut position = self.replay_from.unwrap_or(end);
        let mut fresh = Vec::new();
        for (bucket, memory) in &mut self.buckets {
            if memory.n_unsaved() == 0 {
                continue;
            }
            let since = self.n_snapshots;
            let waits = *memory.waits.get_or_insert(Waits { from, since });
            let n_in_file = self.files.get(bucket).map_or(0, |file| file.n_keys_at_most);
            let is_due = is_all || memory.is_due || !memory.in_flight.is_empty();
            let n_waited = self.n_snapshots - waits.since;
            if is_due || self.patience.is_over(memory.fresh.len(), n_in_file, n_waited) {
                fresh.push((*bucket, memory.take()));
            } else {
                position = position.min(waits.from);
            }
        }
        let saved = Saved { position, missing: self.missing };
        let is_new = !fresh.is_empty() || saved != self.saved;
        is_new.then_some(Snapshot { fresh, saved, latest: self.latest })
    }

    /// Notes that a snapshot is written, and lets go of what need not be in memory.
    pub(super) fn install(&mut self, snapshot: &Snapshot, written: Written) {
        self.saved = snapshot.saved;
        for ((bucket, keys), (_, file)) in snapshot.fresh.iter().zip(written.files) {
            self.files.insert(*bucket, Arc::new(file));
            let Some(memory) = self.buckets.get_mut(bucket) else { continue };
            if Arc::ptr_eq(keys, &memory.in_flight) {
                self.n_unsaved -= memory.in_flight.len();
                memory.in_flight = Arc::default();
            } else {
                // What is in memory began anew while this was written.
                memory.is_whole = false;
            }
        }
        written.lost.iter().for_each(|bucket| self.lose_bucket(*bucket));
        self.expire();
        self.cool();
    }

    /// Takes all keys of a file into memory.
    pub(super) fn warm(&mut self, file: &Arc<KeyFile>, bucket: Bucket, keys: Vec<Key>) {
        if self.files.get(&bucket).is_some_and(|known| Arc::ptr_eq(known, file)) {
            let memory = memory(&mut self.buckets, &self.files, bucket);
            memory.keys.extend(keys);
            memory.is_whole = true;
        }
    }

    /// Files that memory is to hold whole and does not, the most recent first.
    pub(super) fn cold_files(&self) -> Vec<(Bucket, Arc<KeyFile>)> {
        let mut buckets = self.hot();
        buckets.sort_unstable_by_key(|bucket| (bucket - bucket_at(self.latest.as_millis())).abs());
        let cold = |bucket| Some((bucket, Arc::clone(self.file_to_ask(bucket)?)));
        buckets.into_iter().filter_map(cold).collect()
    }

    /// Whether memory has room for so many keys that a file has.
    pub(super) fn has_room_for(&self, n_keys: usize) -> bool {
        self.buckets.values().map(|memory| memory.keys.len()).sum::<usize>() + n_keys <= HOT_KEYS
    }

    /// The buckets around the present of which no file has to be asked.
    pub(super) fn in_memory(&self) -> Span {
        let now = bucket_at(self.latest.as_millis());
        let is_whole = |bucket: &Bucket| self.file_to_ask(*bucket).is_none();
        let back = (now + HOT.start()..=now).rev().take_while(is_whole).last();
        let ahead = (now..=now + HOT.end()).take_while(is_whole).last();
        Span { first: back.unwrap_or(Bucket::MAX), last: ahead.unwrap_or(Bucket::MIN) }
    }

    fn hot(&self) -> Vec<Bucket> {
        let now = bucket_at(self.latest.as_millis());
        (now + HOT.start()..=now + HOT.end()).collect()
    }

    /// Lets go of the buckets before the last seven days.
    fn expire(&mut self) {
        let first = Window::at(self.latest, self.latest).buckets().first;
        self.files = self.files.split_off(&first);
        let gone = self.buckets.extract_if(|bucket, _| *bucket < first);
        let n_gone: usize = gone.map(|(_, memory)| memory.n_unsaved()).sum();
        self.n_unsaved -= n_gone;
        self.missing = self.missing.filter(|missing| missing.last >= first);
    }

    /// Lets go of keys that a file has: of buckets that are no longer hot, and of the furthest
    /// where there are too many.
    fn cool(&mut self) {
        let now = bucket_at(self.latest.as_millis());
        let mut buckets: Vec<Bucket> = self.buckets.keys().copied().collect();
        buckets.sort_unstable_by_key(|bucket| (bucket - now).abs());
        let mut n_keys = 0;
        for bucket in buckets {
            let Some(memory) = self.buckets.get_mut(&bucket) else { continue };
            n_keys += memory.keys.len();
            let is_hot = HOT.contains(&(bucket - now)) && n_keys <= HOT_KEYS;
            if self.files.contains_key(&bucket) && !(is_hot && memory.is_whole) {
                memory.shrink();
            }
        }
        self.buckets.retain(|_, memory| !memory.keys.is_empty());
    }
}

impl Memory {
    fn n_unsaved(&self) -> usize {
        self.fresh.len() + self.in_flight.len()
    }

    /// What no file has, to be written. If that fails, it comes again with the next.
    fn take(&mut self) -> Arc<Vec<Key>> {
        let mut keys = std::mem::take(&mut self.fresh);
        keys.extend_from_slice(&self.in_flight);
        self.in_flight = Arc::new(keys);
        (self.waits, self.is_due) = (None, false);
        Arc::clone(&self.in_flight)
    }

    /// Keeps only what no file has.
    fn shrink(&mut self) {
        self.keys = self.fresh.iter().chain(self.in_flight.iter()).copied().collect();
        self.is_whole = false;
    }
}

/// The bucket in memory, made with room for as many keys as the one before it has: growing is
/// the most of the cost.
fn memory<'a>(
    buckets: &'a mut HashMap<Bucket, Memory, RandomState>,
    files: &Files,
    bucket: Bucket,
) -> &'a mut Memory {
    if !buckets.contains_key(&bucket) {
        let n_keys = buckets.get(&(bucket - 1)).map_or(0, |before| before.keys.len());
        let keys = Keys::with_capacity_and_hasher(n_keys.min(HOT_KEYS / 2), RandomState::default());
        let is_whole = !files.contains_key(&bucket);
        buckets.insert(bucket, Memory { keys, is_whole, ..Memory::default() });
    }
    buckets.entry(bucket).or_default()
}

fn on_disk(files: &Files, bucket: Bucket, key: Key, looked: &Looked) -> OnDisk {
    let Some(file) = files.get(&bucket) else { return OnDisk::NotThere };
    match looked.get(&key) {
        Some((asked, on_disk)) if Arc::ptr_eq(asked, file) => *on_disk,
        // Memory or file became another since; that is rare.
        _ => file.ask(key),
    }
}
