//! Whom a question is about: what has to be so of a person or of his account for his events to count.
//!
//! It belongs to who counts, in [`identity`]: so every report follows it, whether it counts events,
//! sessions or uses, in ClickHouse or in memory. What is said of somebody is what was said last,
//! whenever that was. A condition on accounts holds for the account of the moment: what somebody did
//! for another one is not counted.

use crate::identity::{self, Grouping, Subject};
use crate::{Databases, Merges, Statement, Value};

/// What has to be so, all of it; nothing for everybody.
pub type Among = Vec<Condition>;

/// What has to be so of whoever did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// What is said of the user.
    OfUser {
        /// What is said, such as `role`.
        name: String,
        /// What it has to be.
        test: Test,
    },
    /// What is said of the account.
    OfAccount {
        /// What is said, such as `plan`.
        name: String,
        /// What it has to be.
        test: Test,
    },
    /// The account is one of these, by their ids.
    Account(Vec<String>),
    /// The account is known.
    SomeAccount,
}

/// What has to be so of what is said. Values compare as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is one of these.
    Is(Vec<String>),
    /// It contains this text, in upper or lower case.
    Contains(String),
    /// It is not empty.
    IsSet,
}

impl Condition {
    /// Whether it is one on accounts.
    pub(crate) const fn is_of_account(&self) -> bool {
        !matches!(self, Self::OfUser { .. })
    }

    /// The hashes of the users or accounts of which it is so, as a question; none where it is so of
    /// every account.
    pub(crate) fn hashes(
        &self,
        databases: &Databases,
        grouping: &Grouping,
        n: usize,
    ) -> Option<String> {
        let said = |subject, test: &Test| {
            let name = format!("{{among_{n}_name:String}}");
            let said = identity::said_of(databases, grouping, subject, &name);
            let is_so = match test {
                Test::Is(_) => format!("value IN {{among_{n}:Array(String)}}"),
                Test::Contains(_) => {
                    format!("positionCaseInsensitiveUTF8(value, {{among_{n}:String}}) > 0")
                }
                Test::IsSet => "value != ''".to_owned(),
            };
            let hash = identity::hash("{project:String}", "id");
            Some(format!("SELECT {hash} FROM ({said}) WHERE {is_so}"))
        };
        match self {
            Self::OfUser { test, .. } => said(Subject::User, test),
            Self::OfAccount { test, .. } => said(Subject::Account, test),
            Self::Account(_) => {
                let hash = identity::hash("{project:String}", "id");
                let ids = format!("{{among_{n}:Array(String)}}");
                Some(format!("SELECT {hash} FROM (SELECT arrayJoin({ids}) AS id)"))
            }
            Self::SomeAccount => None,
        }
    }

    /// Whether it is so of a row, whose person and account are these hashes.
    pub(crate) fn is_so(
        &self,
        databases: &Databases,
        grouping: &Grouping,
        n: usize,
        (person, account): (&str, &str),
    ) -> String {
        let of = if self.is_of_account() { account } else { person };
        match self.hashes(databases, grouping, n) {
            Some(hashes) => format!("{of} IN ({hashes})"),
            None => format!("{of} != 0"),
        }
    }

    /// Gives the parameters of [`Self::is_so`] their values.
    pub(crate) fn bind(&self, mut statement: Statement, n: usize, merges: &Merges) -> Statement {
        let (name, value): (_, Option<Value>) = match self {
            Self::OfUser { name, test } | Self::OfAccount { name, test } => {
                let value = match test {
                    Test::Is(values) => Some(values.clone().into()),
                    Test::Contains(text) => Some(text.as_str().into()),
                    Test::IsSet => None,
                };
                (Some(name), value)
            }
            Self::Account(ids) => {
                let ids: Vec<_> = ids.iter().map(|id| merges.account(id).to_owned()).collect();
                (None, Some(ids.into()))
            }
            Self::SomeAccount => (None, None),
        };
        if let Some(name) = name {
            statement = statement.bind(format!("among_{n}_name"), name.as_str());
        }
        match value {
            Some(value) => statement.bind(format!("among_{n}"), value),
            None => statement,
        }
    }
}
