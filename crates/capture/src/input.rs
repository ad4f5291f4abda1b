//! What the page tells us, and how it is written in a message.

use crate::ElementFacts;
use crate::saved::Saved;
use protocol::{Kind, Properties, Timestamp};

/// What does not change while a page lives.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Real randomness, from which all ids of this page load are made.
    pub random: [u8; 10],
    /// The name under which batches are kept, by which a page knows its own.
    pub owner: String,
    /// The address of the page that led here, as the browser gives it.
    pub referrer: String,
    /// The `utm_` parameters of the address: source, medium and name; empty where they are not there.
    pub campaign: [String; 3],
    /// The browser's language.
    pub language: String,
    /// The browser's time zone.
    pub time_zone: String,
    /// Width and height of the screen, such as `1440x900`.
    pub screen: String,
    /// The version of the vendor's application.
    pub app_version: String,
    /// Whether the browser says that a program drives it.
    pub is_automated: bool,
}

/// Where the page is: host with port, and path. Query and fragment are never read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// Host, with the port where it is not the scheme's own.
    pub host: String,
    /// Path, beginning with `/`.
    pub path: String,
}

/// One thing that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Input {
    /// The page was loaded, or its address changed.
    Navigated(Address),
    /// An element was clicked.
    Click(ElementFacts),
    /// Something else happened that the page is watched for.
    Seen {
        /// What.
        kind: Kind,
        /// What there is to say of it, as [`Kind`] has it.
        properties: Properties<'static>,
        /// The element that it happened to, if it did to one.
        element: Option<ElementFacts>,
    },
    /// Kinds that are not to be captured from now on, in the place of those before: their words,
    /// separated by U+001F.
    Off(String),
    /// The vendor's own event.
    Track {
        /// Its name.
        name: String,
        /// What else there is to say.
        properties: Properties<'static>,
    },
    /// The vendor says that a page is shown, without a change of the path.
    Page(Properties<'static>),
    /// The visitor is this user.
    Identify {
        /// The vendor's id of the user.
        user_id: String,
        /// What is known of the user.
        properties: Properties<'static>,
    },
    /// The user belongs to this account.
    Group {
        /// The vendor's id of the account.
        account_id: String,
        /// What is known of the account.
        properties: Properties<'static>,
    },
    /// What the identity rules gave just now: the version of the rules, and for each in its order
    /// `user` or `account` and what stands in its place, all separated by U+001F. A line break
    /// stands for a value that is neither a text nor a number, a tab for a rule that the script
    /// line does not allow.
    Found(String),
    /// The user signed out: whoever comes next is somebody else.
    Reset,
    /// The person allows capture again.
    OptIn,
    /// The person wants no capture.
    OptOut,
    /// Send what waits now; also when the browser is online again.
    Flush,
    /// The browser has nothing else to do.
    Idle {
        /// The document's title, which single-page applications set after the address.
        title: String,
    },
    /// The moment of the last [`crate::Effect::WakeAt`] has come.
    Timer,
    /// What came of a [`crate::Send`].
    Answered {
        /// Its key.
        key: String,
        /// Its attempt.
        attempt: u32,
        /// What came back.
        answer: Answer,
    },
    /// The page is hidden, and may never run again.
    Hidden {
        /// The document's title.
        title: String,
    },
    /// Another page may have changed the visitor in storage.
    Stored {
        /// The text under [`crate::VISITOR`] now; empty if there is none.
        visitor: String,
        /// Whether it was there first, so that what this page asked to keep is not kept.
        is_refusal: bool,
    },
    /// The page was taken out of the back/forward cache; what it has kept in storage may be another
    /// page's now. What is not is told by [`Self::Kept`] again.
    Restored,
    /// Keys and texts of batches whose page is gone, and which are this page's from now on: no
    /// living page has been told of them. The parts of a batch are in the order of their keys.
    Kept(Vec<(String, String)>),
}

/// What came of sending a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// A [`protocol::Receipt`] was read.
    Accepted {
        /// The indices of the events to send again; what became of the others is settled.
        retry: Vec<u32>,
        /// What `Retry-After` asks for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Another status was read: nothing was kept if it is of the 400s. Any other may come from
    /// somebody on the way who does not know.
    Refused {
        /// The HTTP status.
        status: u32,
        /// What `Retry-After` asks for, in milliseconds.
        retry_after_ms: Option<i64>,
    },
    /// Nothing could be read; the collector may have it or not.
    Unread,
}

