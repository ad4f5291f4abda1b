//! The numbers of one day, or of one batch.

use protocol::{DropReason, Outcome, Warning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many events, and requests, had which outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Events kept, those with a warning included.
    pub accepted: u64,
    /// Events kept, but not as they came, by why.
    pub warnings: BTreeMap<Warning, u64>,
    /// Events that were there already.
    pub duplicates: u64,
    /// Events refused for good, by reason.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Events to be sent again.
    pub retry: u64,
    /// Events that came again because their sender had read no answer; counted above, too.
    pub resent: u64,
    /// Events kept that came by import, as often as they came; counted above, too.
    pub imported: u64,
    /// Events on an element beyond as many as the project may have, kept under the element of all
    /// others. Counted by the writer; after a kill some may be counted again.
    pub other_elements: u64,
    /// Events on a page beyond as many as the project may have, likewise.
    pub other_pages: u64,
    /// Events that browsers say they gave up before they could be sent.
    pub given_up: u64,
    /// Browsers in which the SDK has switched itself off, as far as they could say so.
    pub switched_off: u64,
    /// Requests refused as a whole, by reason.
    pub refused: BTreeMap<Fault, u64>,
}

impl Counts {
    /// Counts the outcome of one event; `None` is plain acceptance.
    pub fn note(&mut self, outcome: Option<Outcome>) {
        match outcome {
            None => self.accepted += 1,
            Some(Outcome::Warning(warning)) => {
                self.accepted += 1;
                *self.warnings.entry(warning).or_default() += 1;
            }
            Some(Outcome::Duplicate) => self.duplicates += 1,
            Some(Outcome::Dropped(reason)) => *self.dropped.entry(reason).or_default() += 1,
            Some(_) => self.retry += 1,
        }
    }

    /// Adds the others.
    pub fn add(&mut self, others: &Self) {
        self.accepted += others.accepted;
        self.duplicates += others.duplicates;
        self.retry += others.retry;
        self.resent += others.resent;
        self.imported += others.imported;
        self.given_up += others.given_up;
        self.switched_off += others.switched_off;
        self.other_elements += others.other_elements;
        self.other_pages += others.other_pages;
        add_each(&mut self.warnings, &others.warnings);
        add_each(&mut self.dropped, &others.dropped);
        add_each(&mut self.refused, &others.refused);
    }

    /// How many events were kept that did not come by import.
    pub fn n_live(&self) -> u64 {
        self.accepted.saturating_sub(self.imported)
    }

    /// How many events were refused for good.
    pub fn n_dropped(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// How many requests were refused as a whole.
    pub fn n_refused(&self) -> u64 {
        self.refused.values().sum()
    }
}

fn add_each<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (key, n) in from {
        *to.entry(*key).or_default() += n;
    }
}

/// Why a request was refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The address has no write key.
    NoKey,
    /// No project has the write key.
    UnknownKey,
    /// The address says nothing, or not the truth, of how the body is packed.
    Packing,
    /// The body is empty.
    Empty,
    /// The body broke off.
    BrokenOff,
    /// The body did not come in time.
    TimedOut,
    /// The body, as it comes or inflated, is larger than it may be.
    TooLarge,
    /// The body is not gzip, or is damaged.
    NotGzip,
    /// The body is no batch.
    NotBatch,
    /// The batch holds more of something than it may.
    TooMany,
    /// The spool was full; the sender comes again.
    SpoolFull,
    /// The spool could not be written; the sender comes again.
    SpoolFailed,
    /// An import has no private key that opens the project.
    PrivateKey,
    /// The address of an import does not say of which file and line it is.
    Address,
    /// An import was asked to wait for what came before; it comes again.
    Ahead,
}
