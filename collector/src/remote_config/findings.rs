//! What came of the identity rules of a project on its pages, since the rules are as they are.
//!
//! Browsers say it with each batch, in a letter for each rule. Only what was said of the present
//! version counts, so a page that is slow to take up a change, or makes something up, does not
//! blur what the rules give now. It is kept in memory: it is a hint, and begins anew with the
//! collector.

use super::PageConfig;
use protocol::Timestamp;
use serde::Serialize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What came of the rules.
#[derive(Debug, Default)]
pub struct Findings(Mutex<Record>);

/// Since when, and how often what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Record {
    /// The version of the rules that it is about.
    pub version: u32,
    /// The first batch of it.
    pub since: Option<Timestamp>,
    /// For each rule in its order.
    pub rules: Vec<Tally>,
}

/// How many batches said what of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// It gave an id.
    pub found: u64,
    /// There was nothing in its place.
    pub nothing: u64,
    /// What was there is nobody's id.
    pub refused: u64,
    /// The script line does not allow it.
    pub off: u64,
}

impl Findings {
    /// Counts what a batch said, as in `3:fnr`, if it is about the rules of now.
    pub(crate) fn note(&self, said: &str, config: &PageConfig, at: Timestamp) {
        let Some((version, letters)) = said.split_once(':') else { return };
        let is_present =
            version.parse() == Ok(config.version()) && letters.len() == config.rules().len();
        if !is_present {
            return;
        }
        let mut record = self.lock();
        if record.version != config.version() || record.since.is_none() {
            let rules = vec![Tally::default(); letters.len()];
            *record = Record { version: config.version(), since: Some(at), rules };
        }
        for (tally, letter) in record.rules.iter_mut().zip(letters.bytes()) {
            match letter {
                b'f' => tally.found += 1,
                b'n' => tally.nothing += 1,
                b'r' => tally.refused += 1,
                b'o' => tally.off += 1,
                _ => {}
            }
        }
    }

    /// What was counted of the rules of now.
    pub fn of(&self, config: &PageConfig) -> Record {
        let record = self.lock().clone();
        if record.version == config.version() { record } else { Record::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ProjectId;
    use protocol::config::{IdentityRule, Source, Whose};
    use store::{IdentityRules, Versioned};

    const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

    fn config(version: u32, n_rules: usize) -> PageConfig {
        let rule = IdentityRule {
            of: Whose::User,
            from: Source::Meta,
            name: "user-id".to_owned(),
            path: String::new(),
        };
        let project = ProjectId::parse("tidemark").unwrap();
        let value = IdentityRules { project, rules: vec![rule; n_rules] };
        PageConfig::new(Some(Versioned { version, value }), None)
    }

    #[test]
    fn what_is_said_of_the_rules_of_now_is_counted() {
        let (findings, config) = (Findings::default(), config(3, 2));
        for said in ["3:fn", "3:fr", "3:fo", "2:ff", "3:f", "3:fff", "", ":ff", "x"] {
            findings.note(said, &config, NOON);
        }
        let Record { version, since, rules } = findings.of(&config);
        assert_eq!((version, since), (3, Some(NOON)));
        assert_eq!(rules[0], Tally { found: 3, ..Tally::default() });
        assert_eq!(rules[1], Tally { found: 0, nothing: 1, refused: 1, off: 1 });
    }

    #[test]
    fn changed_rules_begin_anew() {
        let findings = Findings::default();
        findings.note("3:f", &config(3, 1), NOON);
        assert_eq!(findings.of(&config(4, 1)), Record::default());
        findings.note("4:n", &config(4, 1), NOON);
        assert_eq!(findings.of(&config(4, 1)).rules[0].nothing, 1);
    }
}
