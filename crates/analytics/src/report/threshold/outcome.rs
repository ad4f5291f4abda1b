//! What is to happen in somebody's second week.

use crate::query::{FeatureId, InvalidQuery};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is to happen in the second week: `return`, `use:5b1c0000000000aa` or `activity:3`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Outcome {
    /// Anything is done.
    #[default]
    Return,
    /// The feature is used.
    Use(FeatureId),
    /// Something is done on so many days of it, 1 to 7.
    Activity(u32),
}

impl Outcome {
    /// The feature that has to be used, if it is one.
    pub const fn feature(&self) -> Option<&FeatureId> {
        match self {
            Self::Use(id) => Some(id),
            Self::Return | Self::Activity(_) => None,
        }
    }

    /// On how many days of the second week it has to happen.
    pub(super) const fn days(&self) -> u32 {
        match self {
            Self::Return | Self::Use(_) => 1,
            Self::Activity(days) => *days,
        }
    }
}

impl FromStr for Outcome {
    type Err = InvalidQuery;

    fn from_str(text: &str) -> Result<Self, InvalidQuery> {
        let none = || InvalidQuery::Outcome(text.to_owned());
        match text.split_once(':') {
            None if text == "return" => Ok(Self::Return),
            Some(("use", id)) => id.parse().map(Self::Use).map_err(|_| none()),
            Some(("activity", days)) => days.parse().map(Self::Activity).map_err(|_| none()),
            _ => Err(none()),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Return => f.write_str("return"),
            Self::Use(id) => write!(f, "use:{id}"),
            Self::Activity(days) => write!(f, "activity:{days}"),
        }
    }
}

impl TryFrom<String> for Outcome {
    type Error = InvalidQuery;

    fn try_from(text: String) -> Result<Self, InvalidQuery> {
        text.parse()
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}
