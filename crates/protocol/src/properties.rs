//! Properties: a short list of keys with text values.

use crate::borrow::Text;
use crate::limits;
use crate::scrub::scrub_within;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Keys and text values, in the order given; at most [`limits::PROPERTIES`] of them.
///
/// On the wire a value may be any JSON: numbers and booleans become their text, nested values
/// their JSON text, and `null` means that there is no such property. Questions parse numbers
/// when they ask for them. What is over a limit is left out and counted in [`Self::n_cut`]
/// instead of refusing the event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties<'a> {
    entries: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    n_cut: u32,
}

impl<'a> Properties<'a> {
    /// No properties.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), n_cut: 0 }
    }

    /// Adds one property within the limits; a later value of the same key replaces the earlier.
    pub fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (key, value) = (key.into(), cut(value.into(), &mut self.n_cut));
        if let Some(entry) = self.entries.iter_mut().find(|(known, _)| *known == key) {
            entry.1 = value;
        } else if key.is_empty()
            || key.len() > limits::PROPERTY_KEY_BYTES
            || self.entries.len() == limits::PROPERTIES
        {
            self.n_cut += 1;
        } else {
            self.entries.push((key, value));
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_ref())
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many keys or values were over a limit, and so left out or shortened.
    pub const fn n_cut(&self) -> u32 {
        self.n_cut
    }
}

/// Shortens a value to its limit, without the secrets that the cut would make unknown.
fn cut<'a>(value: Cow<'a, str>, n_cut: &mut u32) -> Cow<'a, str> {
    if value.len() <= limits::PROPERTY_VALUE_BYTES {
        return value;
    }
    *n_cut += 1;
    scrub_within(&value, limits::PROPERTY_VALUE_BYTES).into_owned().into()
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Properties<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of properties")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Properties::new();
                while let Some((Text(key), Value(value))) = map.next_entry()? {
                    if let Some(value) = value {
                        properties.set(key, value);
                    }
                }
                Ok(properties)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Any JSON value as text; `None` for `null`.
struct Value<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyAsText;
        impl<'de> Visitor<'de> for AnyAsText {
            type Value = Value<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Owned(text.to_owned()))))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Borrowed(if value { "true" } else { "false" }))))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Owned(value.to_string()))))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Owned(value.to_string()))))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Value(Some(Cow::Owned(value.to_string()))))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Value(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                nested(&serde_json::Value::deserialize(de::value::MapAccessDeserializer::new(map))?)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                nested(&serde_json::Value::deserialize(de::value::SeqAccessDeserializer::new(seq))?)
            }
        }
        fn nested<'de, E>(value: &serde_json::Value) -> Result<Value<'de>, E> {
            Ok(Value(Some(Cow::Owned(value.to_string()))))
        }
        deserializer.deserialize_any(AnyAsText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_json_value_becomes_text() {
        let body = r#"{"a":"x","b":12,"c":-1.5,"d":true,"e":null,"f":{"g":[1,"2"]},"h":"q\"t"}"#;
        let properties: Properties<'_> = serde_json::from_str(body).unwrap();
        let entries: Vec<_> = properties.iter().collect();
        let expected = [
            ("a", "x"),
            ("b", "12"),
            ("c", "-1.5"),
            ("d", "true"),
            ("f", r#"{"g":[1,"2"]}"#),
            ("h", "q\"t"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn half_a_card_at_the_limit_does_not_survive() {
        let mut properties = Properties::new();
        properties.set("note", format!("{}4111 1111 1111 1111", "é ".repeat(336)));
        assert!(properties.get("note").unwrap().ends_with("é [card]"));
        properties.set("note", format!("{}4111 1111 1111 1111", "é ".repeat(338)));
        assert!(!properties.get("note").unwrap().contains('4'));
    }

    #[test]
    fn what_is_over_a_limit_is_cut_and_counted() {
        let long = "é".repeat(limits::PROPERTY_VALUE_BYTES);
        let mut properties = Properties::new();
        properties.set("long", long.as_str());
        assert_eq!(properties.get("long").unwrap().len(), limits::PROPERTY_VALUE_BYTES);
        for n in 0..limits::PROPERTIES {
            properties.set(format!("k{n}"), "v");
        }
        properties.set("k".repeat(limits::PROPERTY_KEY_BYTES + 1), "v");
        assert_eq!(properties.iter().count(), limits::PROPERTIES);
        assert_eq!(properties.n_cut(), 3);
    }
}
