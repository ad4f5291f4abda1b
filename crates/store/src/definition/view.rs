//! A saved view: a report and the question that was asked in it, under a name.
//!
//! What the question means is decided by the crate `analytics`; here it is text.

use super::hex;
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Stands in addresses; stays when the view is renamed. See [`Self::id_of`].
    pub id: String,
    /// The tenant.
    pub project: ProjectId,
    /// What members call it.
    pub name: String,
    /// What is to be seen there, in a sentence; may be empty.
    #[serde(default)]
    pub description: String,
    /// The end of the address of the report's screen, such as `funnel`.
    pub report: String,
    /// The query string that says the question, without a question mark.
    pub query: String,
    /// The address of the member who made it, or what stands for a program.
    pub owner: String,
    /// Whether everybody sees it, and not its owner alone.
    pub shared: bool,
}

impl View {
    /// The id of what its owner calls so at first: a hash of project, owner and name. Where that
    /// id is taken, it is the `n`th one's.
    pub fn id_of(project: &ProjectId, owner: &str, name: &str, n: u32) -> String {
        let mut hasher = Sha256::new();
        let number = n.to_be_bytes();
        for part in [project.as_str().as_bytes(), owner.as_bytes(), name.as_bytes(), &number] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hex::text(&hasher.finalize()[..8])
    }
}

/// A view as it is kept now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// The version, to base an edit on.
    pub version: u32,
    /// Who wrote this version.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// The content.
    pub view: View,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_readable_json() {
        let project = ProjectId::parse("tidemark").unwrap();
        let json = r#"{"id":"ID","project":"tidemark","name":"Drop-off","description":"","report":"funnel","query":"window=14d&last=28d","owner":"ada@example.com","shared":false}"#;
        let id = View::id_of(&project, "ada@example.com", "Drop-off", 0);
        let json = json.replace("ID", &id);
        let view: View = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&view).unwrap(), json);
        assert_ne!(id, View::id_of(&project, "ben@example.com", "Drop-off", 0));
        assert_ne!(id, View::id_of(&project, "ada@example.com", "Drop-off", 1));
    }
}
