//! A number of a report that leads to the people behind it.

use super::{Listed, address};
use crate::dashboard::report::Look;
use askama::Template;
use askama::filters::HtmlSafe;
use protocol::Timestamp;

/// A number, as a link where there is somebody behind it.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "number.html")]
pub(in crate::dashboard) struct Number {
    pub(in crate::dashboard) value: String,
    /// What it is, for those who do not see where it stands.
    label: String,
    /// The address of the list.
    list: Option<String>,
}

/// The template escapes what it is made of.
impl HtmlSafe for Number {}

impl Number {
    /// A number that leads nowhere.
    pub(in crate::dashboard) fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// A number that leads to the list at an address.
    pub(in crate::dashboard) fn leading(
        value: impl Into<String>,
        label: impl Into<String>,
        list: String,
    ) -> Self {
        Self { value: value.into(), label: label.into(), list: Some(list) }
    }
}

/// Where the lists behind the numbers of one answer are.
#[derive(Debug)]
pub(in crate::dashboard) struct Lists<'a, T> {
    pub(in crate::dashboard) look: &'a Look<'a>,
    pub(in crate::dashboard) asked: &'a T,
    /// As of when the answer is, and so its lists.
    pub(in crate::dashboard) at: Timestamp,
}

impl<T: Listed> Lists<'_, T> {
    /// What is shown for `n` people: a link to them, if there are any.
    pub(in crate::dashboard) fn number(
        &self,
        value: impl Into<String>,
        n: u64,
        label: impl Into<String>,
        who: &T::Who,
    ) -> Number {
        let list = (n > 0).then(|| self.address(who));
        Number { value: value.into(), label: label.into(), list }
    }

    /// The address of a list.
    pub(in crate::dashboard) fn address(&self, who: &T::Who) -> String {
        address(self.look, self.asked, who, self.at)
    }
}
