//! Knows numbers that are somebody's: payment cards, national ids, telephones.
//!
//! A number is read once, digit by digit, through whatever stands between its groups, and judged
//! at the end of each group by all that was learnt on the way.

use super::sign::{is_letter, sign};
use super::{CARD, NATIONAL_ID, PHONE};

/// Characters that may stand between two digits.
const GAP: u32 = 3;
/// Digits of the longest card.
const DIGITS: u32 = 19;

/// How many bytes the longest such number at the beginning takes, and what stands in its place;
/// `before` are the two signs before it.
pub(super) fn longest(bytes: &[u8], before: [u8; 2]) -> (usize, &'static str) {
    let (first, start) = sign(bytes);
    let is_plus = first == b'+';
    let is_chained = is_chain(before[1]) && before[0].is_ascii_digit();
    let is_glued = before[1].is_ascii_alphanumeric();
    let (mut number, mut longest) = (Number::default(), (0, ""));
    let (mut at, mut gap) = (if is_plus { start } else { 0 }, 0);
    while number.n < DIGITS && gap <= GAP {
        let (it, length) = sign(&bytes[at..]);
        at += length;
        let is_check = number.n == 17 && it | 0x20 == b'x';
        if !it.is_ascii_digit() && !is_check {
            // What follows a plus is another number.
            if is_letter(it) || it == b'+' || length == 0 {
                break;
            }
            gap += 1;
            number.part(it);
            continue;
        }
        gap = 0;
        number.push(if is_check { 10 } else { it - b'0' });
        let (next, n) = sign(&bytes[at..]);
        if next.is_ascii_digit() {
            continue;
        }
        number.end();
        let goes_on = is_chain(next) && sign(&bytes[at + n..]).0.is_ascii_digit();
        let is_in_word = number.shape < 32 && (is_glued || next.is_ascii_alphabetic());
        let is_free = !(is_chained || goes_on || is_in_word);
        if number.is_card() {
            longest = (at, CARD);
        } else if number.is_resident() || is_free && number.is_social_security() {
            longest = (at, NATIONAL_ID);
        } else if !number.is_odd
            && (is_plus && !is_glued && number.n > 8 && number.n < 16
                || is_free && number.is_phone())
        {
            longest = (at, PHONE);
        }
    }
    longest
}

/// Whether it links the parts of an order number or of a version.
const fn is_chain(sign: u8) -> bool {
    matches!(sign, b'-' | b'.')
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
    /// Whether the next digit begins a group.
    is_parted: bool,
    /// What stands between the first two groups, and whether anything else does between others.
    mark: u8,
    is_mixed: bool,
    /// Whether anything stands there that does not in a telephone.
    is_odd: bool,
    /// Groups that may be a year, and those of two digits.
    n_years: u32,
    n_pairs: u32,
    /// The sum of ISO/IEC 7812, annex B, if the last digit is the check digit, and if it is the
    /// one before.
    sum: u64,
    other: u64,
    /// The remainder of ISO 7064, MOD 11-2.
    rest: u64,
}

impl Number {
    fn part(&mut self, sign: u8) {
        if self.n == 0 {
            return;
        }
        self.is_parted = true;
        self.is_mixed |= self.mark != 0 && self.mark != sign;
        self.mark = sign;
        self.is_odd |= !matches!(sign, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'_');
    }

    fn push(&mut self, digit: u8) {
        let digit = u64::from(digit);
        self.n += 1;
        if self.n < 5 {
            self.first = self.first * 10 + digit;
        }
        if self.is_parted {
            self.shape <<= 5;
        }
        self.is_parted = false;
        self.shape += 1;
        self.value = self.value * 10 + digit;
        (self.sum, self.other) =
            (self.other + digit, self.sum + digit * 2 - u64::from(digit > 4) * 9);
        self.rest = (self.rest * 2 + digit) % 11;
    }

    fn end(&mut self) {
        let size = self.shape & 31;
        self.n_years += u32::from(size == 4 && matches!(self.value / 100 % 100, 19 | 20));
        self.n_pairs += u32::from(size == 2);
    }

    /// A payment card: what an issuer's numbers begin with, how long they are, and the check digit.
    /// A moment has a year, and besides it a day and a month.
    fn is_card(&self) -> bool {
        let lengths: u32 = match self.first {
            4000..5000 => 1 << 13 | 1 << 16 | 1 << 19,
            3000..3100 | 3400..4000 => 1 << 14 | 1 << 15 | 1 << 16 | 1 << 19,
            2200..2721 | 5000..6000 => 1 << 16 | 1 << 18 | 1 << 19,
            6000..7000 | 8100..8172 => 0xf << 16,
            _ => 0,
        };
        lengths >> self.n & 1 > 0
            && self.sum.is_multiple_of(10)
            && !(self.n_years > 0 && self.n_pairs > 1)
    }

    /// A resident id of China: a year of birth in its place, and the check digit.
    fn is_resident(&self) -> bool {
        self.n == 18 && self.rest == 1 && matches!(self.value / 10_000_000_000 % 100, 19 | 20)
    }

    /// A number of the social security of the US, or one that its tax office gives instead.
    fn is_social_security(&self) -> bool {
        let (area, group) = (self.value / 1_000_000, self.value / 10_000 % 100);
        let is_given = area > 0 && area != 666 && if area < 900 { group > 0 } else { group > 49 };
        self.shape == SOCIAL_SECURITY
            && !self.is_odd
            && is_given
            && !self.value.is_multiple_of(10_000)
    }

    /// A telephone as it is written at home: of North America, a mobile one of China, or one with
    /// a `0` or `00` before it, in groups.
    fn is_phone(&self) -> bool {
        let Self { shape, first, .. } = *self;
        let n_groups = (64 - shape.leading_zeros()).div_ceil(5);
        matches!(shape, AMERICA | AMERICA_ABROAD)
            || matches!(shape, 11 | CHINA) && first > 1_299 && first < 2_000
            || first < 1_000
                && first > 9
                && self.n > 8
                && self.n < 16
                && n_groups > 1 + u32::from(first < 100)
                && n_groups < 7
                && shape >> (5 * n_groups - 5) > 1
                && !(self.n_pairs > 0
                    && (self.n_years > 0 || self.n_pairs == n_groups && self.is_mixed))
    }
}

const SOCIAL_SECURITY: u64 = shape(&[3, 2, 4]);
const AMERICA: u64 = shape(&[3, 3, 4]);
const AMERICA_ABROAD: u64 = shape(&[1, 3, 3, 4]);
const CHINA: u64 = shape(&[3, 4, 4]);

/// The shape of groups of so many digits.
const fn shape(groups: &[u64]) -> u64 {
    let (mut shape, mut n) = (0, 0);
    while n < groups.len() {
        shape = shape << 5 | groups[n];
        n += 1;
    }
    shape
}
