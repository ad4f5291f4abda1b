//! Whatever a text is: it is scrubbed at once and not little by little, little is added to it, and no
//! card is left that is plainly written.
#![no_main]

use fuzz::card;
use libfuzzer_sys::fuzz_target;
use protocol::scrub::{scrub, scrub_within};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let once = scrub(&text);
    assert_eq!(scrub(&once), once, "twice is not once, of `{text}`");
    assert!(once.len() <= text.len() / 5 * 7 + 4, "`{once}` is longer than `{text}`");
    assert!(!card::is_in(&once), "a card is left in `{once}` of `{text}`");
    let cut = scrub_within(&text, 40);
    assert!(cut.len() <= 40 && once.starts_with(&*cut), "`{cut}` of `{once}`");
});
