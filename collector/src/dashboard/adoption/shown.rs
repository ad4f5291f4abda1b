//! What the Adoption page shows, and what can be chosen there.

use super::order::Order;
use crate::dashboard::range::Choice;
use crate::dashboard::report::form::Fields;
use crate::dashboard::unit::choices;
use analytics::report::adoption::Again;
use analytics::report::retention::Cohorts;
use analytics::{Adoption, InvalidQuery, Period};
use form_urlencoded::Serializer;
use std::collections::{BTreeMap, BTreeSet};

/// The fields that are visible.
pub(super) const VISIBLE: &[&str] =
    &["after", "period", "back_after", "back_period", "cohorts", "module", "q"];

/// What is asked, and what of the answer is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::dashboard) struct Shown {
    pub(super) adoption: Adoption,
    pub(super) order: Order,
    /// Only features whose name has this in it.
    pub(super) search: String,
    /// Only features of this module; all if it is empty.
    pub(super) module: String,
}

impl Shown {
    /// Reads a query string.
    ///
    /// # Errors
    /// When a word, a number or a date cannot be read.
    pub(super) fn from_query_string(query: &str) -> Result<Self, InvalidQuery> {
        let fields = Fields::of(query);
        let field = |name: &str| fields.get(name).unwrap_or_default();
        Ok(Self {
            adoption: Adoption::from_query_string(query)?,
            order: Order::read(&field("sort"), &field("order")),
            search: field("q"),
            module: field("module"),
        })
    }

    /// The query string of it, without a question mark.
    pub(super) fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.append_pair("sort", self.order.word());
        if self.order.is_turned {
            pairs.append_pair("order", "turned");
        }
        for (key, value) in [("module", &self.module), ("q", &self.search)] {
            if !value.is_empty() {
                pairs.append_pair(key, value);
            }
        }
        format!("{}&{}", self.adoption.to_query_string(), pairs.finish())
    }

    /// The same without search and module.
    pub(super) fn of_all(&self) -> Self {
        Self { search: String::new(), module: String::new(), ..self.clone() }
    }
}

/// How time is cut.
pub(super) fn periods(on: Period) -> Vec<Choice> {
    let periods = [
        (Period::Day, "Day by day"),
        (Period::WorkingDay, "Working day by working day"),
        (Period::Week, "Week by week"),
        (Period::Month, "Month by month"),
    ];
    choices(periods, on)
}

/// How time is cut for coming back.
pub(super) fn back_periods(again: Again) -> Vec<Choice> {
    let plural = |one: &'static str, many: &'static str| if again.after == 1 { one } else { many };
    let periods = [
        (Period::Day, plural("day", "days")),
        (Period::WorkingDay, plural("working day", "working days")),
        (Period::Week, plural("week", "weeks")),
        (Period::Month, plural("month", "months")),
    ];
    choices(periods, again.period)
}

/// After which use.
pub(super) fn cohorts(on: Cohorts) -> Vec<Choice> {
    let cohorts = [(Cohorts::First, "the first use ever"), (Cohorts::Recurring, "any use")];
    choices(cohorts, on)
}

/// The modules that features are in, and all of them together.
pub(super) fn modules(of: &BTreeMap<String, String>, on: &str) -> Vec<Choice> {
    let names: BTreeSet<&String> = of.values().collect();
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_on: value == on,
    };
    let each = names.into_iter().map(|name| choice(name, name));
    std::iter::once(choice("", "All modules")).chain(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::report::form::{hidden, read};

    const ASKED: &str =
        "period=week&after=4&back_period=day&back_after=6&cohorts=first&last=91d&sort=back";

    #[test]
    fn an_address_is_shown_as_it_is_and_none_is_the_usual() {
        let (asked, go_to) =
            read::<Shown>(&format!("{ASKED}&order=turned&module=Analysis&q=a+b")).unwrap();
        assert_eq!(go_to, None);
        assert_eq!(asked.to_query_string(), format!("{ASKED}&order=turned&module=Analysis&q=a+b"));
        assert_eq!(read::<Shown>("").unwrap().0.to_query_string(), ASKED);
    }

    #[test]
    fn a_form_becomes_an_address() {
        let (asked, _) = read::<Shown>(&format!("{ASKED}&order=turned&q=x")).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&asked, VISIBLE));
        fields.extend_pairs([("after", "2"), ("period", "month"), ("back_after", "3")]);
        fields.extend_pairs([("back_period", "week"), ("cohorts", "recurring"), ("q", "")]);
        let go_to = read::<Shown>(&fields.finish()).unwrap().1.unwrap();
        let expected = "period=month&after=2&back_period=week&back_after=3&cohorts=recurring&last=91d&sort=back&order=turned";
        assert_eq!(go_to, expected);
        let dates = format!("{ASKED}&form=1&do=dates&day_from=2026-11-01&day_to=2026-11-22");
        assert!(
            read::<Shown>(&dates).unwrap().1.unwrap().contains("from=2026-11-01&to=2026-11-22")
        );
        assert!(read::<Shown>("after=some").is_err());
    }
}
