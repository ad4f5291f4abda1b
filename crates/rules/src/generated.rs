//! Tells what a person wrote from what a build tool, a framework or a database made up.

/// Whether the text is a UUID with its hyphens.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether the text is a hexadecimal number of eight digits or more. Words such as `decade` hold
/// no digit, so a short one needs some.
pub(crate) fn is_hex(text: &str) -> bool {
    text.len() >= 8
        && text.bytes().all(|b| b.is_ascii_hexdigit())
        && (text.len() >= 16 || text.bytes().any(|b| b.is_ascii_digit()))
}

/// Whether a word looks drawn by lot: a digit before a letter, capitals in odd places, or six
/// letters and more without any vowel. Words and CamelCase names have none of these.
pub(crate) fn is_random(word: &str) -> bool {
    let pairs = || word.as_bytes().windows(2);
    let digit_first = pairs().any(|w| w[0].is_ascii_digit() && w[1].is_ascii_alphabetic());
    let humps = pairs().filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    let odd_capitals = humps >= 2 && word.len() <= 4 * humps;
    let unspeakable = word.len() >= 6 && word.bytes().all(is_consonant);
    word.len() >= 5 && (digit_first || odd_capitals || unspeakable)
}

/// The length of the longest run of bytes that satisfy the test.
pub(crate) fn longest_run(text: &str, is_in: impl Fn(u8) -> bool) -> usize {
    text.as_bytes().split(|b| !is_in(*b)).map(<[u8]>::len).max().unwrap_or(0)
}

fn is_consonant(byte: u8) -> bool {
    byte.is_ascii_alphabetic() && !b"aeiouy".contains(&byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_random_and_hashes_are() {
        for word in ["button", "navBarItem", "toolbarPrimaryAction", "step1", "lengthwise", "h1"] {
            assert!(!is_random(word), "{word}");
        }
        for hash in ["1x2yz", "3aXZ9", "bdVaJa", "x7Yk2q", "xkcdqz", "dQw4w9WgXcQ"] {
            assert!(is_random(hash), "{hash}");
        }
    }

    #[test]
    fn hexadecimal_words_are_words() {
        assert!(is_hex("507f1f77bcf86cd799439011") && is_hex("deadbeef1"));
        assert!(!is_hex("facade") && !is_hex("deadbeef") && !is_hex("12345"));
    }
}
