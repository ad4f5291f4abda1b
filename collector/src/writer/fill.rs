//! Fills the past of features in, a month at a time, between two cuts.
//!
//! That the writer does it, and never while a cut is on its way, is what makes it whole: see
//! [`store::derived::fill`]. Where several collectors write to one ClickHouse nobody fills, and
//! questions about features are answered from the events.

mod next;

use super::{Pause, Writer};
use next::{Latest, Next, is_derived, is_pending, next};
use std::collections::BTreeMap;
use std::time::Duration;
use store::Error;
use store::derived::fill::Stage;
use tokio::time::Instant;

/// The pause after one that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known of the fills.
#[derive(Debug)]
pub(super) struct Fills {
    /// When to look next; never, until something changes.
    due: Option<Instant>,
    /// Whether nothing that fills is on its way any more of an earlier process or attempt.
    is_clean: bool,
    /// Whether there may be uses to derive with a batch.
    pub(super) is_any: bool,
}

impl Default for Fills {
    fn default() -> Self {
        Self { due: Some(Instant::now()), is_clean: false, is_any: true }
    }
}

impl Fills {
    /// Notes that features came or went.
    pub(super) fn want(&mut self) {
        self.due = Some(Instant::now());
    }

    /// When it is time to look, if it ever is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

impl Writer {
    /// Does the next thing that is to be done for features, if it is time.
    pub(super) async fn fill_next(&mut self) {
        if !self.app.config().store.audits() {
            self.fills.due = None;
            return;
        }
        let is_time = self.fills.due().is_some_and(|due| due <= Instant::now());
        if !is_time || self.cursor.cut.is_some() {
            return;
        }
        match self.try_fill().await {
            Ok(true) => self.fills.want(),
            Ok(false) => self.fills.due = None,
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(error, "the past of features cannot be filled in; trying again");
                self.fills.is_clean = false;
                // What was noted may be there.
                self.fills.is_any = true;
                self.fills.due = Some(Instant::now() + AGAIN);
            }
        }
    }

    /// Makes sure, before a cut is derived, that no fill and no note of one is still on its way,
    /// of this process or of one before: a month that is noted as filled after the cut was derived
    /// would lack the uses of the cut.
    pub(super) async fn settle_fills(&mut self) {
        let mut pause = Pause::default();
        while !self.fills.is_clean && self.app.config().store.audits() {
            match self.app.store().end_fills().await {
                Ok(()) => self.fills.is_clean = true,
                Err(error) => pause.after("fills cannot be settled", &error.into()).await,
            }
        }
    }

    /// Returns whether there may be more to do.
    async fn try_fill(&mut self) -> Result<bool, Error> {
        let (app, now) = (self.app.clone(), self.app.now());
        let store = app.store();
        if !self.fills.is_clean {
            store.end_fills().await?;
            self.fills.is_clean = true;
        }
        let stages = store.stages().await?;
        // Read later, so that a version that is known by its stages is known by its definition.
        let latest = Latest::of(&store.feature_definitions().await?);
        self.fills.is_any = stages.values().any(is_derived);
        let months = match stages.values().any(is_pending) {
            true => store.event_months().await?,
            false => BTreeMap::new(),
        };
        let is_matching = |version: &_| app.features().is_matching(version);
        match next(&latest, &stages, &months, &is_matching) {
            Next::Nothing => return Ok(false),
            Next::Reopen(versions) => store.reopen(&versions, now).await?,
            Next::Drop(versions) => store.note_stage(&versions, Stage::Dropped, now).await?,
            Next::Remove(versions) => {
                store.remove(&versions).await?;
                store.note_stage(&versions, Stage::Gone, now).await?;
            }
            Next::Fill(fill) => {
                self.end_rewrites().await;
                store.fill(&fill).await?;
                store.note_stage(&fill.versions, Stage::Month(fill.month), now).await?;
                self.fills.is_any = true;
                tracing::info!(
                    month = fill.month,
                    n_features = fill.versions.len(),
                    "uses filled in"
                );
            }
            Next::Note(versions) => {
                store.note_stage(&versions, Stage::Filled, now).await?;
                self.fills.is_any = true;
            }
        }
        Ok(true)
    }
}
