//! What was refused or changed, to look at.

use protocol::{Outcome, Timestamp, scrub};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of one reason are kept.
const SAMPLES: usize = 20;

/// How many of one body and reason are.
const OF_BODY: usize = 3;

/// Bytes of a sentence: room for its place and for the list of what was expected.
const SENTENCE_BYTES: usize = 320;

/// Bytes of a host, or of a sender's name.
const NAME_BYTES: usize = 80;

/// One event or request that was refused, or event that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it came.
    pub at: Timestamp,
    /// What was wrong, or what was changed, and where, scrubbed.
    pub sentence: String,
    /// Name and version of the sender, `import` for an import; empty where the body could not be
    /// read.
    pub sdk: String,
    /// Host of the page that sent it; empty where it is not said.
    pub host: String,
}

impl Sample {
    /// A sample of what a sender wrote, scrubbed and cut.
    pub fn new(at: Timestamp, sentence: &str, sdk: &str, host: &str) -> Self {
        Self {
            at,
            sentence: clean(sentence, SENTENCE_BYTES),
            sdk: clean(sdk, NAME_BYTES),
            host: clean(host, NAME_BYTES),
        }
    }
}

/// The last ones of one reason, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Samples(VecDeque<Sample>);

impl Samples {
    /// Adds one, and lets go of the oldest when there are too many.
    pub fn push(&mut self, sample: Sample) {
        self.0.truncate(SAMPLES - 1);
        self.0.push_front(sample);
    }

    /// The last ones, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.0.iter()
    }
}

/// A few of each outcome of one body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FewSamples(Vec<(Outcome, Sample)>);

impl FewSamples {
    /// Adds one, unless there are enough of this outcome.
    pub fn add(&mut self, outcome: Outcome, sample: impl FnOnce() -> Sample) {
        if self.0.iter().filter(|(other, _)| *other == outcome).count() < OF_BODY {
            self.0.push((outcome, sample()));
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for FewSamples {
    type Item = (Outcome, Sample);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A text of a sender without secrets and control characters, and not longer than `max` bytes.
pub fn clean(text: &str, max: usize) -> String {
    // What is far too long is cut before it is scrubbed, which takes its time.
    let head = &text[..text.floor_char_boundary(4 * max)];
    let scrubbed = scrub::scrub(head);
    let plain: String = scrubbed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match plain.len() > max {
        true => format!("{}…", &plain[..plain.floor_char_boundary(max - '…'.len_utf8())]),
        false => plain,
    }
}
