//! Writes JSON of the form that `protocol` defines, at the end of a text.
//!
//! `serde_json` would write the same, and the tests hold the two equal; but its serialiser, with
//! its errors that cannot happen here, weighs as much as half of this crate. Fields are written as
//! they are made: values of the types of `protocol` in between, with their drops, weigh 1.3 kB.

use crate::text::{clean, push_number};
use protocol::push_hex;

/// Begins a field of an object whose `{` is written.
pub(crate) fn field<'a>(json: &'a mut Vec<u8>, key: &[u8]) -> &'a mut Vec<u8> {
    separate(json);
    push_text(json, key);
    json.push(b':');
    json
}

/// A field with a text, left out where it is empty.
pub(crate) fn text(json: &mut Vec<u8>, key: &[u8], text: &[u8]) {
    if !text.is_empty() {
        push_text(field(json, key), text);
    }
}

/// The same with a text of the page: without secrets, and at most `bytes` long.
pub(crate) fn page_text(json: &mut Vec<u8>, key: &[u8], it: &[u8], bytes: usize) {
    text(json, key, &clean(it, bytes));
}

pub(crate) fn number(json: &mut Vec<u8>, key: &[u8], number: i64) {
    push_number(field(json, key), number);
}

/// A comma, unless this is the first of an object or list.
pub(crate) fn separate(json: &mut Vec<u8>) {
    if !matches!(json.last(), Some(b'{' | b'[')) {
        json.push(b',');
    }
}

pub(crate) fn push_text(json: &mut Vec<u8>, text: &[u8]) {
    json.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => json.push(b'\\'),
            ..b' ' => {
                json.extend_from_slice(b"\\u00");
                push_hex(json, *byte);
                continue;
            }
            _ => {}
        }
        json.push(*byte);
    }
    json.push(b'"');
}

/// Whether a text is what serde writes of the value that it reads from it; an escape may be
/// written in several ways.
#[cfg(test)]
pub(crate) fn is_that_of_serde<'a, T>(ours: &'a [u8]) -> bool
where
    T: serde::Serialize + serde::Deserialize<'a>,
{
    let ours = str::from_utf8(ours).expect("it is UTF-8");
    let value: T = serde_json::from_str(ours).expect("it is read");
    let theirs = serde_json::to_string(&value).expect("it is written");
    let read = |json| serde_json::from_str::<serde_json::Value>(json).expect("it is JSON");
    read(ours) == read(&theirs) && ours.matches("\":").count() == theirs.matches("\":").count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_separated_and_empty_ones_left_out() {
        let mut json = b"{".to_vec();
        text(&mut json, b"a", b"");
        number(&mut json, b"b", -7);
        text(&mut json, b"c", b"d");
        assert_eq!(json, br#"{"b":-7,"c":"d""#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_was(text in "[\\x00-\\x1f\"\\\\a-zé\u{10ffff}\\PC]{0,12}") {
            let mut json = Vec::new();
            push_text(&mut json, text.as_bytes());
            prop_assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
        }
    }
}
