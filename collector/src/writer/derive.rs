//! Brings what is derived from the events of a cut to ClickHouse, after the events.
//!
//! The cursor moves only when both are there, so a restart in between finds the events, and
//! derives what is missing of them. Before it moves, the dictionaries that say who is whose are
//! filled again if the cut changes what they say, so that a question that is asked after an event
//! is there knows it. One that takes long to fill is not filled again at once: see [`Freshness`].

use super::{Pause, Writer};
use protocol::BatchId;
use std::collections::BTreeMap;
use std::time::Duration;
use store::Dictionary;
use store::derived::Part;
use tokio::time::Instant;

/// Of the time, at most one part in so many goes into filling one dictionary.
const SHARE: u32 = 4;

/// However long one took, the next filling is not put off for longer. With a million ids, one
/// takes a second.
const LONGEST: Duration = Duration::from_secs(10);

/// Which dictionaries are to be filled again, and when that may be.
#[derive(Debug, Default)]
pub(super) struct Freshness(BTreeMap<Dictionary, Stale>);

#[derive(Debug, Clone, Copy)]
struct Stale {
    is_stale: bool,
    not_before: Instant,
}

impl Freshness {
    fn note(&mut self, dictionary: Dictionary) {
        let stale = Stale { is_stale: true, not_before: Instant::now() };
        self.0.entry(dictionary).or_insert(stale).is_stale = true;
    }

    fn filled(&mut self, dictionary: Dictionary, took: Duration) {
        let not_before = Instant::now() + (took * (SHARE - 1)).min(LONGEST);
        self.0.insert(dictionary, Stale { is_stale: false, not_before });
    }

    /// Those that may be filled now.
    fn due(&self) -> Vec<Dictionary> {
        let now = Instant::now();
        let due = self.0.iter().filter(|(_, stale)| stale.is_stale && stale.not_before <= now);
        due.map(|(dictionary, _)| *dictionary).collect()
    }

    /// Until when an idle writer may sleep.
    pub(super) fn next(&self) -> Option<Instant> {
        let stale = self.0.values().filter(|stale| stale.is_stale);
        stale.map(|stale| stale.not_before).min()
    }
}

impl Writer {
    /// Derives what is to be derived of a batch. `is_resumed` says that some of it may be there,
    /// or more of the batch's events than are known here.
    pub(super) async fn derive(&mut self, batch: BatchId, parts: Vec<Part>, is_resumed: bool) {
        let is_first = !self.is_past_derived;
        if is_first {
            // Nothing of the batch may come in while a month is replaced.
            self.underived(batch).await;
            self.derive_past_at_last().await;
        }
        self.settle_fills().await;
        let mut left = match is_resumed || is_first {
            true => self.underived(batch).await,
            false => self.wanted(parts),
        };
        let who: Vec<u32> =
            left.iter().filter(|part| part.tells_who()).map(|part| part.month).collect();
        let mut attempt = self.cursor.cut.map_or(0, |cut| cut.attempt);
        let mut pause = Pause::default();
        while let Some(part) = left.last().copied() {
            match self.app.store().derive(batch, attempt, part).await {
                Ok(()) => drop(left.pop()),
                Err(error) => {
                    attempt = self.next_attempt().await;
                    self.wait_after(error, "what is derived cannot be written", &mut pause).await;
                    left = self.underived(batch).await;
                }
            }
        }
        if !who.is_empty() {
            self.note_changes(batch, &who).await;
            self.freshen().await;
        }
    }

    async fn note_changes(&mut self, batch: BatchId, months: &[u32]) {
        match self.app.store().changed_by(batch, months).await {
            Ok(changed) => changed.into_iter().for_each(|dictionary| self.fresh.note(dictionary)),
            Err(error) => {
                tracing::warn!(%error, "it is not known what a batch changes");
                Dictionary::ALL.into_iter().for_each(|dictionary| self.fresh.note(dictionary));
            }
        }
    }

    /// Has the dictionaries filled that are to be and may be. One that cannot be is tried again;
    /// what it says meanwhile is old, and nothing is lost.
    pub(super) async fn freshen(&mut self) {
        for dictionary in self.fresh.due() {
            let started = Instant::now();
            let filled = self.app.store().reload(dictionary).await;
            self.fresh.filled(dictionary, started.elapsed().max(super::FIRST_PAUSE / 10));
            if let Err(error) = filled {
                tracing::warn!(%error, "a dictionary cannot be filled; trying again");
                self.fresh.filled(dictionary, LONGEST);
                self.fresh.note(dictionary);
            }
        }
    }

    /// What is to be derived, but for uses where no feature has any.
    fn wanted(&self, mut parts: Vec<Part>) -> Vec<Part> {
        parts.retain(|part| self.fills.is_any || part.derived.has_all());
        parts
    }

    async fn underived(&self, batch: BatchId) -> Vec<Part> {
        let mut pause = Pause::default();
        loop {
            match self.app.store().underived(batch).await {
                Ok(parts) => return parts,
                Err(error) => pause.after("a batch cannot be settled", &error.into()).await,
            }
        }
    }

    async fn derive_past_at_last(&mut self) {
        let mut pause = Pause::default();
        while let Err(error) = self.derive_past().await {
            pause.after("older months cannot be derived", &error.into()).await;
        }
    }

    /// Derives whole months of events that are older than a derived table, once. No batch may be
    /// on its way, and none may have been derived before.
    pub(super) async fn derive_past(&mut self) -> Result<(), store::Error> {
        self.end_rewrites().await;
        for part in self.app.store().underived_months().await? {
            tracing::info!(table = part.derived.table, month = part.month, "derived anew");
            self.app.store().derive_month(part).await?;
        }
        self.is_past_derived = true;
        Ok(())
    }
}
