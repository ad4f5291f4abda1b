//! The question of the screens that ask who is there: with what, who, and by which periods.

use super::offered::{Group, Offered, none};
use super::range::Choice;
use super::report;
use super::unit::{choices, periods};
use analytics::report::retention::By;
use analytics::{InvalidQuery, Period, Step};
use form_urlencoded::{Serializer, parse};

/// The hidden field by which a form is told from an address.
const FORM: &str = "form";

/// The fields that are visible.
const VISIBLE: [&str; 3] = ["activity", "by", "period"];

/// A question about an activity.
pub(super) trait Asked: report::Asked {
    /// What is asked where nobody asks for anything.
    fn proposal() -> Self;
}

/// The fields, with what can be chosen.
#[derive(Debug)]
pub(super) struct Picks {
    /// What one may do to be there.
    pub(super) activities: Vec<Group>,
    pub(super) bys: Vec<Choice>,
    pub(super) periods: Vec<Choice>,
}

impl Picks {
    /// The fields of a question; `name` is what its activity is called.
    pub(super) fn new(
        offered: &Offered,
        activity: Option<&Step>,
        name: Option<&str>,
        by: By,
        period: Period,
    ) -> Self {
        Self {
            activities: offered.groups(none("Anything", activity), activity, name),
            bys: choices([(By::People, "People"), (By::Accounts, "Accounts")], by),
            periods: periods(period),
        }
    }
}

/// What a query string asks, and the query string to go to where it came from the form.
///
/// # Errors
/// As [`report::Asked::of`].
pub(super) fn read<T: Asked>(query: &str) -> Result<(T, Option<String>), InvalidQuery> {
    if query.is_empty() {
        return Ok((T::proposal(), None));
    }
    let field = |name: &str| {
        let mut pairs = parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let mut asked = T::of(query)?;
    if field(FORM).is_none() {
        return Ok((asked, None));
    }
    if field("do").as_deref() == Some("dates") {
        let dates = [("from", "day_from"), ("to", "day_to")];
        let dates = dates.map(|(key, name)| (key, field(name).unwrap_or_default()));
        let text = Serializer::new(String::new()).extend_pairs(dates).finish();
        asked = asked.in_range(T::of(&text)?.date_range());
    }
    let go_to = asked.address();
    Ok((asked, Some(go_to)))
}

/// The hidden fields: all of the question that no visible field says.
pub(super) fn hidden(asked: &impl Asked) -> Vec<(String, String)> {
    let query = asked.address();
    let pairs = parse(query.as_bytes()).filter(|(key, _)| !VISIBLE.contains(&key.as_ref()));
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    std::iter::once((FORM.to_owned(), "1".to_owned())).chain(pairs).collect()
}
