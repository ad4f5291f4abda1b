//! What survives a page load, versioned.
//!
//! Each text is a few lines: JSON never holds a line break, and ids are freed of them. The first
//! line begins with the version. A text of another version or form is not understood, and the
//! visit starts afresh: what is in storage may have been written by anyone.

use crate::queue::Batch;
use crate::session::Session;
use crate::text::{cut, has, n_lines, number, push_number};
use crate::visitor::Visitor;
use protocol::Timestamp;

/// The key under which the visitor is kept; every other key is that of a batch.
pub const VISITOR: &str = "visitor";

const VERSION: &[u8] = b"1";
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

/// The text that says that the person opted out, and nothing else.
pub(crate) const OPTED_OUT: &[u8] = b"1\nout";

/// Whether a visitor's text says so.
pub(crate) fn is_opted_out(mut text: &[u8]) -> bool {
    cut(&mut text, b'\n') == VERSION && cut(&mut text, b'\n') == b"out"
}

pub(crate) fn write_visitor(visitor: &Visitor) -> Vec<u8> {
    let session = &visitor.session;
    let [is_user_said, is_account_said] = visitor.is_said;
    let mut text = VERSION.to_vec();
    text.extend_from_slice(b"\nin ");
    if is_user_said {
        text.push(b'u');
    }
    if is_account_said {
        text.push(b'a');
    }
    push_line(&mut text, &visitor.person());
    push_line(&mut text, &session.id);
    for at in [session.started, session.last] {
        text.push(b'\n');
        push_number(&mut text, at.as_millis());
    }
    push_line(&mut text, if session.origin.is_empty() { b"\n\n\n" } else { &session.origin });
    text
}

pub(crate) fn read_visitor(mut text: &[u8]) -> Option<Visitor> {
    if cut(&mut text, b'\n') != VERSION {
        return None;
    }
    let mut next = || cut(&mut text, b'\n');
    let state = next();
    let mut owned = || next().to_vec();
    let (anonymous_id, ids, id) = (owned(), [owned(), owned()], owned());
    let (started, last) = (number(next())?, number(next())?);
    if anonymous_id.is_empty() || n_lines(text) != 3 {
        return None;
    }
    Some(Visitor {
        anonymous_id,
        ids,
        is_said: [has(state, b'u'), has(state, b'a')],
        session: Session {
            id,
            started: Timestamp::from_millis(started),
            last: Timestamp::from_millis(last),
            origin: text.to_vec(),
        },
    })
}

/// What is new in a batch since its last part. A batch in one part is as the first version kept it.
pub(crate) fn write_part(batch: &Batch) -> Vec<u8> {
    let [n_elements, n_pages, n_events] = batch.n_kept;
    let [elements, pages, events] = &batch.lists;
    let (elements, pages) = (&elements[n_elements..], &pages[n_pages..]);
    let mut text = VERSION.to_vec();
    for lines in [elements, pages] {
        text.push(b'\n');
        #[allow(clippy::cast_possible_wrap, reason = "far below the limit")]
        push_number(&mut text, n_lines(lines) as i64);
    }
    push_line(&mut text, if n_events == 0 { &batch.context } else { b"{}" });
    for lines in [elements, pages, &events[n_events..]] {
        push_line(&mut text, lines);
        // Each of them ends in a line break.
        text.pop();
    }
    text
}
/// Adds to a batch what was kept of it: its parts, in their order.
pub(crate) fn read_batch(mut text: &[u8], batch: &mut Batch) -> Option<()> {
    while !text.is_empty() || batch.context.is_empty() {
        read_part(cut(&mut text, PART), batch)?;
    }
    Some(())
}

fn read_part(mut text: &[u8], batch: &mut Batch) -> Option<()> {
    let mut next = || cut(&mut text, b'\n');
    if next() != VERSION {
        return None;
    }
    let n_elements = number(next())?;
    let n_known = n_elements + number(next())?;
    let context = object(next())?;
    if batch.context.is_empty() {
        batch.context = context.to_vec();
    }
    let mut n = 0;
    while !text.is_empty() {
        let list = usize::from(n >= n_elements) + usize::from(n >= n_known);
        push_object(&mut batch.lists[list], object(cut(&mut text, b'\n'))?);
        batch.n_events += usize::from(list == 2);
        n += 1;
    }
    (n > n_known).then_some(())
}

