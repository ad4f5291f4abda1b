//! Chance from a seed: the same choices on every machine.
//!
//! Each thing that is left to chance draws from a stream of its own, named by some numbers, so
//! that a change of one does not change the others.

use rand::Rng;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A stream of chance.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

/// The streams, by what they decide.
#[derive(Debug, Clone, Copy)]
pub enum Topic {
    /// Who there is.
    People = 1,
    /// What an account does in a week.
    Week,
    /// How the first week goes.
    FirstWeek,
    /// Who comes back later.
    Retention,
    /// Who uses a feature again on the sixth day.
    SixthDay,
    /// Who goes along the Smart path.
    SmartPath,
    /// What a day is in clicks.
    Session,
    /// What happens now.
    Live,
}

impl Random {
    /// The stream of a topic, for one place in it.
    pub fn of(seed: u64, topic: Topic, place: [u64; 2]) -> Self {
        let words = [topic as u64, place[0], place[1]];
        let mixed = words.iter().fold(mix(seed), |sum, word| mix(sum ^ mix(*word)));
        Self(ChaCha8Rng::seed_from_u64(mixed))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        if low >= high { low } else { self.0.random_range(low..=high) }
    }

    /// A number from 0 to 1.
    pub fn share(&mut self) -> f64 {
        self.0.random()
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// One of some things.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let n = i32::try_from(things.len()).unwrap_or(i32::MAX);
        let at = usize::try_from(self.between(0, n - 1)).unwrap_or(0);
        things.get(at)
    }

    /// One of some things, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, things: &[(T, u32)]) -> Option<T> {
        let total: u32 = things.iter().map(|(_, weight)| weight).sum();
        let mut left = self.share() * f64::from(total);
        let chosen = things.iter().find(|(_, weight)| {
            left -= f64::from(*weight);
            left < 0.0
        });
        chosen.or(things.last()).map(|(thing, _)| *thing)
    }

    /// Puts things into an order by chance.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        things.shuffle(&mut self.0);
    }

    /// Ten bytes for the id of an event.
    pub fn ten_bytes(&mut self) -> [u8; 10] {
        self.0.random()
    }
}

/// One step of `SplitMix64`.
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_itself_and_no_other() {
        let draw = |seed, place| {
            let mut random = Random::of(seed, Topic::Week, place);
            (0..8).map(|_| random.between(0, 1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, [2, 3]), draw(1, [2, 3]));
        assert_ne!(draw(1, [2, 3]), draw(1, [3, 2]));
        assert_ne!(draw(1, [2, 3]), draw(2, [2, 3]));
    }

    #[test]
    fn weights_decide() {
        let mut random = Random::of(7, Topic::Week, [0, 0]);
        let drawn: Vec<_> =
            (0..1_000).filter_map(|_| random.weighted(&[('a', 1), ('b', 0), ('c', 3)])).collect();
        let n = |letter| drawn.iter().filter(|drawn| **drawn == letter).count();
        assert_eq!((drawn.len(), n('b')), (1_000, 0));
        assert!((200..300).contains(&n('a')), "{}", n('a'));
    }
}
