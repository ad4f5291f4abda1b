//! Stretches one seed of real randomness over the life of a page.
//!
//! The browser's own generator is asked once, not for every click. Ids need to be unique, not
//! secret, so xoshiro256++ (Blackman and Vigna) is enough.

/// A stream of numbers out of a seed.
#[derive(Debug)]
pub(crate) struct Random([u64; 4]);

impl Random {
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        let mut state = [0; 4];
        for (word, bytes) in state.iter_mut().zip(seed.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // The one seed that would only ever give zeros.
        state[0] |= u64::from(state == [0; 4]);
        Self(state)
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// Ten bytes, as an event id takes them.
    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_le_bytes());
        bytes[8..].copy_from_slice(&self.next().to_le_bytes()[..2]);
        bytes
    }

    /// A number from 0 to 255.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[7]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut seed = [0; 32];
        for word in 0..4 {
            seed[word * 8] = u8::try_from(word + 1).unwrap();
        }
        let mut random = Random::from_seed(seed);
        assert_eq!([random.next(), random.next()], [41_943_041, 58_720_359]);
    }

    #[test]
    fn the_empty_seed_is_no_trap() {
        let mut random = Random::from_seed([0; 32]);
        assert_ne!(random.bytes(), random.bytes());
    }
}
