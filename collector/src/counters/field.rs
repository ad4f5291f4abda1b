//! Fields that senders write and nobody here reads.
//!
//! They are looked for in the first batch of a project and in every sixteenth after it: to look
//! makes the parser slower by an eighth to a quarter, so everywhere it would cost more than
//! reading the answer is worth. A field that a sender always writes is found all the same.
//!
//! What is no name of a field is only counted: a sender may have put a person's name there.

use super::sample::clean;
use protocol::{Timestamp, fault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names that are kept of one project; more are counted together.
const NAMES: usize = 50;

/// Bytes of a name.
const NAME_BYTES: usize = 80;

/// How often a field was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// How often, in the batches that were looked at.
    pub n: u64,
    /// When last.
    pub last_at: Timestamp,
}

/// The fields that nobody reads, by their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// By place, such as `events[].colour`.
    pub known: BTreeMap<String, Field>,
    /// How often others were seen: after there were enough, or whose names are none.
    pub others: u64,
}

impl Fields {
    /// Counts one field.
    pub fn add(&mut self, name: &str, at: Timestamp) {
        if !is_place(name) {
            self.others += 1;
            return;
        }
        let name = clean(name, NAME_BYTES);
        if let Some(field) = self.known.get_mut(&name) {
            field.n += 1;
            field.last_at = at;
        } else if self.known.len() < NAMES {
            self.known.insert(name, Field { n: 1, last_at: at });
        } else {
            self.others += 1;
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Whether it is made of names of fields, such as `events[].colour`.
fn is_place(name: &str) -> bool {
    name.split('.').all(|part| fault::is_name(part.trim_end_matches("[]")))
}
