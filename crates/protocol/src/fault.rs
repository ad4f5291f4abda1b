//! What is wrong with a piece of JSON and where, without anything that somebody typed: such
//! sentences are kept and shown, and values may be names, addresses, or worse.

use crate::scrub::scrub;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

/// The most bytes of the name of a field.
const NAME_BYTES: usize = 40;

/// What stands in the place of a key that is no name of a field.
const NO_NAME: &str = "…";

/// Whether a key looks like the name of a field, and not like data: at most 40 letters, digits,
/// `_` and `-`, not beginning with a digit, and nothing that [`scrub`] changes.
pub fn is_name(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let begins = key.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    begins && key.len() <= NAME_BYTES && key.bytes().all(is_plain) && scrub(key) == key
}

/// The key, if it is the name of a field.
pub(crate) fn name(key: &str) -> &str {
    if is_name(key) { key } else { NO_NAME }
}

/// Where it is, such as `events[0].page`; empty for the whole.
fn place(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        let key = match segment {
            Segment::Seq { index } => {
                text += &format!("[{index}]");
                continue;
            }
            Segment::Map { key } | Segment::Enum { variant: key } => name(key),
            Segment::Unknown => NO_NAME,
        };
        text += if text.is_empty() { "" } else { "." };
        text += key;
    }
    if text == NO_NAME { String::new() } else { text }
}

/// Why a text cannot be read.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What is wrong and where, for a person; without a full stop.
    pub(crate) sentence: String,
    /// Where in the text that is, such as ` at line 1 column 28`; empty where it is not known.
    pub(crate) at: String,
}

/// Reads a text that stands at `place`; empty for the whole.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str, place: &str) -> Result<T, Fault> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = join(place, &self::place(error.path()));
        Fault::of(text, &place, &error.into_inner())
    })?;
    json.end().map_err(|error| Fault::of(text, place, &error))?;
    Ok(value)
}

