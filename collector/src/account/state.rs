//! What holds of one thing, in a word: by it a form says what was seen when it was filled in, so
//! that what somebody else changed meanwhile is not undone unseen.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The word for the fields that hold of an attribute, contact or note, of each the last value that
/// is told; empty where none holds.
pub(crate) fn state<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut fields: BTreeMap<_, _> = fields.into_iter().collect();
    fields.retain(|_, value| !value.is_empty());
    if fields.is_empty() {
        return String::new();
    }
    let mut hasher = Sha256::new();
    for (name, value) in fields {
        for part in [name, value] {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
    }
    hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
