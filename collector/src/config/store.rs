//! Where it is written to: the embedded engine, or a ClickHouse server.

use anyhow::ensure;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where it is written to: the embedded engine, or a ClickHouse server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, DocumentedFields)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// A server to use instead of the embedded engine: `http://user:password@host:8123`.
    pub clickhouse: Option<String>,
    /// The library of the embedded engine, if it is not where it is looked for.
    pub engine_library: Option<PathBuf>,
    /// The memory that the embedded engine may use, in bytes.
    pub engine_memory_bytes: Option<u64>,
    /// How long the writer waits for more rows before it inserts what it has, in milliseconds.
    pub linger_ms: u64,
    /// Rows of one insert, about.
    pub batch_rows: usize,
    /// Bytes of the rows of one insert in the collector's memory, about.
    pub batch_bytes: usize,
    /// Whether the writer looks once a day for events that are there twice and for sessions that
    /// do not agree with their events, and mends both. It puts whole months in the place of what
    /// is there, so it must be the only one that writes to its databases. If not set: with the
    /// embedded engine it does, on a server it does not.
    pub audit: Option<bool>,
    /// Different elements that a project may have. Events on a new one beyond them are kept, under
    /// one element that stands for all others.
    pub max_elements: usize,
    /// Different pages that a project may have, likewise.
    pub max_pages: usize,
    /// Features that a project may have.
    pub max_features: usize,
    /// Days after which a dead letter goes.
    pub dead_letters_days: u16,
    /// Bytes of all dead letters; beyond, the writer waits until some are handed back.
    pub dead_letters_bytes: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            clickhouse: None,
            engine_library: None,
            engine_memory_bytes: None,
            linger_ms: 400,
            batch_rows: 50_000,
            batch_bytes: 64 << 20,
            audit: None,
            max_elements: 50_000,
            max_pages: 50_000,
            max_features: 500,
            dead_letters_days: 30,
            dead_letters_bytes: 256 << 20,
        }
    }
}

impl Store {
    /// Whether the writer checks what is there.
    pub fn audits(&self) -> bool {
        self.audit.unwrap_or(self.clickhouse.is_none())
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        if let Some(url) = &self.clickhouse {
            ensure!(
                url.starts_with("http://") || url.starts_with("https://"),
                "store.clickhouse must be an address such as http://user:password@host:8123"
            );
        }
        ensure!(self.batch_rows > 0, "store.batch_rows must be more than 0");
        ensure!(self.batch_bytes > 0, "store.batch_bytes must be more than 0");
        // The highest is what the writer can remember of one project.
        let caps = 1..=500_000;
        ensure!(
            caps.contains(&self.max_elements) && caps.contains(&self.max_pages),
            "store.max_elements and store.max_pages must be 1 to 500000"
        );
        ensure!((1..=5_000).contains(&self.max_features), "store.max_features must be 1 to 5000");
        ensure!(self.dead_letters_days > 0, "store.dead_letters_days must be more than 0");
        Ok(())
    }
}
