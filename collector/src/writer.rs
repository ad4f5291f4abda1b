//! Writes the spool to ClickHouse, in order, each event once.
//!
//! The records after the cursor are cut into batches of rows. A cut is saved before it is sent,
//! so that after a restart the same records make the same batch with the same id, and what of it
//! is there already is asked ([`deliver`]). Only when all of it is there the cursor moves on and
//! the spool lets go of it. One cut at a time: the events of one are in ClickHouse before those
//! of the next are looked for.
//!
//! **Invariant:** an error that could pass is waited for, for as long as it takes. Rows leave the
//! spool for ClickHouse or for the dead letters, never for nothing.

mod audit;
mod deliver;
mod derive;
mod describe;
mod fill;
mod gather;
mod known;

use crate::App;
use crate::dead::{Content, Letter};
use crate::enrich::Agents;
use crate::spool::{Cursor, Cut, Entry, Kind, Position};
use anyhow::Context;
use audit::Schedule;
use derive::Freshness;
use describe::AllKnown;
use fill::Fills;
use gather::{Gathered, Until, gather, project_of};
use protocol::BatchId;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// The first pause after an error.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause after an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Writes the spool to ClickHouse.
#[derive(Debug)]
pub struct Writer {
    app: App,
    cursor: Cursor,
    agents: Agents,
    known: AllKnown,
    schedule: Schedule,
    fresh: Freshness,
    fills: Fills,
    /// Whether what was there before this run is derived.
    is_past_derived: bool,
    /// Whether it is sure that nobody else replaces a month.
    is_alone: bool,
}

impl Writer {
    /// A writer that goes on at `cursor`.
    pub fn new(app: App, cursor: Cursor) -> Self {
        let schedule = Schedule::new(app.now());
        let (agents, known, fresh, fills) = Default::default();
        let (is_past_derived, is_alone) = (false, false);
        Self { app, cursor, agents, known, schedule, fresh, fills, is_past_derived, is_alone }
    }

