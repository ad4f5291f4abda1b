//! Brings the rows of one cut to ClickHouse, each once.
//!
//! An insert whose outcome is not known, because of an error or of a restart, is settled first:
//! it is made sure that it is dead, and asked which of the batch's events are there. The rest is
//! inserted as another attempt.

use super::{Pause, Writer};
use crate::dead::Letter;
use crate::enrich::Rows;
use protocol::{BatchId, EventId, ProjectId};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::derived::parts_of;
use store::{EventRow, EventSet};

/// Codes of ClickHouse that blame a row. Any other refusal blames the server or the statement,
/// which passes when it is mended: no event is given up for it.
///
/// Those from 6 to 131, 349 and 441 cannot read a value of a row. The other two are said by what
/// an operator put on the table to keep rows out: 395 by `throwIf`, 469 by a `CONSTRAINT`.
const ROW_CODES: [u32; 16] = [6, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 131, 349, 395, 441, 469];

impl Writer {
    /// Brings the rows to ClickHouse. `is_resumed` says that it may have been tried before.
    pub(super) async fn deliver(&mut self, mut rows: Rows, is_resumed: bool) {
        let batch = self.batch_id();
        self.end_rewrites().await;
        self.describe(&mut rows).await;
        let there = if is_resumed { self.settle(batch).await } else { EventSet::default() };
        let known = self.known_before(&rows).await;
        let mut events = new_only(rows.events, &known);
        for row in &mut events {
            row.batch_id = *batch.as_bytes();
        }
        let months: BTreeSet<u32> = events.iter().map(|row| row.month).collect();
        let parts = parts_of(&events);
        events.retain(|row| !there.has(row));
        self.insert(batch, events).await;
        self.derive(batch, parts, is_resumed).await;
        self.schedule.note(months);
    }

    async fn settle(&self, batch: BatchId) -> EventSet {
        let mut pause = Pause::default();
        loop {
            match self.app.store().settle(batch).await {
                Ok(there) => return there,
                Err(error) => pause.after("a batch cannot be settled", &error.into()).await,
            }
        }
    }

    /// Which of the events that were sent before are in ClickHouse.
    async fn known_before(&self, rows: &Rows) -> EventSet {
        let mut asked: HashMap<&str, Vec<EventId>> = HashMap::new();
        for row in rows.resent.iter().filter_map(|at| rows.events.get(*at)) {
            asked.entry(&row.project).or_default().push(EventId::from_bytes(row.event_id));
        }
        let mut known = EventSet::default();
        for (project, ids) in asked {
            let there = self.known_events(project, &ids).await;
            there.into_iter().for_each(|id| known.insert(project, id));
        }
        known
    }

    async fn known_events(&self, project: &str, ids: &[EventId]) -> HashSet<EventId> {
        // A row's project was a project id before it became a row.
        let Ok(project) = ProjectId::parse(project) else { return HashSet::new() };
        let mut pause = Pause::default();
        loop {
            match self.app.store().known_events(&project, ids).await {
                Ok(known) => return known,
                Err(error) => pause.after("events cannot be looked up", &error.into()).await,
            }
        }
    }

    /// Inserts rows of which none is there. What is refused is halved until the rows that are to
    /// blame are found.
    async fn insert(&mut self, batch: BatchId, rows: Vec<EventRow>) {
        let mut attempt = self.cursor.cut.map_or(0, |cut| cut.attempt);
        let mut pause = Pause::default();
        let mut parts = vec![rows];
        while let Some(mut rows) = parts.pop() {
            if rows.is_empty() {
                continue;
            }
            let Err(error) = self.app.store().insert_events(batch, attempt, &rows).await else {
                continue;
            };
            attempt = self.next_attempt().await;
            let blames_row = blames_row(&error);
            if blames_row && rows.len() == 1 {
                self.bury_rows(rows, &error).await;
                continue;
            }
            if !blames_row {
                self.wait_after(error, "events cannot be written", &mut pause).await;
            }
            let there = self.settle(batch).await;
            rows.retain(|row| !there.has(row));
            if blames_row {
                parts.push(rows.split_off(rows.len() / 2));
            }
            parts.push(rows);
        }
    }

    async fn bury_rows(&self, rows: Vec<EventRow>, error: &store::Error) {
        let (reason, now) = (error.to_string(), self.app.now());
        let letters = rows.into_iter().map(|row| Letter::of_row(row, reason.clone(), now));
        self.bury(letters.collect()).await;
    }
}

pub(super) fn blames_row(error: &store::Error) -> bool {
    matches!(error, store::Error::Refused { code, .. } if ROW_CODES.contains(code))
}

/// The rows without those that are known, and of each event the first only.
fn new_only(mut events: Vec<EventRow>, known: &EventSet) -> Vec<EventRow> {
    let hasher = foldhash::fast::RandomState::default();
    let mut seen = HashSet::with_capacity_and_hasher(events.len(), hasher);
    let is_new: Vec<bool> = events
        .iter()
        .map(|row| seen.insert((row.project.as_str(), row.event_id)) && !known.has(row))
        .collect();
    let mut is_new = is_new.into_iter();
    events.retain(|_| is_new.next().unwrap_or(true));
    events
}
