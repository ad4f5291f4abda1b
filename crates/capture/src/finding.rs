//! What the identity rules gave: which of it is an id, and what there is to say of the rest.
//!
//! The shell reads what the rules name, because only script can catch what reading throws. Which
//! of it is somebody's id is decided here: nothing long, nothing that is a secret, and none of
//! the words by which programs say that there is nothing.

use crate::text::{field, has, n_bytes};
use protocol::config::ID_CHARS;
use protocol::nobody::is_nobody;
use protocol::scrub::is_secret;

/// What the rules gave on one look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding<'a> {
    /// Of a user, and of an account.
    pub(crate) ids: [Option<&'a [u8]>; 2],
    /// For the collector: the version of the rules, and a letter for each, as `3:fnr`. `f` is
    /// found, `n` nothing there, `r` refused, `o` off on this page.
    pub(crate) outcome: Vec<u8>,
}

impl<'a> Finding<'a> {
    /// Reads the fields of [`crate::Input::Found`].
    pub(crate) fn of(mut rest: &'a [u8]) -> Self {
        let mut it = Self::default();
        let version = field(&mut rest);
        if version.iter().all(u8::is_ascii_digit) {
            it.outcome.extend_from_slice(version);
        }
        it.outcome.push(b':');
        while !rest.is_empty() {
            let whose = field(&mut rest);
            let value = field(&mut rest);
            let letter = judge(value);
            it.outcome.push(letter);
            // The first rule that gives an id wins.
            let id = &mut it.ids[usize::from(whose != b"user")];
            if letter == b'f' && id.is_none() {
                *id = Some(value);
            }
        }
        it
    }

    pub(crate) fn is_refused(&self) -> bool {
        has(&self.outcome, b'r')
    }
}

fn judge(value: &[u8]) -> u8 {
    match value {
        b"\t" => b'o',
        b"\n" => b'r',
        _ if is_nobody(value) => b'n',
        _ if n_bytes(value, ID_CHARS) < value.len() || is_secret(value) => b'r',
        _ => b'f',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(fields: &[&str], expected: &str) {
        let text = fields.join("\u{1f}");
        let finding = Finding::of(text.as_bytes());
        let [user, account] = finding.ids.map(|id| id.map(|id| str::from_utf8(id).unwrap()));
        let outcome = str::from_utf8(&finding.outcome).unwrap();
        assert_eq!(format!("{user:?} {account:?} {outcome} {}", finding.is_refused()), expected);
    }

    #[test]
    fn the_first_rule_that_gives_an_id_wins() {
        check(
            &["3", "user", "", "user", "u-7", "user", "u-8", "account", "acme"],
            r#"Some("u-7") Some("acme") 3:nfff false"#,
        );
        check(&["3", "account", "null", "user", "\t"], "None None 3:no false");
        check(&[""], "None None : false");
        let nobody = ["9", "user", "0", "user", "{{user.id}}", "account", "Guest", "user", "u-7"];
        check(&nobody, r#"Some("u-7") None 9:nnnf false"#);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let long = "é".repeat(ID_CHARS + 1);
        for value in ["\n", "sk_live_1", "4111 1111 1111 1111", "eyJhbGciOiJIUzI1NiJ9.e.c", &long] {
            check(&["1", "user", value, "user", "u-7"], r#"Some("u-7") None 1:rf true"#);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_found_the_answer_is_whole(
            version in "[0-9]{0,3}|\\PC{0,6}",
            rules in proptest::collection::vec(("user|account", "[^\u{1f}]{0,150}|[0-9a-f]{0,40}"), 0..6),
        ) {
            let mut text = version;
            for (whose, value) in &rules {
                text = format!("{text}\u{1f}{whose}\u{1f}{value}");
            }
            let Finding { ids, outcome } = Finding::of(text.as_bytes());
            prop_assert!(outcome.iter().all(|b| b.is_ascii_digit() || b":fnro".contains(b)));
            prop_assert_eq!(outcome.split(|b| *b == b':').nth(1).unwrap().len(), rules.len());
            for id in ids.into_iter().flatten() {
                prop_assert!(str::from_utf8(id).unwrap().chars().count() <= ID_CHARS);
                prop_assert!(!is_secret(id) && !is_nobody(id));
            }
        }
    }
}
