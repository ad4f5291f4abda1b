//! Gives each id its random bytes, over the life of a page.
//!
//! The browser's own generator is asked once, not for every click. Ids need to be unique, not
//! secret: those of one page differ by their place, and those of two by where these begin.

/// Ten bytes, counted up from real randomness.
#[derive(Debug)]
pub(crate) struct Random([u8; 10]);

impl Random {
    /// Begins with the lower bits of letters: four of one, and six of the next.
    pub(crate) fn from_letters(letters: &[u8]) -> Self {
        let mut bytes = [0; 10];
        for (n, letter) in letters.iter().enumerate().take(20) {
            bytes[n / 2] = bytes[n / 2] << 4 ^ letter;
        }
        Self(bytes)
    }

    /// Ten bytes, as an event id takes them.
    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        for byte in self.0.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte > 0 {
                break;
            }
        }
        self.0
    }

    /// A number from 0 to 255 that is another one on each page.
    pub(crate) const fn byte(&self) -> u8 {
        self.0[9]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_is_another_id_and_each_page_begins_elsewhere() {
        let mut page = Random::from_letters(b"ABCDEFGHIJKLMNOPQR_?");
        assert_eq!(page.0, [0x52, 0x74, 0x16, 0x38, 0xda, 0xfc, 0x9e, 0xa0, 0x42, 0xcf]);
        assert_eq!(page.bytes()[9], 0xd0);
        let mut end = Random([255; 10]);
        assert_eq!(end.bytes(), [0; 10]);
        assert_eq!(end.bytes()[9], 1);
    }
}
