//! What survives a page load, versioned.
//!
//! Each text is a few lines: JSON never holds a line break, and ids are freed of them. The first
//! line begins with the version. A text of another version or form is not understood, and the
//! visit starts afresh: what is in storage may have been written by anyone.

use crate::queue::Batch;
use crate::session::Session;
use crate::text::{parts, push_number};
use crate::visitor::Visitor;
use protocol::{Campaign, Timestamp};
use std::borrow::Cow;

/// The key under which the visitor is kept; every other key is that of a batch.
pub const VISITOR: &str = "visitor";

const VERSION: &str = "1";
/// The version of a part of a batch; batches were kept whole before.
const PART_VERSION: &str = "2";

/// What the shell found in storage.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// The text under [`VISITOR`].
    pub visitor: Option<String>,
    /// Keys and texts of batches.
    pub batches: Vec<(String, String)>,
}

/// What the visitor's text says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SavedVisitor {
    Known(Box<Visitor>),
    OptedOut,
}

/// The text that says that the person opted out, and nothing else.
pub(crate) fn opted_out() -> String {
    format_lines(&[VERSION, "out"])
}

pub(crate) fn write_visitor(visitor: &Visitor) -> String {
    let session = &visitor.session;
    let campaign = session.campaign.clone().unwrap_or_default();
    let (started, last) = (millis(session.started), millis(session.last));
    let said = usize::from(visitor.is_user_said) + 2 * usize::from(visitor.is_account_said);
    format_lines(&[
        VERSION,
        ["in", "in u", "in a", "in ua"][said],
        &visitor.anonymous_id,
        visitor.user_id.as_deref().unwrap_or_default(),
        visitor.account_id.as_deref().unwrap_or_default(),
        &session.id,
        &started,
        &last,
        session.referrer.as_deref().unwrap_or_default(),
        campaign.source.as_deref().unwrap_or_default(),
        campaign.medium.as_deref().unwrap_or_default(),
        campaign.name.as_deref().unwrap_or_default(),
    ])
}

pub(crate) fn read_visitor(text: &str) -> Option<SavedVisitor> {
    let lines = parts(text, b'\n');
    let [VERSION, state, rest @ ..] = &lines[..] else { return None };
    if *state == "out" {
        return Some(SavedVisitor::OptedOut);
    }
    let [anonymous_id, user_id, account_id, id, started, last, referrer, source, medium, name] =
        *rest
    else {
        return None;
    };
    let (started, last) = (started.parse().ok()?, last.parse().ok()?);
    if anonymous_id.is_empty() {
        return None;
    }
    let said = |whose: u8| state.bytes().any(|byte| byte == whose);
    let part = |text| filled(text).map(Cow::Owned);
    let campaign = Campaign { source: part(source), medium: part(medium), name: part(name) };
    Some(SavedVisitor::Known(Box::new(Visitor {
        anonymous_id: anonymous_id.to_owned(),
        user_id: filled(user_id),
        account_id: filled(account_id),
        is_user_said: said(b'u'),
        is_account_said: said(b'a'),
        session: Session {
            id: id.to_owned(),
            started: Timestamp::from_millis(started),
            last: Timestamp::from_millis(last),
            referrer: filled(referrer),
            campaign: (campaign != Campaign::default()).then_some(campaign),
        },
    })))
}

