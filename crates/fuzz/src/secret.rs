//! Secrets as people write them, each choice by a byte.

use crate::{Bytes, card};

/// What may stand between the groups of a card's digits.
const SEPARATORS: [&str; 15] =
    ["", " ", "-", ".", "/", "_", ")(", ") (", " - ", "\u{a0}", "\u{202f}", "–", "%20", "·", "  "];

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A secret that the scrubber promises to know.
pub fn secret(bytes: &mut Bytes<'_>) -> String {
    match bytes.below(6) {
        0 | 1 => written_card(bytes),
        2 => resident(bytes),
        3 => social_security(bytes),
        4 => email(bytes),
        _ => token(bytes),
    }
}

/// A card in groups of one size, whichever, with one kind of separator, in digits of either width.
/// (Groups of many sizes may be those of a moment, a year among pairs, which is no card.)
fn written_card(bytes: &mut Bytes<'_>) -> String {
    let issuer = bytes.byte().into();
    let digits = card::number(|n| bytes.digits(n), issuer);
    let separator = *bytes.one_of(&SEPARATORS);
    let is_wide = bytes.below(4) == 0;
    let size = 1 + bytes.below(19) as usize;
    let mut text = String::new();
    for (n, digit) in digits.into_iter().enumerate() {
        if n > 0 && n % size == 0 {
            text.push_str(separator);
        }
        let zero = if is_wide { 0xff10 } else { u32::from(b'0') };
        text.extend(char::from_u32(zero + u32::from(digit)));
    }
    text
}

/// A resident id of China, GB 11643.
fn resident(bytes: &mut Bytes<'_>) -> String {
    let place = 110_000 + bytes.below(65_000) * 10;
    let (year, month, day) = (1_930 + bytes.below(90), 1 + bytes.below(12), 1 + bytes.below(28));
    let serial = bytes.below(1_000);
    let head = format!("{place}{year}{month:02}{day:02}{serial:03}");
    // Weights of 2 to the power of the place, from the right.
    let sum: u32 = head
        .bytes()
        .rev()
        .zip(1_u32..)
        .map(|(b, place)| u32::from(b - b'0') * (1 << place) % 11)
        .sum();
    match (12 - sum % 11) % 11 {
        10 => head + "X",
        check => format!("{head}{check}"),
    }
}

fn social_security(bytes: &mut Bytes<'_>) -> String {
    let area = match 1 + bytes.below(898) {
        666 => 667,
        area => area,
    };
    let separator = bytes.one_of(&["-", " ", "\u{a0}", ".", "–", "%20", "_"]);
    let (group, serial) = (1 + bytes.below(99), 1 + bytes.below(9_999));
    format!("{area:03}{separator}{group:02}{separator}{serial:04}")
}

fn email(bytes: &mut Bytes<'_>) -> String {
    let n = 1 + bytes.below(8) as usize;
    let name = bytes.word(LOWER, n);
    let at = bytes.one_of(&["@", "%40", "＠"]);
    let n = 1 + bytes.below(8) as usize;
    let host = bytes.word(LOWER, n);
    let end = bytes.one_of(&["com", "co.uk", "example", "テスト"]);
    format!("{name}{at}{host}.{end}")
}

fn token(bytes: &mut Bytes<'_>) -> String {
    match bytes.below(4) {
        0 => {
            let n = 16 + 4 * bytes.below(4) as usize;
            format!(
                "eyJ{}.eyJ{}.{}",
                bytes.word(BASE_64, n),
                bytes.word(BASE_64, n),
                bytes.word(BASE_64, n)
            )
        }
        1 => format!("AKIA{}", bytes.word(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        2 => (0..16).map(|_| bytes.word(b"0123456789", 1) + &bytes.word(b"abcdef", 1)).collect(),
        _ => {
            // Hexadecimal, as sessions and resets are, and never one digit alone.
            let head = bytes.word(b"abcdef", 1) + &bytes.word(b"0123456789", 1);
            head + &bytes.word(HEX, 38)
        }
    }
}

/// Plain words, such as stand around secrets and are none.
pub fn words(bytes: &mut Bytes<'_>) -> String {
    const WORDS: [&str; 14] = [
        "", "Pay with", "nr:", "支付", "（", "edit", "Bearer", "Order 12", "v4.2", "now.", "“",
        "50 %", "/pay/", "\"}",
    ];
    let n = bytes.below(4);
    (0..n).map(|_| *bytes.one_of(&WORDS)).collect::<Vec<_>>().join(" ")
}