impl Fault {
    fn of(text: &str, place: &str, error: &serde_json::Error) -> Self {
        let at = match error.line() {
            0 => String::new(),
            line => format!(" at line {line} column {}", error.column()),
        };
        let message = error.to_string();
        let message = message.strip_suffix(&at).unwrap_or(&message);
        let sentence = match error.classify() {
            Category::Data => unfit(place, message),
            // What it says of anything but a word of a fixed list.
            _ if message == "expected value" && is_json(text) => unfit(place, "expected a string"),
            // Of syntax it speaks in fixed words.
            _ => match message.strip_prefix("EOF while parsing ") {
                Some(what) => format!("{} ends in the middle of {what}", subject(place)),
                None => format!("{} is no JSON: {message}", subject(place)),
            },
        };
        Self { sentence, at }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// What is wrong with JSON of another form, in the words of people.
fn unfit(place: &str, message: &str) -> String {
    let field = |rest: &str| subject(&join(place, rest.trim_end_matches('`')));
    if let Some(name) = message.strip_prefix("missing field `") {
        return format!("{} is missing", field(name));
    }
    if let Some(name) = message.strip_prefix("duplicate field `") {
        return format!("{} is there twice", field(name));
    }
    let subject = subject(place);
    // What was expected is fixed, and comes last, whatever a value holds.
    let (found, wanted) = match message.rsplit_once(", expected ") {
        Some((found, wanted)) => (found, wanted),
        None => match message.strip_prefix("expected ") {
            Some(wanted) => ("", wanted),
            // A value begins with a quote.
            None => {
                let why = message.split(['"', '`']).next().unwrap_or("").trim_end();
                return format!("{subject} cannot be read: {why}");
            }
        },
    };
    let not = seen(found).map(|found| format!(", not {found}")).unwrap_or_default();
    format!("{subject} must be {}{not}", needed(wanted))
}

fn subject(place: &str) -> String {
    if place.is_empty() { "it".to_owned() } else { format!("`{place}`") }
}

fn join(place: &str, rest: &str) -> String {
    let dot = if place.is_empty() || rest.is_empty() || rest.starts_with('[') { "" } else { "." };
    format!("{place}{dot}{rest}")
}

/// What a reader of this crate needs.
fn needed(wanted: &str) -> &str {
    match wanted {
        // The one kind of number here that may be negative.
        "i64" => "a whole number of milliseconds",
        "u32" => "a whole number from 0 to 4294967295",
        "a boolean" => "true or false",
        "a string" | "a borrowed string" => "text",
        "a sequence" => "a list",
        "a list of strings" => "a list of texts",
        "a map" | "an object of properties" => "an object",
        _ if wanted.starts_with("struct ") => "an object",
        _ => wanted,
    }
}

/// What stands there instead, by its kind alone.
fn seen(found: &str) -> Option<&'static str> {
    let found = found.strip_prefix("invalid type: ")?;
    let kinds = [
        ("string", "text"),
        ("integer", "a number"),
        ("floating point", "a number with a fraction"),
        ("boolean", "true or false"),
        ("null", "null"),
        ("sequence", "a list"),
        ("map", "an object"),
    ];
    kinds.into_iter().find(|(kind, _)| found.starts_with(kind)).map(|(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Event, Kind, Node, Page, Timestamp};
    use proptest::prelude::*;
    use std::borrow::Cow;

    #[test]
    fn a_key_that_is_data_is_no_name() {
        for name in ["colour", "_id", "also-new", "utm_source2"] {
            assert!(is_name(name), "{name}");
        }
        let long = "x".repeat(41);
        let token = "a1".repeat(16);
        for data in ["", "Jane Doe", "jane@example.com", "41441234567", "Zoë", "a.b", &long, &token]
        {
            assert!(!is_name(data), "{data}");
        }
    }

    fn told<'a, T: Deserialize<'a> + std::fmt::Debug>(json: &'a str) -> String {
        let fault = read::<T>(json, "x").unwrap_err();
        fault.sentence + &fault.at
    }

    #[test]
    fn each_kind_of_fault_has_words() {
        let told = [
            told::<Timestamp>(r#""now""#),
            told::<Timestamp>("1.5"),
            told::<Timestamp>("18446744073709551615"),
            told::<u32>("-1"),
            told::<bool>("null"),
            told::<Cow<'_, str>>("true"),
            told::<Event<'_>>("17"),
            told::<Event<'_>>("{}"),
            told::<Event<'_>>(r#"{"kind":1,"kind":2}"#),
            told::<Event<'_>>(r#"{"kind":"click","kind":"click"}"#),
            told::<Event<'_>>(r#"{"event_id":"Jane"}"#),
            told::<Event<'_>>(r#"{"properties":["Jane"]}"#),
            told::<Node<'_>>(r#"{"classes":{"Jane":1}}"#),
            told::<Node<'_>>(r#"{"classes":["a",{"Jane":1}]}"#),
            told::<Element<'_>>(r#"{"chain":"Jane"}"#),
            told::<Page<'_>>(r#"{"host":[]}"#),
            told::<Page<'_>>(r#"{"host":"Ja"#),
            told::<Page<'_>>(r#"{"host":"Jane",}"#),
            told::<Page<'_>>(r#"{"host":"Jane","path":"/"} x"#),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
`x` must be a whole number of milliseconds, not text at line 1 column 5
`x` must be a whole number of milliseconds, not a number with a fraction at line 1 column 3
`x` must be a whole number of milliseconds at line 1 column 20
`x` must be a whole number from 0 to 4294967295 at line 1 column 2
`x` must be true or false, not null at line 1 column 4
`x` must be text, not true or false at line 1 column 4
`x` must be an object, not a number at line 1 column 2
`x.event_id` is missing at line 1 column 2
`x.kind` must be text at line 1 column 9
`x.kind` is there twice at line 1 column 22
`x.event_id` must be a UUID at line 1 column 18
`x.properties` must be an object, not a list at line 1 column 14
`x.classes` must be a list of texts, not an object at line 1 column 11
`x.classes[1]` must be text, not an object at line 1 column 16
`x.chain` must be a list, not text at line 1 column 15
`x.host` must be text, not a list at line 1 column 8
`x.host` ends in the middle of a string at line 1 column 11
`x` is no JSON: trailing comma at line 1 column 16
`x` is no JSON: trailing characters at line 1 column 28
");
    }

    proptest! {
        #[test]
        fn no_value_is_in_a_sentence(value in "\\PC{0,20}(, expected |\"|`| at line 1 column 2)?\\PC{0,20}") {
            let json = serde_json::to_string(&format!("SECRET{value}SECRET")).unwrap();
            let fault = read::<Timestamp>(&json, "").unwrap_err();
            prop_assert_eq!(fault.sentence, "it must be a whole number of milliseconds, not text");
            let fault = read::<Kind>(&json, "").unwrap_err();
            prop_assert!(fault.sentence.starts_with("it must be one of `page_view`, "));
            prop_assert!(!fault.sentence.contains("SECRET"));
        }
    }
}
