//! A key that a program of the vendor holds: it opens the import and the questions of a project.

use super::hex;
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A private key, without its text: that is shown once, when it is made, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKey {
    /// The SHA-256 of the text. Nobody can find the text, which has 190 random bits.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// The project that it opens.
    pub project: ProjectId,
    /// What members call it.
    pub name: String,
    /// The last four characters of the text, to tell keys apart.
    pub ends_with: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

impl PrivateKey {
    /// What the text of a private key begins with.
    pub const PREFIX: &'static str = "sk_";

    /// The id under which this key is kept: its hash, as 64 hexadecimal digits.
    pub fn id(&self) -> String {
        hex::text(&self.hash)
    }

    /// Whether a text can be a private key: `sk_` and 32 to 64 letters and digits.
    pub fn is_one(text: &str) -> bool {
        text.strip_prefix(Self::PREFIX).is_some_and(|rest| {
            (32..=64).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    }

    /// What is stored of a text. Keys are found by it, which takes no longer for one that is
    /// nearly right.
    pub fn hash_of(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }

    /// The last four characters of a text.
    pub fn end_of(text: &str) -> String {
        let start = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        text[start..].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stored_without_its_text() {
        let text = "sk_0123456789abcdefABCDEF0123456789";
        assert!(PrivateKey::is_one(text));
        assert!(!PrivateKey::is_one(&text[..34]));
        assert!(!PrivateKey::is_one(&text.replace("sk_", "wk_")));
        let key = PrivateKey {
            hash: PrivateKey::hash_of(text),
            project: ProjectId::parse("tidemark").unwrap(),
            name: "Nightly export".to_owned(),
            ends_with: PrivateKey::end_of(text),
            created_by: "ada@example.com".to_owned(),
            created_at: Timestamp::from_millis(1),
        };
        let json = serde_json::to_string(&key).unwrap();
        insta::assert_snapshot!(json, @r#"{"hash":"cfaa3239b93910e6d35b0dec7089b8aa899c6e988e2879cda53b9ed8dc86fb0e","project":"tidemark","name":"Nightly export","ends_with":"6789","created_by":"ada@example.com","created_at":1}"#);
        assert_eq!(serde_json::from_str::<PrivateKey>(&json).unwrap(), key);
        assert!(json.contains(&key.id()) && !json.contains("abcdef"));
        assert_eq!(PrivateKey::end_of("é"), "é");
    }
}
