//! Choices by the bytes of a fuzzer: a change of one of them is a change of one choice.

/// The bytes that are left to choose by.
#[derive(Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    /// The next byte; 0 where none is left.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below `n`, at most 65,536 of them.
    pub fn below(&mut self, n: u32) -> u32 {
        let choice = u32::from(self.byte()) << 8 | u32::from(self.byte());
        choice % n.max(1)
    }

    /// One of several, which are not none.
    pub fn one_of<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len() as u32) as usize]
    }

    /// So many decimal digits.
    pub fn digits(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.byte() % 10).collect()
    }

    /// So many signs of an alphabet.
    pub fn word(&mut self, alphabet: &[u8], n: usize) -> String {
        (0..n).map(|_| char::from(*self.one_of(alphabet))).collect()
    }
}