/// What is new in a batch since its last part, and how many events were given up meanwhile.
pub(crate) fn write_part(batch: &Batch, given_up: u32) -> String {
    let Batch { elements, pages, events, n_kept, .. } = batch;
    let new = [&elements[n_kept[0]..], &pages[n_kept[1]..], &events[n_kept[2]..]];
    let context = if n_kept[2] == 0 { batch.context.as_str() } else { "" };
    let [n_elements, n_pages, _] = new.map(|lines| number(lines.len()));
    let given_up = number(given_up as usize);
    let mut text = format_lines(&[PART_VERSION, &n_elements, &n_pages, &given_up, context]);
    for line in new.into_iter().flatten() {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// What one key holds of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Empty where it goes on with a batch.
    pub(crate) context: String,
    /// Elements, pages and events.
    pub(crate) lists: [Vec<String>; 3],
    pub(crate) given_up: u32,
}

/// Reads a part, or a whole batch as the first version kept it.
pub(crate) fn read_part(text: &str) -> Option<Part> {
    let lines = parts(text, b'\n');
    let [version, n_elements, n_pages, rest @ ..] = &lines[..] else { return None };
    let (given_up, rest) = match (*version, rest) {
        (VERSION, rest) => (0, rest),
        (PART_VERSION, [given_up, rest @ ..]) => (size(given_up)?, rest),
        _ => return None,
    };
    let [context, objects @ ..] = rest else { return None };
    let (n_elements, n_pages) = (size(n_elements)?, size(n_pages)?);
    let elements = objects.get(..n_elements)?;
    let pages = objects[elements.len()..].get(..n_pages)?;
    let events = &objects[elements.len() + pages.len()..];
    // A line that is no object would spoil the whole body.
    let is_object = |line: &&str| line.starts_with('{') && line.ends_with('}');
    let is_context = context.is_empty() || is_object(context);
    if events.is_empty() || !is_context || !objects.iter().all(is_object) {
        return None;
    }
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    let lists = [elements, pages, events].map(owned);
    Some(Part { context: (*context).to_owned(), lists, given_up: u32::try_from(given_up).ok()? })
}

/// One way to read numbers, because each type of them has its own in the module.
fn size(text: &str) -> Option<usize> {
    usize::try_from(text.parse::<i64>().ok()?).ok()
}

fn format_lines(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    text
}

fn number(number: usize) -> String {
    let mut text = String::new();
    push_number(&mut text, i64::try_from(number).unwrap_or(0));
    text
}

fn millis(at: Timestamp) -> String {
    let mut text = String::new();
    push_number(&mut text, at.as_millis());
    text
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn visitor() -> Visitor {
        Visitor {
            anonymous_id: "a-1".to_owned(),
            user_id: Some("u-7".to_owned()),
            account_id: None,
            is_user_said: false,
            is_account_said: false,
            session: Session {
                id: "s-1".to_owned(),
                started: Timestamp::from_millis(1_700_000_000_000),
                last: Timestamp::from_millis(1_700_000_000_500),
                referrer: None,
                campaign: Some(Campaign { medium: Some("mail".into()), ..Campaign::default() }),
            },
        }
    }

    #[test]
    fn a_visitor_is_read_as_written() {
        let text = write_visitor(&visitor());
        assert_eq!(read_visitor(&text), Some(SavedVisitor::Known(Box::new(visitor()))));
        assert_eq!(read_visitor(&opted_out()), Some(SavedVisitor::OptedOut));
        for (is_user_said, is_account_said) in [(true, false), (false, true), (true, true)] {
            let visitor = Visitor { is_user_said, is_account_said, ..visitor() };
            let text = write_visitor(&visitor);
            assert_eq!(read_visitor(&text), Some(SavedVisitor::Known(Box::new(visitor))));
        }
    }

    #[test]
    fn a_visitor_of_the_first_version_is_read_for_ever() {
        let text = "1\nin\na-1\nu-7\n\ns-1\n1700000000000\n1700000000500\n\n\nmail\n";
        assert_eq!(read_visitor(text), Some(SavedVisitor::Known(Box::new(visitor()))));
    }

    #[test]
    fn a_batch_of_the_first_version_is_read_for_ever() {
        let text = "1\n1\n1\n{\"anonymous_id\":\"a\"}\n{\"chain\":[]}\n{\"host\":\"h\",\"path\":\"/\"}\n{\"e\":1}\n{\"e\":2}";
        let Part { context, lists: [elements, pages, events], given_up } = read_part(text).unwrap();
        assert_eq!(context, "{\"anonymous_id\":\"a\"}");
        assert_eq!((elements.len(), pages.len(), given_up), (1, 1, 0));
        assert_eq!(events, ["{\"e\":1}", "{\"e\":2}"]);
    }

    #[test]
    fn a_part_of_the_second_version_is_read_for_ever() {
        let lists = |text: &str| read_part(text).map(|part| part.lists.map(|list| list.join(",")));
        let begins = "2\n1\n0\n7\n{}\n{\"chain\":[]}\n{\"e\":1}";
        let expected = ["{\"chain\":[]}", "", "{\"e\":1}"].map(str::to_owned);
        assert_eq!(lists(begins), Some(expected));
        let part = read_part(begins).unwrap();
        assert_eq!((part.context.as_str(), part.given_up), ("{}", 7));
        let goes_on = read_part("2\n0\n0\n0\n\n{\"e\":2}").unwrap();
        assert_eq!((goes_on.context.as_str(), goes_on.lists[2].len()), ("", 1));
    }

    #[test]
    fn what_is_no_part_is_not_taken_for_one() {
        let counts = format!("1\n{}\n1\n{{}}\n{{}}", u32::MAX);
        for text in [
            "",
            "3\n0\n0\n{}\n{}",
            "1\n0\n0\n{}",
            "1\n0\n0\n{}\nx",
            "1\n1\n1\n{}\n{}\n{}",
            "2\n0\n0\n{}\n{}",
            "2\n0\n0\n0\nx\n{}",
            "2\n0\n0\n0\n{}",
            &counts,
        ] {
            assert_eq!(read_part(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "([12]\n)?(in\n|[0-9]{1,3}\n){0,3}([{}0-9a-z \\PC]{0,12}\n){0,12}") {
            drop(read_visitor(&text));
            drop(read_part(&text));
        }
    }
}
