//! Reads from the spool which events were kept.

use super::key::{Bucket, Key, Window, key_of, turn_of};
use super::{Seen, UNSAVED_KEYS};
use crate::dead::replay;
use crate::enrich::id_of;
use crate::inflate;
use crate::spool::{Chunk, Encoding, Entry, Error, Head, ImportEntry, ImportHead, Kind};
use protocol::{EventId, ImportLine, ProjectId, Timestamp, import, parse_batch};

/// How far a replay came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing is left to read.
    Done,
    /// There is more, once there is room in memory.
    Full,
}

impl Seen {
    /// Reads on in the spool, if there is anything to read. Blocks on the file system.
    pub(super) fn replay(&self) -> Result<Outcome, Error> {
        loop {
            let state = self.state();
            let (epoch, latest) = (state.epoch, state.latest);
            let Some(from) = state.replay_from else { return Ok(Outcome::Done) };
            if state.n_unsaved >= UNSAVED_KEYS {
                return Ok(Outcome::Full);
            }
            drop(state);
            // What becomes safe from now on in this epoch is added by whoever sends it.
            let end = *self.spool.end().borrow();
            let chunk = self.spool.read(from)?;
            let keys = keys_of(&chunk, latest);

            let mut state = self.state();
            if chunk.n_damaged > 0 {
                // Which events they held is not known; the store may have them.
                let whole = Window::at(latest, latest).buckets();
                state.lose(whole);
            }
            state.refill(&keys);
            if state.epoch == epoch && state.replay_from == Some(from) {
                let is_done = chunk.next == from || end <= chunk.next;
                state.replay_from = Some(chunk.next).filter(|_| !is_done);
            }
        }
    }
}

/// The events that were kept, of every record in the chunk.
fn keys_of(chunk: &Chunk, latest: Timestamp) -> Vec<(Bucket, Key)> {
    let mut keys = Vec::new();
    for (kind, record, _) in chunk.records() {
        add(&mut keys, kind, record, latest);
    }
    keys
}

/// Adds the events that were kept of a record. What cannot be read has none that anybody could
/// write.
pub(super) fn add(keys: &mut Vec<(Bucket, Key)>, kind: Kind, record: &[u8], latest: Timestamp) {
    match kind {
        Kind::Batch => {
            let Some(Entry { head, body }) = Entry::decode(record) else { return };
            unpacked(head.encoding, body, |text| add_batch(keys, &head, latest, text));
        }
        Kind::Import => {
            let Some(ImportEntry { head, body }) = ImportEntry::decode(record) else { return };
            unpacked(head.encoding, body, |lines| add_import(keys, &head, latest, lines));
        }
        Kind::Rows => add_rows(keys, record, latest),
    }
}

fn unpacked(encoding: Encoding, body: &[u8], add: impl FnOnce(&[u8])) {
    match encoding {
        Encoding::Plain => add(body),
        Encoding::Gzip => drop(inflate::with(body, add)),
    }
}

fn add_batch(keys: &mut Vec<(Bucket, Key)>, head: &Head<'_>, latest: Timestamp, text: &[u8]) {
    let Ok(batch) = parse_batch(text) else { return };
    let of = Of::arrived(&head.project, head.received_at, latest);
    let events = batch.events.iter().enumerate().filter(|(i, _)| head.admitted.get(*i));
    keys.extend(events.filter_map(|(_, event)| of.key(event.as_ref().ok()?.event_id)));
}

fn add_import(
    keys: &mut Vec<(Bucket, Key)>,
    head: &ImportHead<'_>,
    latest: Timestamp,
    body: &[u8],
) {
    let of = Of::arrived(&head.project, head.received_at, latest);
    let lines = (head.first_line..).zip(import::lines(body)).enumerate();
    let kept = lines.filter(|(i, _)| head.admitted.get(*i));
    keys.extend(kept.filter_map(|(_, (number, line))| {
        of.key(id_of(&ImportLine::parse(line).ok()?, &head.import, number))
    }));
}

fn add_rows(keys: &mut Vec<(Bucket, Key)>, record: &[u8], latest: Timestamp) {
    for row in replay::rows(record).unwrap_or_default() {
        let Ok(project) = ProjectId::parse(&row.project) else { continue };
        let of = Of::arrived(&project, row.received_at, latest);
        keys.extend(of.key(EventId::from_bytes(row.event_id)));
    }
}

/// Events of one project that arrived at one moment.
struct Of {
    turn: Key,
    window: Window,
}

impl Of {
    fn arrived(project: &ProjectId, received_at: Timestamp, latest: Timestamp) -> Self {
        // By today's clock: what arrived by a wrong one is held too.
        let window = Window::at(received_at.max(latest), latest);
        Self { turn: turn_of(project), window }
    }

    fn key(&self, id: EventId) -> Option<(Bucket, Key)> {
        Some((self.window.place(id)?, key_of(id, self.turn)))
    }
}
