//! Takes secrets out of text: the one scrubber, run in the browser and again in the collector.
//!
//! What it knows: e-mail addresses, payment card numbers (13 to 19 digits with any separators
//! that satisfy the Luhn check of ISO/IEC 7812), and long tokens (JSON Web Tokens, and runs of
//! 32 or more letters and digits that hold both). Order numbers, versions and dates survive.
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
    let at = address.bytes().rposition(|byte| byte == b'@')?;
    address.get(at + 1..)
}

/// The text without what looks like a secret.
pub fn scrub(text: &str) -> Cow<'_, str> {
    if !is_suspect(text) {
        return Cow::Borrowed(text);
    }
    let without_cards = scrub_cards(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = without_cards.as_str();
    while !rest.is_empty() {
        let start = rest.find(is_word).unwrap_or(rest.len());
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        out.push_str(word_without_secret(&rest[..end]));
        rest = &rest[end..];
    }
    Cow::Owned(out)
}

/// Whether a text could hold any secret at all; most do not, and stay borrowed.
fn is_suspect(text: &str) -> bool {
    let (mut n_digits, mut run, mut longest) = (0, 0, 0);
    for c in text.chars() {
        if c == '@' || c == '%' {
            return true;
        }
        n_digits += u32::from(c.is_ascii_digit());
        run = if is_word(c) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    n_digits >= 13 || longest >= 32
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
    let at = word.bytes().position(|byte| byte == b'@');
    let escaped = || word.as_bytes().windows(3).position(|bytes| bytes == b"%40");
    let Some((local, domain)) =
        at.map(|at| (at, at + 1)).or_else(|| escaped().map(|at| (at, at + 3)))
    else {
        return false;
    };
    let domain = word[domain..].trim_end_matches('.');
    let dot = domain.bytes().position(|byte| byte == b'.');
    local > 0 && dot.is_some_and(|dot| dot > 0 && dot + 1 < domain.len())
}

/// A JSON Web Token begins with `eyJ`, which is `{"` in base 64. Words with hyphens, such as
/// slugs and UUIDs, are judged part by part, so they survive.
fn is_token(word: &str) -> bool {
    if word.len() >= 24 && word.starts_with("eyJ") {
        return true;
    }
    word.as_bytes().split(|b| matches!(b, b'-' | b'.')).any(is_random)
}

/// Whether it is a run of 32 or more letters and digits that holds both.
fn is_random(part: &[u8]) -> bool {
    part.len() >= 32
        && part.iter().any(u8::is_ascii_digit)
        && part.iter().any(u8::is_ascii_alphabetic)
        && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'=' | b'+' | b'/'))
}

/// What keys of well-known services, and our own, begin with.
const KEYS: [&str; 10] =
    ["sk_", "sk-", "pk_", "rk_", "wk_", "ghp_", "github_", "glpat-", "xox", "AKIA"];

/// Whether a text as a whole is a secret, so that it can be nobody's id: a key, a token with
/// whatever is written before it, or a card number. An e-mail address is none.
pub fn is_secret(text: &str) -> bool {
    let is_start = |key: &&str| text.starts_with(*key);
    let words = || text.as_bytes().split(|b| matches!(b, b' ' | b'-' | b'.' | b':' | b'|'));
    KEYS.iter().any(is_start)
        || words().any(|word| is_random(word) || (word.len() >= 8 && word.starts_with(b"eyJ")))
        || scrub_cards(text) != text
}

/// Replaces each run of 13 to 19 digits, separated by at most two other characters that are not
/// letters, that is a valid card number.
fn scrub_cards(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let starts =
            chars[at].is_ascii_digit() && (at == 0 || !chars[at - 1].is_ascii_alphanumeric());
        match starts.then(|| card_end(&chars[at..])).flatten() {
            Some(length) => {
                out.push_str(CARD);
                at += length;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

/// How many characters the card number at the beginning of `chars` takes, if there is one.
fn card_end(chars: &[char]) -> Option<usize> {
    let mut digits = Vec::with_capacity(19);
    let mut gap = 0;
    let mut longest = None;
    for (at, c) in chars.iter().enumerate() {
        match c.to_digit(10) {
            Some(_) if digits.len() == 19 => break,
            Some(digit) => {
                digits.push(digit);
                gap = 0;
                let ends_here = !chars.get(at + 1).is_some_and(|next| next.is_ascii_alphanumeric());
                if digits.len() >= 13 && ends_here && is_luhn(&digits) {
                    longest = Some(at + 1);
                }
            }
            None if c.is_ascii_alphabetic() || gap == 2 => break,
            None => gap += 1,
        }
    }
    longest
}

/// The check digit of ISO/IEC 7812, annex B. All zeros satisfy it, and are no card.
fn is_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match place % 2 {
            0 => *digit,
            _ if *digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
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
            "2026-11-22-000123",
            "customer_success_managers_of_the_north",
            "アクメ小売",
        ] {
            assert!(!is_secret(id), "{id}");
        }
        for secret in [
            "sk_live_abc",
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

    proptest! {
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
            let check = (0..10).find(|d| { digits[15] = *d; is_luhn(&digits) }).unwrap();
            digits[15] = check;
            let text: Vec<String> = digits.iter().map(u32::to_string).collect();
            let card = text.join(&separator);
            let scrubbed = scrub(&format!("{before} {card}")).into_owned();
            prop_assert!(!scrubbed.contains(&card), "{}", scrubbed);
        }
    }
}
