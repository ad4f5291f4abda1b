//! Whom a question is about: conditions on people and on their accounts, in every report.
//!
//! In JSON `"among": [{"property": "account.plan", "is": ["Team"]}]`, as the conditions of a step
//! are written; in an address `among=account.plan&among_is=Team`, `among=user.role&among_contains=adm`
//! or `among=account&among_set=yes`. They hold for whoever did something and for his account at that
//! moment, by what is said of them today: see [`store::among`].

use super::filter::FilterText;
use super::{Filter, InvalidQuery, MAX_FILTERS, Part, Property, Scope, Test};
use form_urlencoded::{Serializer, parse};
use serde::{Deserialize, Serialize};
use store::among::{self, Condition};
use store::identity::Grouping;

/// The key of a property in an address; what it has to be stands in keys that begin so.
const KEY: &str = "among";

/// Whom a question is about: everybody, or those of whom all of this is so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<FilterText>", into = "Vec<FilterText>")]
pub struct Among(Vec<Filter>);

impl Among {
    /// Whether a property is one of people or of accounts.
    pub const fn knows(property: &Property) -> bool {
        matches!(property, Property::Account | Property::User(_) | Property::OfAccount(_))
    }

    /// Those of whom this is so.
    ///
    /// # Errors
    /// When it is no condition on people or accounts, or there are too many.
    pub fn new(filters: Vec<Filter>) -> Result<Self, InvalidQuery> {
        let is_known = |filter: &Filter| {
            let is_part = matches!(filter.test, Test::Contains(_));
            Self::knows(&filter.property) && !(filter.property == Property::Account && is_part)
        };
        if let Some(other) = filters.iter().find(|filter| !is_known(filter)) {
            return Err(InvalidQuery::Among(other.property.to_string()));
        }
        match filters.len() {
            0..=MAX_FILTERS => Ok(Self(filters)),
            n => Err(InvalidQuery::TooMuchAmong(n)),
        }
    }

    /// What has to be so.
    pub fn filters(&self) -> &[Filter] {
        &self.0
    }

    /// Whether it is everybody.
    pub const fn is_everybody(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends it to a query string.
    pub fn append_to(&self, pairs: &mut Serializer<'_, String>) {
        for filter in &self.0 {
            let mut own = Serializer::new(String::new());
            filter.append_to(&mut own);
            for (key, value) in parse(own.finish().as_bytes()) {
                match key.as_ref() {
                    "where" => pairs.append_pair(KEY, &value),
                    key => pairs.append_pair(&format!("{KEY}_{key}"), &value),
                };
            }
        }
    }

    /// Reads it from a query string; conditions that a form left blank are passed over.
    ///
    /// # Errors
    /// When it cannot be read, or means nothing.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let mut filters = Vec::new();
        for (key, value) in parse(text.as_bytes()) {
            match key.strip_prefix(KEY) {
                Some("") => FilterText::take(&mut filters, "where", &value),
                Some(of) => FilterText::take(&mut filters, of.trim_start_matches('_'), &value),
                None => false,
            };
        }
        filters.retain(|filter| !filter.is_blank());
        filters.try_into()
    }

    /// The same of a project, whose other settings stay.
    pub(crate) fn of(&self, scope: &Scope) -> Scope {
        if self.is_everybody() {
            return scope.clone();
        }
        let among = self.0.iter().map(condition).collect();
        Scope { grouping: Grouping { among, ..scope.grouping.clone() }, ..scope.clone() }
    }
}

fn condition(filter: &Filter) -> Condition {
    let test = match &filter.test {
        Test::Is(values) => among::Test::Is(values.clone()),
        Test::Contains(text) => among::Test::Contains(text.clone()),
        Test::IsSet => among::Test::IsSet,
    };
    match (&filter.property, test) {
        (Property::User(name), test) => Condition::OfUser { name: name.clone(), test },
        (Property::OfAccount(name), test) => Condition::OfAccount { name: name.clone(), test },
        (_, among::Test::Is(ids)) => Condition::Account(ids),
        _ => Condition::SomeAccount,
    }
}

impl TryFrom<Vec<FilterText>> for Among {
    type Error = InvalidQuery;

    fn try_from(texts: Vec<FilterText>) -> Result<Self, InvalidQuery> {
        let filters = texts.into_iter().map(|text| text.read(Part::Among));
        Self::new(filters.collect::<Result<_, _>>()?)
    }
}

impl From<Among> for Vec<FilterText> {
    fn from(among: Among) -> Self {
        among.0.iter().map(FilterText::from).collect()
    }
}
