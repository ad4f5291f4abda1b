//! What script tells, as inputs of the tracker.

use capture::{Address, Answer, ElementFacts, Input, fields, number, split_field};
use protocol::{Kind, Properties};

/// Reads a message: a word, and the fields that belong to it.
pub(crate) fn read(message: &str) -> Option<Input> {
    let (word, rest) = split_field(message);
    let fields = fields(rest);
    let number = |n: usize| fields.get(n).and_then(|field| number(field));
    let first = fields[0].to_owned();
    let second = || fields.get(1).copied().unwrap_or_default().to_owned();
    Some(match word {
        "click" => Input::Click(ElementFacts::new(rest.to_owned())),
        "seen" => seen(rest)?,
        "off" => Input::Off(rest.to_owned()),
        "idle" => Input::Idle { title: first },
        "timer" => Input::Timer,
        "navigated" => Input::Navigated(Address { host: first, path: second() }),
        "answered" => {
            let small = |n| number(n).and_then(|number| u32::try_from(number).ok());
            let retry = (4..fields.len()).filter_map(small).collect();
            let answer = answer(small(2)?, number(3), retry);
            Input::Answered { key: first, attempt: small(1)?, answer }
        }
        "hidden" => Input::Hidden { title: first },
        "stored" => Input::Stored { visitor: first, is_refusal: !second().is_empty() },
        "restored" => Input::Restored,
        "kept" => Input::Kept(pairs(&fields).collect()),
        "track" => Input::Track { name: first, properties: properties(&fields[1..]) },
        "page" => Input::Page(properties(&fields)),
        "identify" => Input::Identify { user_id: first, properties: properties(&fields[1..]) },
        "group" => Input::Group { account_id: first, properties: properties(&fields[1..]) },
        "found" => Input::Found(rest.to_owned()),
        "reset" => Input::Reset,
        "optIn" => Input::OptIn,
        "optOut" => Input::OptOut,
        "flush" => Input::Flush,
        _ => return None,
    })
}

/// A kind; keys and values in turn, up to an empty key; and the facts of an element, if there are
/// any. What has no value is left out.
fn seen(message: &str) -> Option<Input> {
    let (word, mut rest) = split_field(message);
    let kind = Kind::from_word(word)?;
    let mut properties = Properties::new();
    loop {
        let (key, after) = split_field(rest);
        if key.is_empty() {
            let element = (!after.is_empty()).then(|| ElementFacts::new(after.to_owned()));
            return Some(Input::Seen { kind, properties, element });
        }
        let (value, after) = split_field(after);
        if !value.is_empty() {
            properties.set(key.to_owned(), value.to_owned());
        }
        rest = after;
    }
}

/// Status 0 is an answer that could not be read.
fn answer(status: u32, retry_after_ms: Option<i64>, retry: Vec<u32>) -> Answer {
    match status {
        0 => Answer::Unread,
        202 => Answer::Accepted { retry, retry_after_ms },
        _ => Answer::Refused { status, retry_after_ms },
    }
}

fn properties(fields: &[&str]) -> Properties<'static> {
    let mut properties = Properties::new();
    pairs(fields).for_each(|(key, value)| properties.set(key, value));
    properties
}

/// Keys and values in turn.
fn pairs(fields: &[&str]) -> impl Iterator<Item = (String, String)> {
    fields.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(fields: &[&str], expected: &str) {
        let input = read(&fields.join("\u{1f}"));
        assert_eq!(input.map(|input| format!("{input:?}")).unwrap_or_default(), expected);
    }

    #[test]
    fn messages_become_inputs() {
        check(&["timer"], "Timer");
        check(
            &["navigated", "app.example", "/orders"],
            r#"Navigated(Address { host: "app.example", path: "/orders" })"#,
        );
        check(&["click", "button", "save"], r#"Click(ElementFacts("button\u{1f}save"))"#);
        check(
            &["track", "signed up", "plan", "team"],
            r#"Track { name: "signed up", properties: Properties { entries: [("plan", "team")], n_cut: 0 } }"#,
        );
        check(&["found", "3", "user", "u-7"], r#"Found("3\u{1f}user\u{1f}u-7")"#);
        check(
            &["seen", "download", "host", "x.example", "extension", "", "", "a", "save"],
            r#"Seen { kind: Download, properties: Properties { entries: [("host", "x.example")], n_cut: 0 }, element: Some(ElementFacts("a\u{1f}save")) }"#,
        );
        check(
            &["seen", "page_leave", "engaged_ms", "5"],
            r#"Seen { kind: PageLeave, properties: Properties { entries: [("engaged_ms", "5")], n_cut: 0 }, element: None }"#,
        );
        check(&["seen", "seen"], "");
        check(&["off", "copy", "error"], r#"Off("copy\u{1f}error")"#);
        check(&["stored", "1\nout"], r#"Stored { visitor: "1\nout", is_refusal: false }"#);
        check(&["kept", "p.1.1.100", "2\n0"], r#"Kept([("p.1.1.100", "2\n0")])"#);
        check(&["unheard of"], "");
    }

    #[test]
    fn answers_say_what_to_send_again() {
        check(
            &["answered", "k.1", "2", "202", "0", "3", "5"],
            r#"Answered { key: "k.1", attempt: 2, answer: Accepted { retry: [3, 5], retry_after_ms: Some(0) } }"#,
        );
        check(
            &["answered", "k.1", "0", "503", "20000"],
            r#"Answered { key: "k.1", attempt: 0, answer: Refused { status: 503, retry_after_ms: Some(20000) } }"#,
        );
        check(
            &["answered", "k.1", "0", "0", "0"],
            r#"Answered { key: "k.1", attempt: 0, answer: Unread }"#,
        );
    }
}
