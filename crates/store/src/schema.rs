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
        self.table(events::TABLE)
    }

    /// The table of elements, with its database. Its rows must be grouped by project and id.
    pub fn elements(&self) -> String {
        self.table(elements::TABLE)
    }

    /// The table of pages, with its database. Its rows must be grouped by project and id.
    pub fn pages(&self) -> String {
        self.table(pages::TABLE)
    }

    /// The table of sessions, with its database. The rows of one session must be grouped.
    pub fn sessions(&self) -> String {
        self.table(sessions::TABLE)
    }

    /// The table of engaged time, with its database. The rows of one session must be grouped.
    pub fn engaged(&self) -> String {
        self.table(engaged::TABLE)
    }

    /// The tables that the dictionaries are filled from, with their database.
    pub fn mappings(&self) -> Vec<String> {
        [first_users::TABLE, user_accounts::TABLE, account_times::TABLE]
            .map(|name| self.table(name))
            .to_vec()
    }

    /// The table of what is known of users and accounts, with its database. The rows of one
    /// subject, id and name must be grouped.
    pub fn traits(&self) -> String {
        self.table(traits::TABLE)
    }

    /// The table of what is said of accounts here, with its database. Of rows of one subject, name
    /// and id the last holds.
    pub fn records(&self) -> String {
        self.table(records::TABLE)
    }

    /// The table of features' uses, with its database.
    pub fn feature_events(&self) -> String {
        self.table(feature_events::TABLE)
    }

    /// The table of the elements that features mean, with its database. Rows may be there twice.
    pub fn feature_elements(&self) -> String {
        self.table(feature_elements::TABLE)
    }

    /// The table of the pages that features are on, with its database. Rows may be there twice.
    pub fn feature_pages(&self) -> String {
        self.table(feature_pages::TABLE)
    }

    /// The table of what is done for features, with its database. Rows may be there twice.
    pub fn feature_stages(&self) -> String {
        self.table(feature_stages::TABLE)
    }

    /// A table of events or of what is derived from them, with its database.
    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}.{name}", self.data)
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
    /// [`ANONYMOUS_ID`] as a number: see [`crate::identity`]. Computed by ClickHouse, as the two below.
    pub const ANONYMOUS_HASH: &str = "anonymous_hash";
    /// [`USER_ID`] as a number, 0 for none.
    pub const USER_HASH: &str = "user_hash";
    /// [`ACCOUNT_ID`] as a number, 0 for none.
    pub const ACCOUNT_HASH: &str = "account_hash";
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

