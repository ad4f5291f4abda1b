//! What goes on beside the requests: checkpoints, and filling what is missing.

use super::checkpoint::Checkpoint;
use super::folder::Files;
use super::key::{Bucket, Key, Span, begin_of, bucket_at, key_of, turn_of};
use super::memory::{Patience, Snapshot, State};
use super::replay::Outcome;
use super::{Seen, UNSAVED_KEYS};
use anyhow::Context;
use protocol::{EventId, ProjectId};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::Connection;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

/// When a bucket's file is written: with a sixteenth of new keys, or after a quarter of an hour.
pub(super) const PATIENCE: Patience = Patience { share: 16, least: 256, snapshots: 15 };

/// The part of the spool's limit up to which it is held for keys that wait, as a divisor.
const HELD_SHARE: u64 = 8;

/// How often what came is written to files.
const EVERY: Duration = Duration::from_secs(60);

/// Pause after an error.
const PAUSE: Duration = Duration::from_secs(10);

/// Keys that no file has, beyond which they are forgotten when files cannot be written.
const MOST_KEYS: usize = 4 * UNSAVED_KEYS;

/// Events of the store that are added at once.
const AT_ONCE: usize = 2_000;

impl Seen {
    /// Writes checkpoints, and fills what is missing, until `stop` says true.
    pub async fn keep(self: Arc<Self>, store: Connection, mut stop: watch::Receiver<bool>) {
        let mut due = Instant::now() + EVERY;
        let mut next = Instant::now();
        let mut is_paused = false;
        while !*stop.borrow() {
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.wake.notified(), if !is_paused => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
            let filled = tokio::select! {
                filled = self.fill(&store) => filled,
                _ = stop.wait_for(|is_stopped| *is_stopped) => break,
            };
            let is_due = due <= Instant::now() || self.is_full();
            let saved = if is_due { self.save().await } else { Ok(()) };
            if is_due && saved.is_ok() {
                due = Instant::now() + EVERY;
            }
            next = due;
            let failures = [
                ("events of before are not known yet, and looked up meanwhile", filled.err()),
                ("which events came cannot be written", saved.err()),
            ];
            is_paused = failures.iter().any(|(_, error)| error.is_some());
            for (what, error) in failures {
                let Some(error) = error else { continue };
                next = Instant::now() + PAUSE;
                tracing::warn!(error = format!("{error:#}"), "{what}; trying again");
            }
        }
        if let Err(error) = self.checkpoint().await {
            tracing::warn!(
                error = format!("{error:#}"),
                "events are read from the spool at the next start"
            );
        }
    }

    /// Writes to files what no file has. When this returns, it is found after a restart.
    ///
    /// # Errors
    /// When the spool fails meanwhile, or the file system refuses.
    pub async fn checkpoint(self: &Arc<Self>) -> anyhow::Result<()> {
        self.checkpoint_in(self.spool.epoch(), true).await
    }