    /// Writes until `stop` says true and nothing is left.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut end = self.app.spool().end();
        let linger = Duration::from_millis(self.app.config().store.linger_ms);
        let mut is_behind = self.cursor.cut.is_some();
        let mut wanted = self.app.audits().wanted();
        let mut features = self.app.features().changed();
        if self.cursor.cut.is_none()
            && let Err(error) = self.derive_past().await
        {
            tracing::warn!(%error, "older months cannot be derived yet; it is done with the first cut");
        }
        loop {
            if self.is_audit_due(&mut wanted) {
                self.audit().await;
            }
            self.freshen().await;
            if features.has_changed().unwrap_or(false) {
                features.mark_unchanged();
                self.fills.want();
            }
            if !*stop.borrow() {
                self.fill_next().await;
            }
            let has_more = *end.borrow_and_update() > self.cursor.done;
            if !has_more {
                let is_over = *stop.borrow()
                    || tokio::select! {
                        changed = end.changed() => changed.is_err(),
                        changed = stop.changed() => changed.is_err(),
                        changed = wanted.changed() => changed.is_err(),
                        () = tokio::time::sleep_until(self.next_look()) => false,
                        changed = features.changed() => {
                            self.fills.want();
                            changed.is_err()
                        }
                    };
                if is_over {
                    return;
                }
                continue;
            }
            if !is_behind && !*stop.borrow() {
                // A moment for more rows to come, unless it is time to stop.
                drop(tokio::time::timeout(linger, stop.changed()).await);
            }
            is_behind = self.write_next().await;
        }
    }

    /// Until when there is nothing to do if nothing comes.
    fn next_look(&self) -> Instant {
        let look = Instant::now() + audit::LOOK_EVERY;
        let earlier = self.fresh.next().into_iter().chain(self.fills.due());
        earlier.fold(look, Instant::min)
    }

    /// Writes the next cut; returns whether there is more at once.
    async fn write_next(&mut self) -> bool {
        let until = match self.cursor.cut {
            Some(cut) => Until::Place(cut.end),
            None => Until::full(&self.app.config().store),
        };
        let mut gathered = self.gather_at_last(until).await;
        if gathered.misses_project(self.app.definitions()) {
            // A project that is younger than what is known of it here is not gone.
            self.refresh_definitions().await;
            gathered = self.gather_at_last(until).await;
        }
        if gathered.n_damaged > 0 {
            tracing::error!(n_records = gathered.n_damaged, "damaged records were passed over");
        }
        let (next, is_full) = (gathered.next, gathered.is_full);
        // One that was begun is settled even if nothing can be made of its records any more.
        if !gathered.rows.events.is_empty() || self.cursor.cut.is_some() {
            let is_resumed = self.cut(gathered.end).await;
            self.deliver(gathered.rows, is_resumed).await;
            self.app.obstacle().set(None);
            self.app.delivery().wrote(self.app.now());
        }
        self.bury_records(gathered.unreadable).await;
        self.cursor.done = next;
        self.cursor.cut = None;
        self.save().await;
        is_full
    }

    async fn gather_at_last(&mut self, until: Until) -> Gathered {
        let mut pause = Pause::default();
        loop {
            match self.gather(until).await {
                Ok(gathered) => return gathered,
                Err(error) => pause.after("the spool cannot be read", &error).await,
            }
        }
    }

    async fn refresh_definitions(&self) {
        let mut pause = Pause::default();
        while let Err(error) = self.app.definitions().refresh(self.app.store()).await {
            pause.after("definitions cannot be read", &error).await;
        }
    }

    async fn gather(&mut self, until: Until) -> anyhow::Result<Gathered> {
        let (app, from) = (self.app.clone(), self.cursor.done);
        let mut agents = std::mem::take(&mut self.agents);
        let is_doubtful = from < self.cursor.doubtful;
        let task = spawn_blocking(move || {
            let gathered = gather(app.spool(), app.definitions(), &mut agents, from, until);
            (gathered, agents)
        });
        let (gathered, agents) = task.await?;
        self.agents = agents;
        let mut gathered = gathered?;
        if is_doubtful {
            gathered.rows.resent = (0..gathered.rows.events.len()).collect();
        }
        Ok(gathered)
    }

    /// Saves where the cut ends, or keeps where it ended before, because its id depends on that.
    /// Returns whether it was begun before.
    async fn cut(&mut self, end: Position) -> bool {
        let before = self.cursor.cut;
        self.cursor.cut = Some(before.map_or(Cut { end, attempt: 0 }, |cut| Cut {
            attempt: cut.attempt.saturating_add(1),
            ..cut
        }));
        self.save().await;
        before.is_some()
    }

    /// Another attempt at the same cut.
    async fn next_attempt(&mut self) -> u32 {
        if let Some(cut) = &mut self.cursor.cut {
            cut.attempt = cut.attempt.saturating_add(1);
        }
        self.save().await;
        self.cursor.cut.map_or(0, |cut| cut.attempt)
    }

    async fn save(&self) {
        // ClickHouse has it, whether or not that is known after a crash.
        self.app.delivery().reached(self.cursor.done);
        let mut pause = Pause::default();
        loop {
            let (spool, cursor) = (self.app.spool().clone(), self.cursor.clone());
            let saved = spawn_blocking(move || spool.save(&cursor)).await;
            match saved.context("saving failed").and_then(|saved| Ok(saved?)) {
                Ok(()) => return,
                Err(error) => pause.after("the spool's cursor cannot be saved", &error).await,
            }
        }
    }

    /// Waits after a refusal of ClickHouse. One that waiting does not mend is said by the health.
    async fn wait_after(&self, error: store::Error, what: &str, pause: &mut Pause) {
        let is_passing = error.is_retryable();
        let error = anyhow::Error::from(error);
        self.app.obstacle().set((!is_passing).then(|| format!("{what}: {error:#}")));
        pause.after(what, &error).await;
    }

    /// The id of the batch that is cut now: of this spool, from here to there.
    fn batch_id(&self) -> BatchId {
        let Cursor { spool, done, cut, .. } = &self.cursor;
        let end = cut.map_or(*done, |cut| cut.end);
        let mut hasher = Sha256::new();
        hasher.update(spool);
        for number in [done.segment, done.offset, end.segment, end.offset] {
            hasher.update(number.to_be_bytes());
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        BatchId::from_bytes(id)
    }

    async fn bury_records(&self, unreadable: Vec<(Kind, Vec<u8>, String)>) {
        let letters = unreadable.into_iter().map(|(kind, bytes, reason)| {
            // It may be handed back twice, and after its events came in another way.
            let doubted = (kind == Kind::Batch).then(|| Entry::doubted(&bytes)).flatten();
            let bytes = doubted.unwrap_or(bytes);
            Letter {
                buried_at: self.app.now(),
                project: project_of(kind, &bytes).map(|id| id.as_str().to_owned()),
                reason,
                content: Content::Record { kind: kind.as_byte(), bytes },
            }
        });
        self.bury(letters.collect()).await;
    }

    /// Keeps what cannot be written.
    async fn bury(&self, letters: Vec<Letter>) {
        if letters.is_empty() {
            return;
        }
        let letters = Arc::new(letters);
        tracing::error!(n = letters.len(), "refused for good: see the dead letters");
        let mut pause = Pause::default();
        loop {
            let (of_app, letters) = (self.app.letters().clone(), Arc::clone(&letters));
            let buried = spawn_blocking(move || of_app.bury(&letters)).await;
            match buried.context("burying failed").and_then(|buried| Ok(buried?)) {
                Ok(()) => return,
                Err(error) => pause.after("dead letters cannot be kept", &error).await,
            }
        }
    }
}

/// Waits longer after each error, and says what is wrong.
#[derive(Debug, Default)]
struct Pause(u32);

impl Pause {
    async fn after(&mut self, what: &str, error: &anyhow::Error) {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.0)).min(LONGEST_PAUSE);
        self.0 += 1;
        tracing::warn!(error = format!("{error:#}"), ?pause, "{what}; trying again");
        tokio::time::sleep(pause).await;
    }
}
