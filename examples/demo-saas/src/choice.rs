//! What a select or a group of radio buttons offers: a value that is sent, and a text that is read.

use crate::catalogue::Texts;

/// One of several things to choose from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    /// What a form sends, in every language.
    pub(crate) value: &'static str,
    text: fn(&'static Texts) -> &'static str,
}

impl Choice {
    /// A choice from what is sent and what is read.
    pub(crate) const fn of(value: &'static str, text: fn(&'static Texts) -> &'static str) -> Self {
        Self { value, text }
    }

    /// What is read.
    pub(crate) fn text(&self, texts: &'static Texts) -> &'static str {
        (self.text)(texts)
    }

    /// The choice that sends `value`, if it is offered.
    pub(crate) fn find(offered: &[Self], value: &str) -> Option<Self> {
        offered.iter().copied().find(|choice| choice.value == value)
    }

    /// The choice that sends `value`; the first one if there is none.
    pub(crate) fn find_or_first(offered: &[Self], value: &str) -> Self {
        Self::find(offered, value).unwrap_or(offered[0])
    }
}

/// Two choices are the same when they send the same.
impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
