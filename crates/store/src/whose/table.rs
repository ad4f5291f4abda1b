//! A table by hashes, which need no hashing again: a key stands where its lowest bits say, or in one
//! of the next places.

use std::hint;

/// Keys that are looked for together: what this takes is waiting for memory.
pub(super) const AT_ONCE: usize = 32;

/// The key of a place that is free; no hash is this one.
const FREE: u64 = 2;

/// At first, and always a power of two.
const N_PLACES: usize = 1 << 10;

/// Values by keys.
#[derive(Debug, Clone)]
pub(super) struct Table<V> {
    places: Vec<(u64, V)>,
    n: usize,
}

impl<V: Copy + Default> Default for Table<V> {
    fn default() -> Self {
        Self { places: vec![(FREE, V::default()); N_PLACES], n: 0 }
    }
}

impl<V: Copy + Default> Table<V> {
    /// Where a key stands, or would stand first.
    const fn home(&self, key: u64) -> usize {
        key as usize & (self.places.len() - 1)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: u64) -> Option<V> {
        let mut place = self.home(key);
        loop {
            match self.places[place] {
                (FREE, _) => return None,
                (there, value) if there == key => return Some(value),
                _ => place = (place + 1) & (self.places.len() - 1),
            }
        }
    }

    /// Gives a key its value, or another one.
    pub(super) fn put(&mut self, key: u64, value: V) {
        if 4 * self.n >= 3 * self.places.len() {
            let places = vec![(FREE, V::default()); 2 * self.places.len()];
            let before = std::mem::replace(self, Self { places, n: 0 });
            for (key, value) in before.places {
                if key != FREE {
                    self.put(key, value);
                }
            }
        }
        let mut place = self.home(key);
        while self.places[place].0 != FREE && self.places[place].0 != key {
            place = (place + 1) & (self.places.len() - 1);
        }
        self.n += usize::from(self.places[place].0 == FREE);
        self.places[place] = (key, value);
    }

    /// Brings keys into the cache.
    pub(super) fn look_for(&self, keys: &[u64]) {
        let there = |key: &u64| self.places[self.home(*key)].0;
        hint::black_box(keys.iter().map(there).fold(0, |all, there| all ^ there));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn values_are_found_however_many_there_are() {
        let mut table = Table::default();
        let mut expected = HashMap::new();
        for n in 0..5_000_u64 {
            // Some stand beside each other, and some come again.
            let spread = if n % 3 == 0 { 1 } else { 0x9e37_79b9_7f4a_7c15 };
            let key = (n % 4_001).wrapping_mul(spread).saturating_add(3);
            table.put(key, n);
            expected.insert(key, n);
        }
        assert_eq!(table.n, expected.len());
        table.look_for(&[0, 1, FREE, u64::MAX]);
        assert!(expected.iter().all(|(key, n)| table.get(*key) == Some(*n)));
        assert!([0, 1, FREE, u64::MAX].iter().all(|key| table.get(*key).is_none()));
    }
}
