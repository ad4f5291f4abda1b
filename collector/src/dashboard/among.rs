//! Whom a question is about, as every report shows and changes it.
//!
//! What a report asks stands in its address, and whom it is about in parameters of its own there. So
//! what the two buttons say is made into these before a report reads anything, and none of them
//! knows of it.

use super::condition::{self, lower};
use super::range::Choice;
use super::report::Asked;
use super::report::form::Fields;
use analytics::{Among, InvalidQuery, Property};
use form_urlencoded::{Serializer, parse};
use std::borrow::Cow;

/// What stands in place of the number of a step in the names of fields and buttons.
pub(super) const AT: &str = "among";
/// What all parameters begin with.
const KEY: &str = "among";

/// Whom a question is about, with what may be chosen.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// What is so of them, in words.
    pub(super) conditions: Vec<String>,
    /// What can be asked of people and accounts.
    pub(super) properties: Vec<Choice>,
    /// By what the answer may be told apart; nothing where it has a breakdown of its own.
    pub(super) bys: Vec<Choice>,
}

impl Shown {
    pub(super) fn new<T: Asked>(asked: &T, properties: &[Property]) -> Self {
        let among = asked.among();
        let of_them: Vec<_> = properties.iter().filter(|it| Among::knows(it)).cloned().collect();
        Self {
            conditions: among.filters().iter().map(condition::words).collect(),
            bys: match T::HAS_BREAKDOWN {
                true => Vec::new(),
                false => condition::breakdowns(&of_them, among.by()),
            },
            properties: condition::choices(&of_them, None),
        }
    }
}

/// Of whom an answer is, as a sentence; nothing for everybody.
pub(super) fn words(among: &Among) -> Option<String> {
    let each: Vec<_> =
        among.filters().iter().map(|filter| lower(&condition::words(filter))).collect();
    (!each.is_empty()).then(|| format!("Only where {}.", each.join(" and ")))
}

/// The query string of a form, of which a button was pressed that says whom it is about: with what
/// it is then, and without the button. Any other is as it is.
///
/// # Errors
/// When the fields say no condition on people or accounts.
pub(super) fn pressed(query: &str) -> Result<Cow<'_, str>, InvalidQuery> {
    let fields = Fields::of(query);
    let action = fields.get("do").unwrap_or_default();
    let is_added = action == format!("filter-{AT}");
    let removed = action.strip_prefix(&format!("unfilter-{AT}-"));
    if !is_added && removed.is_none() {
        return Ok(Cow::Borrowed(query));
    }
    let among = Among::from_query_string(query)?;
    let mut filters = among.filters().to_vec();
    if is_added {
        filters.extend(condition::written(fields, AT)?);
    }
    if let Some(n) = removed.and_then(|n| n.parse::<usize>().ok()).filter(|n| *n < filters.len()) {
        filters.remove(n);
    }
    let is_other = |key: &str| key != "do" && !key.starts_with(KEY);
    let mut pairs = Serializer::new(String::new());
    pairs.extend_pairs(parse(query.as_bytes()).filter(|(key, _)| is_other(key)));
    Among::new(filters, among.by().cloned())?.append_to(&mut pairs);
    Ok(Cow::Owned(pairs.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_made_into_parameters() {
        let form = "form=1&nodes=pages&property-among=account.plan&test-among=is&value-among=Team,+Pro&do=";
        let added = pressed(&format!("{form}filter-among")).unwrap().into_owned();
        let among = Among::from_query_string(&added).unwrap();
        assert_eq!(words(&among).unwrap(), "Only where plan of the account is Team or Pro.");
        assert!(added.starts_with("form=1&nodes=pages&") && !added.contains("do="), "{added}");

        let two = pressed(&format!("{added}&do=filter-among")).unwrap().into_owned();
        assert_eq!(Among::from_query_string(&two).unwrap().filters().len(), 2);
        let one = pressed(&format!("{two}&do=unfilter-among-1")).unwrap().into_owned();
        assert_eq!(Among::from_query_string(&one).unwrap(), among);
        let beyond = pressed(&format!("{added}&do=unfilter-among-7")).unwrap().into_owned();
        assert_eq!(Among::from_query_string(&beyond).unwrap(), among);

        for other in ["filter-0", "dates", ""] {
            let query = format!("{form}{other}");
            assert_eq!(pressed(&query).unwrap(), query);
        }
    }

    #[test]
    fn what_is_not_of_people_is_told() {
        let query = "form=1&property-among=country&test-among=is&value-among=CH&do=filter-among";
        let why = pressed(query).unwrap_err().to_string();
        assert!(why.contains("and not by `country`"), "{why}");
    }
}
