//! How what is accepted is kept until ClickHouse has it.

use anyhow::ensure;
use serde::Deserialize;

/// How what is accepted is kept until ClickHouse has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Bytes of one segment file; it goes when ClickHouse has all of it.
    pub segment_bytes: u64,
    /// Bytes of all of them; beyond, browsers are asked to come again later.
    pub max_bytes: u64,
    /// A segment that ClickHouse has all of goes after this many seconds, even if it is not full.
    pub max_age_s: u64,
}

impl Default for Spool {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, max_bytes: 8 << 30, max_age_s: 12 * 60 * 60 }
    }
}

impl Spool {
    /// The least that a segment can be: two of the largest bodies.
    const LEAST: u64 = 2 * protocol::limits::BODY_BYTES as u64;

    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self { segment_bytes, max_bytes, .. } = *self;
        ensure!(
            segment_bytes >= Self::LEAST,
            "spool.segment_bytes `{segment_bytes}` must be at least {}",
            Self::LEAST
        );
        ensure!(
            max_bytes >= 2 * segment_bytes,
            "spool.max_bytes `{max_bytes}` must be at least twice spool.segment_bytes `{segment_bytes}`"
        );
        Ok(())
    }
}
