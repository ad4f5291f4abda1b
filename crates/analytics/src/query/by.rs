//! Who is counted: people, or the companies that they are of.

use serde::{Deserialize, Serialize};
use store::Databases;
use store::identity::{self, Grouping};

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
    /// The number of whose a row of events under the alias `events` is; of accounts, 0 for nobody's.
    pub(crate) fn actor(self, databases: &Databases, grouping: &Grouping, events: &str) -> String {
        match self {
            Self::People => identity::person_hash(databases, events),
            Self::Accounts => identity::account_hash(databases, grouping, events),
        }
    }

    /// The condition that a row's number of that name is anybody's.
    pub(crate) fn is_somebody(self, actor: &str) -> String {
        match self {
            Self::People => "true".to_owned(),
            Self::Accounts => format!("{actor} != 0"),
        }
    }
}
