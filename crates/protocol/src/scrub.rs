//! Takes secrets out of text: the one scrubber, run in the browser and again in the collector.
//!
//! What it knows: e-mail addresses, payment card numbers (13 to 19 digits with any separators
//! that satisfy the Luhn check of ISO/IEC 7812), and tokens (JSON Web Tokens, and words of 26 or
//! more characters that look as if they were drawn by lot). Order numbers, versions, dates, slugs
//! and UUIDs survive, and so do ids that are known by their shape. Of what is drawn by lot from
//! URL-safe base 64, 1 of 100 words of 32 characters passes, 2 of 1,000 of 43, and nearly none of
//! 64; of 28 characters all do without a hyphen or low line, because Firebase's ids are such.
//!
//! **Invariant:** scrubbing twice gives the same as scrubbing once.

use std::borrow::Cow;

/// What stands in the place of an e-mail address.
pub const EMAIL: &str = "[email]";
/// What stands in the place of a card number.
pub const CARD: &str = "[card]";
/// What stands in the place of a token or key.
pub const TOKEN: &str = "[token]";

/// The name of the property that holds the domain of an e-mail address: all that is kept of it.
pub const EMAIL_DOMAIN: &str = "email_domain";

/// The domain of a text of which nothing but [`EMAIL`] is left; none if its `@` is an escape.
pub fn domain(address: &str) -> Option<&str> {
    let at = (0..address.len()).rfind(|at| address.as_bytes()[*at] == b'@')?;
    address.get(at + 1..)
}

/// The text without what looks like a secret.
pub fn scrub(text: &str) -> Cow<'_, str> {
    if !is_suspect(text) {
        return Cow::Borrowed(text);
    }
    let without_cards = scrub_cards(text);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, c) in without_cards.char_indices() {
        if !is_word(c) {
            out.push_str(word_without_secret(&without_cards[from..at]));
            out.push(c);
            from = at + c.len_utf8();
        }
    }
    out.push_str(word_without_secret(&without_cards[from..]));
    Cow::Owned(out)
}

/// Whether a text could hold any secret at all; most do not, and stay borrowed.
fn is_suspect(text: &str) -> bool {
    let (mut n_digits, mut run) = (0, 0);
    text.bytes().any(|b| {
        n_digits += u32::from(b.is_ascii_digit());
        let is_end = matches!(b, b' ' | b'/');
        run = if is_end { 0 } else { run + 1 };
        matches!(b, b'@' | b'%') || n_digits >= 13 || run >= TOKEN_BYTES
    })
}

/// The characters that e-mail addresses and tokens are made of; `%` for `%40`, an escaped `@`.
fn is_word(c: char) -> bool {
    is_letter(c) || matches!(c, '@' | '.' | '_' | '-' | '+' | '%' | '=')
}

/// Letters and digits of every script. The tables of Unicode weigh more in the browser than all of
/// this file, so beyond ASCII everything is one that is not in a block of punctuation.
fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{bf}'
        | '\u{2000}'..='\u{206f}'
        | '\u{3000}'..='\u{303f}'
        | '\u{ff00}'..='\u{ff20}' => false,
        _ => true,
    }
}

fn word_without_secret(word: &str) -> &str {
    if is_email(word) {
        EMAIL
    } else if is_token(word) {
        TOKEN
    } else {
        word
    }
}

fn is_email(word: &str) -> bool {
    let bytes = word.as_bytes();
    for at in 0..bytes.len() {
        let length = match bytes[at] {
            b'@' => 1,
            b'%' if bytes[at..].starts_with(b"%40") => 3,
            _ => continue,
        };
        let mut labels = bytes[at + length..].split(|b| *b == b'.');
        let is_host = labels.next().is_some_and(|label| !label.is_empty());
        return at > 0 && is_host && labels.any(|label| !label.is_empty());
    }
    false
}

/// Bytes that a word has at least which is a token because it looks random. Ids that are drawn
/// by lot are mostly shorter: 24 of `MongoDB`, 25 of CUIDs.
const TOKEN_BYTES: usize = 26;

/// Whether there is a token in a text, with whatever is written before it: a word that looks
/// random, or a JSON Web Token, which begins with `eyJ`, `{"` in base 64.
fn is_token(text: &str) -> bool {
    text.as_bytes().split(|b| matches!(b, b' ' | b'.' | b':' | b'|' | b'%')).any(|word| {
        word.len() >= TOKEN_BYTES && is_random(word) || word.len() >= 16 && word.starts_with(b"eyJ")
    })
}

