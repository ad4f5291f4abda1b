//! Knows numbers that are somebody's: payment cards, national ids, telephones.
//!
//! A number is read once, digit by digit, through whatever stands between its groups, and judged
//! at the end of each group by all that was learnt on the way.

use super::sign::{hex, is_letter, sign};
use super::{CARD, NATIONAL_ID, PHONE};

/// The text without such numbers, telephones only if asked for; nothing if there are none.
pub(super) fn without(text: &str, with_phones: bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut from) = (0, 0);
    // The two signs before.
    let mut before = [b' '; 2];
    while at < bytes.len() {
        let (sign, mut length) = sign(&bytes[at..]);
        if !before[1].is_ascii_alphanumeric() && is_uuid(&bytes[at..]) {
            (length, before) = (36, [b' ', b'0']);
        } else {
            let is_start = sign.is_ascii_digit() && !before[1].is_ascii_digit();
            if is_start || sign == b'+' {
                let (n, label) = longest(&bytes[at..], before);
                if n > 0 && (with_phones || label != PHONE) {
                    out.push_str(&text[from..at]);
                    out.push_str(label);
                    (from, length) = (at + n, n);
                }
            }
            before = [before[1], if from > at { b']' } else { sign }];
        }
        at += length;
    }
    (from > 0).then(|| out + &text[from..])
}

/// Whether 36 bytes have the form of a UUID, which holds no such number, though it may look so.
fn is_uuid(bytes: &[u8]) -> bool {
    let is_of = |(n, byte): (usize, &u8)| match n {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => hex(*byte).is_some(),
    };
    bytes.len() >= 36 && bytes[..36].iter().enumerate().all(is_of)
}

/// Characters that may stand between two digits.
const GAP: u32 = 3;
/// Digits of the longest card.
const DIGITS: u32 = 19;

const SPACE: u8 = 1;
const DASH: u8 = 2;
const DOT: u8 = 4;
const SLASH: u8 = 8;
const BRACKET: u8 = 16;
const LINE: u8 = 32;
const OTHER: u8 = 64;

/// How many bytes the longest such number at the beginning takes, and what stands in its place.
fn longest(bytes: &[u8], before: [u8; 2]) -> (usize, &'static str) {
    let (first, start) = sign(bytes);
    let is_plus = first == b'+';
    let is_chained = is_chain(before[1]) && before[0].is_ascii_digit();
    let is_glued = before[1].is_ascii_alphanumeric();
    let (mut number, mut longest) = (Number::default(), (0, ""));
    let (mut at, mut gap) = (if is_plus { start } else { 0 }, 0);
    while number.n < DIGITS && gap <= GAP {
        let (it, length) = sign(&bytes[at..]);
        at += length;
        if !it.is_ascii_digit() && !(number.n == 17 && it | 0x20 == b'x') {
            // What follows a plus is another number.
            if is_letter(it) || it == b'+' || length == 0 {
                break;
            }
            gap += 1;
            number.marks |= mark(it) * u8::from(number.n > 0);
            continue;
        }
        number.push(it, gap > 0);
        gap = 0;
        let (next, n) = sign(&bytes[at..]);
        if next.is_ascii_digit() {
            continue;
        }
        let goes_on = is_chain(next) && sign(&bytes[at + n..]).0.is_ascii_digit();
        let is_one = number.shape < 32;
        let is_in_word = is_one && (is_glued || next.is_ascii_alphabetic());
        let is_free = !(is_chained || goes_on || is_in_word);
        if number.is_card() {
            longest = (at, CARD);
        } else if number.is_resident() || is_free && number.is_social_security() {
            longest = (at, NATIONAL_ID);
        } else if is_plus && !is_glued && number.is_international()
            || is_free && number.is_phone()
        {
            longest = (at, PHONE);
        }
        // The check digit that is a letter is the last.
        if !it.is_ascii_digit() {
            break;
        }
    }
    longest
}

/// Whether it links the parts of an order number or of a version.
const fn is_chain(sign: u8) -> bool {
    matches!(sign, b'-' | b'.')
}

const fn mark(sign: u8) -> u8 {
    match sign {
        b' ' => SPACE,
        b'-' => DASH,
        b'.' => DOT,
        b'/' => SLASH,
        b'(' | b')' => BRACKET,
        b'_' => LINE,
        _ => OTHER,
    }
}

/// What is known of a number up to some digit.
#[derive(Debug, Default)]
struct Number {
    /// How many digits.
    n: u32,
    /// All of them.
    value: u64,
    /// The first four.
    first: u64,
    /// How many digits each group has, five bits a group, the last in the lowest.
    shape: u64,
    /// What its last two groups are.
    groups: [u64; 2],
    /// Whether some two groups look like a year and a month.
    is_date: bool,
    /// Groups of one or two digits before the last.
    n_short: u32,
    /// What stands between groups.
    marks: u8,
    /// The sum of ISO/IEC 7812, annex B, if the last digit is the check digit, and if it is the
    /// one before.
    sums: [u64; 2],
    /// The remainder of ISO 7064, MOD 11-2.
    rest: u64,
}

