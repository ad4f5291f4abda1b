//! Events by project and id: one id may be an event of two projects.

use crate::EventRow;
use protocol::EventId;
use std::collections::{HashMap, HashSet};

/// Events by project and id.
///
/// An id alone says nothing: the same file imported into two projects gives both the same ids,
/// and they may lie in one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventSet(HashMap<String, HashSet<EventId>>);

impl EventSet {
    /// Adds an event.
    pub fn insert(&mut self, project: &str, id: EventId) {
        match self.0.get_mut(project) {
            Some(ids) => drop(ids.insert(id)),
            None => drop(self.0.insert(project.to_owned(), HashSet::from([id]))),
        }
    }

    /// Whether the event of a row is among them.
    pub fn has(&self, row: &EventRow) -> bool {
        let ids = self.0.get(&row.project);
        ids.is_some_and(|ids| ids.contains(&EventId::from_bytes(row.event_id)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