/// A line that is no object would spoil the whole body.
fn object(line: &[u8]) -> Option<&[u8]> {
    (line.first() == Some(&b'{') && line.last() == Some(&b'}')).then_some(line)
}

/// Adds to a list of objects, each of which is a line.
pub(crate) fn push_object(list: &mut Vec<u8>, json: &[u8]) {
    list.extend_from_slice(json);
    list.push(b'\n');
}

pub(crate) fn push_line(text: &mut Vec<u8>, line: &[u8]) {
    text.push(b'\n');
    text.extend_from_slice(line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn visitor() -> Visitor {
        Visitor {
            anonymous_id: b"a-1".to_vec(),
            ids: [b"u-7".to_vec(), Vec::new()],
            is_said: [false; 2],
            session: Session {
                id: b"s-1".to_vec(),
                started: Timestamp::from_millis(1_700_000_000_000),
                last: Timestamp::from_millis(1_700_000_000_500),
                origin: b"\n\nmail\n".to_vec(),
            },
        }
    }

    #[test]
    fn a_visitor_is_read_as_written() {
        for is_said in [[false, false], [true, false], [false, true], [true, true]] {
            let visitor = Visitor { is_said, ..visitor() };
            let text = write_visitor(&visitor);
            assert_eq!(read_visitor(&text), Some(visitor));
            assert!(!is_opted_out(&text));
        }
        assert!(is_opted_out(OPTED_OUT) && read_visitor(OPTED_OUT).is_none());
        let visitor = Visitor { session: Session::default(), ..visitor() };
        let read = read_visitor(&write_visitor(&visitor)).unwrap();
        assert_eq!((read.person(), read.session.id), (visitor.person(), Vec::new()));
    }

    #[test]
    fn a_visitor_of_the_first_version_is_read_for_ever() {
        let text = b"1\nin\na-1\nu-7\n\ns-1\n1700000000000\n1700000000500\n\n\nmail\n";
        assert_eq!(read_visitor(text), Some(visitor()));
    }

    fn text(list: &[u8]) -> &str {
        str::from_utf8(list).unwrap()
    }

    #[test]
    fn a_batch_of_the_first_version_is_read_for_ever() {
        let kept = "1\n1\n1\n{\"anonymous_id\":\"a\"}\n{\"chain\":[]}\n{\"host\":\"h\",\"path\":\"/\"}\n{\"e\":1}\n{\"e\":2}";
        let batch = read(kept).unwrap();
        assert_eq!(text(&batch.context), "{\"anonymous_id\":\"a\"}");
        let lists =
            ["{\"chain\":[]}\n", "{\"host\":\"h\",\"path\":\"/\"}\n", "{\"e\":1}\n{\"e\":2}\n"];
        assert_eq!(batch.lists.each_ref().map(|list| text(list)), lists);
        assert_eq!(text(&write_part(&batch)), kept);
    }

    #[test]
    fn parts_are_one_batch_and_one_that_is_none_spoils_it() {
        let parts =
            ["1\n1\n0\n{\"a\":1}\n{\"n\":0}\n{\"e\":1}", "1\n1\n0\n{}\n{\"n\":1}\n{\"e\":2}"];
        let batch = read(&parts.join("\u{1e}")).unwrap();
        assert_eq!(text(&batch.context), "{\"a\":1}");
        assert_eq!(text(&batch.lists[0]), "{\"n\":0}\n{\"n\":1}\n");
        assert_eq!(text(&batch.lists[2]), "{\"e\":1}\n{\"e\":2}\n");
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
        let mut batch = Batch::default();
        read_batch(text.as_bytes(), &mut batch).map(|()| batch)
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(1\n)?(in\n|[0-9]{1,3}\n){0,3}([{}0-9a-z \\PC]{0,12}\n){0,12}") {
            drop(read_visitor(text.as_bytes()));
            drop(read(&text));
        }
    }
}
