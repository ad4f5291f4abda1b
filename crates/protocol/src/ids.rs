//! The identities: which event, which batch, which project, which key.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// Says why a text is no identity of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidId {
    expected: &'static str,
}

impl InvalidId {
    pub(crate) const fn expecting(expected: &'static str) -> Self {
        Self { expected }
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for InvalidId {}

/// The identity of one event: a `UUIDv7`, made once in the browser and kept through every resend.
///
/// The first 48 bits are the time of the event in milliseconds, so that ids of one visitor sort
/// in time order as plain bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// Makes an id from the time of the event and ten random bytes.
    pub fn new(at: crate::Timestamp, random: [u8; 10]) -> Self {
        let ms = u64::try_from(at.as_millis()).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        // Version 7, and the variant of RFC 9562.
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The id of these 16 big-endian bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 big-endian bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The time that the id itself carries, if it is a version-7 id.
    pub fn timestamp(&self) -> Option<crate::Timestamp> {
        if self.0[6] >> 4 != 7 {
            return None;
        }
        let mut ms = [0_u8; 8];
        ms[2..].copy_from_slice(&self.0[..6]);
        Some(crate::Timestamp::from_millis(i64::from_be_bytes(ms)))
    }

    /// The hyphenated form.
    pub fn text(&self) -> String {
        let mut text = Vec::with_capacity(36);
        self.push_to(&mut text);
        text.into_iter().map(char::from).collect()
    }

    /// Appends the hyphenated form, without the machinery of formatting, which the browser does
    /// not load.
    pub fn push_to(&self, text: &mut Vec<u8>) {
        for (n, byte) in self.0.iter().enumerate() {
            if matches!(n, 4 | 6 | 8 | 10) {
                text.push(b'-');
            }
            push_hex(text, *byte);
        }
    }

    /// Reads the hyphenated form.
    ///
    /// # Errors
    /// When the text is no UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        uuid::Uuid::try_parse(text)
            .map(|id| Self(id.into_bytes()))
            .map_err(|_| InvalidId { expected: "a UUID" })
    }
}

/// Appends two hexadecimal digits, without the machinery of formatting.
pub fn push_hex(text: &mut Vec<u8>, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        text.push(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = EventId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<EventId, E> {
                EventId::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The identity of one batch of rows written to ClickHouse: 16 bytes, shown as 32 hex digits.
///
/// Derived from the place in the spool, so that the same records cut the same way have the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId([u8; 16]);

impl BatchId {
    /// The id of these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, as they are stored.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $is_valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and takes the text.
            ///
            /// # Errors
            #[doc = concat!("When the text is not ", $expected, ".")]
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { expected: $expected })
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(de::Error::custom)
            }
        }
    };
}

checked_text!(
    /// A tenant: one web application of one vendor. It stands in addresses and in every row.
    ProjectId,
    "1 to 40 lower-case letters, digits and hyphens",
    |text| {
        (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
);

checked_text!(
    /// The public key in the script line: it can only write.
    WriteKey,
    "`wk_` and 24 to 64 letters and digits",
    |text| {
        text.strip_prefix("wk_").is_some_and(|rest| {
            (24..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn an_event_id_carries_its_time_and_sorts_by_it() {
        let early = EventId::new(Timestamp::from_millis(1_700_000_000_000), [255; 10]);
        let late = EventId::new(Timestamp::from_millis(1_700_000_000_001), [0; 10]);
        assert!(early < late);
        assert_eq!(early.timestamp(), Some(Timestamp::from_millis(1_700_000_000_000)));
        assert_eq!(EventId::parse(&early.to_string()), Ok(early));
    }

    #[test]
    fn an_id_of_another_version_carries_no_time() {
        let random = EventId::parse("9b2f0c4e-0b0a-4d7e-8f21-3a5b6c7d8e9f").unwrap();
        assert_eq!(random.timestamp(), None);
    }

    #[test]
    fn keys_and_projects_are_checked() {
        assert!(WriteKey::parse("wk_0123456789abcdefABCDEF01").is_ok());
        assert!(WriteKey::parse("wk_short").is_err());
        assert!(WriteKey::parse("sk_0123456789abcdefABCDEF01").is_err());
        assert!(ProjectId::parse("tidemark").is_ok());
        assert!(ProjectId::parse("Tide mark").is_err());
        assert!(ProjectId::parse("").is_err());
    }
}
