//! What came of a form, said above the page that it leads to.

use super::format::capital;
use serde::Deserialize;

/// One sentence.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) is_bad: bool,
    pub(super) sentence: String,
}

impl Notice {
    /// It worked.
    pub(super) fn good(sentence: impl Into<String>) -> Self {
        Self { is_bad: false, sentence: sentence.into() }
    }

    /// It did not, and why.
    pub(super) fn bad(sentence: impl Into<String>) -> Self {
        Self { is_bad: true, sentence: sentence.into() }
    }
}

/// What an address says of the form that led to it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Outcome {
    #[serde(default)]
    pub(super) saved: bool,
}

/// What the code says of a fault, as people read it: a capital in front, a full stop behind, and
/// quotation marks around what stands between back-ticks.
pub(super) fn sentence(message: &str) -> String {
    let message = capital(&quoted(message));
    let is_ended = message.trim_end_matches(['”', ')']).ends_with(['.', '!', '?']);
    if is_ended { message } else { message + "." }
}

/// The text with quotation marks for back-ticks. One opens where a word may begin.
pub(super) fn quoted(text: &str) -> String {
    let mut before = ' ';
    let mark = |c: char| {
        let is_start = before.is_whitespace() || matches!(before, '(' | '[' | '“');
        before = c;
        match c {
            '`' if is_start => '“',
            '`' => '”',
            c => c,
        }
    };
    text.chars().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence() {
        for (message, expected) in [
            ("there is no such page", "There is no such page."),
            ("Really?", "Really?"),
            ("there is a feature `Save order` already", "There is a feature “Save order” already."),
            (
                "`x` is no property, such as `role=staff`",
                "“x” is no property, such as “role=staff”.",
            ),
            ("app.example.com/home is not viewed", "app.example.com/home is not viewed."),
            ("there is a feature `a`b` already", "There is a feature “a”b” already."),
            ("the name is ``", "The name is “”."),
            ("a host holds no `/` (nor `:`)", "A host holds no “/” (nor “:”)."),
        ] {
            assert_eq!(sentence(message), expected);
        }
    }
}
