//! Payment cards by ISO/IEC 7812, written without a look at the scrubber.

/// How issuers begin their numbers, and how many digits these have.
const ISSUERS: [(&str, usize); 14] = [
    ("4", 16),
    ("4", 13),
    ("4", 19),
    ("51", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("3056", 14),
    ("36", 14),
    ("3530", 16),
    ("6011", 16),
    ("62", 19),
    ("6759", 18),
];

/// The digits of a card whose other digits are chosen.
pub fn number(mut body: impl FnMut(usize) -> Vec<u8>, issuer: usize) -> Vec<u8> {
    let (prefix, n) = ISSUERS[issuer % ISSUERS.len()];
    let mut digits: Vec<u8> = prefix.bytes().map(|b| b - b'0').collect();
    digits.extend(body(n - 1 - prefix.len()));
    let check = (0..10).find(|check| is_right(digits.iter().copied().chain([*check])));
    digits.extend(check);
    digits
}

/// Whether a card stands in a text between blanks, or at an end of it, with a blank or a hyphen at
/// most between two digits: the plainest way to write one.
pub fn is_in(text: &str) -> bool {
    let is_outside = |c: char| c.is_whitespace() && c != ' ';
    text.split(is_outside).any(|line| {
        // Words of digits that stand side by side.
        let words: Vec<&str> = line.split(' ').collect();
        let is_number = |word: &str| !word.is_empty() && word.split('-').all(is_digits);
        words.split(|word| !is_number(word)).any(|run| {
            let digits: Vec<u8> =
                run.iter().flat_map(|word| word.bytes()).filter(u8::is_ascii_digit).collect();
            is_card(&digits)
        })
    })
}

fn is_digits(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
}

fn is_card(digits: &[u8]) -> bool {
    let is_of =
        |(prefix, n): &(&str, usize)| digits.len() == *n && digits.starts_with(prefix.as_bytes());
    ISSUERS.iter().any(is_of) && is_right(digits.iter().map(|b| b - b'0'))
}

/// Whether the sum of ISO/IEC 7812 is right.
fn is_right(digits: impl DoubleEndedIterator<Item = u8>) -> bool {
    let weigh = |(n, digit): (usize, u8)| match (n % 2, digit) {
        (0, digit) => digit,
        (_, digit @ 0..=4) => digit * 2,
        (_, digit) => digit * 2 - 9,
    };
    digits.rev().enumerate().map(|it| u32::from(weigh(it))).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_found_where_they_stand() {
        for text in ["4111 1111 1111 1111", "pay 4111-1111-1111-1111 now", "x\n378282246310005"] {
            assert!(is_in(text), "{text}");
        }
        for text in ["4111 1111 1111 1112", "order 4111111111111111x", "4111 [card] 1111", ""] {
            assert!(!is_in(text), "{text}");
        }
        let zeros = number(|n| vec![0; n], 0);
        assert_eq!(zeros, [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    }
}