/// Whether a word looks as if it was drawn by lot: base 64, 62, 36 or 32, or hexadecimal digits in
/// one run. Slugs, UUIDs and order numbers have parts that do not. What is escaped by `%` is text.
fn is_random(word: &[u8]) -> bool {
    let (mut n, mut sum, mut others) = (0, 0, 0);
    let mut last: &[u8] = &[];
    for part in word.split(|b| !b.is_ascii_alphanumeric()) {
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
/// Hexadecimal digits count only in a long run: those of a UUID, of a `MongoDB` id and at the end
/// of a slug are none.
fn n_random(part: &[u8]) -> usize {
    // Beyond digits come great letters, and then small ones.
    let (mut n, mut before, mut is_hex) = (0, 0, part.len() < 25);
    for b in part {
        if before != 0 && (*b <= b'9') != (before <= b'9') {
            n += 6;
        } else if before > b'Z' && *b <= b'Z' {
            n += 3;
        }
        is_hex &= *b | 0x20 <= b'f';
        before = *b;
    }
    if is_hex { 0 } else { n.min(part.len()) }
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

/// Whether a text as a whole is a secret, so that it can be nobody's id: a key, a token with
/// whatever is written before it, or a card number. An e-mail address is none.
pub fn is_secret(text: &str) -> bool {
    KEYS.as_bytes().split(|b| *b == b',').any(|key| text.as_bytes().starts_with(key))
        || is_token(text)
        || scrub_cards(text).len() != text.len()
}

/// Replaces each run of 13 to 19 digits, separated by at most two other characters that are not
/// letters, that is a valid card number.
fn scrub_cards(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut from, mut is_inside) = (0, 0, false);
    while at < bytes.len() {
        let length = if is_inside { 0 } else { card_length(&bytes[at..]) };
        if length > 0 {
            out.push_str(&text[from..at]);
            out.push_str(CARD);
            from = at + length;
        }
        at += length.max(1);
        is_inside = bytes[at - 1].is_ascii_alphanumeric();
    }
    out.push_str(&text[from..]);
    out
}

/// How many bytes the longest card number at the beginning takes; 0 if there is none. It has the
/// check digit of ISO/IEC 7812, annex B. All zeros satisfy it, and are no card.
fn card_length(bytes: &[u8]) -> usize {
    // The sum if the last digit is the check digit, and if it is the one before.
    let (mut sum, mut other) = (0, 0);
    let (mut n, mut gap, mut longest) = (0, 3, 0);
    for (at, b) in bytes.iter().enumerate() {
        if b.is_ascii_digit() {
            let digit = u32::from(b - b'0');
            (sum, other) = (other + digit, sum + digit * 2 - u32::from(digit > 4) * 9);
            (n, gap) = (n + 1, 0);
            let ends_here = !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
            if n > 12 && ends_here && sum > 0 && sum.is_multiple_of(10) {
                longest = at + 1;
            }
        } else {
            // Only the first byte of a character counts.
            gap += u32::from(b & 0xc0 != 0x80);
        }
        if gap > 2 || n > 18 || b.is_ascii_alphabetic() {
            break;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(scrub(text), expected, "{text}");
    }

    #[test]
    fn secrets_go() {
        check("Mail ann.b+c@example.co.uk now", "Mail [email] now");
        check("/u/ann%40example.com/edit", "/u/[email]/edit");
        check("Pay with 4111 1111 1111 1111", "Pay with [card]");
        check("4111-1111-1111-1111, 5500.0000.0000.0004", "[card], [card]");
        check("378282246310005!", "[card]!");
        check("/reset/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "/reset/[token]");
        check("/reset/Xk3J-9_abQ2vW7nL0pR5tY8uI1oP4aS6/x", "/reset/[token]/x");
        check("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "Bearer [token]");
    }

    #[test]
    fn of_an_address_the_domain_is_known() {
        assert_eq!(domain("ann.b+c@mail.example.co.uk"), Some("mail.example.co.uk"));
        assert_eq!(domain("ann%40example.com"), None);
        assert_eq!(domain(EMAIL), None);
    }

    #[test]
    fn useful_labels_survive() {
        for label in [
            "Save changes",
            "Order 2026-11-22-000123",
            "ORD-20261122-7F3K9-A8Q2Z-X1",
            "/blog/the-10-best-ways-to-keep-customers-in-2026",
            "/@ann/what-we-learned-of-many-things-3f2a9c8b7d6e",
            "/fr/g%C3%A9n%C3%A9ralit%C3%A9s-de-la-langue-fran%C3%A7aise-2026",
            "getElementsByClassNameAndTagName",
            "v1.24.3-beta.2",
            "/orders/018bcfe5-6800-7000-8000-000000000001",
            "Call +41 44 123 45 67",
            "@mention",
            "100% of 4111111111111112",
            "Zürich, 日本語のボタン",
        ] {
            check(label, label);
        }
    }

    #[test]
    fn an_id_is_no_secret_and_a_secret_no_id() {
        for id in [
            "7",
            "user-7",
            "ann@example.com",
            "018bcfe5-6800-7000-8000-000000000001",
            "507f1f77bcf86cd799439011",
            "auth0|5f7c8ec7c33c6c004bbafe82",
            "user_2abcDEFghiJKLmnoPQRstu",
            "user_29w83sxmDNGwOuEthce5gg56FcC",
            "user_01h455vb4pex5vsknk084sn02q",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "cjld2cjxh0000qzrmn831i7rn",
            "V1StGXR8_Z5jdHi6B-myT",
            "Xb8qZrV4m3QdH2lK0sJ9tYwUeP62",
            "cus_NffrFeUfNV2Hib",
            "sub_1MowQVLkdIwHu7ixeRlqHVzs",
            "google-oauth2|103547991597142817347",
            "S-1-5-21-3623811015-3361044348-30300820-1013",
            "maximilianvonhohenzollern1987",
            "2026-11-22-000123",
            "customer_success_managers_of_the_north",
            "アクメ小売",
        ] {
            assert!(!is_secret(id), "{id}");
        }
        for secret in [
            "sk_live_abc",
            "AIzaSyA",
            "ASIAIOSFODNN7EXAMPLE",
            "ya29.a0",
            "whsec_x",
            "Basic dXNlcjpwYXNz",
            "Bearer abc",
            "q8mb9a0t7v5k3c2n1e6r4d0s8u",
            "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
            "reset-Xk3J-9_abQ2vW7nL0pR5tY8uI1oP4aS6dF7gH8jK2mN",
            "ghp_16C7e42F292c6912E7",
            "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "session:0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "dGhpcyBpcyBhIHNlY3JldCBrZXkgMTIz+/4=",
            "4111 1111 1111 1111",
            "4111111111111111",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
    }

    #[test]
    fn punctuation_of_other_scripts_ends_a_word() {
        check("“ann@example.com”、連絡", "“[email]”、連絡");
        check("Zürich–4111 1111 1111 1111。", "Zürich–[card]。");
        check("日本語ann@example.com", "[email]");
    }

    /// Of 2,000 words of so many characters, drawn by lot from URL-safe base 64, those that pass.
    fn n_passed(length: usize) -> usize {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(ALPHABET[usize::try_from(state >> 58).unwrap()])
        };
        let words = (0..2_000).map(|_| (0..length).map(|_| next()).collect::<String>());
        words.filter(|word| !is_secret(word) || scrub(word) == *word).count()
    }

    #[test]
    fn few_tokens_pass_that_are_drawn_by_lot() {
        for length in (26..=64).filter(|length| *length != 28) {
            let limit = match length {
                ..32 => 80,
                32..40 => 40,
                _ => 15,
            };
            let n = n_passed(length);
            assert!(n <= limit, "{n} of 2,000 pass that have {length} characters");
        }
        // Those of Firebase.
        assert!(n_passed(28) > 700);
    }

    proptest! {
        #[test]
        fn what_stands_beside_a_token_does_not_save_it(
            before in "(token=|session:|Bearer | |/reset/|\\()?", token in "[0-9a-f]{32}",
        ) {
            prop_assume!(token.bytes().filter(u8::is_ascii_digit).count().abs_diff(16) < 9);
            let text = format!("{before}{token}");
            prop_assert!(!scrub(&text).contains(&token), "{}", text);
        }

        #[test]
        fn scrubbing_twice_is_scrubbing_once(text in "\\PC{0,80}|[0-9 .@a-z%-]{0,60}") {
            let once = scrub(&text).into_owned();
            prop_assert_eq!(scrub(&once).into_owned(), once);
        }

        #[test]
        fn no_card_survives_any_separator(
            body in proptest::collection::vec(0_u32..10, 14),
            separator in "[ .-]{0,2}",
            before in "[A-Za-z ]{0,8}",
        ) {
            let mut digits = vec![4];
            digits.extend(body);
            digits.push(0);
            let is_card = |digits: &[u32]| {
                let text: String = digits.iter().map(u32::to_string).collect();
                card_length(text.as_bytes()) == digits.len()
            };
            let check = (0..10).find(|d| { digits[15] = *d; is_card(&digits) }).unwrap();
            digits[15] = check;
            let text: Vec<String> = digits.iter().map(u32::to_string).collect();
            let card = text.join(&separator);
            let scrubbed = scrub(&format!("{before} {card}")).into_owned();
            prop_assert!(!scrubbed.contains(&card), "{}", scrubbed);
        }
    }
}
