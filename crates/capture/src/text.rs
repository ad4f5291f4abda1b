//! Takes apart, scrubs and shortens what was read from the page.
//!
//! All of it is UTF-8 as bytes: separators are single ASCII characters, and what proves at each
//! step that a piece is still a text weighs more in the browser than all of this file.

use protocol::scrub::scrub_bytes;
use std::borrow::Cow;

/// Separates the fields of a message from script, and of an effect.
pub(crate) const FIELD: u8 = 0x1f;

/// Takes off a text what stands before the next separator, and the separator; all of it where
/// there is none.
pub(crate) fn cut<'a>(rest: &mut &'a [u8], separator: u8) -> &'a [u8] {
    let n = rest.iter().position(|byte| *byte == separator).unwrap_or(rest.len());
    let (part, after) = rest.split_at(n);
    *rest = after.get(1..).unwrap_or_default();
    part
}

/// Takes off the next field.
pub(crate) fn field<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    cut(rest, FIELD)
}

/// The text without secrets and at most `bytes` long.
pub(crate) fn clean(text: &[u8], bytes: usize) -> Cow<'_, [u8]> {
    scrub_bytes(text.trim_ascii(), bytes)
}

/// How many bytes the first characters of a text take.
pub(crate) fn n_bytes(text: &[u8], n_chars: usize) -> usize {
    let mut n = 0;
    let is_beyond = |byte: &u8| {
        n += usize::from(byte & 0xc0 != 0x80);
        n > n_chars
    };
    text.iter().position(is_beyond).unwrap_or(text.len())
}

/// Host and path of a web address; empty for other schemes.
pub(crate) fn link(address: &[u8]) -> &[u8] {
    let mut rest = address;
    if !matches!(cut(&mut rest, b'/'), b"https:" | b"http:") || !cut(&mut rest, b'/').is_empty() {
        return b"";
    }
    let mut rest = cut(&mut cut(&mut rest, b'?'), b'#');
    // Before an `@` in the authority stand a name and a password.
    let mut after = rest;
    let authority = cut(&mut { rest }, b'/');
    if cut(&mut after, b'@').len() < authority.len() {
        rest = after;
    }
    rest
}

/// Appends a number, without the machinery of formatting.
pub(crate) fn push_number(text: &mut Vec<u8>, number: i64) {
    if number < 0 {
        text.push(b'-');
    }
    let magnitude = number.unsigned_abs();
    let mut place = 1;
    while magnitude / place > 9 {
        place *= 10;
    }
    while place > 0 {
        text.push(b'0' + (magnitude / place % 10) as u8);
        place /= 10;
    }
}

/// Reads a number that [`push_number`] wrote; nothing of what is none or has more than 18 digits.
/// The reading of the standard library weighs more than all numbers are worth here.
pub(crate) fn number(text: &[u8]) -> Option<i64> {
    let is_negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(is_negative)..];
    let mut number = 0;
    for byte in digits {
        number = number * 10 + i64::from(byte.wrapping_sub(b'0'));
        if !byte.is_ascii_digit() || digits.len() > 18 {
            return None;
        }
    }
    (!digits.is_empty()).then_some(if is_negative { -number } else { number })
}

/// Whether a byte is in a text; the search of the standard library is made for long ones.
#[allow(clippy::manual_contains, reason = "that is made for long texts, and weighs more")]
pub(crate) fn has(text: &[u8], byte: u8) -> bool {
    text.iter().any(|it| *it == byte)
}

/// How many lines there are, each of which ends in a line break.
pub(crate) fn n_lines(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// The text without line breaks and other control characters, which separate what is saved.
pub(crate) fn without_controls(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    for byte in text.trim_ascii() {
        if !byte.is_ascii_control() {
            kept.push(*byte);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::scrub;

    #[test]
    fn a_card_across_the_limit_is_still_a_card() {
        let text = b"Pay with 4111 1111 1111 1111";
        assert_eq!(&*clean(text, 20), b"Pay with [card]");
        assert_eq!(n_bytes(text, 12), 12);
    }

    #[test]
    fn a_limit_inside_a_character_cuts_before_it() {
        assert_eq!(&*clean("日本語".as_bytes(), 4), "日".as_bytes());
        assert_eq!(n_bytes("日本語".as_bytes(), 2), 6);
        assert_eq!(n_bytes("日本語".as_bytes(), 3), 9);
        assert_eq!(&*clean(b"  ", 4), b"");
    }

    #[test]
    fn fields_are_taken_off_one_by_one() {
        let mut rest: &[u8] = b"a\x1f\x1fb";
        assert_eq!(
            [field(&mut rest), field(&mut rest), field(&mut rest)],
            [b"a".as_slice(), b"", b"b"]
        );
        assert_eq!((field(&mut rest), rest), (b"".as_slice(), b"".as_slice()));
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in ["", "-", "1e3", "+1", " 1", "1.0", "x"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        for number in [0, 7, 10, 1_700_000_000_000, -1, i64::MIN, i64::MAX] {
            let mut text = Vec::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string().as_bytes());
            assert_eq!(super::number(&text), Some(number).filter(|_| text.len() < 19));
        }
    }

    #[test]
    fn a_link_is_its_host_and_path() {
        let link = |address: &str| {
            scrub::scrub(str::from_utf8(link(address.as_bytes())).unwrap()).into_owned()
        };
        assert_eq!(link("https://x.example/a/b?token=1#c"), "x.example/a/b");
        assert_eq!(link("http://ann:secret@x.example:8080/a"), "x.example:8080/a");
        assert_eq!(link("https://x.example/u/ann@example.com"), "x.example/u/[email]");
        assert_eq!(link("mailto:ann@example.com"), "");
        assert_eq!(link("javascript:alert(1)"), "");
    }
}
