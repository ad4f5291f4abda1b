//! What was refused, to look at.

use protocol::{Timestamp, scrub};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of one reason are kept.
const SAMPLES: usize = 20;

/// Bytes of a sentence: room for its place and for the list of what was expected.
const SENTENCE_BYTES: usize = 320;

/// Bytes of a host, or of a sender's name.
const NAME_BYTES: usize = 80;

/// One refused event or request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it came.
    pub at: Timestamp,
    /// What was wrong and where, scrubbed.
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
