//! What is wrong with a piece of JSON and where, without anything that somebody typed: such
//! sentences are kept and shown, and values may be names, addresses, or worse.

use crate::scrub::scrub;
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
pub(crate) fn place(path: &Path) -> String {
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

/// What is wrong: what was found, in a word, and what was expected.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.strip_suffix(&at(error)).unwrap_or(&message);
    // Of syntax it speaks in fixed words.
    if error.classify() != Category::Data {
        return message.to_owned();
    }
    // What was expected is fixed, too, and comes last, whatever a value holds.
    match message.rsplit_once(", expected ") {
        Some((found, expected)) => format!("{}, expected {expected}", without_value(found)),
        None if is_fixed(message) => message.to_owned(),
        None => without_value(message).to_owned(),
    }
}

/// Where in the text it is, as the message says it.
pub(crate) fn at(error: &serde_json::Error) -> String {
    match error.line() {
        0 => String::new(),
        line => format!(" at line {line} column {}", error.column()),
    }
}

/// Whether it speaks of fields that are known here, and of no value.
fn is_fixed(message: &str) -> bool {
    ["missing field ", "duplicate field ", "expected "]
        .iter()
        .any(|start| message.starts_with(start))
}

/// A value begins with a quote.
fn without_value(found: &str) -> &str {
    found.split(['"', '`']).next().unwrap_or("").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Timestamp};
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn no_value_is_in_a_reason(value in "\\PC{0,20}(, expected |\"|`| at line 1 column 2)?\\PC{0,20}") {
            let json = serde_json::to_string(&format!("SECRET{value}SECRET")).unwrap();
            let error = serde_json::from_str::<Timestamp>(&json).unwrap_err();
            prop_assert_eq!(reason(&error), "invalid type: string, expected i64");
            let error = serde_json::from_str::<Kind>(&json).unwrap_err();
            prop_assert!(reason(&error).starts_with("unknown variant, expected one of `page_view`"));
        }
    }
}