impl Environment {
    /// The message that a tracker is made of: what the visitor's text is, and the fields of
    /// `sdk-web/js/env.js` in their order.
    pub(crate) fn message(&self, saved: &Saved, now: Timestamp) -> String {
        let letter = |bits| char::from(b'@' + bits);
        let random = self.random.iter().flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]);
        let [source, medium, name] = &self.campaign;
        join([
            &now.as_millis().to_string(),
            "start",
            saved.visitor.as_deref().unwrap_or_default(),
            &random.collect::<String>(),
            &self.owner,
            &self.referrer,
            source,
            medium,
            name,
            if self.is_automated { "1" } else { "" },
        ]) + &pairs(self.device().into_iter().filter(|(_, value)| !value.is_empty()))
    }

    fn device(&self) -> [(&str, &str); 4] {
        [
            ("language", &self.language),
            ("time_zone", &self.time_zone),
            ("screen", &self.screen),
            ("app_version", &self.app_version),
        ]
    }
}

impl Input {
    /// The message that script tells it by: when it happened, a word of which the first letter
    /// counts, and its fields, all separated by U+001F.
    pub(crate) fn message(&self, now: Timestamp) -> String {
        let at = now.as_millis().to_string();
        let pairs = |properties: &Properties<'_>| pairs(properties.iter());
        let flag = |is_set| if is_set { "1" } else { "" };
        match self {
            Self::Navigated(Address { host, path }) => join([&at, "navigated", host, path]),
            Self::Click(facts) => join([&at, "seen", "click", "", facts.fields()]),
            Self::Seen { kind, properties, element } => {
                let facts = element.as_ref().map_or("", ElementFacts::fields);
                join([&at, "seen", &(kind.to_string() + &pairs(properties)), "", facts])
            }
            Self::Off(kinds) => join([&at, "unwanted", kinds]),
            Self::Track { name, properties } => join([&at, "track", name]) + &pairs(properties),
            Self::Page(properties) => join([&at, "page"]) + &pairs(properties),
            Self::Identify { user_id, properties } => {
                join([&at, "identify", user_id]) + &pairs(properties)
            }
            Self::Group { account_id, properties } => {
                join([&at, "group", account_id]) + &pairs(properties)
            }
            Self::Found(given) => join([&at, "looked", given]),
            Self::Reset => join([&at, "reset"]),
            Self::OptIn => join([&at, "optIn"]),
            Self::OptOut => join([&at, "optOut"]),
            Self::Flush => join([&at, "flush"]),
            Self::Idle { title } => join([&at, "quiet", title]),
            Self::Timer => join([&at, "wake"]),
            Self::Answered { key, attempt, answer } => {
                let (status, wait, retry) = answer.fields();
                let known = join([&at, "answered", key, &attempt.to_string(), &status, &wait]);
                retry.iter().fold(known, |known, n| join([&known, &n.to_string()]))
            }
            Self::Hidden { title } => join([&at, "hidden", title]),
            Self::Stored { visitor, is_refusal } => {
                join([&at, "visitor", visitor, flag(*is_refusal)])
            }
            Self::Restored => join([&at, "back"]),
            Self::Kept(batches) => {
                let each = batches.iter().map(|(key, text)| join([key, text]));
                join([&at, "kept", &each.collect::<Vec<_>>().join(FIELD)])
            }
        }
    }
}

impl Answer {
    /// Status, which is 0 where nothing was read; wait; and the indices of what to send again.
    fn fields(&self) -> (String, String, &[u32]) {
        let (status, wait, retry): (_, _, &[u32]) = match self {
            Self::Accepted { retry, retry_after_ms } => (202, *retry_after_ms, retry),
            Self::Refused { status, retry_after_ms } => (*status, *retry_after_ms, &[]),
            Self::Unread => (0, None, &[]),
        };
        let wait = wait.map(|ms| ms.to_string()).unwrap_or_default();
        (status.to_string(), wait, retry)
    }
}

const FIELD: &str = "\u{1f}";

fn join<const N: usize>(fields: [&str; N]) -> String {
    fields.join(FIELD)
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(key, value)| [FIELD, key, FIELD, value].concat()).collect()
}
