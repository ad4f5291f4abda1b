//! Takes secrets out of text: the one scrubber, run in the browser and again in the collector.
//!
//! What it knows:
//!
//! - **Payment cards**: 13 to 19 digits as an issuer gives them, with the check digit of ISO/IEC
//!   7812, in groups of any size with up to three of whatever is no letter between them.
//! - **National ids**: social security and individual taxpayer numbers of the US, in their three
//!   groups, and resident ids of China by date of birth and check digit.
//! - **Telephones**: what follows a `+`; 3-3-4 groups as in North America; mobile numbers of China;
//!   groups that begin with `0` or `00`. Ten digits in one run are an order number to it.
//! - **E-mail addresses**, also with their `@` escaped.
//! - **Tokens and keys**: JSON Web Tokens, keys of well-known services, long hexadecimal numbers,
//!   and words of 26 or more characters that look as if they were drawn by lot.
//!
//! Digits, spaces and dashes of other scripts, and those that an address escapes, count as what
//! they stand for. Order numbers, versions, dates, prices, slugs and UUIDs survive, and so do ids
//! that are known by their shape. Of what is drawn by lot from URL-safe base 64, 1 of 100 words of
//! 32 characters passes, 2 of 1,000 of 43, and nearly none of 64; of 28 characters all do without a
//! hyphen or low line, because Firebase's ids are such.
//!
//! **Invariant:** scrubbing twice gives the same as scrubbing once.

mod number;
mod sign;
mod token;

pub use token::is_secret;

use sign::{is_letter, sign};
use std::borrow::Cow;

/// What stands in the place of an e-mail address.
pub const EMAIL: &str = "[email]";
/// What stands in the place of a card number.
pub const CARD: &str = "[card]";
/// What stands in the place of a national id.
pub const NATIONAL_ID: &str = "[id]";
/// What stands in the place of a telephone number.
pub const PHONE: &str = "[phone]";
/// What stands in the place of a token or key.
pub const TOKEN: &str = "[token]";

/// The name of the property that holds the domain of an e-mail address: all that is kept of it.
pub const EMAIL_DOMAIN: &str = "email_domain";

/// Bytes of a text that are looked at before it is cut to what may be kept.
const LOOKED_AT: usize = 4_096;

/// The domain of a text of which nothing but [`EMAIL`] is left; none if its `@` is an escape.
pub fn domain(address: &str) -> Option<&str> {
    address.get(address.len() - domain_bytes(address.as_bytes())?.len()..)
}

/// As [`domain`], of UTF-8.
pub fn domain_bytes(address: &[u8]) -> Option<&[u8]> {
    address.rsplit(|b| *b == b'@').next().filter(|domain| domain.len() < address.len())
}

/// The text without what looks like a secret.
pub fn scrub(text: &str) -> Cow<'_, str> {
    scrub_within(text, usize::MAX)
}

/// The text without what looks like a secret, and at most `bytes` long. It is scrubbed before it
/// is cut: half a card number would no longer be known as one.
pub fn scrub_within(text: &str, bytes: usize) -> Cow<'_, str> {
    match scrub_bytes(text.as_bytes(), bytes) {
        Cow::Borrowed(kept) => Cow::Borrowed(&text[..kept.len()]),
        Cow::Owned(scrubbed) => Cow::Owned(String::from_utf8(scrubbed).unwrap_or_default()),
    }
}

/// As [`scrub_within`], of UTF-8: what takes texts apart by their bytes needs no proof that each
/// piece is a text.
pub fn scrub_bytes(text: &[u8], bytes: usize) -> Cow<'_, [u8]> {
    let mut text = &text[..floor(text, LOOKED_AT.max(bytes))];
    let mut scrubbed = None;
    if is_suspect(text) {
        // Without one secret, what stood around it may be another. Each round takes away what is
        // in no label, so this ends.
        while let Some(next) = without(scrubbed.as_deref().unwrap_or(text)) {
            scrubbed = Some(next);
        }
    }
    match scrubbed {
        Some(mut scrubbed) => {
            scrubbed.truncate(floor(&scrubbed, bytes));
            Cow::Owned(scrubbed)
        }
        None => {
            text = &text[..floor(text, bytes)];
            Cow::Borrowed(text)
        }
    }
}

