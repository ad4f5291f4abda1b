//! From records of the spool to rows: the next cut.

use crate::config;
use crate::dead::replay;
use crate::definitions::{Definitions, Project};
use crate::enrich::{Agents, Rows};
use crate::inflate;
use crate::spool::{self, Encoding, Entry, ImportEntry, Kind, Position, Spool};
use protocol::{ProjectId, parse_batch};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::EventRow;

/// Where a cut ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// After the record that brings it to so many rows or bytes of rows, or at the end of what is
    /// there.
    Full { n_rows: usize, n_bytes: usize },
    /// Exactly here, as before a restart.
    Place(Position),
}

/// What lies between two places of the spool.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// After its last record. A restart finds the same place, whatever comes behind.
    pub(super) end: Position,
    /// Where the next one begins: behind damage and segments without records, too.
    pub(super) next: Position,
    pub(super) rows: Rows,
    /// What the events take in memory.
    n_bytes: usize,
    /// Whether there may be more behind.
    pub(super) is_full: bool,
    /// Records that no rows can be made of, with the reason.
    pub(super) unreadable: Vec<(Kind, Vec<u8>, String)>,
    /// Damaged records that were passed over.
    pub(super) n_damaged: u64,
}

/// Gathers from `from` on.
pub(super) fn gather(
    spool: &Spool,
    definitions: &Definitions,
    agents: &mut Agents,
    from: Position,
    until: Until,
) -> Result<Gathered, spool::Error> {
    let mut gathered = Gathered { end: from, next: from, ..Gathered::default() };
    while !gathered.is_complete(until) {
        let chunk = spool.read(gathered.next)?;
        if chunk.next == gathered.next {
            break;
        }
        gathered.n_damaged += chunk.n_damaged;
        gathered.next = chunk.next;
        for (kind, record, next) in chunk.records() {
            if until.is_before(next) {
                break;
            }
            let added = gathered.isolated(|rows| add(rows, agents, definitions, kind, record));
            if let Err(why) = added {
                gathered.unreadable.push((kind, record.to_vec(), why));
            }
            gathered.end = next;
            if until.is_reached(&gathered) {
                gathered.next = next;
                break;
            }
        }
    }
    gathered.is_full = gathered.is_complete(until);
    if let Until::Place(place) = until {
        gathered.next = place;
    }
    Ok(gathered)
}

impl Until {
    /// As much as the settings allow.
    pub(super) fn full(config: &config::store::Store) -> Self {
        Self::Full { n_rows: config.batch_rows, n_bytes: config.batch_bytes }
    }

    /// Whether a record that ends at `next` lies behind the place.
    fn is_before(self, next: Position) -> bool {
        matches!(self, Self::Place(place) if place < next)
    }

    /// Whether there is enough.
    fn is_reached(self, gathered: &Gathered) -> bool {
        match self {
            Self::Full { n_rows, n_bytes } => {
                n_rows <= gathered.rows.events.len() || n_bytes <= gathered.n_bytes
            }
            Self::Place(_) => false,
        }
    }
}

impl Gathered {
    fn is_complete(&self, until: Until) -> bool {
        until.is_reached(self) || matches!(until, Until::Place(place) if place <= self.next)
    }

    /// Whether a record could not be read because its project is not known.
    pub(super) fn misses_project(&self, definitions: &Definitions) -> bool {
        self.unreadable.iter().any(|(kind, record, _)| {
            let project = project_of(*kind, record);
            project.is_some_and(|project| definitions.project(&project).is_none())
        })
    }

