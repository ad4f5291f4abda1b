//! Who is counted: people, or the companies that they are of.

use serde::{Deserialize, Serialize};
use store::{Databases, identity};

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// People.
    #[default]
    People,
    /// Accounts: each event is of the account that its person was in then, or of none.
    Accounts,
}

impl By {
    /// Whose a row of events under the alias `events` is; of accounts, empty for nobody's.
    pub(crate) fn actor(self, databases: &Databases, events: &str) -> String {
        match self {
            Self::People => identity::person(databases, events),
            Self::Accounts => identity::account(databases, events),
        }
    }
}
