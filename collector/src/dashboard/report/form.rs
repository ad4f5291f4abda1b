//! What the form of a report says, made into the address that says the same.
//!
//! A form carries the question in its fields: what can be seen, and the rest hidden. So every
//! choice works without script, and ends at an address that can be shared.

use super::Asked;
use analytics::{DateRange, InvalidQuery};
use form_urlencoded::{Serializer, parse};

/// The hidden field by which a form is told from an address.
const FORM: &str = "form";

/// The fields of a form, or of an address.
#[derive(Debug, Clone, Copy)]
pub(in crate::dashboard) struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    pub(in crate::dashboard) const fn of(query: &'a str) -> Self {
        Self(query)
    }

    /// The value of the first field of this name, without spaces around it.
    pub(in crate::dashboard) fn get(self, name: &str) -> Option<String> {
        let mut pairs = parse(self.0.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    }

    /// Whether it is a form.
    pub(in crate::dashboard) fn is_form(self) -> bool {
        self.get(FORM).is_some()
    }

    /// The days of the two date fields, if their button was pressed.
    ///
    /// # Errors
    /// When one is no date.
    pub(in crate::dashboard) fn days<T: Asked>(self) -> Result<Option<DateRange>, InvalidQuery> {
        if self.get("do").as_deref() != Some("dates") {
            return Ok(None);
        }
        let dates = [("from", "day_from"), ("to", "day_to")];
        let dates = dates.map(|(key, name)| (key, self.get(name).unwrap_or_default()));
        let text = Serializer::new(String::new()).extend_pairs(dates).finish();
        Ok(Some(T::of(&text)?.date_range()))
    }
}

/// What a query string asks, and the query string to go to where it came from the form.
///
/// # Errors
/// As [`Asked::of`].
pub(in crate::dashboard) fn read<T: Asked>(
    query: &str,
) -> Result<(T, Option<String>), InvalidQuery> {
    let (asked, fields) = (T::of(query)?, Fields::of(query));
    if !fields.is_form() {
        return Ok((asked, None));
    }
    let asked = match fields.days::<T>()? {
        Some(days) => asked.in_range(days),
        None => asked,
    };
    let go_to = asked.address();
    Ok((asked, Some(go_to)))
}

/// The hidden fields: all of the question that no visible field says.
pub(in crate::dashboard) fn hidden(asked: &impl Asked, visible: &[&str]) -> Vec<(String, String)> {
    let query = asked.address();
    let pairs = parse(query.as_bytes()).filter(|(key, _)| !visible.contains(&key.as_ref()));
    let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
    std::iter::once((FORM.to_owned(), "1".to_owned())).chain(pairs).collect()
}
