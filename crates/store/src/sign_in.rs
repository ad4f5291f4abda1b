//! Who is signed in to the dashboard.

use crate::{Connection, Error, Row, Statement};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// One signed-in browser of a member. The token itself is only in that browser's cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Hash of the token.
    pub token_hash: [u8; 32],
    /// The member.
    pub member_id: String,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
}

#[derive(Row, Serialize, Deserialize)]
struct SignInRow {
    token_hash: [u8; 32],
    member_id: String,
    expires_at: Timestamp,
    ended: bool,
}

impl Connection {
    /// Keeps a sign-in.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<(), Error> {
        self.write_sign_in(sign_in, false).await
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated.
    pub async fn sign_out(&self, sign_in: &SignIn) -> Result<(), Error> {
        self.write_sign_in(sign_in, true).await
    }

    /// Ends every sign-in of a member.
    ///
    /// # Errors
    /// When the server refuses or is away; it may be repeated.
    pub async fn sign_out_everywhere(&self, member_id: &str) -> Result<(), Error> {
        let question = format!(
            "SELECT token_hash, member_id, expires_at, ended FROM {} \
             WHERE member_id = {{member:String}} \
             ORDER BY token_hash, ended DESC LIMIT 1 BY token_hash",
            self.databases().sign_ins()
        );
        let question = Statement::new(question).bind("member", member_id);
        let mut rows = self.select::<SignInRow>(&question).await?;
        rows.retain(|row| !row.ended);
        rows.iter_mut().for_each(|row| row.ended = true);
        self.insert(&self.databases().sign_ins(), &rows.iter().collect::<Vec<_>>()).await
    }

    /// The sign-in of this token's hash, if it has neither ended nor expired at `now`.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn signed_in(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<SignIn>, Error> {
        let question = format!(
            "SELECT token_hash, member_id, expires_at, ended FROM {} \
             WHERE token_hash = CAST(unhex({{hash:String}}) AS FixedString(32)) \
             ORDER BY ended DESC LIMIT 1",
            self.databases().sign_ins()
        );
        let hash: String = token_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let row = self.one::<SignInRow>(&Statement::new(question).bind("hash", hash)).await?;
        Ok(row.filter(|row| !row.ended && row.expires_at > now).map(|row| SignIn {
            token_hash: row.token_hash,
            member_id: row.member_id,
            expires_at: row.expires_at,
        }))
    }

    async fn write_sign_in(&self, sign_in: &SignIn, ended: bool) -> Result<(), Error> {
        let row = SignInRow {
            token_hash: sign_in.token_hash,
            member_id: sign_in.member_id.clone(),
            expires_at: sign_in.expires_at,
            ended,
        };
        self.insert(&self.databases().sign_ins(), &[&row]).await
    }
}
