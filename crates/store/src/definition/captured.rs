//! Which kinds of events the pages of a project do not capture.

use protocol::{Kind, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// What one project captures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Whose pages.
    pub project: ProjectId,
    /// What is not captured, in the order of [`Kind::ALL`].
    pub off: Vec<Kind>,
}

impl Captured {
    /// What a project captures of which nobody has said anything.
    pub fn at_first(project: ProjectId) -> Self {
        Self { project, off: Kind::OFF_AT_FIRST.to_vec() }
    }
}

/// One version of it, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CapturedChange {
    /// From 1.
    pub version: u32,
    /// What is not captured from then on.
    pub off: Vec<Kind>,
    /// The address of the member.
    pub author: String,
    /// When.
    pub at: Timestamp,
}
