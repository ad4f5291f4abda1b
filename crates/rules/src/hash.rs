//! Ids: 64 bits of a canonical form under a secret key of the project.

use serde::Serialize;
use siphasher::sip::SipHasher24;

/// The JSON of a form: its fields in the order of their declaration, without spaces.
pub(crate) fn canonical_json(form: &impl Serialize) -> String {
    // Text and lists of it always have a JSON form.
    serde_json::to_string(form).unwrap_or_default()
}

/// The SipHash-2-4 of the form under the key; never 0, which stands for "none" in events, and never
/// [`crate::OTHERS`].
pub(crate) fn id(key: &[u8; 16], canonical: &str) -> u64 {
    SipHasher24::new_with_key(key).hash(canonical.as_bytes()).clamp(1, crate::OTHERS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_siphash_of_its_authors() {
        let key: [u8; 16] = std::array::from_fn(|n| n as u8);
        let text: String = (0_u8..15).map(char::from).collect();
        assert_eq!(id(&key, &text), 0xa129_ca61_49be_45e5);
    }
}
