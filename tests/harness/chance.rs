//! Random choices that a seed repeats.

/// A source of choices: `SplitMix64`, which is good enough to choose by and has no state but a number.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The source that this seed stands for.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another source, for somebody who chooses at the same time.
    pub fn branch(&mut self) -> Self {
        Self(self.number())
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` up to, not including, `to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.number() % to.saturating_sub(from).max(1)
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.between(0, n) == 0
    }

    /// One of these, which must not be none.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let at = usize::try_from(self.number()).unwrap_or(usize::MAX) % of.len();
        of[at]
    }

    /// Bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number().to_le_bytes()[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_choices_and_no_other_does() {
        let choices = |seed| {
            let mut chance = Chance::new(seed);
            [chance.number(), chance.branch().number(), chance.between(5, 9)]
        };
        assert_eq!(choices(1), choices(1));
        assert_ne!(choices(1), choices(2));
        assert!((5..9).contains(&choices(3)[2]));
    }
}
