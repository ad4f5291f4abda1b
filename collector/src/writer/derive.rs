//! Brings what is derived from the events of a cut to ClickHouse, after the events.
//!
//! The cursor moves only when both are there, so a restart in between finds the events, and
//! derives what is missing of them.

use super::{Pause, Writer};
use protocol::BatchId;
use std::collections::BTreeSet;
use store::derived::{Part, parts};

impl Writer {
    /// Derives what is to be derived of a batch with events in these months. `is_resumed` says
    /// that some of it may be there.
    pub(super) async fn derive(
        &mut self,
        batch: BatchId,
        months: &BTreeSet<u32>,
        is_resumed: bool,
    ) {
        let is_first = !self.is_past_derived;
        if is_first {
            // Nothing of the batch may come in while a month is replaced.
            self.underived(batch).await;
            self.derive_past_at_last().await;
        }
        let mut left = match is_resumed || is_first {
            true => self.underived(batch).await,
            false => self.parts(months),
        };
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
    }

    /// What is to be derived of events in these months, but for uses where no feature has any.
    fn parts(&self, months: &BTreeSet<u32>) -> Vec<Part> {
        let parts = parts(months.iter().copied()).into_iter();
        parts.filter(|part| self.fills.is_any || part.derived.has_all()).collect()
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
            self.app.store().rebuild(part).await?;
        }
        self.is_past_derived = true;
        Ok(())
    }
}
