//! Writes JSON of the form that `protocol` defines, at the end of a text.
//!
//! `serde_json` would write the same, and the tests hold the two equal; but its serialiser, with
//! its errors that cannot happen here, weighs as much as half of this crate. Fields are written as
//! they are made: values of the types of `protocol` in between, with their drops, weigh 1.3 kB.

use crate::text::push_number;

/// Begins a field of an object whose `{` is written.
pub(crate) fn field<'a>(json: &'a mut String, key: &str) -> &'a mut String {
    separate(json);
    push_text(json, key);
    json.push(':');
    json
}

/// A field with a text, left out where it is empty.
pub(crate) fn text(json: &mut String, key: &str, text: &str) {
    if !text.is_empty() {
        push_text(field(json, key), text);
    }
}

pub(crate) fn number(json: &mut String, key: &str, number: i64) {
    push_number(field(json, key), number);
}

/// A comma, unless this is the first of an object or list.
pub(crate) fn separate(json: &mut String) {
    if !matches!(json.as_bytes().last(), Some(b'{' | b'[')) {
        json.push(',');
    }
}

pub(crate) fn push_text(json: &mut String, text: &str) {
    const HEX: &str = "0123456789abcdef";
    json.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        let is_control = byte < 0x20;
        if !is_control && byte != b'"' && byte != b'\\' {
            continue;
        }
        json.push_str(&text[written..at]);
        json.push_str(if is_control { "\\u00" } else { "\\" });
        written = at;
        if is_control {
            for digit in [usize::from(byte >> 4), usize::from(byte & 15)] {
                json.push_str(&HEX[digit..=digit]);
            }
            written += 1;
        }
    }
    json.push_str(&text[written..]);
    json.push('"');
}

/// Whether a text is what serde writes of the value that it reads from it; an escape may be
/// written in several ways.
#[cfg(test)]
pub(crate) fn is_that_of_serde<'a, T>(ours: &'a str) -> bool
where
    T: serde::Serialize + serde::Deserialize<'a>,
{
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
        let mut json = "{".to_owned();
        text(&mut json, "a", "");
        number(&mut json, "b", -7);
        text(&mut json, "c", "d");
        assert_eq!(json, r#"{"b":-7,"c":"d""#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_was(text in "[\\x00-\\x1f\"\\\\a-zé\u{10ffff}\\PC]{0,12}") {
            let mut json = String::new();
            push_text(&mut json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
