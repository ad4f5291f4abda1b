//! The table of accounts: which of them, which of their figures beside what was before, and in
//! which order. Pure: a question and figures in, rows out.

mod address;
mod answer;
mod attributes;
mod condition;
mod json;
mod key;

pub use answer::{Cell, Row, TableResult};
pub use attributes::{Attributes, NAME, names};
pub use condition::{Bound, Condition, Test};
pub use key::{Key, Of};

use crate::as_of::NoDay;
use crate::figures::AccountFigures;
use crate::figures::{Figure, Figures, Metric};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most columns.
pub const MAX_COLUMNS: usize = 40;
/// The most conditions.
pub const MAX_CONDITIONS: usize = 16;
/// How many are the best or the worst at least.
pub const MIN_PICKED: u32 = 5;
/// How many are the best or the worst at most.
pub const MAX_PICKED: u32 = 100;

/// So long a running week is too young to be compared, in milliseconds.
const YOUNG_MS: i64 = 2 * 24 * 60 * 60 * 1_000;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "json::TableText", into = "json::TableText")]
pub struct Table {
    /// As it was when this day began in the project's zone; as it is now if none is said. What is
    /// said of accounts is what is said now.
    pub on: Option<Date>,
    /// Which week is held against which; by the age of the running one if it is not said.
    pub compared: Option<Compared>,
    /// What is shown of each account.
    pub columns: Vec<Column>,
    /// In which order.
    pub order: Order,
    /// What has to be true of an account, all of it.
    pub conditions: Vec<Condition>,
    /// What its id or its name has in it, in upper or lower case.
    pub search: String,
    /// Only those at one end of the order.
    pub pick: Option<Pick>,
}

/// Which week is held against which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The running one against the one before, up to the same moment of the week.
    Running,
    /// The last one that is over against the one before it.
    Full,
}

/// What is shown of each account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// A figure of the week, of the week before, and the change.
    Figure(Metric),
    /// What is said of the account, by its name.
    Attribute(String),
}

/// The order of the accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub key: Key,
    /// Whether the least come first. What is not known comes last either way.
    pub is_rising: bool,
}

/// Only some, from one end of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Which end.
    pub end: End,
    /// How many: [`MIN_PICKED`] to [`MAX_PICKED`].
    pub n: u32,
}

/// An end of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The greatest.
    Best,
    /// The least.
    Worst,
}

/// The question means nothing; the sentence is for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTable {
    /// It is neither a figure nor an attribute.
    #[error(
        "`{0}` is neither a figure such as `core_actions` nor an attribute such as `account.plan`"
    )]
    Column(String),
    /// Accounts cannot be sorted or chosen by it.
    #[error(
        "`{0}` is no figure such as `core_actions` or `core_actions.change`, no attribute such as `account.plan`, and not `name`"
    )]
    Key(String),
    /// A condition says nothing, or more than one thing.
    #[error(
        "the condition on `{0}` says one thing: `is`, `contains`, `set`, `at_least` or `at_most`"
    )]
    Condition(String),
    /// A figure has no text.
    #[error("`{0}` is a number: its condition is `at_least` or `at_most`")]
    NoText(String),
    /// It is nothing that a value could be held against.
    #[error("`{0}` is neither a number nor a day such as `2027-03-01`")]
    Bound(String),
    /// It is no day.
    #[error(transparent)]
    Day(#[from] NoDay),
    /// It is no number.
    #[error("`{0}` is no number")]
    Number(String),
    /// There are too many of something.
    #[error("there are at most {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// So many are not picked.
    #[error("the best or the worst are {MIN_PICKED} to {MAX_PICKED}, and not {0}")]
    Picked(String),
    /// No such word is known there.
    #[error("`{word}` is not one of {known}")]
    Word {
        /// What was said.
        word: String,
        /// What could be.
        known: &'static str,
    },
}

/// What one sees first: how much, how well, and how broad.
const USUAL: [Metric; 7] = [
    Metric::CoreActions,
    Metric::People,
    Metric::Visits,
    Metric::PagesPerVisit,
    Metric::EngagedPerVisit,
    Metric::Modules,
    Metric::Depth,
];

impl Default for Table {
    /// Those first who lost most core actions.
    fn default() -> Self {
        Self {
            on: None,
            compared: None,
            columns: Self::usual_columns(),
            order: Order::default(),
            conditions: Vec::new(),
            search: String::new(),
            pick: None,
        }
    }
}

impl Default for Order {
    fn default() -> Self {
        Self { key: Key::Figure(Metric::CoreActions, Of::Difference), is_rising: true }
    }
}

impl Table {
    /// The columns where none are chosen.
    pub fn usual_columns() -> Vec<Column> {
        USUAL.map(Column::Figure).to_vec()
    }

    /// The names of the attributes that have to be known to answer it.
    pub fn attributes(&self) -> BTreeSet<&str> {
        let columns = self.columns.iter().filter_map(|column| match column {
            Column::Attribute(name) => Some(name.as_str()),
            Column::Figure(_) => None,
        });
        let keys = self.conditions.iter().map(|it| &it.key).chain([&self.order.key]);
        let keys = keys.filter_map(|key| match key {
            Key::Attribute(name) => Some(name.as_str()),
            Key::Name | Key::Figure(..) => None,
        });
        columns.chain(keys).chain([NAME]).collect()
    }

    /// The figure of which every week is shown: the one that they are sorted by, else the first.
    pub fn drawn(&self) -> Metric {
        let sorted = match self.order.key {
            Key::Figure(metric, _) => Some(metric),
            Key::Name | Key::Attribute(_) => None,
        };
        let first = || {
            self.columns.iter().find_map(|column| match column {
                Column::Figure(metric) => Some(*metric),
                Column::Attribute(_) => None,
            })
        };
        sorted.or_else(first).unwrap_or(Metric::CoreActions)
    }

    /// Whether the least come first.
    pub fn is_rising(&self) -> bool {
        self.pick.map_or(self.order.is_rising, |pick| pick.end == End::Worst)
    }

    /// Whether there are not too many parts.
    ///
    /// # Errors
    /// When there are.
    fn checked(self) -> Result<Self, InvalidTable> {
        let of = |n: usize, what, max| match n > max {
            true => Err(InvalidTable::TooMany { what, max }),
            false => Ok(()),
        };
        of(self.columns.len(), "columns", MAX_COLUMNS)?;
        of(self.conditions.len(), "conditions", MAX_CONDITIONS)?;
        match self.pick {
            Some(Pick { n, .. }) if !(MIN_PICKED..=MAX_PICKED).contains(&n) => {
                Err(InvalidTable::Picked(n.to_string()))
            }
            _ => Ok(self),
        }
    }
}

impl Compared {
    /// The one where nobody says: the running week, unless it is younger than two days.
    pub fn usual(figures: &Figures) -> Self {
        let is_young =
            |week: &crate::figures::Week| figures.computed_at.millis_since(week.start) < YOUNG_MS;
        if figures.weeks.last().is_some_and(is_young) { Self::Full } else { Self::Running }
    }

    /// Its word in questions and addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Full => "full",
        }
    }

    /// The week that is looked at, and the one before.
    pub fn of(self, account: &AccountFigures) -> [&Figure; 2] {
        let [.., before, last, running] = &account.weeks;
        match self {
            Self::Running => [running, &account.so_far_before],
            Self::Full => [last, before],
        }
    }
}

#[cfg(test)]
mod tests;
