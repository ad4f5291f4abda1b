//! What came and what was refused, per project, since the collector started.

use protocol::{DropReason, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many refused events are kept to look at.
const SAMPLES: usize = 20;

/// One event that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// When it came.
    pub received_at: Timestamp,
    /// Why it was refused.
    pub reason: DropReason,
    /// A sentence with more about it, scrubbed; may be empty.
    pub detail: String,
}

/// What there is to know at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events kept, those with a warning included.
    pub accepted: u64,
    /// Events kept, but not as they came.
    pub warnings: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Events refused, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
    /// When the last event was kept.
    pub last_event_at: Option<Timestamp>,
    /// The last refused events, newest first.
    pub refusals: VecDeque<Refusal>,
}

/// Counts what came and what was refused. One lock for one batch.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Counts>);

impl Counters {
    /// What there is to know now.
    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds what became of one batch.
    pub(crate) fn add(&self, batch: Counts) {
        let Counts { accepted, warnings, duplicates, dropped, last_event_at, refusals } = batch;
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.accepted += accepted;
        counts.warnings += warnings;
        counts.duplicates += duplicates;
        for (reason, n) in dropped {
            *counts.dropped.entry(reason).or_default() += n;
        }
        counts.last_event_at = counts.last_event_at.max(last_event_at);
        for refusal in refusals {
            counts.refusals.push_front(refusal);
        }
        counts.refusals.truncate(SAMPLES);
    }
}
