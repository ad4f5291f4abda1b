//! What was filled into the form: rows as they were typed, and the rules that they mean.

use crate::http::error::ApiError;
use protocol::config::{IdentityRule, Source, Whose};

/// The form as it was sent.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) csrf: String,
    pub(super) version: u32,
    pub(super) rows: Vec<Row>,
}

/// One row as it was typed.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) of: Whose,
    /// None while no kind of place is chosen.
    pub(super) from: Option<Source>,
    pub(super) name: String,
    pub(super) path: String,
}

impl Filled {
    /// Reads the fields in the order of the page: `user_from` or `account_from` begins a row.
    pub(super) fn read(fields: &[(String, String)]) -> Self {
        let mut filled = Self::default();
        for (key, value) in fields {
            let value = value.trim();
            match key.as_str() {
                "csrf" => value.clone_into(&mut filled.csrf),
                "version" => filled.version = value.parse().unwrap_or(0),
                key => filled.take(key, value),
            }
        }
        filled
    }

    fn take(&mut self, key: &str, value: &str) {
        let Some((whose, part)) = key.split_once('_') else { return };
        let Some(of) = Whose::ALL.into_iter().find(|known| known.as_str() == whose) else { return };
        if part == "from" {
            let from = Source::ALL.into_iter().find(|known| known.as_str() == value);
            self.rows.push(Row { of, from, name: String::new(), path: String::new() });
        }
        match (part, self.rows.last_mut()) {
            ("name", Some(row)) => value.clone_into(&mut row.name),
            ("path", Some(row)) => value.clone_into(&mut row.path),
            _ => {}
        }
    }

    /// The rules that the rows mean; empty rows mean none.
    ///
    /// # Errors
    /// With a sentence about a row of which no kind is chosen.
    pub(super) fn rules(&self) -> Result<Vec<IdentityRule>, ApiError> {
        let rows = self.rows.iter().filter(|row| !row.is_empty());
        rows.map(|row| {
            let name = row.name.clone();
            let from = row.from.ok_or_else(|| {
                ApiError::BadRequest(format!("say what kind of place `{name}` is"))
            })?;
            // Only the place in storage has a path; the field of the others is not shown.
            let path = Some(&row.path).filter(|_| from == Source::Storage);
            Ok(IdentityRule { of: row.of, from, name, path: path.cloned().unwrap_or_default() })
        })
        .collect()
    }
}

impl Row {
    /// The row of a rule that is stored.
    pub(super) fn of_rule(rule: &IdentityRule) -> Self {
        let IdentityRule { of, from, name, path } = rule.clone();
        Self { of, from: Some(from), name, path }
    }

    /// A row to be filled in.
    pub(super) const fn empty(of: Whose) -> Self {
        Self { of, from: None, name: String::new(), path: String::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.from.is_none() && self.name.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(fields: &[(&str, &str)]) -> Filled {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Filled::read(&fields.iter().map(own).collect::<Vec<_>>())
    }

    #[test]
    fn rows_are_rules_in_the_order_of_the_page() {
        let filled = filled(&[
            ("csrf", "c"),
            ("version", "4"),
            ("user_from", "meta"),
            ("user_name", " user-id "),
            ("user_path", "left.over"),
            ("user_from", ""),
            ("user_name", ""),
            ("user_path", ""),
            ("account_from", "storage"),
            ("account_name", "session"),
            ("account_path", "account.id"),
        ]);
        assert_eq!((filled.csrf.as_str(), filled.version, filled.rows.len()), ("c", 4, 3));
        let rules = filled.rules().unwrap();
        insta::assert_snapshot!(serde_json::to_string(&rules).unwrap(), @r#"[{"of":"user","from":"meta","name":"user-id"},{"of":"account","from":"storage","name":"session","path":"account.id"}]"#);
    }

    #[test]
    fn a_place_of_no_kind_is_asked_about() {
        let filled = filled(&[("user_from", "cookie"), ("user_name", "sid"), ("other", "x")]);
        let fault = filled.rules().unwrap_err().to_string();
        insta::assert_snapshot!(fault, @"say what kind of place `sid` is");
    }
}