/// What is known of visits; derived from the events, see [`crate::derived`].
///
/// One row per batch, month, project, quarter of an hour and the ids of who it was. A day begins
/// with a quarter of an hour in every time zone, so that each row lies within one day.
pub mod sessions {
    /// The table.
    pub const TABLE: &str = "sessions";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The batch that the events were written with, 16 bytes.
    pub const BATCH_ID: &str = "batch_id";
    /// When the events happened: quarters of an hour since 1970, UTC.
    pub const QUARTER: &str = "quarter";
    /// The length of one of them, in milliseconds.
    pub const QUARTER_MS: i64 = 15 * 60 * 1_000;
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// The user as the page knew them then, else empty; see [`crate::identity`].
    pub const USER_ID: &str = "user_id";
    /// The user's company as the page knew it then, else empty.
    pub const ACCOUNT_ID: &str = "account_id";
    /// The visit, empty for events without one.
    pub const SESSION_ID: &str = "session_id";
    /// Whether the browser said that it is driven by a program.
    pub const IS_AUTOMATED: &str = "is_automated";
    /// [`ANONYMOUS_ID`] as a number: see [`crate::identity`]. Computed by ClickHouse, as the two below.
    pub const ANONYMOUS_HASH: &str = "anonymous_hash";
    /// [`USER_ID`] as a number, 0 for none.
    pub const USER_HASH: &str = "user_hash";
    /// [`ACCOUNT_ID`] as a number, 0 for none.
    pub const ACCOUNT_HASH: &str = "account_hash";
    /// The earliest event. What is only said besides ([`protocol::Kind::is_aside`]) is not among the
    /// events of this table.
    pub const FIRST_SEEN: &str = "first_seen";
    /// The earliest event in which somebody did something, 1970 for none; see
    /// [`crate::identity::is_activity`].
    pub const FIRST_ACTIVE: &str = "first_active";
    /// The latest event.
    pub const LAST_SEEN: &str = "last_seen";
    /// Events.
    pub const N_EVENTS: &str = "n_events";
    /// Events in which somebody did something; see [`crate::identity::is_activity`].
    pub const N_ACTIVE: &str = "n_active";
    /// Events of the kind `page_view`.
    pub const N_PAGE_VIEWS: &str = "n_page_views";
    /// Events of the kind `click`.
    pub const N_CLICKS: &str = "n_clicks";
    /// The page of the earliest event that was on one, 0 for none.
    pub const ENTRY_PAGE_ID: &str = "entry_page_id";
    /// When that was, 1970 for none.
    pub const ENTRY_AT: &str = "entry_at";
    /// The page of the latest event that was on one, 0 for none.
    pub const EXIT_PAGE_ID: &str = "exit_page_id";
    /// When that was, 1970 for none.
    pub const EXIT_AT: &str = "exit_at";
    /// The host that the visit came from, by its earliest event, as all that follows.
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
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 28] = [
        PROJECT,
        MONTH,
        BATCH_ID,
        QUARTER,
        ANONYMOUS_ID,
        USER_ID,
        ACCOUNT_ID,
        SESSION_ID,
        IS_AUTOMATED,
        FIRST_SEEN,
        FIRST_ACTIVE,
        LAST_SEEN,
        N_EVENTS,
        N_ACTIVE,
        N_PAGE_VIEWS,
        N_CLICKS,
        ENTRY_PAGE_ID,
        ENTRY_AT,
        EXIT_PAGE_ID,
        EXIT_AT,
        REFERRER,
        CAMPAIGN_SOURCE,
        CAMPAIGN_MEDIUM,
        CAMPAIGN_NAME,
        DEVICE,
        BROWSER,
        OS,
        COUNTRY,
    ];
}

/// How long people were engaged with pages; derived from the events, see [`crate::derived`].
///
/// One row per batch, month, project, quarter of an hour and the ids of who it was, as
/// [`sessions`] has them, of the leaves of pages alone.
pub mod engaged {
    /// The table.
    pub const TABLE: &str = "engaged";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The batch that the events were written with, 16 bytes.
    pub const BATCH_ID: &str = "batch_id";
    /// When the pages were left: quarters of an hour since 1970, UTC.
    pub const QUARTER: &str = "quarter";
    /// The length of one of them, in milliseconds.
    pub const QUARTER_MS: i64 = super::sessions::QUARTER_MS;
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// The user as the page knew them then, else empty; see [`crate::identity`].
    pub const USER_ID: &str = "user_id";
    /// The user's company as the page knew it then, else empty.
    pub const ACCOUNT_ID: &str = "account_id";
    /// The visit, empty for events without one.
    pub const SESSION_ID: &str = "session_id";
    /// Whether the browser said that it is driven by a program.
    pub const IS_AUTOMATED: &str = "is_automated";
    /// When the first of the pages was left.
    pub const FIRST_SEEN: &str = "first_seen";
    /// For how long somebody was engaged with them, in milliseconds.
    pub const ENGAGED_MS: &str = "engaged_ms";
    /// [`ANONYMOUS_ID`] as a number: see [`crate::identity`]. Computed by ClickHouse, as the two below.
    pub const ANONYMOUS_HASH: &str = "anonymous_hash";
    /// [`USER_ID`] as a number, 0 for none.
    pub const USER_HASH: &str = "user_hash";
    /// [`ACCOUNT_ID`] as a number, 0 for none.
    pub const ACCOUNT_HASH: &str = "account_hash";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 11] = [
        PROJECT,
        MONTH,
        BATCH_ID,
        QUARTER,
        ANONYMOUS_ID,
        USER_ID,
        ACCOUNT_ID,
        SESSION_ID,
        IS_AUTOMATED,
        FIRST_SEEN,
        ENGAGED_MS,
    ];
}

/// The first user that was identified on a browser in a month; derived from the events.
pub mod first_users {
    /// The table.
    pub const TABLE: &str = "first_users";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// Time and id of the earliest event with a user, and that user; the least of rows holds.
    pub const FIRST: &str = "first_identified";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 4] = [PROJECT, MONTH, ANONYMOUS_ID, FIRST];
}

