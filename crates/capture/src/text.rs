//! Scrubs, shortens and takes apart what was read from the page.
//!
//! Separators are single ASCII characters, so that texts are taken apart by their bytes: the
//! general searches of the standard library weigh more in the browser than all of this file.

use protocol::scrub::{scrub, scrub_within};
use std::borrow::Cow;

/// Separates the fields of a text from script.
const FIELD: u8 = 0x1f;

/// The text without secrets and at most `bytes` long.
pub(crate) fn clean(text: &str, bytes: usize) -> Cow<'_, str> {
    scrub_within(text.trim_ascii(), bytes)
}

/// As [`clean`], with the limit in characters.
pub(crate) fn clean_chars(text: &str, chars: usize) -> Cow<'_, str> {
    let text = text.trim_ascii();
    let scrubbed = scrub(text);
    let bytes = scrubbed.char_indices().nth(chars).map_or(scrubbed.len(), |(at, _)| at);
    clean(text, bytes)
}

/// Host and path of a web address, scrubbed; empty for other schemes.
pub(crate) fn clean_link(address: &str, bytes: usize) -> Cow<'_, str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let rest = rest.unwrap_or_default();
    let (rest, _) = split_at(rest, b'?');
    let (rest, _) = split_at(rest, b'#');
    let (authority, _) = split_at(rest, b'/');
    // Before an `@` in the authority stand a name and a password.
    let (_, after) = split_at(authority, b'@');
    let start = authority.len() - after.map_or(authority.len(), str::len);
    clean(&rest[start..], bytes)
}

/// The fields of a text from script, separated by U+001F; at least one.
pub fn fields(text: &str) -> Vec<&str> {
    parts(text, FIELD)
}

/// The first field of a text from script, and the rest of it.
pub fn split_field(text: &str) -> (&str, &str) {
    let (first, rest) = split_at(text, FIELD);
    (first, rest.unwrap_or_default())
}

/// Appends a number, without the machinery of formatting.
pub(crate) fn push_number(text: &mut String, number: i64) {
    if number < 0 {
        text.push('-');
    }
    let magnitude = number.unsigned_abs();
    let mut place = 1;
    while magnitude / place > 9 {
        place *= 10;
    }
    while place > 0 {
        let digit = (magnitude / place % 10) as usize;
        text.push_str(&"0123456789"[digit..=digit]);
        place /= 10;
    }
}

/// Reads a number that [`push_number`] wrote; nothing of what is none or has more than 18 digits.
/// The reading of the standard library weighs more than all numbers are worth here.
pub fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut number = 0;
    for byte in digits.bytes() {
        number = number * 10 + i64::from(byte.wrapping_sub(b'0'));
        if !byte.is_ascii_digit() || digits.len() > 18 {
            return None;
        }
    }
    (!digits.is_empty()).then_some(if digits.len() == text.len() { number } else { -number })
}

/// What stands before a separator, and what after it if it is there.
pub(crate) fn split_at(text: &str, separator: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == separator) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// The parts of a text between separators.
pub(crate) fn parts(text: &str, separator: u8) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (part, after) = split_at(text, separator);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The text without line breaks and other control characters, which separate what is saved.
pub(crate) fn without_controls(text: &str) -> String {
    text.trim_ascii().chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_across_the_limit_is_still_a_card() {
        let text = "Pay with 4111 1111 1111 1111";
        assert_eq!(clean(text, 20), "Pay with [card]");
        assert_eq!(clean_chars(text, 12), "Pay with [ca");
    }

    #[test]
    fn a_limit_inside_a_character_cuts_before_it() {
        assert_eq!(clean("日本語", 4), "日");
        assert_eq!(clean_chars("日本語", 2), "日本");
        assert_eq!(clean("  ", 4), "");
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in ["", "-", "1e3", "+1", " 1", "1.0", "x"] {
            assert_eq!(number(text), None, "{text}");
        }
        for number in [0, 7, 10, 1_700_000_000_000, -1, i64::MIN, i64::MAX] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
            assert_eq!(super::number(&text), Some(number).filter(|_| text.len() < 19));
        }
    }

    #[test]
    fn a_link_is_its_host_and_path() {
        let link = |address| clean_link(address, 64);
        assert_eq!(link("https://x.example/a/b?token=1#c"), "x.example/a/b");
        assert_eq!(link("http://ann:secret@x.example:8080/a"), "x.example:8080/a");
        assert_eq!(link("https://x.example/u/ann@example.com"), "x.example/u/[email]");
        assert_eq!(link("mailto:ann@example.com"), "");
        assert_eq!(link("javascript:alert(1)"), "");
    }
}
