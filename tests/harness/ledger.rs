//! The oracle: what was sent, what the collector answered, and so what ClickHouse must hold.
//!
//! An acknowledged event must be there once, as it was sent. One that was refused must not be
//! there, one that was never sent must not be there, and one whose answer nobody read may be
//! there, but once.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// How many examples a verdict names of each fault.
const NAMED: usize = 5;

/// What the sender knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Sent, and no answer about it was read.
    Unanswered,
    /// The collector said that it is kept.
    Acknowledged,
    /// The collector said that it is refused for good.
    Refused,
}

/// What ClickHouse, or an answer, may do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Acknowledged and not there.
    Lost,
    /// There more than once.
    Doubled,
    /// There, and never sent.
    Foreign,
    /// There, and not as it was sent.
    Changed,
    /// There, and refused.
    Risen,
    /// Answered once this way, once the other way.
    Contradicted,
}

#[derive(Debug)]
struct Entry {
    content: String,
    fate: Fate,
}

/// What was sent, by event.
#[derive(Debug, Default)]
pub struct Ledger {
    events: HashMap<String, Entry>,
    contradicted: Vec<String>,
    n_resent: u64,
}

/// An event as it lies in ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Project and event id.
    pub key: String,
    /// Everything else that the sender determined.
    pub content: Value,
}

/// What an oracle says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Events by what the sender knows of them.
    pub n_by_fate: BTreeMap<Fate, usize>,
    /// Of those without an answer, how many are there.
    pub n_unanswered_stored: usize,
    /// How often an event was sent again.
    pub n_resent: u64,
    /// How many of each fault there are.
    pub n_by_fault: BTreeMap<Fault, usize>,
    /// Some of each, in words.
    pub examples: Vec<String>,
}

impl Ledger {
    /// Notes that an event is about to be sent, for the first time or again.
    pub fn send(&mut self, key: &str, content: &Value) {
        if self.events.contains_key(key) {
            self.n_resent += 1;
            return;
        }
        let entry = Entry { content: content.to_string(), fate: Fate::Unanswered };
        self.events.insert(key.to_owned(), entry);
    }

    /// Notes the answer about an event.
    pub fn answer(&mut self, key: &str, fate: Fate) {
        match self.events.get_mut(key) {
            Some(entry) if entry.fate == Fate::Unanswered || entry.fate == fate => {
                entry.fate = fate
            }
            _ => self.contradicted.push(key.to_owned()),
        }
    }

    /// How many events are acknowledged.
    pub fn n_acknowledged(&self) -> usize {
        self.events.values().filter(|entry| entry.fate == Fate::Acknowledged).count()
    }

    /// Compares with what is there.
    pub fn judge(&self, stored: &[Stored]) -> Verdict {
        let mut verdict = Verdict { n_resent: self.n_resent, ..Verdict::default() };
        let mut n_stored: HashMap<&str, usize> = HashMap::new();
        for row in stored {
            *n_stored.entry(&row.key).or_default() += 1;
            verdict.look_at(row, self.events.get(&row.key));
        }
        for (key, entry) in &self.events {
            *verdict.n_by_fate.entry(entry.fate).or_default() += 1;
            let n = n_stored.get(key.as_str()).copied().unwrap_or(0);
            match (entry.fate, n) {
                (Fate::Acknowledged, 0) => verdict.find(Fault::Lost, key, &entry.content),
                (Fate::Unanswered, 1..) => verdict.n_unanswered_stored += 1,
                _ => {}
            }
        }
        for (key, n) in n_stored.into_iter().filter(|(_, n)| *n > 1) {
            verdict.find(Fault::Doubled, key, &format!("{n} times"));
        }
        for key in &self.contradicted {
            verdict.find(Fault::Contradicted, key, "");
        }
        verdict
    }
}

impl Verdict {
    fn look_at(&mut self, row: &Stored, entry: Option<&Entry>) {
        let there = row.content.to_string();
        match entry {
            None => self.find(Fault::Foreign, &row.key, &there),
            Some(entry) if entry.fate == Fate::Refused => self.find(Fault::Risen, &row.key, &there),
            Some(entry) if entry.content != there => {
                let both = format!("sent   {}\nstored {there}", entry.content);
                self.find(Fault::Changed, &row.key, &both);
            }
            Some(_) => {}
        }
    }