    /// The same, but for keys of files that are not worth writing yet: these are found in the
    /// spool, which keeps them.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub async fn checkpoint_due(self: &Arc<Self>) -> anyhow::Result<()> {
        let n_held = self.spool.bytes_after(self.state().saved_position());
        let is_held_long = n_held > self.spool.status().max_bytes / HELD_SHARE;
        self.checkpoint_in(self.spool.epoch(), is_held_long || self.is_full()).await
    }

    /// Of what was added in an epoch of the spool, all or what is due.
    pub(super) async fn checkpoint_in(
        self: &Arc<Self>,
        epoch: u64,
        is_all: bool,
    ) -> anyhow::Result<()> {
        let Some(snapshot) = self.snapshot(epoch, is_all) else { return Ok(()) };
        self.spool.barrier(epoch)?.await?;
        let seen = Arc::clone(self);
        spawn_blocking(move || seen.write(snapshot)).await?
    }

    fn snapshot(&self, epoch: u64, is_all: bool) -> Option<Snapshot> {
        // Before the keys are looked at: what is safe now has its keys in memory or in a file.
        let end = *self.spool.end().borrow();
        let mut state = self.state();
        let now = state.latest;
        state.begin(epoch, now);
        state.snapshot(end, is_all)
    }

    fn write(&self, mut snapshot: Snapshot) -> anyhow::Result<()> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.state().files.clone();
        let written = folder.write(&snapshot.fresh, &before)?;
        let checkpoint = {
            let state = self.state();
            // A file that proved to be damaged meanwhile must not be forgotten.
            state.missing.into_iter().for_each(|missing| snapshot.lose(missing));
            written.lost.iter().for_each(|bucket| snapshot.lose(Span::one(*bucket)));
            let known = state.files.iter().map(|(bucket, file)| (*bucket, file.began));
            let new = written.files.iter().map(|(bucket, file)| (*bucket, file.began));
            Checkpoint {
                spool: self.spool_id,
                position: snapshot.saved.position,
                latest: snapshot.latest,
                missing: snapshot.saved.missing,
                buckets: known.chain(new).collect(),
            }
        };
        checkpoint.save(folder.dir())?;
        let files: Files = {
            let mut state = self.state();
            state.install(&snapshot, written);
            state.files.clone()
        };
        self.spool.hold_from(snapshot.saved.position);
        self.hint();
        folder.sweep(&files).context("files that are no longer needed stay")
    }

    /// A checkpoint; where files cannot be written for long, the keys go instead of the memory.
    async fn save(self: &Arc<Self>) -> anyhow::Result<()> {
        let saved = self.checkpoint_due().await;
        if saved.is_err() && self.state().n_unsaved >= MOST_KEYS {
            let seen = Arc::clone(self);
            spawn_blocking(move || seen.give_up()).await??;
        }
        saved
    }

    /// Forgets everything that no file has, and asks the store for it again, so that neither
    /// memory nor the spool grows for want of a file.
    pub(super) fn give_up(&self) -> anyhow::Result<()> {
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        Checkpoint::remove(folder.dir())?;
        self.state().give_up();
        self.spool.hold_from(*self.spool.end().borrow());
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.state().n_unsaved >= UNSAVED_KEYS
    }

    /// Reads what is missing from the spool, and then from the store: what is in the store by
    /// then and was not in the spool before is found there.
    async fn fill(self: &Arc<Self>, store: &Connection) -> anyhow::Result<()> {
        loop {
            let seen = Arc::clone(self);
            match spawn_blocking(move || seen.replay()).await?? {
                Outcome::Full => self.save().await?,
                Outcome::Done => {}
            }
            if self.state().is_filled() {
                break;
            }
            self.rebuild(store).await?;
        }
        let seen = Arc::clone(self);
        Ok(spawn_blocking(move || seen.warm()).await?)
    }

    /// Asks the store for the events of the buckets of which some are missing.
    async fn rebuild(self: &Arc<Self>, store: &Connection) -> anyhow::Result<()> {
        let Some(mut rebuild) = Rebuild::begin(self) else { return Ok(()) };
        let first = begin_of(rebuild.missing.first);
        let mut recents = store.recents(first, begin_of(rebuild.missing.last + 1))?;
        while let Some(recent) = recents.next().await? {
            rebuild.add(&recent.project, recent.event_id());
            if rebuild.keys.len() == AT_ONCE {
                if !rebuild.put(self) {
                    return Ok(());
                }
                if self.is_full() {
                    self.save().await?;
                }
            }
        }
        if rebuild.put(self) {
            rebuild.end(self);
        }
        Ok(())
    }
}

/// Filling buckets from the store, in their order.
pub(super) struct Rebuild {
    epoch: u64,
    pub(super) missing: Span,
    turns: HashMap<String, Option<Key>>,
    keys: Vec<(Bucket, Key)>,
}

impl Rebuild {
    /// `None` if nothing is missing, or the spool has to be read first.
    pub(super) fn begin(seen: &Seen) -> Option<Self> {
        let state = seen.state();
        let missing = state.missing.filter(|_| state.replay_from.is_none())?;
        Some(Self { epoch: state.epoch, missing, turns: HashMap::new(), keys: Vec::new() })
    }

    pub(super) fn add(&mut self, project: &str, id: EventId) {
        let turn = match self.turns.get(project) {
            Some(turn) => *turn,
            None => {
                let turn = ProjectId::parse(project).ok().map(|id| turn_of(&id));
                self.turns.insert(project.to_owned(), turn);
                turn
            }
        };
        if let (Some(turn), Some(at)) = (turn, id.timestamp()) {
            self.keys.push((bucket_at(at.as_millis()), key_of(id, turn)));
        }
    }

    /// Puts what was added into memory; false if it has to begin again.
    pub(super) fn put(&mut self, seen: &Seen) -> bool {
        let mut state = seen.state();
        if !self.is_current(&state) {
            return false;
        }
        state.refill(&self.keys);
        // The buckets before the last key's are complete.
        if let Some((bucket, _)) = self.keys.last() {
            self.missing.first = *bucket;
            state.missing = Some(self.missing);
        }
        self.keys.clear();
        true
    }

    pub(super) fn end(&self, seen: &Seen) {
        let mut state = seen.state();
        if self.is_current(&state) {
            state.missing = None;
        }
    }

    /// Whether what is missing is still the same: nothing was forgotten or lost meanwhile.
    fn is_current(&self, state: &State) -> bool {
        state.epoch == self.epoch
            && state.missing == Some(self.missing)
            && state.replay_from.is_none()
    }
}
