//! What the identity rules gave: which of it is an id, and what there is to say of the rest.
//!
//! The shell reads what the rules name, because only script can catch what reading throws. Which
//! of it is somebody's id is decided here: nothing long, nothing that is a secret, and none of
//! the words by which programs say that there is nothing.

use crate::text::fields;
use protocol::config::ID_CHARS;
use protocol::nobody::is_nobody;
use protocol::scrub::is_secret;

/// What the rules gave on one look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding<'a> {
    pub(crate) user_id: Option<&'a str>,
    pub(crate) account_id: Option<&'a str>,
    /// For the collector: the version of the rules, and a letter for each, as `3:fnr`. `f` is
    /// found, `n` nothing there, `r` refused, `o` off on this page.
    pub(crate) outcome: String,
    pub(crate) is_refused: bool,
}

impl<'a> Finding<'a> {
    /// Reads the text of [`crate::Input::Found`].
    pub(crate) fn of(text: &'a str) -> Self {
        let fields = fields(text);
        let is_version = fields[0].bytes().all(|byte| byte.is_ascii_digit());
        let mut outcome = String::from(if is_version { fields[0] } else { "" });
        outcome.push(':');
        let (mut ids, mut is_refused) = ([None; 2], false);
        for rule in fields[1..].chunks_exact(2) {
            let letter = judge(rule[1]);
            outcome.push(letter);
            is_refused |= letter == 'r';
            // The first rule that gives an id wins.
            let id = &mut ids[usize::from(rule[0] != "user")];
            if letter == 'f' && id.is_none() {
                *id = Some(rule[1]);
            }
        }
        Self { user_id: ids[0], account_id: ids[1], outcome, is_refused }
    }
}

fn judge(value: &str) -> char {
    match value {
        "\t" => 'o',
        "\n" => 'r',
        _ if is_nobody(value) => 'n',
        _ if value.char_indices().nth(ID_CHARS).is_some() || is_secret(value) => 'r',
        _ => 'f',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(fields: &[&str], expected: &str) {
        let text = fields.join("\u{1f}");
        let Finding { user_id, account_id, outcome, is_refused } = Finding::of(&text);
        assert_eq!(format!("{user_id:?} {account_id:?} {outcome} {is_refused}"), expected);
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
            let Finding { user_id, account_id, outcome, .. } = Finding::of(&text);
            prop_assert!(outcome.bytes().all(|b| b.is_ascii_digit() || b":fnro".contains(&b)));
            prop_assert_eq!(outcome.split(':').nth(1).unwrap().len(), rules.len());
            for id in [user_id, account_id].into_iter().flatten() {
                prop_assert!(id.chars().count() <= ID_CHARS);
                prop_assert!(!is_secret(id) && !is_nobody(id));
            }
        }
    }
}
