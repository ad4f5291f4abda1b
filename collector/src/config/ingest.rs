//! What is accepted. The limits of the wire itself are constants of `protocol::limits`.

use anyhow::ensure;
use serde::Deserialize;

/// What is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// How long a body may take to arrive, in milliseconds.
    pub read_timeout_ms: u64,
    /// How many of the last events are remembered, to answer `duplicate`; 17 to 34 bytes
    /// each. What was sent before them is looked up when it is written.
    pub recent_events: usize,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { read_timeout_ms: 30_000, recent_events: 200_000 }
    }
}

impl Ingest {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.read_timeout_ms > 0, "ingest.read_timeout_ms must be more than 0");
        Ok(())
    }
}
