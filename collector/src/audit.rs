//! What the daily check of ClickHouse found, for the screens; done by the [`crate::writer`].

use protocol::Timestamp;
use serde::Serialize;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When it was done.
    pub at: Timestamp,
    /// The months that were checked, in their order.
    pub months: Vec<Month>,
    /// Why it ended before all months were checked.
    pub failure: Option<String>,
}

/// What was found in a month. Whatever was wrong is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Month {
    /// The month, as in 202611.
    pub month: u32,
    /// Events that were checked.
    pub n_events: u64,
    /// Copies of others among them, which were taken out.
    pub n_duplicates: u64,
    /// Rows of derived tables that did not agree with the events, each that was missing and each
    /// that was too much counted; they were computed anew.
    pub n_different: u64,
}

/// The latest report, and the wish for another.
#[derive(Debug)]
pub struct Audits {
    last: RwLock<Option<Arc<Report>>>,
    wanted: watch::Sender<bool>,
}

impl Default for Audits {
    fn default() -> Self {
        Self { last: RwLock::default(), wanted: watch::Sender::new(false) }
    }
}

impl Audits {
    /// What the latest check found; `None` before the first since the start.
    pub fn last(&self) -> Option<Arc<Report>> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks for a check as soon as the writer has a moment, where it may check at all.
    pub fn want(&self) {
        self.wanted.send_replace(true);
    }

    /// Follows whether a check is asked for.
    pub(crate) fn wanted(&self) -> watch::Receiver<bool> {
        self.wanted.subscribe()
    }

    /// Keeps what was found.
    pub(crate) fn done(&self, report: Report) {
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(report));
        self.wanted.send_replace(false);
    }
}
