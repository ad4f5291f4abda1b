//! How the spool is: what an operator has to know.

use super::Position;
use super::corrupt::Kept;
use serde::Serialize;
use std::collections::BTreeSet;

/// How the spool is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Bytes of its segments as they lie on the disk, with what failed writes left in them.
    pub n_bytes: u64,
    /// Bytes that it may hold.
    pub max_bytes: u64,
    /// Segments that it holds, the one that is written to included.
    pub n_segments: u64,
    /// Seconds since the oldest record was accepted that ClickHouse does not have; none if it has
    /// all. Exact to a minute.
    pub oldest_waits_s: Option<u64>,
    /// Seconds that a record may wait before nothing new is taken.
    pub max_wait_s: u64,
    /// Why it cannot be written, if it cannot.
    pub failure: Option<String>,
    /// Damaged places between records that were passed over since the start.
    pub n_damaged: u64,
    /// Files kept under `corrupt/`.
    pub n_set_aside: u64,
    /// Bytes of those files, which [`Self::n_bytes`] does not count.
    pub set_aside_bytes: u64,
    /// Segments that were gone at the start although ClickHouse did not have all of them, or
    /// although the cursor points into them.
    pub n_missing: u64,
    /// Bytes of unfinished writes that were left unread at the start; nothing in them was
    /// acknowledged.
    pub torn_bytes: u64,
}

impl Status {
    /// Whether it takes records: it can be written, has room, and nothing waits for too long.
    pub fn is_taking(&self) -> bool {
        let is_late = self.oldest_waits_s.is_some_and(|seconds| seconds > self.max_wait_s);
        self.failure.is_none() && self.n_bytes < self.max_bytes && !is_late
    }
}

/// What is known of damage.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Where reading began that passed over damage, with the number of damaged places: what is
    /// read twice counts once.
    pub(super) passed: BTreeSet<(Position, u64)>,
    pub(super) kept: Kept,
    pub(super) n_missing: u64,
    pub(super) torn_bytes: u64,
}

impl Damage {
    /// Counts damaged places behind `from`.
    pub(super) fn pass(&mut self, from: Position, n_damaged: u64) {
        self.passed.insert((from, n_damaged));
    }

    pub(super) fn n_passed(&self) -> u64 {
        self.passed.iter().map(|(_, n_damaged)| n_damaged).sum()
    }
}
