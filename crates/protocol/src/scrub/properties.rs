//! No secret survives, and useful labels do: of many more than anybody would write down.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

/// What may stand between the groups of a number.
const SEPARATORS: [&str; 14] =
    [" ", "-", ".", "/", "_", ")(", ") (", " - ", "\u{a0}", "\u{202f}", "–", "%20", "·", "  "];

/// How many digits there are, after these.
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

const BEFORE: [&str; 9] =
    ["", "Pay with ", "nr:", "card=", "支付", "（", "/pay/", "data-x ", "Bearer "];
const AFTER: [&str; 7] = ["", ".", " now", "/edit", "，谢谢", "\"}", ", please"];

/// Whether a digit after these, which have a place more, makes the sum of ISO/IEC 7812 right.
fn check_digit(digits: &[u8]) -> u8 {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let weigh = |(n, digit): (usize, &u8)| if n % 2 == 0 { doubled(*digit) } else { *digit };
    let sum: u32 = digits.iter().rev().enumerate().map(|it| u32::from(weigh(it))).sum();
    u8::try_from((10 - sum % 10) % 10).unwrap()
}

fn card() -> impl Strategy<Value = String> {
    (select(&ISSUERS), proptest::collection::vec(0_u8..10, 19)).prop_map(|((prefix, n), body)| {
        let mut digits: Vec<u8> = prefix.bytes().map(|b| b - b'0').collect();
        digits.extend(&body[..n - 1 - prefix.len()]);
        digits.push(check_digit(&digits));
        digits.iter().map(u8::to_string).collect()
    })
}

/// A resident id of China.
fn resident() -> impl Strategy<Value = String> {
    (100_000..820_000_u32, 1_930..2_020_u32, 1..=12_u32, 1..=28_u32, 0..1_000_u32).prop_map(
        |(place, year, month, day, serial)| {
            let head = format!("{place}{year}{month:02}{day:02}{serial:03}");
            let weigh = |sum: u32, b: u8| (sum * 2 + u32::from(b - b'0')) % 11;
            let rest = head.bytes().fold(0, weigh) * 2 % 11;
            match (12 - rest) % 11 {
                10 => head + "X",
                check => head + &check.to_string(),
            }
        },
    )
}

/// The digits in groups of so many, in another script if asked for.
fn grouped(digits: &str, size: usize, separator: &str, is_wide: bool) -> String {
    let wide = |c: char| match c.to_digit(10) {
        Some(digit) if is_wide => char::from_u32(0xff10 + digit).unwrap(),
        _ => c,
    };
    let digits: Vec<char> = digits.chars().map(wide).collect();
    let groups: Vec<String> = digits.chunks(size).map(|group| group.iter().collect()).collect();
    groups.join(separator)
}

/// A card with any separators between groups of any size.
fn written_card() -> impl Strategy<Value = String> {
    (card(), 1..20_usize, select(&SEPARATORS), any::<bool>())
        .prop_map(|(digits, size, separator, is_wide)| grouped(&digits, size, separator, is_wide))
}

fn social_security() -> impl Strategy<Value = String> {
    let areas = prop_oneof![1..666_u32, 667..900_u32];
    (areas, 1..100_u32, 1..10_000_u32, select(&["-", " ", "\u{a0}", ".", "–", "%20", "_"]))
        .prop_map(|(area, group, serial, s)| format!("{area:03}{s}{group:02}{s}{serial:04}"))
}

fn phone() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\+[1-9][0-9]{1,2}[ .-]?[1-9][0-9]{1,2}[ .-]?[0-9]{3}[ .-]?[0-9]{2}[ .-]?[0-9]{2}",
        "1[3-9][0-9]{9}",
        "1[3-9][0-9] [0-9]{4} [0-9]{4}",
        "\\([2-9][0-9]{2}\\) [2-9][0-9]{2}-[0-9]{4}",
        "[2-9][0-9]{2}[.-][2-9][0-9]{2}[.-][0-9]{4}",
        "0[1-9][0-9] [2-9][0-9]{2} [0-9]{2} [0-9]{2}",
        "0[1-9]{2}-[3-9][0-9]{7}",
        "00[1-9][0-9] [1-9][0-9] [3-9][0-9]{2} [0-9]{4}",
    ]
}

