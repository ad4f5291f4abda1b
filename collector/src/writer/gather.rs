//! From records of the spool to rows: the next cut.

use crate::definitions::Definitions;
use crate::enrich::{Agents, Rows};
use crate::inflate;
use crate::spool::{self, Encoding, Entry, Position, Spool};
use protocol::parse_batch;

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
    /// Where it ends.
    pub(super) end: Position,
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
    let mut gathered = Gathered { end: from, ..Gathered::default() };
    while !gathered.is_complete(until) {
        let chunk = spool.read(gathered.end)?;
        if chunk.next == gathered.end {
            break;
        }
        gathered.n_damaged += chunk.n_damaged;
        let mut is_cut = false;
        for (spool::Kind::Batch, record, next) in chunk.records() {
            if let Err(why) = add(&mut gathered.rows, definitions, agents, record) {
                gathered.unreadable.push((record.to_vec(), why));
            }
            gathered.end = next;
            is_cut = gathered.is_complete(until);
            if is_cut {
                break;
            }
        }
        if !is_cut {
            gathered.end = chunk.next;
        }
    }
    gathered.is_full = gathered.is_complete(until);
    Ok(gathered)
}

impl Gathered {
    fn is_complete(&self, until: Until) -> bool {
        match until {
            Until::Rows(n_rows) => self.rows.events.len() >= n_rows,
            Until::Place(place) => self.end >= place,
        }
    }
}

fn add(
    rows: &mut Rows,
    definitions: &Definitions,
    agents: &mut Agents,
    record: &[u8],
) -> Result<(), String> {
    let entry = Entry::decode(record).ok_or("it is no record of this version")?;
    let project = definitions
        .project(&entry.head.project)
        .ok_or_else(|| format!("there is no project `{}`", entry.head.project))?;
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
