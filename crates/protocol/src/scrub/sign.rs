//! Reads characters as the ASCII signs that they stand for.
//!
//! Addresses escape bytes (`%40`), and keyboards of other scripts have digits, spaces and dashes
//! of their own. Whoever writes a number by them means the same number.

/// What stands for a letter that has no sign in ASCII.
const LETTER: u8 = 0x80;
/// What stands for punctuation that has no sign in ASCII.
const OTHER: u8 = b'|';

/// The sign that the first character stands for, and how many bytes it takes: none at the end.
///
/// The tables of Unicode weigh more in the browser than all of the scrubber, so beyond ASCII
/// everything is a letter that is not in a block of punctuation.
pub(super) fn sign(text: &[u8]) -> (u8, usize) {
    let (first, mut length) = byte(text);
    let n_more = match first {
        ..0x80 => return (first, length),
        0x80..0xe0 => 1,
        0xe0..0xf0 => 2,
        _ => 3,
    };
    let mut c = u32::from(first & (0x3f >> n_more));
    for _ in 0..n_more {
        let (next, n) = byte(&text[length..]);
        if next & 0xc0 != 0x80 {
            break;
        }
        (c, length) = (c << 6 | u32::from(next & 0x3f), length + n);
    }
    #[allow(clippy::cast_possible_truncation, reason = "the ranges keep them below 128")]
    let sign = match c {
        0xff01..=0xff5e => (c - 0xfee0) as u8,
        0x660..=0x669 => (c - 0x660) as u8 + b'0',
        0x6f0..=0x6f9 => (c - 0x6f0) as u8 + b'0',
        0xa0 | 0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f | 0x3000 | 0xfeff => b' ',
        0x2010..=0x2015 | 0x2212 => b'-',
        0x80..=0xbf | 0x2016..=0x205e | 0x3001..=0x303f => OTHER,
        _ => LETTER,
    };
    (sign, length)
}

/// Whether it is a letter, of whatever script.
pub(super) const fn is_letter(sign: u8) -> bool {
    sign.is_ascii_alphabetic() || sign == LETTER
}

/// The first byte, which may be escaped, and how many bytes it takes.
fn byte(text: &[u8]) -> (u8, usize) {
    if let [b'%', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return (high << 4 | low, 3);
    }
    text.first().map_or((0, 0), |byte| (*byte, 1))
}

const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' | b'A'..=b'F' => Some((byte | 0x20) - b'a' + 10),
        _ => None,
    }
}
