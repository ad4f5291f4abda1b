//! What script tells, as inputs of the tracker.

use capture::{Address, Answer, ElementFacts, Input};
use protocol::Properties;

/// Separates fields.
pub(crate) const FIELD: char = '\u{1f}';

/// Reads a message: a word, and the fields that belong to it.
pub(crate) fn read(message: &str) -> Option<Input> {
    let (word, rest) = message.split_once(FIELD).unwrap_or((message, ""));
    let mut fields = rest.split(FIELD);
    let mut next = || fields.next().unwrap_or_default().to_owned();
    Some(match word {
        "click" => Input::Click(ElementFacts::new(rest.to_owned())),
        "idle" => Input::Idle { title: next() },
        "timer" => Input::Timer,
        "navigated" => Input::Navigated(Address { host: next(), path: next() }),
        "answered" => {
            let (key, attempt) = (next(), next().parse().ok()?);
            let (status, wait_ms) = (next().parse().ok()?, next().parse().ok());
            let retry = fields.filter_map(|index| index.parse().ok()).collect();
            Input::Answered { key, attempt, answer: answer(status, wait_ms, retry) }
        }
        "hidden" => Input::Hidden { title: next() },
        "restored" => Input::Restored { kept: fields.map(str::to_owned).collect() },
        "track" => Input::Track { name: next(), properties: properties(fields) },
        "page" => Input::Page(properties(fields)),
        "identify" => Input::Identify { user_id: next(), properties: properties(fields) },
        "group" => Input::Group { account_id: next(), properties: properties(fields) },
        "reset" => Input::Reset,
        "optIn" => Input::OptIn,
        "optOut" => Input::OptOut,
        "flush" => Input::Flush,
        _ => return None,
    })
}

/// Status 0 is an answer that could not be read.
fn answer(status: u16, retry_after_ms: Option<i64>, retry: Vec<u32>) -> Answer {
    match status {
        0 => Answer::Unread,
        202 => Answer::Accepted { retry },
        _ => Answer::Refused { status, retry_after_ms },
    }
}

/// Keys and values in turn.
fn properties<'a>(mut fields: impl Iterator<Item = &'a str>) -> Properties<'static> {
    let mut properties = Properties::new();
    while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
        properties.set(key.to_owned(), value.to_owned());
    }
    properties
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
        check(&["unheard of"], "");
    }

    #[test]
    fn answers_say_what_to_send_again() {
        check(
            &["answered", "k.1", "2", "202", "0", "3", "5"],
            r#"Answered { key: "k.1", attempt: 2, answer: Accepted { retry: [3, 5] } }"#,
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
