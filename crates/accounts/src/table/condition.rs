//! What has to be true of an account to be in the table.

use super::{InvalidTable, Key};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What has to be true of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Of what.
    pub key: Key,
    /// What.
    pub test: Test,
}

/// What has to be true.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The text is one of these, in upper or lower case.
    Is(Vec<String>),
    /// The text contains this, in upper or lower case.
    Contains(String),
    /// There is a text, or there is none.
    Set(bool),
    /// The number is so great or greater, the day so late or later.
    AtLeast(Bound),
    /// The number is so small or smaller, the day so early or earlier.
    AtMost(Bound),
}

/// What a value is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// A number.
    Number(f64),
    /// A day, such as `2027-03-01`.
    Day(String),
}

impl Bound {
    fn is_sound(&self) -> bool {
        match self {
            Self::Number(number) => number.is_finite(),
            Self::Day(text) => day(text) == Some(text),
        }
    }
}

/// The day that a text begins with.
fn day(text: &str) -> Option<&str> {
    text.get(..10).filter(|day| day.parse::<Date>().is_ok())
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Day(day) => f.write_str(day),
        }
    }
}

impl FromStr for Bound {
    type Err = InvalidTable;

    fn from_str(text: &str) -> Result<Self, InvalidTable> {
        let bound = text.parse().map_or_else(|_| Self::Day(text.to_owned()), Self::Number);
        if bound.is_sound() { Ok(bound) } else { Err(InvalidTable::Bound(text.to_owned())) }
    }
}

impl Condition {
    /// A condition that can be true.
    ///
    /// # Errors
    /// When it asks for the text of a number, or holds something against what is no bound of it.
    pub fn new(key: Key, test: Test) -> Result<Self, InvalidTable> {
        let is_number = matches!(key, Key::Figure(..));
        match test {
            Test::AtLeast(bound) | Test::AtMost(bound) if !bound.is_sound() => {
                Err(InvalidTable::Bound(bound.to_string()))
            }
            Test::AtLeast(Bound::Day(day)) | Test::AtMost(Bound::Day(day)) if is_number => {
                Err(InvalidTable::Number(day))
            }
            Test::Is(_) | Test::Contains(_) | Test::Set(_) if is_number => {
                Err(InvalidTable::NoText(key.to_string()))
            }
            test => Ok(Self { key, test }),
        }
    }
}

impl Test {
    /// Whether it holds of a text.
    pub(super) fn holds_of_text(&self, text: &str) -> bool {
        match self {
            Self::Is(values) => {
                let text = text.to_lowercase();
                values.iter().any(|value| value.to_lowercase() == text)
            }
            Self::Contains(part) => text.to_lowercase().contains(&part.to_lowercase()),
            Self::Set(is_set) => text.is_empty() != *is_set,
            Self::AtLeast(Bound::Day(first)) => {
                day(text.trim()).is_some_and(|day| day >= first.as_str())
            }
            Self::AtMost(Bound::Day(last)) => {
                day(text.trim()).is_some_and(|day| day <= last.as_str())
            }
            Self::AtLeast(Bound::Number(_)) | Self::AtMost(Bound::Number(_)) => {
                text.trim().parse().is_ok_and(|number| self.holds_of(number))
            }
        }
    }

    /// Whether it holds of a number.
    pub(super) fn holds_of(&self, number: f64) -> bool {
        match self {
            Self::AtLeast(Bound::Number(bound)) => number >= *bound,
            Self::AtMost(Bound::Number(bound)) => number <= *bound,
            Self::AtLeast(Bound::Day(_))
            | Self::AtMost(Bound::Day(_))
            | Self::Is(_)
            | Self::Contains(_)
            | Self::Set(_) => false,
        }
    }
}

/// A condition as its words, in JSON and in addresses alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Words {
    pub(super) key: String,
    pub(super) is: Option<Vec<String>>,
    pub(super) contains: Option<String>,
    pub(super) set: Option<bool>,
    pub(super) at_least: Option<Bound>,
    pub(super) at_most: Option<Bound>,
}

impl Words {
    /// The condition that they say.
    pub(super) fn read(self) -> Result<Condition, InvalidTable> {
        let key: Key = self.key.trim().parse()?;
        let is_some = |text: &String| !text.trim().is_empty();
        let is = self.is.map(|values| values.into_iter().filter(is_some).collect::<Vec<_>>());
        let is = is.filter(|values| !values.is_empty()).map(Test::Is);
        let contains = self.contains.filter(is_some).map(Test::Contains);
        let set = self.set.map(Test::Set);
        let at_least = self.at_least.map(Test::AtLeast);
        let at_most = self.at_most.map(Test::AtMost);
        let mut said = [is, contains, set, at_least, at_most].into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(test), None) => Condition::new(key, test),
            _ => Err(InvalidTable::Condition(self.key)),
        }
    }
}

impl From<&Condition> for Words {
    fn from(condition: &Condition) -> Self {
        let words = Self { key: condition.key.to_string(), ..Self::default() };
        match &condition.test {
            Test::Is(values) => Self { is: Some(values.clone()), ..words },
            Test::Contains(text) => Self { contains: Some(text.clone()), ..words },
            Test::Set(is_set) => Self { set: Some(*is_set), ..words },
            Test::AtLeast(bound) => Self { at_least: Some(bound.clone()), ..words },
            Test::AtMost(bound) => Self { at_most: Some(bound.clone()), ..words },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_meant_however_it_is_written() {
        let is = Test::Is(vec!["enterprise".to_owned(), "Team".to_owned()]);
        let holds = ["Enterprise", "TEAM", "Teams", ""].map(|text| is.holds_of_text(text));
        assert_eq!(holds, [true, true, false, false]);
        assert!(Test::Contains("PRISE".to_owned()).holds_of_text("Enterprise"));
    }
}
