//! The events that came last, to answer `duplicate`.
//!
//! Two sets: when the younger is full it takes the place of the older. So the last events are
//! known, at least half as many as set, in a bounded place. Both are made in their full size at
//! once: growing would cost more than all the rest.

use foldhash::fast::RandomState;
use protocol::EventId;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The events that came last.
#[derive(Debug)]
pub struct Recent {
    sets: Mutex<Sets>,
    /// Random, so that nobody can choose ids that collide.
    hashers: [RandomState; 2],
}

/// An event of a project: the bits of its id, turned by the project's own.
type Key = u128;

#[derive(Debug)]
struct Sets {
    young: HashSet<Key, RandomState>,
    old: HashSet<Key, RandomState>,
    capacity: usize,
    epoch: u64,
}

/// The events of one project, for the time of one batch.
#[derive(Debug)]
pub struct OfProject<'a> {
    sets: MutexGuard<'a, Sets>,
    project: u128,
}

impl Recent {
    /// Remembers up to `capacity` events.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.div_ceil(2);
        let set = || HashSet::with_capacity_and_hasher(capacity, RandomState::default());
        let sets = Sets { young: set(), old: set(), capacity, epoch: 0 };
        let hashers = [RandomState::default(), RandomState::default()];
        Self { sets: Mutex::new(sets), hashers }
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
        let [high, low] = self.hashers.each_ref().map(|hasher| hasher.hash_one(project));
        OfProject { sets, project: u128::from(high) << 64 | u128::from(low) }
    }
}

impl OfProject<'_> {
    fn key(&self, event: EventId) -> Key {
        u128::from_be_bytes(*event.as_bytes()) ^ self.project
    }

    /// Remembers an event. Returns whether it was new.
    pub fn insert(&mut self, event: EventId) -> bool {
        let key = self.key(event);
        let sets = &mut *self.sets;
        if sets.old.contains(&key) || !sets.young.insert(key) {
            return false;
        }
        if sets.young.len() >= sets.capacity {
            mem::swap(&mut sets.young, &mut sets.old);
            sets.young.clear();
        }
        true
    }

    /// Forgets an event that is not safe after all.
    pub fn remove(&mut self, event: EventId) {
        let key = self.key(event);
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
        assert!(!of.insert(event(2)));
        assert!(of.insert(event(4)));
        assert!(!of.insert(event(3)));
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
