//! Knows tokens and keys, by what they begin with and by how they look.

use super::scrub_bytes;
use std::borrow::Cow;

/// Bytes that a word has at least which is a token because it looks random. Ids that are drawn
/// by lot are mostly shorter: 24 of `MongoDB`, 25 of CUIDs.
const TOKEN_BYTES: usize = 26;

/// Bytes of a part that is a token whatever stands before it: no id is drawn by lot that long.
const LONG: usize = 32;

/// Bytes of the shortest key.
pub(super) const KEY_BYTES: usize = 20;

/// Whether there is a token in a text, with whatever is written before it: a key, a word that looks
/// random, or a JSON Web Token, which begins with `eyJ`, `{"` in base 64.
pub(super) fn is_token(text: &[u8]) -> bool {
    has_key(text)
        || text.split(|b| matches!(b, b' ' | b'.' | b':' | b'|' | b'%')).any(|word| {
            word.len() >= TOKEN_BYTES && is_random(word)
                || word.len() >= 16 && word.starts_with(b"eyJ")
                || parts(word).any(|part| part.len() >= LONG && n_random(part) * 3 > part.len() * 2)
        })
}

/// Whether a key of a well-known service begins somewhere. What the names of classes and labels
/// begin with, too, is one only with something behind it that no person writes.
fn has_key(text: &[u8]) -> bool {
    let is_drawn = |part: &[u8]| part.len() > 15 && !part.iter().all(u8::is_ascii_lowercase);
    let signs = text.iter().fold(0, |signs, b| match b {
        b'0'..=b'9' => signs | 1,
        b'A'..=b'Z' => signs | 2,
        b'a'..=b'z' => signs | 4,
        _ => signs,
    });
    let begins = |at: usize| at == 0 || !text[at - 1].is_ascii_alphanumeric();
    text.len() >= KEY_BYTES
        && (signs == 7 || parts(text).any(is_drawn))
        && (0..text.len()).any(|at| begins(at) && is_key(&text[at..]))
}

/// Whether a text begins with what such keys begin with.
fn is_key(text: &[u8]) -> bool {
    KEYS.as_bytes().split(|b| *b == b',').any(|key| text.starts_with(key))
}

fn parts(word: &[u8]) -> impl Iterator<Item = &[u8]> {
    word.split(|b| !b.is_ascii_alphanumeric())
}

/// Whether a word looks as if it was drawn by lot: base 64, 62, 36 or 32, or hexadecimal digits in
/// one run. Slugs, UUIDs and order numbers have parts that do not. What is escaped by `%` is text.
fn is_random(word: &[u8]) -> bool {
    let (mut n, mut sum, mut others) = (0, 0, 0);
    let mut last: &[u8] = &[];
    for part in parts(word) {
        others = sum;
        n += part.len();
        sum += n_random(part);
        last = part;
    }
    let has_name = n - last.len() > 1 && word[0] > b'Z';
    sum * 3 > n * 2 && !(others == 0 && is_known_id(last, has_name))
}

/// How many of some letters and digits look as if they were drawn by lot: the more, the more often
/// digits, small and great letters change. They do so less in words, `CamelCase` and years.
/// Hexadecimal digits count all in a long run, and else not at all: those of a UUID, of a `MongoDB`
/// id and at the end of a slug are none.
fn n_random(part: &[u8]) -> usize {
    // Beyond digits come great letters, and then small ones.
    let (mut n, mut before, mut is_hex) = (0, 0, true);
    for b in part {
        if before != 0 && (*b <= b'9') != (before <= b'9') {
            n += 6;
        } else if before > b'Z' && *b <= b'Z' {
            n += 3;
        }
        is_hex &= *b | 0x20 <= b'f';
        before = *b;
    }
    match part.len() {
        ..25 if is_hex => 0,
        length if is_hex && n > 0 => length,
        length => n.min(length),
    }
}

/// Ids that are drawn by lot and known by their shape: short ones behind a name, such as those of
/// Stripe; ULIDs of this age, which begin with `01`; KSUIDs behind a name, such as those of Clerk;
/// and those of Firebase, 28 letters and digits.
fn is_known_id(id: &[u8], has_name: bool) -> bool {
    match id.len() {
        26 => id.starts_with(b"01"),
        27 => has_name && id[0] < b'4',
        28 => !has_name,
        n => n < TOKEN_BYTES && has_name,
    }
}

/// What keys of well-known services, and our own, begin with, and secrets that say what they are.
const KEYS: &str =
    "sk_,sk-,pk_,rk_,wk_,ghp_,github_,glpat-,xox,AKIA,ASIA,AIza,ya29.,whsec_,Basic ,Bearer ";

/// Whether a text as a whole is a secret, so that it can be nobody's id.
///
/// A key is one, a token with whatever is written before it, a card number and a national id. An
/// e-mail address is none, and neither is a telephone number.
pub fn is_secret(text: impl AsRef<[u8]>) -> bool {
    let text = text.as_ref();
    let is_label = |pair: &[u8]| pair[0] == b'[' && matches!(pair[1], b'c' | b'i' | b't');
    is_key(text)
        || matches!(scrub_bytes(text, usize::MAX), Cow::Owned(left) if left.windows(2).any(is_label))
}
