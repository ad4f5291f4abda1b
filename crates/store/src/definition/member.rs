//! Somebody who signs in to the dashboard.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// His address, with which he signs in; never changes.
    pub email: String,
    /// What others call him.
    pub name: String,
    /// argon2's text form of the password.
    pub password_hash: String,
    /// What he may do.
    pub role: Role,
}

/// What a member may do: each role all that the ones before it may, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look at everything and ask questions.
    Viewer,
    /// Define what questions are about.
    Editor,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role, the one that may least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Admin];

    /// The word on the wire and in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

impl Member {
    /// The id under which this member is kept.
    pub fn id(&self) -> String {
        Self::id_of(&self.email)
    }

    /// The id of the member with this address: the hash of it, in lower case and without the
    /// blanks around it, as 32 hexadecimal digits.
    pub fn id_of(email: &str) -> String {
        let email = email.trim().to_lowercase();
        let hash = Sha256::digest(email.as_bytes());
        hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member")
            .field("email", &self.email)
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_its_word() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert!(Role::Viewer < Role::Editor && Role::Editor < Role::Admin);
    }

    #[test]
    fn one_address_is_one_member() {
        assert_eq!(Member::id_of(" Ana@Example.com "), Member::id_of("ana@example.com"));
        assert_ne!(Member::id_of("ana@example.com"), Member::id_of("bob@example.com"));
        assert_eq!(Member::id_of("ana@example.com").len(), 32);
    }
}
