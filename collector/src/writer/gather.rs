//! From records of the spool to rows: the next cut.

use crate::definitions::{Definitions, Project};
use crate::enrich::{Agents, Rows};
use crate::inflate;
use crate::spool::{self, Encoding, Entry, ImportEntry, Position, Spool};
use protocol::{ProjectId, parse_batch};
use std::sync::Arc;

/// Where a cut ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// After the record that brings it to so many rows, or at the end of what is there.
    Rows(usize),
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
    /// Whether there may be more behind.
    pub(super) is_full: bool,
    /// Records that no rows can be made of, with the reason.
    pub(super) unreadable: Vec<(Vec<u8>, String)>,
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
            if let Err(why) = add(&mut gathered.rows, definitions, agents, kind, record) {
                gathered.unreadable.push((record.to_vec(), why));
            }
            gathered.end = next;
            if until.is_reached(&gathered.rows) {
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
    /// Whether a record that ends at `next` lies behind the place.
    fn is_before(self, next: Position) -> bool {
        matches!(self, Self::Place(place) if place < next)
    }

    /// Whether there are rows enough.
    fn is_reached(self, rows: &Rows) -> bool {
        matches!(self, Self::Rows(n_rows) if n_rows <= rows.events.len())
    }
}

impl Gathered {
    fn is_complete(&self, until: Until) -> bool {
        until.is_reached(&self.rows) || matches!(until, Until::Place(place) if place <= self.next)
    }
}

fn add(
    rows: &mut Rows,
    definitions: &Definitions,
    agents: &mut Agents,
    kind: spool::Kind,
    record: &[u8],
) -> Result<(), String> {
    match kind {
        spool::Kind::Batch => add_batch(rows, definitions, agents, record),
        spool::Kind::Import => add_import(rows, definitions, agents, record),
    }
}

fn add_import(
    rows: &mut Rows,
    definitions: &Definitions,
    agents: &mut Agents,
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

fn add_batch(
    rows: &mut Rows,
    definitions: &Definitions,
    agents: &mut Agents,
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
