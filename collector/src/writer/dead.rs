//! What ClickHouse refuses for good, kept for a person to look at: one JSON object a line.
//!
//! A line may come twice after a crash; it carries the event's id.

use anyhow::Context;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A thing that could not be written, and why.
#[derive(Debug, Serialize)]
#[serde(tag = "dead", rename_all = "snake_case")]
pub(super) enum Letter<'a> {
    /// A row of an event.
    Event {
        /// Why.
        reason: &'a str,
        /// The event, in the text of its id.
        event_id: String,
        /// The row.
        row: &'a store::EventRow,
    },
    /// A record of the spool that no rows can be made of, as hexadecimal digits.
    Record {
        /// Why.
        reason: &'a str,
        /// The record.
        record: String,
    },
}

/// Appends letters to the file in `data`, and syncs it.
pub(super) fn append(data: &Path, letters: &[Letter<'_>]) -> anyhow::Result<()> {
    let path = data.join("dead-letters.jsonl");
    let mut lines = Vec::new();
    for letter in letters {
        serde_json::to_writer(&mut lines, letter)?;
        lines.push(b'\n');
    }
    let written = (|| {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        file.write_all(&lines)?;
        file.sync_all()
    })();
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