/// The end of a text of at most so many bytes that cuts no character in two.
fn floor(text: &[u8], mut bytes: usize) -> usize {
    while text.get(bytes).is_some_and(|b| b & 0xc0 == 0x80) {
        bytes -= 1;
    }
    bytes.min(text.len())
}

/// Whether a text could hold any secret at all; most do not, and stay borrowed.
fn is_suspect(text: &[u8]) -> bool {
    let (mut n_digits, mut run) = (0, 0);
    text.iter().any(|b| {
        // Digits of Arabic begin with one of these, full-width signs with 0xef.
        n_digits += u32::from(b.is_ascii_digit() || matches!(b, 0xd9 | 0xdb));
        let is_end = matches!(b, b' ' | b'/');
        run = if is_end { 0 } else { run + 1 };
        matches!(b, b'@' | b'%' | 0xef) || n_digits >= 9 || run >= token::KEY_BYTES
    })
}

/// The text without the secrets that are seen in one go; nothing if there are none.
fn without(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut at, mut written) = (0, 0);
    // The two signs before.
    let mut before = [b' '; 2];
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (sign, mut length) = sign(rest);
        let mut label = "";
        if !is_word(before[1]) {
            let word = word(rest);
            label = if is_email(word) {
                EMAIL
            } else if token::is_token(word) {
                TOKEN
            } else {
                ""
            };
            length = if label.is_empty() { length } else { word.len() };
        }
        if label.is_empty() {
            // No number of those is in a UUID, though it may look so.
            let is_number = sign.is_ascii_digit() && !before[1].is_ascii_digit() || sign == b'+';
            let n;
            (n, label) = if is_uuid(rest) {
                (36, "")
            } else if is_number {
                number::longest(rest, before)
            } else {
                (0, "")
            };
            length = length.max(n);
        }
        before = [before[1], sign];
        if !label.is_empty() {
            out.extend_from_slice(&bytes[written..at]);
            out.extend_from_slice(label.as_bytes());
            written = at + length;
            before[1] = b']';
        }
        at += length;
    }
    if written == 0 {
        return None;
    }
    out.extend_from_slice(&bytes[written..]);
    Some(out)
}

/// The word that a text begins with: the signs that e-mail addresses and tokens are made of.
fn word(text: &[u8]) -> &[u8] {
    let mut at = 0;
    loop {
        let (sign, length) = sign(&text[at..]);
        if !is_word(sign) {
            return &text[..at];
        }
        at += length;
    }
}

fn is_word(sign: u8) -> bool {
    is_letter(sign)
        || sign.is_ascii_digit()
        || matches!(sign, b'@' | b'.' | b'_' | b'-' | b'+' | b'%' | b'=')
}

/// Whether an address is in a word; `@` may be escaped twice.
fn is_email(word: &[u8]) -> bool {
    (1..word.len()).any(|at| {
        let (sign, n) = sign(&word[at..]);
        let host = match sign {
            b'@' => &word[at + n..],
            b'%' => word[at + n..].strip_prefix(b"40").unwrap_or_default(),
            _ => &[],
        };
        // After the `@` of a package stands a version.
        let is_label = |b: u8| b != b'.' && !b.is_ascii_digit();
        host.first().is_some_and(|b| *b != b'.')
            && host.windows(2).any(|pair| pair[0] == b'.' && is_label(pair[1]))
    })
}

/// Whether a text begins with a UUID.
fn is_uuid(text: &[u8]) -> bool {
    let is_of = |n: usize| match n {
        8 | 13 | 18 | 23 => text[n] == b'-',
        _ => text[n].is_ascii_hexdigit(),
    };
    text.len() > 35 && (0..36).all(is_of)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
