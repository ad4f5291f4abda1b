//! What survives a page load, versioned.
//!
//! Each text is a few lines: JSON never holds a line break, and ids are freed of them. The first
//! line begins with the version. A text of another version or form is not understood, and the
//! visit starts afresh: what is in storage may have been written by anyone.

use crate::queue::Batch;
use crate::session::Session;
use crate::text::{number, parts, push_number};
use crate::visitor::Visitor;
use protocol::Timestamp;

/// The key under which the visitor is kept; every other key is that of a batch.
pub const VISITOR: &str = "visitor";

const VERSION: &str = "1";
/// Stands between the parts of a batch.
const PART: u8 = 0x1e;

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
    let [source, medium, name] = &session.campaign;
    let (started, last) = (millis(session.started), millis(session.last));
    let said = usize::from(visitor.is_user_said) + 2 * usize::from(visitor.is_account_said);
    format_lines(&[
        VERSION,
        ["in", "in u", "in a", "in ua"][said],
        &visitor.anonymous_id,
        &visitor.user_id,
        &visitor.account_id,
        &session.id,
        &started,
        &last,
        &session.referrer,
        source,
        medium,
        name,
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
    let (started, last) = (number(started)?, number(last)?);
    if anonymous_id.is_empty() {
        return None;
    }
    let said = |whose: u8| state.bytes().any(|byte| byte == whose);
    Some(SavedVisitor::Known(Box::new(Visitor {
        anonymous_id: anonymous_id.to_owned(),
        user_id: user_id.to_owned(),
        account_id: account_id.to_owned(),
        is_user_said: said(b'u'),
        is_account_said: said(b'a'),
        session: Session {
            id: id.to_owned(),
            started: Timestamp::from_millis(started),
            last: Timestamp::from_millis(last),
            referrer: referrer.to_owned(),
            campaign: [source, medium, name].map(str::to_owned),
        },
    })))
}

/// What is new in a batch since its last part. A batch in one part is as the first version kept it.
pub(crate) fn write_part(batch: &Batch) -> String {
    let [n_elements, n_pages, n_events] = batch.n_kept;
    let (elements, pages) = (&batch.elements[n_elements..], &batch.pages[n_pages..]);
    let context = if n_events == 0 { batch.context.as_str() } else { "{}" };
    let mut text = format_lines(&[VERSION, &count(elements), &count(pages), context]);
    for lines in [elements, pages, &batch.events[n_events..]] {
        for line in lines {
            text.push('\n');
            text.push_str(line);
        }
    }
    text
}

/// Adds to a batch what was kept of it: its parts, in their order.
pub(crate) fn read_batch(text: &str, batch: &mut Batch) -> Option<()> {
    parts(text, PART).into_iter().try_for_each(|part| read_part(part, batch))
}

fn read_part(text: &str, batch: &mut Batch) -> Option<()> {
    let lines = parts(text, b'\n');
    let [VERSION, n_elements, n_pages, context, objects @ ..] = &lines[..] else { return None };
    let (n_elements, n_pages) = (size(n_elements)?, size(n_pages)?);
    let elements = objects.get(..n_elements)?;
    let pages = objects[elements.len()..].get(..n_pages)?;
    let events = &objects[elements.len() + pages.len()..];
    // A line that is no object would spoil the whole body.
    let is_object = |line: &&str| line.starts_with('{') && line.ends_with('}');
    if events.is_empty() || !is_object(context) || !objects.iter().all(is_object) {
        return None;
    }
    if batch.context.is_empty() {
        (*context).clone_into(&mut batch.context);
    }
    let lists = [&mut batch.elements, &mut batch.pages, &mut batch.events];
    for (list, lines) in lists.into_iter().zip([elements, pages, events]) {
        for line in lines {
            list.push((*line).to_owned());
        }
    }
    Some(())
}

/// One way to read numbers, because each type of them has its own in the module.
fn size(text: &str) -> Option<usize> {
    usize::try_from(number(text)?).ok()
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

fn count(lines: &[String]) -> String {
    let mut text = String::new();
    push_number(&mut text, i64::try_from(lines.len()).unwrap_or(0));
    text
}

fn millis(at: Timestamp) -> String {
    let mut text = String::new();
    push_number(&mut text, at.as_millis());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn visitor() -> Visitor {
        Visitor {
            anonymous_id: "a-1".to_owned(),
            user_id: "u-7".to_owned(),
            account_id: String::new(),
            is_user_said: false,
            is_account_said: false,
            session: Session {
                id: "s-1".to_owned(),
                started: Timestamp::from_millis(1_700_000_000_000),
                last: Timestamp::from_millis(1_700_000_000_500),
                referrer: String::new(),
                campaign: ["", "mail", ""].map(str::to_owned),
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
        let batch = read(text).unwrap();
        assert_eq!(batch.context, "{\"anonymous_id\":\"a\"}");
        assert_eq!((batch.elements.len(), batch.pages.len()), (1, 1));
        assert_eq!(batch.events, ["{\"e\":1}", "{\"e\":2}"]);
    }

    #[test]
    fn parts_are_one_batch_and_one_that_is_none_spoils_it() {
        let parts =
            ["1\n1\n0\n{\"a\":1}\n{\"n\":0}\n{\"e\":1}", "1\n1\n0\n{}\n{\"n\":1}\n{\"e\":2}"];
        let batch = read(&parts.join("\u{1e}")).unwrap();
        assert_eq!(batch.context, "{\"a\":1}");
        assert_eq!(batch.elements, ["{\"n\":0}", "{\"n\":1}"]);
        assert_eq!(batch.events, ["{\"e\":1}", "{\"e\":2}"]);
        assert!(read(&[parts[0], "x"].join("\u{1e}")).is_none());
    }

    #[test]
    fn what_is_no_batch_is_not_taken_for_one() {
        let counts = format!("1\n{}\n1\n{{}}\n{{}}", u32::MAX);
        for text in
            ["", "2\n0\n0\n{}\n{}", "1\n0\n0\n{}", "1\n0\n0\n{}\nx", "1\n1\n1\n{}\n{}\n{}", &counts]
        {
            assert!(read(text).is_none(), "{text}");
        }
    }

    fn read(text: &str) -> Option<Batch> {
        let mut batch = Batch::new(String::new(), String::new(), Timestamp::default());
        read_batch(text, &mut batch).map(|()| batch)
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(1\n)?(in\n|[0-9]{1,3}\n){0,3}([{}0-9a-z \\PC]{0,12}\n){0,12}") {
            drop(read_visitor(&text));
            drop(read(&text));
        }
    }
}