    fn find(&mut self, fault: Fault, key: &str, what: &str) {
        let n = self.n_by_fault.entry(fault).or_default();
        *n += 1;
        if *n <= NAMED {
            self.examples.push(format!("{fault:?} {key} {what}"));
        }
    }

    /// How many faults of a kind there are.
    pub fn n(&self, fault: Fault) -> usize {
        self.n_by_fault.get(&fault).copied().unwrap_or(0)
    }

    /// How many events the sender knows this of.
    pub fn n_of(&self, fate: Fate) -> usize {
        self.n_by_fate.get(&fate).copied().unwrap_or(0)
    }

    /// Whether all is as it must be.
    pub fn is_clean(&self) -> bool {
        self.n_by_fault.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_by_fate, n_unanswered_stored, n_resent, n_by_fault, examples } = self;
        writeln!(f, "events {n_by_fate:?}, {n_unanswered_stored} without an answer are stored")?;
        writeln!(f, "sent again {n_resent}, faults {n_by_fault:?}")?;
        examples.iter().try_for_each(|example| writeln!(f, "{example}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(key: &str, content: &Value) -> Stored {
        Stored { key: key.to_owned(), content: content.clone() }
    }

    /// The faults that the oracle finds when `change` was done to what should be there.
    fn faults(change: impl FnOnce(&mut Vec<Stored>)) -> Vec<(Fault, usize)> {
        let mut ledger = Ledger::default();
        let content = json!({ "kind": "click", "properties": { "n": "1" } });
        for key in ["a", "b", "open", "bad"] {
            ledger.send(key, &content);
        }
        ledger.send("a", &content);
        ledger.answer("a", Fate::Acknowledged);
        ledger.answer("b", Fate::Acknowledged);
        ledger.answer("bad", Fate::Refused);
        let mut stored = vec![row("a", &content), row("b", &content)];
        change(&mut stored);
        let verdict = ledger.judge(&stored);
        assert_eq!((verdict.n_of(Fate::Acknowledged), verdict.n_resent), (2, 1));
        assert_eq!(verdict.is_clean(), verdict.n_by_fault.is_empty());
        verdict.n_by_fault.into_iter().collect()
    }

    #[test]
    fn what_is_as_it_must_be_is_clean() {
        assert_eq!(faults(|_| {}), []);
        let open = json!({ "kind": "click", "properties": { "n": "1" } });
        assert_eq!(faults(|stored| stored.push(row("open", &open))), []);
    }

    #[test]
    fn each_fault_is_reported() {
        let content = json!({ "kind": "click", "properties": { "n": "1" } });
        let other = json!({ "kind": "click", "properties": { "n": "2" } });
        assert_eq!(faults(|stored| drop(stored.pop())), [(Fault::Lost, 1)]);
        assert_eq!(faults(|stored| stored.push(stored[0].clone())), [(Fault::Doubled, 1)]);
        assert_eq!(faults(|stored| stored.push(row("c", &content))), [(Fault::Foreign, 1)]);
        assert_eq!(faults(|stored| stored[0] = row("a", &other)), [(Fault::Changed, 1)]);
        assert_eq!(faults(|stored| stored.push(row("bad", &content))), [(Fault::Risen, 1)]);
        let twice = |stored: &mut Vec<Stored>| {
            stored.extend([row("open", &content), row("open", &content)])
        };
        assert_eq!(faults(twice), [(Fault::Doubled, 1)]);
    }

    #[test]
    fn an_answer_that_contradicts_another_is_reported() {
        let mut ledger = Ledger::default();
        ledger.send("a", &json!({}));
        ledger.answer("a", Fate::Refused);
        ledger.answer("a", Fate::Acknowledged);
        ledger.answer("never sent", Fate::Acknowledged);
        assert_eq!(ledger.judge(&[]).n(Fault::Contradicted), 2);
    }
}
