//! What accounts are sorted and chosen by: one word of a question.

use super::{Column, InvalidTable};
use crate::figures::Metric;
use std::fmt;
use std::str::FromStr;

/// What accounts are sorted and chosen by: `name`, `account.plan`, `core_actions`,
/// `core_actions.before`, `core_actions.change` in percent, or `core_actions.difference`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// What the account is called.
    Name,
    /// A number of its week.
    Figure(Metric, Of),
    /// What is said of it, by its name.
    Attribute(String),
}

/// What of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    /// What it is in the week.
    Now,
    /// What it was in the week before.
    Before,
    /// By how many percent it grew.
    Change,
    /// By how much it grew.
    Difference,
}

/// What the words of attributes begin with.
const ATTRIBUTE: &str = "account.";

/// The word of the name.
const NAME: &str = "name";

impl Of {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Now, ""),
        (Self::Before, ".before"),
        (Self::Change, ".change"),
        (Self::Difference, ".difference"),
    ];
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str(NAME),
            Self::Attribute(name) => write!(f, "{ATTRIBUTE}{name}"),
            Self::Figure(metric, of) => {
                let end = Of::ALL.iter().find(|(one, _)| one == of).map_or("", |(_, end)| end);
                write!(f, "{}{end}", metric.word())
            }
        }
    }
}

impl FromStr for Key {
    type Err = InvalidTable;

    fn from_str(text: &str) -> Result<Self, InvalidTable> {
        if text == NAME {
            return Ok(Self::Name);
        }
        if let Some(name) = text.strip_prefix(ATTRIBUTE).filter(|name| !name.is_empty()) {
            return Ok(Self::Attribute(name.to_owned()));
        }
        let figure = Of::ALL.into_iter().find_map(|(of, end)| {
            Some(Self::Figure(Metric::of_word(text.strip_suffix(end)?)?, of))
        });
        figure.ok_or_else(|| InvalidTable::Key(text.to_owned()))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure(metric) => f.write_str(metric.word()),
            Self::Attribute(name) => write!(f, "{ATTRIBUTE}{name}"),
        }
    }
}

impl FromStr for Column {
    type Err = InvalidTable;

    fn from_str(text: &str) -> Result<Self, InvalidTable> {
        match text.parse() {
            Ok(Key::Figure(metric, Of::Now)) => Ok(Self::Figure(metric)),
            Ok(Key::Attribute(name)) => Ok(Self::Attribute(name)),
            _ => Err(InvalidTable::Column(text.to_owned())),
        }
    }
}
