//! What of an attribute's text stays the same.

use super::NAME_CHARS;
use crate::generated::{is_hex, is_random, is_uuid, longest_run};
use protocol::limits;

/// What a number is folded to.
const FOLDED: char = '0';

/// The attribute without spaces around it, cut to the limit of the wire.
pub(super) fn attribute(text: &str) -> &str {
    let text = text.trim();
    text[..text.floor_char_boundary(limits::ATTRIBUTE_BYTES)].trim_end()
}

/// An accessible name with single spaces, each number folded to one digit, at most
/// [`NAME_CHARS`] characters: `Pay  $1,249.50` is `Pay $0`.
pub(crate) fn fold_name(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    let folded = fold(&words.join(" "), |_, _| true);
    let cut: String = folded.chars().take(NAME_CHARS).collect();
    cut.trim_end().to_owned()
}

/// Which numbers of an id count something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Those of three digits or more, those after `[` or `.`, and UUIDs: `step-2` stays,
    /// `order-1042` and `lines[7].qty` do not.
    OfRows,
    /// Each: what stands in a row is counted by them.
    All,
}

/// A test id or field name with the numbers that count something folded.
pub(crate) fn fold_rows(text: &str, numbers: Numbers) -> String {
    let folded = fold(&without_uuids(attribute(text)), |before, digits| {
        numbers == Numbers::All
            || digits.chars().filter(|c| c.is_numeric()).count() >= 3
            || matches!(before, Some('[' | '.'))
    });
    attribute(&folded).to_owned()
}

/// An `id` attribute that a person chose, or nothing.
pub(super) fn stable_id(id: &str, numbers: Numbers) -> String {
    let id = attribute(id);
    let is_made_up = id.contains([':', '«', '»'])
        || (numbers == Numbers::All && id.chars().any(char::is_numeric))
        || is_counted(id)
        || longest_run(id, |b| b.is_ascii_digit()) >= 3
        || is_uuid(id)
        || id.split(['-', '_', '.']).any(|part| is_hex(part) || is_random(part));
    if is_made_up { String::new() } else { id.to_owned() }
}

/// Whether a framework counted the id up. The first list is prefixes that nobody else writes; with
/// those of the second, only a number after them gives it away.
fn is_counted(id: &str) -> bool {
    const ALWAYS: [&str; 9] = [
        "radix-",
        "headlessui-",
        "react-select-",
        "react-aria",
        "downshift-",
        "_r_",
        "rc_",
        "yui_",
        "base-ui-",
    ];
    const NUMBERED: [&str; 11] = [
        "ember", "mui-", "cdk-", "mat-", "ext-", "gwt-", "tippy-", "popper-", "chakra-", "reach-",
        "uid",
    ];
    let has_digit = id.bytes().any(|b| b.is_ascii_digit());
    let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| id.starts_with(prefix));
    starts(&ALWAYS) || (has_digit && starts(&NUMBERED))
}

/// The text with each UUID replaced by a folded number.
fn without_uuids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_next = rest.get(..36).is_some_and(is_uuid);
        let n = if is_next { 36 } else { first.len_utf8() };
        out.push(if is_next { FOLDED } else { first });
        rest = &rest[n..];
    }
    out
}

/// Replaces each number by one digit where `is_folded` says so, told the character before it and
/// the number. A separator between two digits belongs to the number.
fn fold(text: &str, is_folded: impl Fn(Option<char>, &str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let n = number_length(rest);
        if n == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else if is_folded(out.chars().next_back(), &rest[..n]) {
            out.push(FOLDED);
            rest = &rest[n..];
        } else {
            out.push_str(&rest[..n]);
            rest = &rest[n..];
        }
    }
    out
}

/// How many bytes of a number the text begins with.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    let mut separator = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if c.is_numeric() => {
                length = at + c.len_utf8();
                separator = false;
            }
            ',' | '.' | '\'' | '’' if length > 0 && !separator => separator = true,
            _ => break,
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_one() {
        for (name, expected) in [
            ("Inbox (12)", "Inbox (0)"),
            ("  Pay\u{a0} $1,249.50 ", "Pay $0"),
            ("1’000 rows, 2 pages.", "0 rows, 0 pages."),
            ("صفحة ١٢", "صفحة 0"),
            ("Save", "Save"),
        ] {
            assert_eq!(fold_name(name), expected);
        }
    }

    #[test]
    fn rows_are_folded_and_steps_are_not() {
        for (text, expected) in [
            ("save-report", "save-report"),
            ("step-2", "step-2"),
            ("order-1042", "order-0"),
            ("lines[7].qty", "lines[0].qty"),
            ("lines.7.qty", "lines.0.qty"),
            ("row-018bcfe5-6800-7000-8000-000000000001-edit", "row-0-edit"),
        ] {
            assert_eq!(fold_rows(text, Numbers::OfRows), expected);
        }
        assert_eq!(fold_rows("row-7-cell-2", Numbers::All), "row-0-cell-0");
    }

    #[test]
    fn ids_that_were_made_up_go() {
        for id in [
            ":r1:",
            "radix-:r4:-trigger",
            "«r2»",
            "_r_3_",
            "ember12",
            "mui-7",
            "mat-input-3",
            "headlessui-menu-button-4",
            "react-select-2-input",
            "field-018bcfe5-6800-7000-8000-000000000001",
            "input-1042",
            "x-3f2a9c1b",
            "downshift-0-toggle-button",
        ] {
            assert_eq!(stable_id(id, Numbers::OfRows), "", "{id}");
        }
        for id in ["save", "tab-1", "main-nav", "billingAddress", "emberGlow", "résumé"] {
            assert_eq!(stable_id(id, Numbers::OfRows), id);
        }
        assert_eq!(stable_id("tab-1", Numbers::All), "");
    }
}
