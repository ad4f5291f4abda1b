//! A world to test in: a spool, the set, a store that is a map, and a clock.

use super::keeper::Rebuild;
use super::key::begin_of;
use super::memory::Patience;
use super::{Answer, Seen};
use crate::config;
use crate::spool::testing::recovers;
use crate::spool::{Bitmap, Cursor, Entry, Head, Kind, Position, Spool};
use protocol::{EventId, ProjectId, Timestamp, parse_batch};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

/// An event by project and id.
pub(super) type Event = (ProjectId, EventId);

pub(super) struct World {
    dir: TempDir,
    config: config::spool::Spool,
    running: Option<(Spool, Arc<Seen>)>,
    cursor: Option<Cursor>,
    /// How often each event was written, by id first.
    pub(super) store: BTreeMap<(EventId, String), usize>,
    pub(super) now: Timestamp,
}

pub(super) fn project(name: &str) -> ProjectId {
    ProjectId::parse(name).unwrap()
}

/// The `n`th event of a millisecond.
pub(super) fn event_at(at: Timestamp, n: u8) -> EventId {
    EventId::new(at, [n; 10])
}

impl World {
    pub(super) fn new(segment_bytes: u64) -> Self {
        let config = config::spool::Spool { segment_bytes, ..config::spool::Spool::default() };
        let dir = tempfile::tempdir().unwrap();
        let mut world =
            Self { dir, config, running: None, cursor: None, store: BTreeMap::new(), now: NOON };
        world.open();
        world
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.dir.path().join("seen")
    }

    pub(super) fn seen(&self) -> &Arc<Seen> {
        &self.running.as_ref().unwrap().1
    }

    pub(super) fn spool(&self) -> &Spool {
        &self.running.as_ref().unwrap().0
    }

    pub(super) fn open(&mut self) {
        let clock = Arc::new(|| NOON);
        let (spool, cursor, _) =
            Spool::open(&self.dir.path().join("spool"), &self.config, [7; 16], clock).unwrap();
        let patience = Patience { share: 1, least: 3, snapshots: 3 };
        let seen = Seen::open_with(&self.folder(), &spool, cursor.spool, self.now, patience);
        let seen = seen.unwrap();
        self.cursor = Some(cursor);
        self.running = Some((spool, Arc::new(seen)));
    }

    /// Ends without a word. What was not written to a file by then is not.
    pub(super) fn crash(&mut self) {
        self.running = None;
    }

    /// Sends events as one batch. Returns what was said of each, or `None` if the spool failed.
    pub(super) async fn send(&self, of: &ProjectId, ids: &[EventId]) -> Option<Vec<Answer>> {
        let ticket = self.queue(of, ids);
        let (answers, ticket) = ticket?;
        ticket.await.ok().map(|()| answers)
    }

    /// The same, before it is known whether they are safe.
    pub(super) fn queue(
        &self,
        of: &ProjectId,
        ids: &[EventId],
    ) -> Option<(Vec<Answer>, crate::spool::Ticket)> {
        let epoch = self.spool().epoch();
        let mut seen = self.seen().of(of, self.now, epoch, ids.iter().copied());
        let answers: Vec<Answer> = ids.iter().map(|id| seen.insert(*id)).collect();
        let bits = |is: fn(Answer) -> bool| {
            let mut bitmap = Bitmap::zeros(ids.len());
            (0..ids.len()).filter(|i| is(answers[*i])).for_each(|i| bitmap.set(i));
            bitmap
        };
        let admitted = bits(|answer| answer != Answer::Duplicate);
        let ticket = match admitted.count() {
            0 => self.spool().barrier(epoch),
            _ => {
                let unsure = bits(|answer| answer == Answer::Unsure);
                let head = self.head(of, &admitted, &unsure).encode();
                let body = body(ids);
                self.spool().append(epoch, Kind::Batch, &head, body.as_bytes())
            }
        };
        if ticket.is_err() {
            seen.undo();
        }
        Some((answers, ticket.ok()?))
    }

    fn head<'a>(&self, of: &'a ProjectId, admitted: &'a Bitmap, unsure: &'a Bitmap) -> Head<'a> {
        Head {
            admitted: Cow::Borrowed(admitted),
            unsure: Cow::Borrowed(unsure),
            ..Head::new(Cow::Borrowed(of), self.now)
        }
    }

    /// Does what the writer does: looks up what is unsure, and writes the rest blindly.
    pub(super) fn write(&mut self) {
        let mut cursor = self.cursor.clone().unwrap();
        let (events, end) = self.spooled(cursor.done);
        for ((of, id), is_unsure) in events {
            let n = self.store.entry((id, of.as_str().to_owned())).or_default();
            *n += usize::from(!(is_unsure && *n > 0));
        }
        cursor.done = end;
        self.spool().save(&cursor).unwrap();
        self.cursor = Some(cursor);
    }

    /// Everything that is in the store or in the spool.
    pub(super) fn safe(&self) -> HashSet<Event> {
        let spooled = self.spooled(Position::default()).0;
        let stored = self.store.keys().map(|(id, of)| (project(of), *id));
        spooled.into_iter().map(|(event, _)| event).chain(stored).collect()
    }

    fn spooled(&self, mut from: Position) -> (Vec<(Event, bool)>, Position) {
        let mut events = Vec::new();
        loop {
            let chunk = self.spool().read(from).unwrap();
            for (_, record, _) in chunk.records() {
                let Entry { head, body } = Entry::decode(record).unwrap();
                for (i, event) in parse_batch(body).unwrap().events.iter().enumerate() {
                    let event: &protocol::Event<'_> = event.as_ref().unwrap();
                    if head.admitted.get(i) {
                        let of = head.project.clone().into_owned();
                        events.push(((of, event.event_id), head.unsure.get(i)));
                    }
                }
            }
            if chunk.next == from {
                return (events, from);
            }
            from = chunk.next;
        }
    }

    /// Does what the keeper does to fill what is missing.
    pub(super) fn fill(&self) {
        let seen = self.seen();
        while !seen.is_complete() {
            seen.replay().unwrap();
            let Some(mut rebuild) = Rebuild::begin(seen) else { continue };
            let lowest = |bucket| EventId::new(begin_of(bucket), [0; 10]);
            let first = lowest(rebuild.missing.first);
            let last = lowest(rebuild.missing.last + 1);
            for (id, of) in self.store.keys().filter(|(id, _)| first <= *id && *id < last) {
                rebuild.add(of, *id);
                rebuild.put(seen);
            }
            rebuild.end(seen);
        }
        seen.warm();
    }

    /// Sends while the spool can begin no segment, and waits until it can again.
    pub(super) async fn fail(&self, of: &ProjectId, ids: &[EventId]) -> Option<Vec<Answer>> {
        let dir = self.dir.path().join("spool");
        let away = self.dir.path().join("away");
        // What is let go of goes first: its folder would be missing in the middle of that.
        if let Ok(tidied) = self.spool().barrier(self.spool().epoch()) {
            tidied.await.unwrap();
        }
        std::fs::rename(&dir, &away).unwrap();
        let answers = self.send(of, ids).await;
        std::fs::rename(&away, &dir).unwrap();
        recovers(self.spool()).await;
        answers
    }
}

fn body(ids: &[EventId]) -> String {
    let event = |id: &EventId| format!(r#"{{"event_id":"{id}","kind":"click","timestamp":1}}"#);
    let events: Vec<String> = ids.iter().map(event).collect();
    let events = events.join(",");
    format!(r#"{{"sdk":"t","sent_at":1,"context":{{"anonymous_id":"a"}},"events":[{events}]}}"#)
}
