//! How what is accepted is kept until ClickHouse has it.

use anyhow::ensure;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// How what is accepted is kept until ClickHouse has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Bytes of one segment file; it goes when ClickHouse has all of it.
    pub segment_bytes: u64,
    /// Bytes of all of them on the disk; beyond, browsers are asked to come again later. What is handed back
    /// from the dead letters may take 64 MiB more.
    pub max_bytes: u64,
    /// A segment that ClickHouse has all of goes after this many seconds, even if it is not full.
    pub max_age_s: u64,
    /// Seconds that a record may wait for ClickHouse; beyond, browsers are asked to come again
    /// later. Repeats are known for seven days, so what waits longer could be counted twice; and
    /// what people did is not meant to lie around.
    pub max_wait_s: u64,
    /// Seconds that damaged segments are kept for a person to look at.
    pub corrupt_max_age_s: u64,
    /// Bytes of damaged segments that are kept; beyond, the oldest go. They come on top of
    /// `max_bytes`.
    pub corrupt_max_bytes: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            max_bytes: 8 << 30,
            max_age_s: 12 * 60 * 60,
            max_wait_s: Self::LONGEST_WAIT_S,
            corrupt_max_age_s: 30 * 24 * 60 * 60,
            corrupt_max_bytes: 1 << 30,
        }
    }
}

impl Spool {
    /// The least that a segment can be: two of the largest bodies.
    const LEAST: u64 = 2 * protocol::limits::BODY_BYTES as u64;

    /// As long as repeats are known.
    const LONGEST_WAIT_S: u64 = 7 * 24 * 60 * 60;

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self { segment_bytes, max_bytes, max_wait_s, .. } = *self;
        ensure!(
            segment_bytes >= Self::LEAST,
            "spool.segment_bytes `{segment_bytes}` must be at least {}",
            Self::LEAST
        );
        ensure!(
            max_bytes >= 2 * segment_bytes,
            "spool.max_bytes `{max_bytes}` must be at least twice spool.segment_bytes `{segment_bytes}`"
        );
        ensure!(
            (1..=Self::LONGEST_WAIT_S).contains(&max_wait_s),
            "spool.max_wait_s `{max_wait_s}` must be from 1 to {}",
            Self::LONGEST_WAIT_S
        );
        Ok(())
    }
}
