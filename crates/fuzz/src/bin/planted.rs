//! No secret survives that is planted into a text, wherever and beside whatever it stands.
#![no_main]

use fuzz::{Bytes, secret};
use libfuzzer_sys::fuzz_target;
use protocol::scrub::scrub;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    let secrets: Vec<String> = (0..=bytes.below(3)).map(|_| secret::secret(&mut bytes)).collect();
    let mut text = secret::words(&mut bytes);
    for secret in &secrets {
        // Numbers with nothing but signs between them may be groups of one.
        text = format!("{text} a {secret} and {}", secret::words(&mut bytes));
    }
    let scrubbed = scrub(&text);
    for secret in &secrets {
        // The better part of it says as much as all of it.
        let part: String = secret.chars().skip(secret.chars().count().saturating_sub(8)).collect();
        assert!(!scrubbed.contains(&part), "`{part}` of `{text}` is left in `{scrubbed}`");
    }
});
