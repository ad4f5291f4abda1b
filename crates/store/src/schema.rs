//! Table and column names: the only place that spells them, besides the migrations.
//!
//! A test compares them with the tables as they are.

/// The databases of one installation.
///
/// Their names are the default ones but for tests, where each has a prefix of its own on one
/// engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Databases {
    /// Secrets, members, definitions.
    pub control: String,
    /// Events and what they refer to.
    pub data: String,
    /// Views for readers.
    pub read: String,
}

impl Default for Databases {
    fn default() -> Self {
        Self::with_prefix("")
    }
}

impl Databases {
    /// Databases whose names begin with `prefix`; anything in it but letters, digits and
    /// underscores becomes an underscore.
    pub fn with_prefix(prefix: &str) -> Self {
        let prefix = prefix.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let name = |name| format!("{prefix}{name}");
        Self { control: name("control"), data: name("data"), read: name("read") }
    }

    /// The table of events, with its database.
    pub fn events(&self) -> String {
        format!("{}.{}", self.data, events::TABLE)
    }

    /// The table of elements, with its database. Its rows must be grouped by project and id.
    pub fn elements(&self) -> String {
        format!("{}.{}", self.data, elements::TABLE)
    }

    /// The table of pages, with its database. Its rows must be grouped by project and id.
    pub fn pages(&self) -> String {
        format!("{}.{}", self.data, pages::TABLE)
    }

    pub(crate) fn definitions(&self) -> String {
        format!("{}.definitions", self.control)
    }

    pub(crate) fn sign_ins(&self) -> String {
        format!("{}.sign_ins", self.control)
    }

    pub(crate) fn migrations(&self) -> String {
        format!("{}.migrations", self.control)
    }
}

/// One row per event, sorted by project, anonymous id and event id.
pub mod events {
    /// The table.
    pub const TABLE: &str = "events";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// 16 big-endian bytes.
    pub const EVENT_ID: &str = "event_id";
    /// The partition, as in 202611: from the id's own time, else from the time of arrival.
    pub const MONTH: &str = "month";
    /// One of the wire's kinds.
    pub const KIND: &str = "kind";
    /// The name given to `track`, else empty.
    pub const NAME: &str = "name";
    /// The batch that the row was written with, 16 bytes.
    pub const BATCH_ID: &str = "batch_id";
    /// When it happened, corrected.
    pub const TIMESTAMP: &str = "timestamp";
    /// When the browser sent it, by its own clock.
    pub const SENT_AT: &str = "sent_at";
    /// When it arrived.
    pub const RECEIVED_AT: &str = "received_at";
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// The user as the page knew them then, else empty; see [`crate::identity`].
    pub const USER_ID: &str = "user_id";
    /// The user's company as the page knew it then, else empty.
    pub const ACCOUNT_ID: &str = "account_id";
    /// The visit.
    pub const SESSION_ID: &str = "session_id";
    /// The page in [`super::pages`], 0 for none.
    pub const PAGE_ID: &str = "page_id";
    /// The element in [`super::elements`], 0 for none.
    pub const ELEMENT_ID: &str = "element_id";
    /// The scrubbed path as it was.
    pub const PATH: &str = "path";
    /// The host that the visit came from.
    pub const REFERRER: &str = "referrer";
    /// `utm_source`.
    pub const CAMPAIGN_SOURCE: &str = "campaign_source";
    /// `utm_medium`.
    pub const CAMPAIGN_MEDIUM: &str = "campaign_medium";
    /// `utm_campaign`.
    pub const CAMPAIGN_NAME: &str = "campaign_name";
    /// The kind of device.
    pub const DEVICE: &str = "device";
    /// The browser's name.
    pub const BROWSER: &str = "browser";
    /// The operating system's name.
    pub const OS: &str = "os";
    /// The country that the address was in.
    pub const COUNTRY: &str = "country";
    /// The browser's language.
    pub const LANGUAGE: &str = "language";
    /// The version of the page's own application.
    pub const APP_VERSION: &str = "app_version";
    /// Whether the browser said that it is driven by a program.
    pub const IS_AUTOMATED: &str = "is_automated";
    /// Keys and text values.
    pub const PROPERTIES: &str = "properties";
}

/// What the events' elements are; rows of one id merge in time.
pub mod elements {
    /// The table.
    pub const TABLE: &str = "elements";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The id that events carry.
    pub const ELEMENT_ID: &str = "element_id";
    /// The canonical form, as JSON.
    pub const CANONICAL: &str = "canonical";
    /// The target's tag.
    pub const TAG: &str = "tag";
    /// The target's role.
    pub const ROLE: &str = "role";
    /// The target's accessible name.
    pub const NAME: &str = "name";
    /// The target's test id.
    pub const TEST_ID: &str = "test_id";
    /// The earliest event on it.
    pub const FIRST_SEEN: &str = "first_seen";
    /// The latest event on it.
    pub const LAST_SEEN: &str = "last_seen";
}

/// What the events' pages are; rows of one id merge in time.
pub mod pages {
    /// The table.
    pub const TABLE: &str = "pages";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The id that events carry.
    pub const PAGE_ID: &str = "page_id";
    /// The host.
    pub const HOST: &str = "host";
    /// The path's pattern.
    pub const PATTERN: &str = "pattern";
    /// A title that the page had.
    pub const TITLE: &str = "title";
    /// The earliest event on it.
    pub const FIRST_SEEN: &str = "first_seen";
    /// The latest event on it.
    pub const LAST_SEEN: &str = "last_seen";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_makes_plain_names() {
        assert_eq!(Databases::default().events(), "data.events");
        assert_eq!(Databases::with_prefix("t-`x`; ").events(), "t__x___data.events");
    }
}
