//! Which letters there are and where, in memory; what they hold stays on disk.

use super::folder::FileId;
use super::letter::{Letter, LetterId, hex};
use crate::definitions::Definitions;
use protocol::{EventId, ProjectId, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Whose letters, and refused for which reason.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The project.
    pub project: String,
    /// The projects that there are, for somebody who also sees what belongs to none of them.
    pub known_projects: Option<Vec<String>>,
    /// The id of a [`Reason`]; all of them if none.
    pub reason: Option<String>,
}

impl Filter {
    /// Everything that a member may see under a project.
    pub fn of(project: &ProjectId, definitions: &Definitions, is_admin: bool) -> Self {
        let projects = || definitions.projects().into_iter();
        let known = || projects().map(|known| known.definition.id.to_string()).collect();
        let known_projects = is_admin.then(known);
        Self { project: project.to_string(), known_projects, reason: None }
    }

    fn admits(&self, entry: &Entry) -> bool {
        let project = entry.project.as_deref();
        let is_nobodys =
            |known: &Vec<String>| project.is_none_or(|p| !known.iter().any(|k| k == p));
        let is_own = project == Some(self.project.as_str());
        let is_asked = self.reason.as_ref().is_none_or(|id| *id == entry.reason.id);
        is_asked && (is_own || self.known_projects.as_ref().is_some_and(is_nobodys))
    }
}

/// A reason without what differs from letter to letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Some digits of its hash, for addresses.
    pub id: String,
    /// The sentence; `…` stands for values.
    pub sentence: String,
}

impl Reason {
    /// The reason that a refusal belongs to.
    pub fn of(refusal: &str) -> Self {
        let sentence = without_values(refusal);
        let id = hex(&Sha256::digest(sentence.as_bytes())[..8]);
        Self { id, sentence }
    }
}

/// A refusal without what differs from row to row: `…` stands for quoted values and numbers, but
/// for the code; names stay, and the expression of a constraint.
fn without_values(refusal: &str) -> String {
    let refusal = without_table_id(refusal);
    let refusal = refusal.split(". Column values: ").next().unwrap_or_default();
    let (refusal, expression) =
        refusal.find(" Expression: ").map_or((refusal, ""), |at| refusal.split_at(at));
    let code = refusal.find(": ").map_or(0, |at| at + 2);
    let (code, rest) = refusal.split_at(code);
    let mut sentence = code.to_owned();
    let mut is_value = false;
    let mut last = ' ';
    for c in rest.chars() {
        let is_digit = c.is_ascii_digit();
        match c {
            '\'' if last != '\\' => {
                is_value = !is_value;
                sentence.push_str(if is_value { "'…" } else { "'" });
            }
            _ if is_value => {}
            _ if is_digit && sentence.ends_with('…') => {}
            _ if is_digit && !last.is_alphanumeric() && last != '_' => sentence.push('…'),
            _ => sentence.push(c),
        }
        last = c;
    }
    sentence.replace(" at row …", "") + expression
}

/// A refusal without the table's own id, which says nothing to a person.
pub fn without_table_id(refusal: &str) -> String {
    const LENGTH: usize = " (01234567-89ab-cdef-0123-456789abcdef)".len();
    let is_id = |at: &usize| {
        let text = refusal.get(*at..*at + LENGTH).and_then(|text| text.strip_suffix(')'));
        text.is_some_and(|text| EventId::parse(&text[2..]).is_ok())
    };
    match refusal.match_indices(" (").map(|(at, _)| at).find(is_id) {
        Some(at) => format!("{}{}", &refusal[..at], &refusal[at + LENGTH..]),
        None => refusal.to_owned(),
    }
}

/// Where a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: FileId,
    pub(super) offset: u64,
    pub(super) length: usize,
}

/// One letter.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: LetterId,
    project: Option<Arc<str>>,
    reason: Arc<Reason>,
    buried_at: Timestamp,
    /// Its lines, the one that holds last: more than one after a crash, or if it came back.
    pub(super) places: Vec<Place>,
}

/// A letter as it was at one time: one that came back meanwhile is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The letter.
    pub id: LetterId,
    /// Grows with each burial.
    pub(super) number: u64,
}

