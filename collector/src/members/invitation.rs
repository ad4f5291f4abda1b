//! The one-time token with which the first member is made.

use crate::env;
use protocol::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long it can be used: 30 minutes.
const VALID_MS: i64 = 30 * 60 * 1_000;

/// What is remembered of the token: not the token.
#[derive(Debug)]
pub(super) struct Invitation {
    hash: [u8; 32],
    expires_at: Timestamp,
}

impl Invitation {
    /// A new one, and its token.
    pub(super) fn new(now: Timestamp) -> anyhow::Result<(Self, String)> {
        let token: String = env::random::<24>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let hash = Sha256::digest(&token).into();
        Ok((Self { hash, expires_at: now.plus_millis(VALID_MS) }, token))
    }

    /// Whether the bearer of `token` may come in.
    pub(super) fn admits(&self, token: &str, now: Timestamp) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        bool::from(self.hash.ct_eq(&hash)) && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_admits_and_only_for_half_an_hour() {
        let at = Timestamp::from_millis;
        let (invitation, token) = Invitation::new(at(0)).unwrap();
        assert!(invitation.admits(&token, at(VALID_MS - 1)));
        assert!(!invitation.admits(&token, at(VALID_MS)));
        assert!(!invitation.admits("", at(0)));
        assert!(!invitation.admits(&format!("{token}0"), at(0)));
    }
}
