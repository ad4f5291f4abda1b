//! What is accepted. The limits of the wire itself are constants of `protocol::limits`.

use anyhow::ensure;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// What is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// How long a body may take to arrive, in milliseconds.
    pub read_timeout_ms: u64,
}

impl Default for Ingest {
    fn default() -> Self {
        Self { read_timeout_ms: 30_000 }
    }
}

impl Ingest {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.read_timeout_ms > 0, "ingest.read_timeout_ms must be more than 0");
        Ok(())
    }
}