    /// Adds the rows of one record. One that makes the program panic is none, like any other
    /// that cannot be read: the records behind it must not wait for it for ever.
    fn isolated(
        &mut self,
        add: impl FnOnce(&mut Rows) -> Result<(), String>,
    ) -> Result<(), String> {
        let rows = &mut self.rows;
        let (n_events, n_resent) = (rows.events.len(), rows.resent.len());
        // What was half done is taken back below; an element or page too many does no harm.
        let added = catch_unwind(AssertUnwindSafe(|| add(rows)))
            .unwrap_or_else(|panic| Err(format!("the program failed: {}", words(&*panic))));
        if added.is_err() {
            rows.events.truncate(n_events);
            rows.resent.truncate(n_resent);
        }
        self.n_bytes += rows.events[n_events..].iter().map(EventRow::n_bytes).sum::<usize>();
        added
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

fn add(
    rows: &mut Rows,
    agents: &mut Agents,
    definitions: &Definitions,
    kind: Kind,
    record: &[u8],
) -> Result<(), String> {
    match kind {
        Kind::Batch => add_batch(rows, agents, definitions, record),
        Kind::Import => add_import(rows, agents, definitions, record),
        Kind::Rows => add_rows(rows, record),
    }
}

fn add_batch(
    rows: &mut Rows,
    agents: &mut Agents,
    definitions: &Definitions,
    record: &[u8],
) -> Result<(), String> {
    let entry = Entry::decode(record).ok_or("it is no record of this version")?;
    let project = project(definitions, &entry.head.project)?;
    let mut read = |text: &[u8]| {
        let batch = parse_batch(text).map_err(|error| error.to_string())?;
        rows.add(&project, &entry.head, &batch, agents);
        Ok(())
    };
    match entry.head.encoding {
        Encoding::Plain => read(entry.body),
        Encoding::Gzip => inflate::with(entry.body, read).map_err(|error| error.to_string())?,
    }
}

fn add_import(
    rows: &mut Rows,
    agents: &mut Agents,
    definitions: &Definitions,
    record: &[u8],
) -> Result<(), String> {
    let entry = ImportEntry::decode(record).ok_or("it is no record of this version")?;
    let project = project(definitions, &entry.head.project)?;
    let mut read = |lines: &[u8]| rows.add_import(&project, &entry.head, lines, agents);
    match entry.head.encoding {
        Encoding::Plain => read(entry.body),
        Encoding::Gzip => inflate::with(entry.body, read).map_err(|error| error.to_string())?,
    }
    Ok(())
}

fn project(definitions: &Definitions, id: &ProjectId) -> Result<Arc<Project>, String> {
    definitions.project(id).ok_or_else(|| format!("there is no project `{id}`"))
}

/// Rows that were handed back. Any of them may be there by now, so they are looked up.
fn add_rows(rows: &mut Rows, record: &[u8]) -> Result<(), String> {
    let added = replay::rows(record)?;
    rows.resent.extend(rows.events.len()..rows.events.len() + added.len());
    rows.events.extend(added);
    Ok(())
}

/// Whose a record is, if it says so.
pub(super) fn project_of(kind: Kind, record: &[u8]) -> Option<ProjectId> {
    match kind {
        Kind::Batch => Some(Entry::decode(record)?.head.project.into_owned()),
        Kind::Import => Some(ImportEntry::decode(record)?.head.project.into_owned()),
        Kind::Rows => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_fails_the_program_leaves_no_rows_and_says_why() {
        let mut gathered = Gathered::default();
        let row = || EventRow { path: "x".repeat(1_000), ..EventRow::default() };
        let good = |rows: &mut Rows| {
            rows.events.push(row());
            Ok(())
        };
        gathered.isolated(good).unwrap();
        let n_bytes = gathered.n_bytes;
        assert!(n_bytes > 1_000);
        let bad = gathered.isolated(|rows| {
            rows.resent.push(rows.events.len());
            rows.events.push(row());
            let nothing: [u8; 0] = [];
            rows.events[0].kind = format!("{}", nothing[rows.events.len()]);
            Ok(())
        });
        let why = bad.unwrap_err();
        assert_eq!(why, "the program failed: index out of bounds: the len is 0 but the index is 2");
        let Rows { events, resent, .. } = &gathered.rows;
        assert_eq!((events.len(), resent.len(), gathered.n_bytes), (1, 0, n_bytes));
        gathered.isolated(good).unwrap();
        assert_eq!(gathered.n_bytes, 2 * n_bytes);
    }
}
