//! A condition on a step: what one property of its event has to be.
//!
//! In JSON `{"property": "country", "is": ["CH", "DE"]}`, `{"property": "event.colour",
//! "contains": "red"}` or `{"property": "referrer", "is_set": true}`; in an address, after the
//! step, `where=country&is=CH&is=DE`, `where=event.colour&contains=red` or `where=referrer&set=yes`.

use super::{InvalidQuery, Part, Property};
use form_urlencoded::Serializer;
use serde::{Deserialize, Serialize};

/// A condition on a step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Of what.
    pub property: Property,
    /// What has to be true of it.
    pub test: Test,
}

/// What has to be true of a property. Values compare as text; where there is none, it is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// It is one of these.
    Is(Vec<String>),
    /// It contains this text, in upper or lower case.
    Contains(String),
    /// It is not empty.
    IsSet,
}

impl Filter {
    /// Whether no event can satisfy both.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (&self.test, &other.test) {
            (Test::Is(one), Test::Is(other_values)) if self.property == other.property => {
                one.iter().all(|value| !other_values.contains(value))
            }
            _ => false,
        }
    }
}

/// A condition as in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterText {
    property: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_set: Option<bool>,
}

impl FilterText {
    /// The condition that the text says.
    pub(crate) fn read(self, part: Part) -> Result<Filter, InvalidQuery> {
        let property = self.property.trim().parse();
        let property =
            property.map_err(|_| InvalidQuery::Property { part, text: self.property.clone() })?;
        let is_something = |text: &String| !text.trim().is_empty();
        let is = self.is.map(|values| values.into_iter().filter(is_something).collect::<Vec<_>>());
        let is = is.filter(|values| !values.is_empty());
        let test = match (is, self.contains.filter(is_something), self.is_set) {
            (Some(values), None, None) => Test::Is(values),
            (None, Some(text), None) => Test::Contains(text),
            (None, None, Some(true)) => Test::IsSet,
            _ => return Err(InvalidQuery::Filter { part, property: self.property }),
        };
        Ok(Filter { property, test })
    }

    /// Takes a parameter of an address that says more about the last of these conditions, or
    /// begins one; returns whether it was one of theirs.
    pub(crate) fn take(filters: &mut Vec<Self>, key: &str, value: &str) -> bool {
        if key == "where" {
            filters.push(Self { property: value.to_owned(), ..Self::default() });
            return true;
        }
        let last = filters.last_mut();
        match (key, last) {
            ("is" | "contains" | "set", None) => {}
            ("is", Some(last)) => last.is.get_or_insert_default().push(value.to_owned()),
            ("contains", Some(last)) => last.contains = Some(value.to_owned()),
            ("set", Some(last)) => last.is_set = (!value.trim().is_empty()).then_some(true),
            _ => return false,
        }
        true
    }

    /// Whether a form left it blank: without a property, or without anything that it has to be.
    pub(crate) fn is_blank(&self) -> bool {
        let is_blank = |text: &String| text.trim().is_empty();
        let has_no_value = self.is.iter().flatten().all(is_blank);
        let has_no_text = self.contains.as_ref().is_none_or(is_blank);
        is_blank(&self.property) || (has_no_value && has_no_text && self.is_set.is_none())
    }
}

impl From<&Filter> for FilterText {
    fn from(filter: &Filter) -> Self {
        let text = Self { property: filter.property.to_string(), ..Self::default() };
        match &filter.test {
            Test::Is(values) => Self { is: Some(values.clone()), ..text },
            Test::Contains(contains) => Self { contains: Some(contains.clone()), ..text },
            Test::IsSet => Self { is_set: Some(true), ..text },
        }
    }
}

impl Filter {
    /// Appends it to a query string, after its step.
    pub(crate) fn append_to(&self, pairs: &mut Serializer<'_, String>) {
        pairs.append_pair("where", &self.property.to_string());
        match &self.test {
            Test::Is(values) => {
                pairs.extend_pairs(values.iter().map(|value| ("is", value)));
            }
            Test::Contains(text) => {
                pairs.append_pair("contains", text);
            }
            Test::IsSet => {
                pairs.append_pair("set", "yes");
            }
        }
    }
}