/// The accounts that a user was seen in, in a month; derived from the events.
pub mod user_accounts {
    /// The table.
    pub const TABLE: &str = "user_accounts";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The user.
    pub const USER_ID: &str = "user_id";
    /// An account of his.
    pub const ACCOUNT_ID: &str = "account_id";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 4] = [PROJECT, MONTH, USER_ID, ACCOUNT_ID];
}

/// When a user was seen in which account; derived from the events.
pub mod account_times {
    /// The table.
    pub const TABLE: &str = "account_times";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The user.
    pub const USER_ID: &str = "user_id";
    /// When.
    pub const TIMESTAMP: &str = "timestamp";
    /// The account that he was in.
    pub const ACCOUNT_ID: &str = "account_id";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 5] = [PROJECT, MONTH, USER_ID, TIMESTAMP, ACCOUNT_ID];
}

/// What `identify` said last of a user or a browser and `group` of an account, in a month; derived
/// from the events.
pub mod traits {
    /// The table.
    pub const TABLE: &str = "traits";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// What it is said of: `user`, `account` or `browser`.
    pub const SUBJECT: &str = "subject";
    /// What is said: the name of a property.
    pub const NAME: &str = "name";
    /// The id of the user, the account or the browser.
    pub const ID: &str = "subject_id";
    /// Time and id of the event, and the value; the greatest of rows holds.
    pub const LAST: &str = "last_told";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 6] = [PROJECT, MONTH, SUBJECT, NAME, ID, LAST];
}

/// What people, files and programs say of accounts; see [`crate::record`].
pub mod records {
    /// The table.
    pub const TABLE: &str = "records";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// What it is said of: `attribute`, `contact` or `note`.
    pub const SUBJECT: &str = "subject";
    /// The attribute, or the field of a contact or note.
    pub const NAME: &str = "name";
    /// The account.
    pub const ACCOUNT_ID: &str = "account_id";
    /// The contact or note; empty for an attribute.
    pub const SUBJECT_ID: &str = "subject_id";
    /// What is said; empty takes away.
    pub const VALUE: &str = "value";
    /// When it was said.
    pub const TOLD_AT: &str = "told_at";
    /// By whom: the address of a member, or what stands for a program.
    pub const AUTHOR: &str = "author";
    /// How it came: `member`, `api` or `import`.
    pub const SOURCE: &str = "source";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 9] =
        [PROJECT, SUBJECT, NAME, ACCOUNT_ID, SUBJECT_ID, VALUE, TOLD_AT, AUTHOR, SOURCE];
}

/// Which user a browser without one belongs to: a dictionary over [`first_users`].
pub mod person_of {
    /// The dictionary.
    pub const DICTIONARY: &str = "person_of";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// The user.
    pub const FIRST_USER: &str = "first_user";
    /// Since when he is known there, in milliseconds since 1970.
    pub const FIRST_AT: &str = "first_at";
}

/// The same by numbers: the hash of a user by that of a browser.
pub mod person_hash_of {
    /// The dictionary.
    pub const DICTIONARY: &str = "person_hash_of";
    /// The browser.
    pub const ANONYMOUS_HASH: &str = "anonymous_hash";
    /// The user.
    pub const USER_HASH: &str = "user_hash";
    /// Some bits of the hash of the project: two may have the same, so they say whose something is not.
    pub const PROJECT_BITS: &str = "project_bits";
}

/// Which account a user was in at a moment: a dictionary over [`user_accounts`] and
/// [`account_times`].
pub mod account_of {
    /// The dictionary.
    pub const DICTIONARY: &str = "account_of";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The user.
    pub const USER_ID: &str = "user_id";
    /// The account.
    pub const ACCOUNT_ID: &str = "account_id";
    /// From when, in milliseconds since 1970; his first account is there from the beginning.
    pub const SINCE: &str = "account_since";
    /// Up to when, in milliseconds since 1970, included.
    pub const UNTIL: &str = "account_until";
}

/// The same by numbers: the hash of an account by that of a user.
pub mod account_hash_of {
    /// The dictionary.
    pub const DICTIONARY: &str = "account_hash_of";
    /// The user.
    pub const USER_HASH: &str = "user_hash";
    /// The account.
    pub const ACCOUNT_HASH: &str = "account_hash";
    /// Whether he was ever in this account alone.
    pub const IS_STEADY: &str = "is_steady";
    /// Some bits of the hash of the project.
    pub const PROJECT_BITS: &str = super::person_hash_of::PROJECT_BITS;
    /// From when, in milliseconds since 1970.
    pub const SINCE: &str = super::account_of::SINCE;
    /// Until when, inclusive.
    pub const UNTIL: &str = super::account_of::UNTIL;
}