fn email() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}([.+_-][a-z0-9]{1,6})?@[a-z]{1,8}(-[a-z]{1,4})?\\.(com|co\\.uk|example)",
        "[a-zé日本]{1,8}@[a-zü例]{1,8}\\.(de|テスト)",
        "[a-z]{1,8}%40[a-z]{1,8}\\.example",
    ]
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        "(AKIA|ASIA)[A-Z2-7]{16}",
        "(sk|rk|pk)_(live|test)_([a-z][A-Z][0-9]){8}",
        "gh[p]_([a-zA-Z][0-9]){18}",
        "xoxb-[0-9]{11}-[0-9]{11}-([a-z][A-Z][0-9]){8}",
        "AIza([A-Za-z][0-9][A-Z]){11}",
        "glpat-[a-z][A-Z][0-9][A-Za-z0-9_-]{17}",
        "eyJ[A-Za-z0-9]{20,40}\\.eyJ[A-Za-z0-9]{20,40}\\.[A-Za-z0-9_-]{20,40}",
        "([0-9][a-f]|[a-f][0-9]){16,32}",
        "([0-9a-f]{3}[0-9][a-f][0-9]){8}",
    ]
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        written_card(),
        written_card(),
        resident(),
        social_security(),
        phone(),
        email(),
        token()
    ]
}

/// What stands on a page and helps to know what was clicked.
fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "(Save|Delete|Open|Export|Invite|Share|删除|Löschen) (changes|all|report|members|订单)( \\([0-9]{1,4}\\))?",
        "(Order|Bestellung|#|No\\.) ?[1-9][0-9]{0,9}",
        "(ORD|INV|PO|SKU)-20[0-9]{2}-[0-9]{3,6}",
        "(ORD|INV)-20[0-9]{2}(0[1-9]|1[0-2])[0-2][1-9]-[0-9]{6}",
        "[A-Z]{2,5}-[1-9][0-9]{0,5}",
        "v?(0|[1-9][0-9]?)\\.[0-9]{1,3}\\.[0-9]{1,4}(-(alpha|beta|rc)\\.[0-9]{1,2})?(\\+[0-9]{8})?",
        "20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][1-9]( [0-2][0-9]:[0-5][0-9](:[0-5][0-9])?)?",
        "[0-2][1-9]\\.(0[1-9]|1[0-2])\\.20[0-9]{2} – [0-2][1-9]\\.(0[1-9]|1[0-2])\\.20[0-9]{2}",
        "[$€£][1-9][0-9]{0,2}(,[0-9]{3}){0,3}(\\.[0-9]{2})?",
        "(10|172|192)\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(:[0-9]{2,4})?",
        "/(orders|customers|docs)/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(/edit)?",
        "/(blog|help)(/[a-z]{2,8}(-[a-z]{2,8}){1,6}){1,3}",
        "(btn|card|nav)(-[a-z]{2,8}){1,4}(__[a-z]{3,8})?(--[a-z]{3,8})?",
        "[a-z]{3,8}([A-Z][a-z]{2,8}){1,5}",
        "[1-9][0-9]?([.,][0-9])? ?(%|px|MB|°C|items)",
    ]
}

proptest! {
    #[test]
    fn no_secret_survives(
        before in select(&BEFORE), secret in secret(), after in select(&AFTER),
    ) {
        let text = format!("{before}{secret}{after}");
        let scrubbed = scrub(&text);
        prop_assert!(!scrubbed.contains(&secret), "{}", scrubbed);
        // Nor is the better part of it there.
        let part: String = secret.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
        prop_assert!(!scrubbed.contains(&part), "{} of {}", scrubbed, text);
    }

    #[test]
    fn useful_labels_survive(label in label()) {
        prop_assert_eq!(scrub(&label), label.as_str());
    }

    #[test]
    fn two_secrets_in_one_text_both_go(one in secret(), between in "( and |, |; |、)", two in secret()) {
        let text = format!("{one}{between}{two}");
        let scrubbed = scrub(&text);
        prop_assert!(!scrubbed.contains(&one) && !scrubbed.contains(&two), "{} of {}", scrubbed, text);
    }

    #[test]
    fn scrubbing_twice_is_scrubbing_once(
        text in "\\PC{0,80}|[0-9 .@a-z%+()/-]{0,60}|([0-9]{1,4}[ .-]{1,2}){0,12}|(%[0-9A-F]{2}|[0-9a@.-]){0,30}",
    ) {
        let once = scrub(&text).into_owned();
        prop_assert_eq!(scrub(&once).into_owned(), once);
    }

    #[test]
    fn any_bytes_are_taken_and_little_is_added(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let once = scrub(&text).into_owned();
        prop_assert_eq!(scrub(&once), once.as_str());
        // The shortest address, `a@b.c`, becomes two bytes more.
        prop_assert!(once.len() <= text.len() / 5 * 7 + 4, "{} of {}", once, text);
    }

    #[test]
    fn what_is_cut_is_scrubbed_before(secret in secret(), room in 0..40_usize) {
        let text = format!("{}{secret}", "word ".repeat(8));
        let cut = scrub_within(&text, 40 + room);
        prop_assert!(cut.len() <= 40 + room);
        prop_assert!(scrub(&text).starts_with(&*cut));
    }
}
