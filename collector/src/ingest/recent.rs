//! The events that came last, to answer `duplicate`.
//!
//! Two sets: when the younger is full it takes the place of the older. So the last events are
//! known, at least half as many as set, in a bounded place.

use protocol::EventId;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An event of a project; the project as a hash under a random key.
type Key = (u64, EventId);

/// The events that came last.
#[derive(Debug)]
pub struct Recent {
    sets: Mutex<Sets>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Sets {
    young: HashSet<Key>,
    old: HashSet<Key>,
    capacity: usize,
    epoch: u64,
}

/// The events of one project, for the time of one batch.
#[derive(Debug)]
pub struct OfProject<'a> {
    sets: MutexGuard<'a, Sets>,
    project: u64,
}

impl Recent {
    /// Remembers up to `capacity` events.
    pub fn new(capacity: usize) -> Self {
        let (young, old) = (HashSet::new(), HashSet::new());
        let sets = Sets { young, old, capacity: capacity.div_ceil(2), epoch: 0 };
        Self { sets: Mutex::new(sets), hasher: RandomState::new() }
    }

    /// The events of one project. When the spool's epoch is another one than before, everything
    /// is forgotten: what was believed to be safe may not be.
    pub fn of(&self, project: &str, epoch: u64) -> OfProject<'_> {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if sets.epoch != epoch {
            sets.young.clear();
            sets.old.clear();
            sets.epoch = epoch;
        }
        OfProject { sets, project: self.hasher.hash_one(project) }
    }
}

impl OfProject<'_> {
    /// Remembers an event. Returns whether it was new.
    pub fn insert(&mut self, event: EventId) -> bool {
        let key = (self.project, event);
        if self.sets.young.contains(&key) || self.sets.old.contains(&key) {
            return false;
        }
        if self.sets.young.len() >= self.sets.capacity {
            self.sets.old = std::mem::take(&mut self.sets.young);
        }
        self.sets.young.insert(key)
    }

    /// Forgets an event that is not safe after all.
    pub fn remove(&mut self, event: EventId) {
        let key = (self.project, event);
        self.sets.young.remove(&key);
        self.sets.old.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u8) -> EventId {
        EventId::from_bytes([n; 16])
    }

    #[test]
    fn the_last_events_are_known_and_the_first_forgotten() {
        let recent = Recent::new(4);
        let mut of = recent.of("a", 0);
        assert!((0..4).all(|n| of.insert(event(n))));
        assert!(!of.insert(event(3)));
        assert!(!of.insert(event(0)));
        assert!(of.insert(event(4)));
        assert!(!of.insert(event(2)));
        assert!(of.insert(event(0)));
    }

    #[test]
    fn a_forgotten_event_is_new_again() {
        let recent = Recent::new(4);
        let mut of = recent.of("a", 0);
        assert!(of.insert(event(1)));
        of.remove(event(1));
        assert!(of.insert(event(1)));
    }

    #[test]
    fn projects_and_epochs_are_told_apart() {
        let recent = Recent::new(4);
        assert!(recent.of("a", 0).insert(event(1)));
        assert!(recent.of("b", 0).insert(event(1)));
        assert!(!recent.of("a", 0).insert(event(1)));
        assert!(recent.of("a", 1).insert(event(1)));
    }
}