/// The uses of features, one row per feature, version and event; derived from the events and from
/// what the features' rules mean, see [`crate::derived`].
pub mod feature_events {
    /// The table.
    pub const TABLE: &str = "feature_events";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The feature's id.
    pub const FEATURE: &str = "feature";
    /// The version of its rule.
    pub const VERSION: &str = "version";
    /// The partition, which is that of the events.
    pub const MONTH: &str = "month";
    /// The batch that the event was written with, 16 bytes.
    pub const BATCH_ID: &str = "batch_id";
    /// The event.
    pub const EVENT_ID: &str = "event_id";
    /// When it happened.
    pub const TIMESTAMP: &str = "timestamp";
    /// The browser.
    pub const ANONYMOUS_ID: &str = "anonymous_id";
    /// The user as the page knew them then, else empty; see [`crate::identity`].
    pub const USER_ID: &str = "user_id";
    /// The user's company as the page knew it then, else empty.
    pub const ACCOUNT_ID: &str = "account_id";
    /// Whether the browser said that it is driven by a program.
    pub const IS_AUTOMATED: &str = "is_automated";
    /// [`ANONYMOUS_ID`] as a number: see [`crate::identity`]. Computed by ClickHouse, as the two below.
    pub const ANONYMOUS_HASH: &str = "anonymous_hash";
    /// [`USER_ID`] as a number, 0 for none.
    pub const USER_HASH: &str = "user_hash";
    /// [`ACCOUNT_ID`] as a number, 0 for none.
    pub const ACCOUNT_HASH: &str = "account_hash";
    /// All columns that are written, in table order.
    pub const COLUMNS: [&str; 11] = [
        PROJECT,
        FEATURE,
        VERSION,
        MONTH,
        BATCH_ID,
        EVENT_ID,
        TIMESTAMP,
        ANONYMOUS_ID,
        USER_ID,
        ACCOUNT_ID,
        IS_AUTOMATED,
    ];
}

/// Which elements the alternatives of a feature's rule mean.
pub mod feature_elements {
    /// The table.
    pub const TABLE: &str = "feature_elements";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The feature's id.
    pub const FEATURE: &str = "feature";
    /// The version of its rule.
    pub const VERSION: &str = "version";
    /// The alternative's place in the rule, from 0.
    pub const ALTERNATIVE: &str = "alternative";
    /// The element; where an alternative means views of pages, [`crate::derived::NO_ELEMENT`].
    pub const ELEMENT_ID: &str = "element_id";
    /// Whether it is meant on every page; else on those of [`super::feature_pages`].
    pub const ANY_PAGE: &str = "any_page";
    /// The first moment at which the alternative holds.
    pub const VALID_FROM: &str = "valid_from";
    /// The first moment at which it holds no longer.
    pub const VALID_TO: &str = "valid_to";
    /// The version of the page's application that it holds for, with its parts; all if empty.
    pub const APP_VERSION: &str = "app_version";
}

/// On which pages the alternatives of a feature's rule mean their elements.
pub mod feature_pages {
    /// The table.
    pub const TABLE: &str = "feature_pages";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The feature's id.
    pub const FEATURE: &str = "feature";
    /// The version of its rule.
    pub const VERSION: &str = "version";
    /// The alternative's place in the rule, from 0.
    pub const ALTERNATIVE: &str = "alternative";
    /// The page.
    pub const PAGE_ID: &str = "page_id";
}

/// What is done for a version of a feature; see [`crate::derived::fill`].
pub mod feature_stages {
    /// The table.
    pub const TABLE: &str = "feature_stages";
    /// The tenant.
    pub const PROJECT: &str = "project";
    /// The feature's id.
    pub const FEATURE: &str = "feature";
    /// The version of its rule.
    pub const VERSION: &str = "version";
    /// One word.
    pub const STAGE: &str = "stage";
    /// Which month it is about, 0 for none.
    pub const MONTH: &str = "month";
    /// When it was reached.
    pub const REACHED_AT: &str = "reached_at";
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