/// The letters in the order in which they were buried.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: BTreeMap<u64, Entry>,
    numbers: HashMap<LetterId, u64>,
    /// Each text once, however many letters have it.
    reasons: HashMap<String, Arc<Reason>>,
    n_buried: u64,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Notes that a letter lies there, and maybe elsewhere since before.
    pub(super) fn add(&mut self, letter: &Letter, place: Place) {
        let id = letter.id();
        let before = self.numbers.get(&id).and_then(|number| self.entries.remove(number));
        let mut places = before.map(|entry| entry.places).unwrap_or_default();
        places.push(place);
        let reason = Reason::of(&letter.reason);
        let reason = self.reasons.entry(reason.id.clone()).or_insert_with(|| Arc::new(reason));
        let entry = Entry {
            id,
            project: letter.project.as_deref().map(Arc::from),
            reason: Arc::clone(reason),
            buried_at: letter.buried_at,
            places,
        };
        self.n_buried += 1;
        self.entries.insert(self.n_buried, entry);
        self.numbers.insert(id, self.n_buried);
    }

    /// How many letters of a project were buried at `since` or later.
    pub(super) fn n_since(&self, project: &ProjectId, since: Timestamp) -> usize {
        let is_counted = |entry: &&Entry| {
            entry.buried_at >= since && entry.project.as_deref() == Some(project.as_str())
        };
        self.entries.values().filter(is_counted).count()
    }

    /// The letters that the filter lets through, newest first.
    pub(super) fn newest<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = (Key, &'a Entry)> + 'a {
        let entries = self.entries.iter().rev().filter(|(_, entry)| filter.admits(entry));
        entries.map(|(number, entry)| (Key { id: entry.id, number: *number }, entry))
    }

    /// How many letters there are for each reason, most first.
    pub(super) fn reasons(&self, filter: &Filter) -> Vec<(Reason, u64)> {
        let mut counts: HashMap<&str, (&Reason, u64)> = HashMap::new();
        for (_, entry) in self.newest(filter) {
            counts.entry(&entry.reason.id).or_insert((&entry.reason, 0)).1 += 1;
        }
        let mut counts: Vec<_> = counts.into_values().map(|(r, n)| (r.clone(), n)).collect();
        counts.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.sentence.cmp(&b.sentence)));
        counts
    }

    /// The letter of an id, if the filter lets it through.
    pub(super) fn find(&self, id: LetterId, filter: &Filter) -> Option<(Key, &Entry)> {
        let number = *self.numbers.get(&id)?;
        let entry = self.entries.get(&number).filter(|entry| filter.admits(entry))?;
        Some((Key { id, number }, entry))
    }

    /// The letter of a key, unless it came back or is gone.
    pub(super) fn get(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key.number)
    }

    /// Notes what became of a file: which pieces of it are kept, in their order. Letters without
    /// any line are forgotten. Returns how many.
    pub(super) fn rewritten(&mut self, file: FileId, pieces: &[Range<usize>]) -> usize {
        let mut moved = HashMap::new();
        let mut offset = 0;
        for piece in pieces {
            moved.insert(piece.start as u64, offset);
            offset += piece.len() as u64;
        }
        for entry in self.entries.values_mut() {
            entry.places.retain_mut(|place| {
                if place.file != file {
                    return true;
                }
                let offset = moved.get(&place.offset).copied();
                place.offset = offset.unwrap_or(place.offset);
                offset.is_some()
            });
        }
        let n_before = self.entries.len();
        self.entries.retain(|_, entry| !entry.places.is_empty());
        self.numbers.retain(|_, number| self.entries.contains_key(number));
        if self.entries.is_empty() {
            self.reasons.clear();
        }
        n_before - self.entries.len()
    }
}

/// When a letter was buried, as the day of its file.
pub(super) fn day(at: Timestamp) -> jiff::civil::Date {
    let moment = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    moment.to_zoned(jiff::tz::TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_reason_are_counted_together() {
        let refusal = |row: u32, path: &str| {
            format!(
                "ClickHouse refused with code 469: Constraint `no_7` for table t0_x.events (fb4bc291-742a-4770-93f3-632a355960b3) is violated at row {row}. Expression: (path != '/x'). Column values: path = '{path}'. (VIOLATED_CONSTRAINT)"
            )
        };
        let reason = Reason::of(&refusal(1, "/orders/7"));
        assert_eq!(reason, Reason::of(&refusal(12, "it\\'s")));
        insta::assert_snapshot!(reason.sentence, @"ClickHouse refused with code 469: Constraint `no_7` for table t0_x.events is violated. Expression: (path != '/x')");
        let parse =
            Reason::of("ClickHouse refused with code 6: Cannot parse 'it\\'s 7' as 12 of u32");
        assert_eq!(parse.sentence, "ClickHouse refused with code 6: Cannot parse '…' as … of u32");
        assert_eq!(Reason::of("there is no project `x2`").sentence, "there is no project `x2`");
    }
}
