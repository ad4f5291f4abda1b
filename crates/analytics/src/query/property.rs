//! A property: something that is known of an event, of who did it, or of his account.

use std::fmt;
use std::str::FromStr;

/// Something that is known of an event, of its person or of its account.
///
/// Its text is a word such as `country`, or a word, a full stop and a name: `event.colour` was given
/// to the event, `user.role` was said last of the person by `identify`, and `account.plan` of the
/// account by `group`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// The country that the address was in.
    Country,
    /// The kind of device.
    Device,
    /// The browser's name.
    Browser,
    /// The operating system's name.
    Os,
    /// The browser's language.
    Language,
    /// The version of the page's own application.
    AppVersion,
    /// The host that the visit came from.
    Referrer,
    /// `utm_source`.
    CampaignSource,
    /// `utm_medium`.
    CampaignMedium,
    /// `utm_campaign`.
    CampaignName,
    /// The path pattern of the page.
    Page,
    /// The account that the person was in.
    Account,
    /// A property of the event, by its name.
    Event(String),
    /// What was said last of the person, by its name.
    User(String),
    /// What was said last of the account, by its name.
    OfAccount(String),
}

impl Property {
    /// The properties that have no name of their own.
    pub const PLAIN: [(Self, &'static str); 12] = [
        (Self::Country, "country"),
        (Self::Device, "device"),
        (Self::Browser, "browser"),
        (Self::Os, "os"),
        (Self::Language, "language"),
        (Self::AppVersion, "app_version"),
        (Self::Referrer, "referrer"),
        (Self::CampaignSource, "campaign_source"),
        (Self::CampaignMedium, "campaign_medium"),
        (Self::CampaignName, "campaign_name"),
        (Self::Page, "page"),
        (Self::Account, "account"),
    ];
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(name) => write!(f, "event.{name}"),
            Self::User(name) => write!(f, "user.{name}"),
            Self::OfAccount(name) => write!(f, "account.{name}"),
            plain => {
                let word = Self::PLAIN.iter().find(|(one, _)| one == plain);
                f.write_str(word.map_or("", |(_, word)| word))
            }
        }
    }
}

/// The text is no property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a word such as `country` or `account`, or `event.`, `user.` or `account.` and a name"
)]
pub struct NoProperty;

impl FromStr for Property {
    type Err = NoProperty;

    fn from_str(text: &str) -> Result<Self, NoProperty> {
        match text.split_once('.') {
            Some((_, "")) => Err(NoProperty),
            Some(("event", name)) => Ok(Self::Event(name.to_owned())),
            Some(("user", name)) => Ok(Self::User(name.to_owned())),
            Some(("account", name)) => Ok(Self::OfAccount(name.to_owned())),
            _ => {
                let known = Self::PLAIN.into_iter().find(|(_, word)| *word == text);
                known.map(|(property, _)| property).ok_or(NoProperty)
            }
        }
    }
}

impl serde::Serialize for Property {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Property {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|why| {
            serde::de::Error::custom(format_args!("the property is `{text}`: {why}"))
        })
    }
}
