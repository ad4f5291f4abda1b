//! What came of a form, said above the page that it leads to.

use serde::Deserialize;

/// One sentence.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) is_bad: bool,
    pub(super) sentence: String,
}

impl Notice {
    /// It worked.
    pub(super) fn good(sentence: impl Into<String>) -> Self {
        Self { is_bad: false, sentence: sentence.into() }
    }

    /// It did not, and why.
    pub(super) fn bad(sentence: impl Into<String>) -> Self {
        Self { is_bad: true, sentence: sentence.into() }
    }
}

/// What an address says of the form that led to it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    pub(super) saved: bool,
}
