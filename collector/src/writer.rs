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

mod dead;
mod deliver;
mod gather;
mod known;

use crate::App;
use crate::enrich::Agents;
use crate::spool::{Cursor, Cut, Position};
use anyhow::Context;
use dead::Letter;
use gather::{Gathered, Until, gather};
use known::Known;
use protocol::BatchId;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

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
    known: Known,
}

impl Writer {
    /// A writer that goes on at `cursor`.
    pub fn new(app: App, cursor: Cursor) -> Self {
        Self { app, cursor, agents: Agents::default(), known: Known::default() }
    }

    /// Writes until `stop` says true and nothing is left.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut end = self.app.spool().end();
        let linger = Duration::from_millis(self.app.config().store.linger_ms);
        let mut is_behind = self.cursor.cut.is_some();
        loop {
            let has_more = *end.borrow_and_update() > self.cursor.done;
            if !has_more {
                let is_over = *stop.borrow()
                    || tokio::select! {
                        changed = end.changed() => changed.is_err(),
                        changed = stop.changed() => changed.is_err(),
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

    /// Writes the next cut; returns whether there is more at once.
    async fn write_next(&mut self) -> bool {
        let until = match self.cursor.cut {
            Some(cut) => Until::Place(cut.end),
            None => Until::Rows(self.app.config().store.batch_rows),
        };
        let mut pause = Pause::default();
        let gathered = loop {
            match self.gather(until).await {
                Ok(gathered) => break gathered,
                Err(error) => pause.after("the spool cannot be read", &error).await,
            }
        };
        if gathered.n_damaged > 0 {
            tracing::error!(n_records = gathered.n_damaged, "damaged records were passed over");
        }
        let (next, is_full) = (gathered.next, gathered.is_full);
        if !gathered.rows.events.is_empty() {
            let is_resumed = self.cut(gathered.end).await;
            self.deliver(gathered.rows, is_resumed).await;
            self.app.delivery().wrote(self.app.now());
        }
        self.bury_records(&gathered.unreadable).await;
        self.cursor.done = next;
        self.cursor.cut = None;
        self.app.delivery().reached(next);
        self.save().await;
        is_full
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

    async fn bury_records(&self, unreadable: &[(Vec<u8>, String)]) {
        let letters = unreadable.iter().map(|(record, reason)| Letter::Record {
            reason: reason.as_str(),
            record: dead::hex(record),
        });
        self.bury(&letters.collect::<Vec<_>>()).await;
    }

    /// Keeps what cannot be written.
    async fn bury(&self, letters: &[Letter<'_>]) {
        if letters.is_empty() {
            return;
        }
        tracing::error!(n = letters.len(), "refused for good: see dead-letters.jsonl");
        let mut pause = Pause::default();
        while let Err(error) = dead::append(&self.app.config().server.data, letters) {
            pause.after("dead letters cannot be kept", &error).await;
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
