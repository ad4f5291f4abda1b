//! The people behind a number: any statement that yields them, as pages and as a whole.
//!
//! A question is a [`List`]: a report and one of its numbers. Each report says what was done and
//! who of those who did it is counted in the number; that becomes a list in `actor` alone.
//!
//! The order is that of their entries, the latest first, and of one millisecond that of their ids;
//! a page begins after a [`Place`], not after so many rows, so that no one is on two pages and no
//! one is left out because somebody came in between.

mod actor;
mod list;

pub(crate) use actor::{Actors, account_then, accounts, columns, list, nth, whose};
pub use list::{Behind, List, People, Told};
pub(crate) use list::{Data, Listed};

use crate::{Error, InvalidQuery};
use protocol::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;
use store::{Connection, Rows, Statement};

/// How many people are on a page, if nobody says.
pub const PAGE: u32 = 50;
/// How many people are on a page at most.
pub const MAX_PAGE: u32 = 1_000;

/// [`PAGE`], for serde.
pub(crate) const fn usual_page() -> u32 {
    PAGE
}

/// The people of one number.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleOf {
    statement: Statement,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id, the browser's where no user was ever known on it, or the account's where
    /// accounts are counted.
    pub person: String,
    /// Whether it is a user's.
    #[serde(deserialize_with = "is_one")]
    pub is_user: bool,
    /// The account in which he was when what is listed began, at [`Self::entered_at`], empty for
    /// none: in every report that of the event of that moment, and of several the lesser.
    pub account: String,
    /// When what is listed began, in milliseconds since 1970.
    pub entered_at: u64,
    /// When it went on last, in milliseconds since 1970.
    pub last_at: u64,
    /// How many steps of a funnel he got, and how often he did it in any other report.
    pub n: u32,
}

/// Where in the list a page begins: after this person. In texts `1795302000000.somebody`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    entered_at: u64,
    person: String,
}

/// Some of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeoplePage {
    /// How many there are in all.
    pub total: u64,
    /// These, in the order of their entries, the latest first.
    pub people: Vec<Person>,
    /// Where the next page begins; none after the last one.
    pub next: Option<Place>,
    /// As of when it was counted.
    pub computed_at: Timestamp,
}

impl PeopleOf {
    /// The people of a statement with the columns of [`Person`].
    pub(crate) const fn new(statement: Statement) -> Self {
        Self { statement }
    }

    /// The statement of one page, with one person more than it shows, each with the `total`.
    ///
    /// # Errors
    /// When a page cannot have so many.
    pub(crate) fn page(
        &self,
        after: Option<&Place>,
        limit: u32,
    ) -> Result<Statement, InvalidQuery> {
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(InvalidQuery::Page(limit));
        }
        let is_after = "entered_at < {after_at:UInt64} OR entered_at = {after_at:UInt64} AND person > {after:String}";
        let is_after = if after.is_some() { format!(" WHERE {is_after}") } else { String::new() };
        let sql = format!(
            "SELECT * FROM (SELECT *, count() OVER () AS total FROM (\n{}\n)){is_after}\n\
             ORDER BY entered_at DESC, person LIMIT {}",
            self.statement.sql(),
            limit + 1
        );
        let statement = self.around(sql);
        Ok(match after {
            None => statement,
            Some(place) => {
                statement.bind("after_at", place.entered_at).bind("after", place.person.as_str())
            }
        })
    }

    /// All of them in order, as the server sends them.
    ///
    /// # Errors
    /// When the question cannot be sent. What the server says comes with the first row.
    pub fn all(&self, connection: &Connection) -> Result<Rows<Person>, Error> {
        let sql = format!(
            "SELECT * FROM (\n{}\n)\nORDER BY entered_at DESC, person",
            self.statement.sql()
        );
        Ok(connection.rows(&self.around(sql))?)
    }

    /// Another text with the same parameters.
    fn around(&self, sql: String) -> Statement {
        let params = self.statement.params().iter();
        params.fold(Statement::new(sql), |statement, (name, value)| {
            statement.bind(name.as_str(), value.clone())
        })
    }
}

/// A row of a page.
#[derive(Debug, Deserialize)]
pub(crate) struct PeopleRow {
    #[serde(flatten)]
    person: Person,
    total: u64,
}

/// Reads what is 1 or 0 in rows, and true or false in answers.
fn is_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Is {
        Said(bool),
        One(u8),
    }
    Ok(match Is::deserialize(deserializer)? {
        Is::Said(is) => is,
        Is::One(n) => n == 1,
    })
}

impl PeoplePage {
    /// The page of the rows of [`PeopleOf::page`].
    pub(crate) fn new(rows: Vec<PeopleRow>, limit: u32, computed_at: Timestamp) -> Self {
        let shown = limit as usize;
        let has_more = rows.len() > shown;
        let total = rows.first().map_or(0, |row| row.total);
        let people: Vec<Person> = rows.into_iter().take(shown).map(|row| row.person).collect();
        let next = people.last().filter(|_| has_more).map(Place::from);
        Self { total, people, next, computed_at }
    }
}

impl From<&Person> for Place {
    fn from(person: &Person) -> Self {
        Self { entered_at: person.entered_at, person: person.person.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entered_at, self.person)
    }
}

impl FromStr for Place {
    type Err = InvalidQuery;

    fn from_str(text: &str) -> Result<Self, InvalidQuery> {
        let place = text.split_once('.').and_then(|(at, person)| {
            Some(Self { entered_at: at.parse().ok()?, person: person.to_owned() })
        });
        place.ok_or_else(|| InvalidQuery::Place(text.to_owned()))
    }
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