impl Number {
    fn push(&mut self, sign: u8, is_new_group: bool) {
        let digit = u64::from(hex(sign).unwrap_or(10));
        self.n += 1;
        if self.n < 5 {
            self.first = self.first * 10 + digit;
        }
        if is_new_group {
            self.is_date = self.has_date();
            self.n_short += u32::from(self.shape & 31 < 3);
            self.shape <<= 5;
            self.groups = [self.groups[1], 0];
        }
        self.shape += 1;
        self.groups[1] = self.groups[1] * 10 + digit;
        self.value = self.value * 10 + digit;
        let [sum, other] = self.sums;
        self.sums = [other + digit, sum + digit * 2 - u64::from(digit > 4) * 9];
        self.rest = (self.rest * 2 + digit) % 11;
    }

    /// Whether a year stands beside a month or a day.
    fn has_date(&self) -> bool {
        let [before, last] = self.groups;
        let [n_before, n_last] = [self.shape >> 5 & 31, self.shape & 31];
        let is_year = |n, value| n == 4 && (1900..2100).contains(&value);
        let is_day = |n| n == 1 || n == 2;
        self.is_date
            || is_year(n_before, before) && is_day(n_last)
            || is_year(n_last, last) && is_day(n_before)
    }

    /// A payment card: what an issuer's numbers begin with, how long they are, and the check digit.
    fn is_card(&self) -> bool {
        let n = self.n;
        let is_issued = match self.first {
            4000..5000 => matches!(n, 13 | 16 | 19),
            3400..3500 | 3700..3800 => n == 15,
            3000..3060 | 3095 | 3600..3700 | 3800..4000 => matches!(n, 14 | 16 | 19),
            2200..2205 | 2221..2721 | 3528..3590 | 5000..6000 => matches!(n, 16 | 18 | 19),
            6000..7000 | 8100..8172 => n > 15,
            _ => false,
        };
        // A moment has a day beside its month; a card has one short group at most, or no year.
        let n_short = self.n_short + u32::from(self.shape & 31 < 3);
        is_issued && self.sums[0] % 10 == 0 && !(n_short > 1 && self.has_date())
    }

    /// A resident id of China: a place, a date of birth, and the check digit.
    fn is_resident(&self) -> bool {
        let part = |from, size| self.value / from % size;
        self.n == 18
            && self.rest == 1
            && (1900..2100).contains(&part(100_000_000, 10_000))
            && (1..13).contains(&part(1_000_000, 100))
            && (1..32).contains(&part(10_000, 100))
    }

    /// A number of the social security of the US, or one that its tax office gives instead.
    fn is_social_security(&self) -> bool {
        let (area, group, serial) =
            (self.value / 1_000_000, self.value / 10_000 % 100, self.value % 10_000);
        let is_given = match area {
            0 | 666 => false,
            900.. => matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99),
            _ => group > 0 && serial > 0,
        };
        self.shape == shape(&[3, 2, 4]) && self.marks < OTHER && is_given
    }

    /// What follows a `+`.
    const fn is_international(&self) -> bool {
        self.n > 8 && self.n < 16 && self.marks < LINE
    }

    /// A telephone as it is written at home: of North America, a mobile one of China, or one with
    /// a `0` or `00` before it, in groups.
    fn is_phone(&self) -> bool {
        let (n, marks) = (self.n, self.marks);
        let size = |group: u32| self.shape >> (5 * group);
        // The second digit is none either where a number counts something.
        let [is_trunk, is_abroad] = [100..1000, 10..100].map(|range| range.contains(&self.first));
        marks < LINE
            && !self.has_date()
            && (self.shape == shape(&[3, 3, 4])
                || self.shape == shape(&[1, 3, 3, 4]) && self.first < 2000
                || (self.shape == 11 || self.shape == shape(&[3, 4, 4]))
                    && (1300..2000).contains(&self.first)
                || is_trunk
                    && (9..13).contains(&n)
                    // Two to five groups, the first of two to five digits; pairs of a date differ.
                    && (1..5).any(|last| (2..6).contains(&size(last)))
                    && (self.shape != shape(&[2; 5]) || marks.is_power_of_two())
                || is_abroad
                    && (11..16).contains(&n)
                    && (size(3) > 0 || marks == SPACE && size(2) > 0))
    }
}

/// The shape of groups of so many digits.
const fn shape(groups: &[u64]) -> u64 {
    let (mut shape, mut n) = (0, 0);
    while n < groups.len() {
        shape = shape << 5 | groups[n];
        n += 1;
    }
    shape
}
