//! One thing that happened.

use crate::borrow::option;
use crate::{EventId, Properties, Timestamp, limits};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// What happened, as one of the fixed kinds of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A page was shown, on load or by a route change.
    PageView,
    /// A page was left.
    PageLeave,
    /// An element was clicked.
    Click,
    /// A form was submitted.
    Submit,
    /// A field was changed; never to what.
    Change,
    /// Something was copied; only that, never what.
    Copy,
    /// A file was downloaded.
    Download,
    /// A link out of the product was followed.
    Outbound,
    /// Several quick clicks on one place, in addition to them.
    RageClick,
    /// A click without any effect, in addition to it.
    DeadClick,
    /// A click that an error followed, in addition to it.
    ErrorClick,
    /// A JavaScript error.
    Error,
    /// A measure of how fast the page was.
    WebVital,
    /// An element came into view.
    Exposure,
    /// The visitor is this user.
    Identify,
    /// The user belongs to this account.
    Group,
    /// The vendor's own, by `track(name)`.
    Custom,
}

impl Kind {
    /// Every kind, in the order of the wire's definition.
    pub const ALL: [Self; 17] = [
        Self::PageView,
        Self::PageLeave,
        Self::Click,
        Self::Submit,
        Self::Change,
        Self::Copy,
        Self::Download,
        Self::Outbound,
        Self::RageClick,
        Self::DeadClick,
        Self::ErrorClick,
        Self::Error,
        Self::WebVital,
        Self::Exposure,
        Self::Identify,
        Self::Group,
        Self::Custom,
    ];

    /// What is wrong with the name of an event of this kind, as the end of a sentence; nothing of
    /// the name is in it.
    pub fn name_fault(self, name: Option<&str>) -> Option<String> {
        let limit = limits::EVENT_NAME_BYTES;
        match name.map_or(0, str::len) {
            _ if self != Self::Custom => None,
            0 => Some("is missing, and a custom event needs one".to_owned()),
            n if n > limit => Some(format!("has {n} bytes, and may have {limit}")),
            _ => None,
        }
    }

    /// The word on the wire, in the table and in questions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PageView => "page_view",
            Self::PageLeave => "page_leave",
            Self::Click => "click",
            Self::Submit => "submit",
            Self::Change => "change",
            Self::Copy => "copy",
            Self::Download => "download",
            Self::Outbound => "outbound",
            Self::RageClick => "rage_click",
            Self::DeadClick => "dead_click",
            Self::ErrorClick => "error_click",
            Self::Error => "error",
            Self::WebVital => "web_vital",
            Self::Exposure => "exposure",
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One event, as the browser serialised it once and for all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event<'a> {
    /// Unique; the same in every resend.
    pub event_id: EventId,
    /// What happened.
    pub kind: Kind,
    /// The name given to `track`; only for [`Kind::Custom`].
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// When, by the browser's clock.
    pub timestamp: Timestamp,
    /// Index into the batch's pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Index into the batch's elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<u32>,
    /// What else there is to say.
    #[serde(borrow, default, skip_serializing_if = "Properties::is_empty")]
    pub properties: Properties<'a>,
    /// Whether it was sent before without an answer being read: the collector must look for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub resent: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_its_word_on_the_wire() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
