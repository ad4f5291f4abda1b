//! By which rules the pages of a project find out who is signed in.

use protocol::config::IdentityRule;
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

/// The rules of one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRules {
    /// Whose pages.
    pub project: ProjectId,
    /// The rules, those of one id in the order in which they are tried.
    pub rules: Vec<IdentityRule>,
}

/// One version of the rules of a project, and who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityChange {
    /// From 1.
    pub version: u32,
    /// The rules from then on.
    pub rules: Vec<IdentityRule>,
    /// The address of the member.
    pub author: String,
    /// When.
    pub at: Timestamp,
}
