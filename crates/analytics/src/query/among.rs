//! Whom a question is about: conditions on people and on their accounts, in every report; and by what
//! of theirs its answer is told apart.
//!
//! In JSON `"among": {"where": [{"property": "account.plan", "is": ["Team"]}], "by": "account.tier"}`,
//! where conditions are written as those of a step; in an address
//! `among=account.plan&among_is=Team`, `among=user.role&among_contains=adm` or
//! `among=account&among_set=yes`, and `among_by=account.tier`. They hold for whoever did something and
//! for his account at that moment, by what is said of them today: see [`store::among`].

use super::filter::FilterText;
use super::{Filter, InvalidQuery, MAX_FILTERS, Part, Property, Scope, Test};
use form_urlencoded::{Serializer, parse};
use serde::{Deserialize, Serialize};
use store::among::{self, Condition};
use store::identity::Grouping;

/// The key of a property in an address; what it has to be stands in keys that begin so.
const KEY: &str = "among";
/// The key of that by which an answer is told apart.
const BY: &str = "among_by";

/// Whom a question is about: everybody, or those of whom all of this is so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "AmongText", into = "AmongText")]
pub struct Among {
    filters: Vec<Filter>,
    /// Of what property the most frequent values are told apart, beside all together: for reports
    /// without a breakdown of their own.
    by: Option<Property>,
}

/// The same as in JSON.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmongText {
    #[serde(rename = "where", default, skip_serializing_if = "Vec::is_empty")]
    filters: Vec<FilterText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Property>,
}

impl Among {
    /// Whether a property is one of people or of accounts.
    pub const fn knows(property: &Property) -> bool {
        matches!(property, Property::Account | Property::User(_) | Property::OfAccount(_))
    }

    /// Those of whom this is so, told apart by that.
    ///
    /// # Errors
    /// When it is none of people or accounts, or there are too many conditions.
    pub fn new(filters: Vec<Filter>, by: Option<Property>) -> Result<Self, InvalidQuery> {
        let is_known = |filter: &Filter| {
            let is_part = matches!(filter.test, Test::Contains(_));
            Self::knows(&filter.property) && !(filter.property == Property::Account && is_part)
        };
        let other = filters.iter().find(|filter| !is_known(filter)).map(|filter| &filter.property);
        let other = other.or(by.as_ref().filter(|by| !Self::knows(by)));
        match (other, filters.len()) {
            (Some(other), _) => Err(InvalidQuery::Among(other.to_string())),
            (None, 0..=MAX_FILTERS) => Ok(Self { filters, by }),
            (None, n) => Err(InvalidQuery::TooMuchAmong(n)),
        }
    }

    /// What has to be so.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// By what they are told apart.
    pub const fn by(&self) -> Option<&Property> {
        self.by.as_ref()
    }

    /// The same people together, for a question that does not tell them apart.
    #[must_use]
    pub fn together(&self) -> Self {
        Self { filters: self.filters.clone(), by: None }
    }

    /// Those of them of whom it has this value.
    pub(crate) fn part(&self, value: &str) -> Self {
        let is =
            |by: &Property| Filter { property: by.clone(), test: Test::Is(vec![value.to_owned()]) };
        let filters = self.filters.iter().cloned().chain(self.by.as_ref().map(is)).collect();
        Self { filters, by: None }
    }

    /// Whether it is everybody, together.
    pub const fn is_everybody(&self) -> bool {
        self.filters.is_empty() && self.by.is_none()
    }

    /// Appends it to a query string.
    pub fn append_to(&self, pairs: &mut Serializer<'_, String>) {
        for filter in &self.filters {
            let mut own = Serializer::new(String::new());
            filter.append_to(&mut own);
            for (key, value) in parse(own.finish().as_bytes()) {
                match key.as_ref() {
                    "where" => pairs.append_pair(KEY, &value),
                    key => pairs.append_pair(&format!("{KEY}_{key}"), &value),
                };
            }
        }
        if let Some(by) = &self.by {
            pairs.append_pair(BY, &by.to_string());
        }
    }

    /// Reads it from a query string; conditions that a form left blank are passed over.
    ///
    /// # Errors
    /// When it cannot be read, or means nothing.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidQuery> {
        let (mut filters, mut by) = (Vec::new(), None);
        for (key, value) in parse(text.as_bytes()) {
            if key == BY {
                // What can be seen in a form stands behind what cannot.
                by = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
                continue;
            }
            match key.strip_prefix(KEY) {
                Some("") => FilterText::take(&mut filters, "where", &value),
                Some(of) => FilterText::take(&mut filters, of.trim_start_matches('_'), &value),
                None => false,
            };
        }
        filters.retain(|filter| !filter.is_blank());
        let by = by.map(|text| text.parse().map_err(|_| InvalidQuery::Among(text)));
        AmongText { filters, by: by.transpose()? }.try_into()
    }

    /// The same of a project, whose other settings stay.
    pub(crate) fn of(&self, scope: &Scope) -> Scope {
        if self.filters.is_empty() {
            return scope.clone();
        }
        let among = self.filters.iter().map(condition).collect();
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

impl TryFrom<AmongText> for Among {
    type Error = InvalidQuery;

    fn try_from(text: AmongText) -> Result<Self, InvalidQuery> {
        let filters = text.filters.into_iter().map(|text| text.read(Part::Among));
        Self::new(filters.collect::<Result<_, _>>()?, text.by)
    }
}

impl From<Among> for AmongText {
    fn from(among: Among) -> Self {
        Self { filters: among.filters.iter().map(FilterText::from).collect(), by: among.by }
    }
}
