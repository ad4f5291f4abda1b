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
    /// A page was shown: on load, by a route change, or again out of the back/forward cache.
    PageView,
    /// A page was left, for now at least: it was hidden, it is going, or the route changed.
    ///
    /// `engaged_ms`: milliseconds since the leave before it of the same page view in which the
    /// page was visible, had the focus, and somebody was there: each move of the pointer, key,
    /// touch or scroll counts for what came since the one before, at most 30 seconds.
    /// `scroll_percent`: how far down the document was seen, 0 to 100, the most of this page view.
    /// So of the leaves of one page view the times are added up, and of the depths the last holds.
    PageLeave,
    /// An element was clicked. `keys`: which of `alt`, `ctrl`, `meta` and `shift` were held, with
    /// `+` between them; left out if none was. Where on the element is not told: to know that, the
    /// page would have to be laid out within the click.
    Click,
    /// A form was submitted. `filled`: the names of the fields that were not empty, with commas
    /// between them; never what stood in them.
    Submit,
    /// A field was changed; never to what.
    Change,
    /// Something was copied. `length`: how many characters; never which.
    Copy,
    /// A link to a file was followed, in addition to the click if there was one. `host`: of the
    /// link, with its port. `extension`: of the file, in small letters, if it is a known one.
    Download,
    /// A link to another host was followed, in addition to the click if there was one. `host`: of
    /// the link, with its port.
    Outbound,
    /// Three clicks within a second and 30 CSS pixels of each other, in addition to them; once,
    /// however many follow.
    RageClick,
    /// A click on what looks as if it did something, and nothing happened within 2.5 seconds; in
    /// addition to it.
    DeadClick,
    /// A click that an error followed within a second, in addition to it.
    ErrorClick,
    /// A JavaScript error, the first ten different ones of a page load. `message`: scrubbed, and
    /// without queries of addresses; absent where text is not told; `type`: such as `TypeError`;
    /// `script`: host and path; `line` and `column`, from 1. `times`: how many more there were of
    /// one that was told before; absent for the first.
    Error,
    /// A measure of how fast the page was, once per page load, when it is hidden first. `name`:
    /// `LCP`, `INP`, `FCP` or `TTFB` with a `value` in milliseconds, or `CLS` with one that has no
    /// unit; `rating`: `good`, `needs_improvement` or `poor`; `loaded`: the path that was loaded,
    /// if another one is in view by then.
    WebVital,
    /// An element came into view. No SDK sends it so far.
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

    /// What a project does not capture unless it says so.
    pub const OFF_AT_FIRST: [Self; 2] = [Self::Copy, Self::Exposure];

    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether it only says more of what happened besides: it is no moment of a visit. It neither
    /// begins nor lengthens one, and makes nobody active.
    ///
    /// Downloads and links out are, because the click that led there is counted.
    pub const fn is_aside(self) -> bool {
        matches!(
            self,
            Self::PageLeave
                | Self::Download
                | Self::Outbound
                | Self::RageClick
                | Self::DeadClick
                | Self::ErrorClick
                | Self::Error
                | Self::WebVital
                | Self::Exposure
        )
    }

    /// Whether somebody did something by it: the one meaning of *anything* in reports. Who somebody
    /// is and whose, tells nothing of what he does.
    pub const fn is_activity(self) -> bool {
        !self.is_aside() && !matches!(self, Self::Identify | Self::Group)
    }

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
            assert_eq!(Kind::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::from_word("clicks"), None);
    }

    #[test]
    fn activity_is_what_somebody_does() {
        let active: Vec<_> = Kind::ALL.into_iter().filter(|kind| kind.is_activity()).collect();
        let expected =
            [Kind::PageView, Kind::Click, Kind::Submit, Kind::Change, Kind::Copy, Kind::Custom];
        assert_eq!(active, expected);
    }
}
