//! What has to be true of an account to be in the table.

use super::{InvalidTable, Key};

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
    /// The text is one of these.
    Is(Vec<String>),
    /// The text contains this, in upper or lower case.
    Contains(String),
    /// There is a text, or there is none.
    Set(bool),
    /// The number is so great or greater.
    AtLeast(f64),
    /// The number is so small or smaller.
    AtMost(f64),
}

impl Condition {
    /// A condition that can be true.
    ///
    /// # Errors
    /// When it asks for the text of a number.
    pub fn new(key: Key, test: Test) -> Result<Self, InvalidTable> {
        let is_number = matches!(key, Key::Figure(..));
        match test {
            Test::AtLeast(bound) | Test::AtMost(bound) if !bound.is_finite() => {
                Err(InvalidTable::Number(bound.to_string()))
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
            Self::Is(values) => values.iter().any(|value| value == text),
            Self::Contains(part) => text.to_lowercase().contains(&part.to_lowercase()),
            Self::Set(is_set) => text.is_empty() != *is_set,
            Self::AtLeast(_) | Self::AtMost(_) => {
                text.trim().parse().is_ok_and(|number| self.holds_of(number))
            }
        }
    }

    /// Whether it holds of a number.
    pub(super) fn holds_of(&self, number: f64) -> bool {
        match self {
            Self::AtLeast(bound) => number >= *bound,
            Self::AtMost(bound) => number <= *bound,
            Self::Is(_) | Self::Contains(_) | Self::Set(_) => false,
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
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
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
            Test::AtLeast(bound) => Self { at_least: Some(*bound), ..words },
            Test::AtMost(bound) => Self { at_most: Some(*bound), ..words },
        }
    }
}
