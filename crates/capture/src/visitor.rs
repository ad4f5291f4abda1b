//! Who is there, and the context that this gives to each batch.

use crate::json;
use crate::page::foreign_referrer;
use crate::random::Random;
use crate::saved::push_line;
use crate::session::Session;
use crate::text::{clean, cut, field, without_controls};
use protocol::{EventId, Timestamp, limits};

/// The person in front of this browser, as far as it is known, and the visit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Visitor {
    pub(crate) anonymous_id: Vec<u8>,
    /// Of the user, and of the account; empty while it is not known.
    pub(crate) ids: [Vec<u8>; 2],
    /// Whether the page itself has said who that is, so that no rule says it until he is forgotten.
    pub(crate) is_said: [bool; 2],
    pub(crate) session: Session,
}

/// A new id, of a visitor or a session.
fn new_id(now: Timestamp, random: &mut Random) -> Vec<u8> {
    let mut id = Vec::new();
    EventId::new(now, random.bytes()).push_to(&mut id);
    id
}

impl Visitor {
    /// Somebody of whom nothing is known.
    pub(crate) fn new(now: Timestamp, random: &mut Random) -> Self {
        Self { anonymous_id: new_id(now, random), ..Self::default() }
    }

    /// Who it is, whatever he does.
    pub(crate) fn person(&self) -> Vec<u8> {
        let mut person = self.anonymous_id.clone();
        for id in &self.ids {
            push_line(&mut person, id);
        }
        person
    }

    /// Begins a session.
    ///
    /// Where it came from is told only for the session that began with the load of the page:
    /// `entry` holds it until then, as fields: the address that led here, and the campaign.
    pub(crate) fn begin_session(
        &mut self,
        at: Timestamp,
        random: &mut Random,
        mut entry: &[u8],
        address: &[u8],
    ) {
        let mut origin = Vec::new();
        if !entry.is_empty() {
            origin = foreign_referrer(field(&mut entry), address);
            for _ in 0..3 {
                // What is saved is separated by line breaks.
                let part = without_controls(field(&mut entry));
                push_line(&mut origin, &clean(&part, limits::TEXT_BYTES));
            }
        }
        self.session = Session { id: new_id(at, random), started: at, last: at, origin };
    }

    /// The context of what this visitor does now: JSON of a [`protocol::Context`], with the fields
    /// that are the `device`'s.
    pub(crate) fn context(&self, device: &[u8]) -> Vec<u8> {
        let mut json = b"{".to_vec();
        let [user_id, account_id] = &self.ids;
        let mut origin = &*self.session.origin;
        json::text(&mut json, b"anonymous_id", &self.anonymous_id);
        json::text(&mut json, b"user_id", user_id);
        json::text(&mut json, b"account_id", account_id);
        json::text(&mut json, b"session_id", &self.session.id);
        json::text(&mut json, b"referrer", cut(&mut origin, b'\n'));
        // Its parts are separated by two line breaks.
        if origin.len() > 2 {
            json::field(&mut json, b"campaign").push(b'{');
            let mut keys: &[u8] = b"source\nmedium\nname";
            while !keys.is_empty() {
                json::text(&mut json, cut(&mut keys, b'\n'), cut(&mut origin, b'\n'));
            }
            json.push(b'}');
        }
        if !device.is_empty() {
            json::separate(&mut json);
        }
        json.extend_from_slice(device);
        json.push(b'}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_context_is_that_of_serde(
            texts in proptest::collection::vec("\\PC{0,6}", 7),
            anonymous_id in "[a-z]{1,6}",
            has_device in any::<bool>(),
        ) {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let [user_id, account_id, id, ..] = <[_; 7]>::try_from(texts.clone()).unwrap();
            let session = Session { id, origin: texts[3..].join(&b'\n'), ..Session::default() };
            let anonymous_id = anonymous_id.into_bytes();
            let visitor =
                Visitor { anonymous_id, ids: [user_id, account_id], session, ..Visitor::default() };
            let device: &[u8] = if has_device { b"\"automated\":true" } else { b"" };
            let context = visitor.context(device);
            prop_assert!(json::is_that_of_serde::<protocol::Context<'_>>(&context));
        }
    }
}
