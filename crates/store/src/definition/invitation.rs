//! An invitation to become a member: whom it is for, what he may do then, and until when it holds.

use super::{Member, Role, hex};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// An invitation. Its link holds 256 random bits, of which only the hash is kept.
///
/// There is one for an address: another one takes its place. Its last version says that it was
/// accepted or withdrawn, so of two who accept it at once one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Whom it is for.
    pub email: String,
    /// What he may do.
    pub role: Role,
    /// The SHA-256 of what the link holds.
    #[serde(with = "hex")]
    pub hash: [u8; 32],
    /// The address of who invited him.
    pub invited_by: String,
    /// When it holds no longer, whatever happens.
    pub expires_at: Timestamp,
}

impl Invitation {
    /// The id under which it is kept: that of the member it is for.
    pub fn id(&self) -> String {
        Member::id_of(&self.email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_is_kept_without_its_link() {
        let invitation = Invitation {
            email: "Ben@example.com".to_owned(),
            role: Role::Viewer,
            hash: [7; 32],
            invited_by: "ada@example.com".to_owned(),
            expires_at: Timestamp::from_millis(5),
        };
        let json = serde_json::to_string(&invitation).unwrap();
        let hash = "07".repeat(32);
        let expected = format!(
            r#"{{"email":"Ben@example.com","role":"viewer","hash":"{hash}","invited_by":"ada@example.com","expires_at":5}}"#
        );
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Invitation>(&json).unwrap(), invitation);
        assert_eq!(invitation.id(), Member::id_of("ben@example.com"));
    }
}
