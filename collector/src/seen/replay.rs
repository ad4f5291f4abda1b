//! Reads from the spool which events were kept.

use super::key::{Bucket, Key, Window, key_of, turn_of};
use super::{Seen, UNSAVED_KEYS};
use crate::inflate;
use crate::spool::{Chunk, Encoding, Entry, Error, Head, Kind};
use protocol::{Timestamp, parse_batch};

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

/// The events that were kept, of every batch in the chunk.
fn keys_of(chunk: &Chunk, latest: Timestamp) -> Vec<(Bucket, Key)> {
    let mut keys = Vec::new();
    let batches = chunk.records().filter(|(kind, ..)| *kind == Kind::Batch);
    for entry in batches.filter_map(|(_, record, _)| Entry::decode(record)) {
        let mut add = |text: &[u8]| add(&mut keys, &entry.head, latest, text);
        match entry.head.encoding {
            Encoding::Plain => add(entry.body),
            // What cannot be read has no events that anybody could write.
            Encoding::Gzip => drop(inflate::with(entry.body, add)),
        }
    }
    keys
}

fn add(keys: &mut Vec<(Bucket, Key)>, head: &Head<'_>, latest: Timestamp, text: &[u8]) {
    let Ok(batch) = parse_batch(text) else { return };
    let turn = turn_of(&head.project);
    // By today's clock: what arrived by a wrong one is held too.
    let window = Window::at(head.received_at.max(latest), latest);
    for (i, event) in batch.events.iter().enumerate() {
        if let (true, Ok(event)) = (head.admitted.get(i), event)
            && let Some(bucket) = window.place(event.event_id)
        {
            keys.push((bucket, key_of(event.event_id, turn)));
        }
    }
}
