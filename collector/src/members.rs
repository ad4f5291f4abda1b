//! Who signs in to the dashboard.
//!
//! The first member is made with a one-time token that only whoever starts the collector sees.
//! A password is kept as argon2's hash, a sign-in as the hash of 256 random bits; the bits
//! themselves are in one browser's cookie and nowhere else.
//!
//! **Invariants:**
//! - A request that reads writes nothing: a sign-in ends when it ends, not later because of use.
//! - An unknown address takes as long to refuse as a wrong password.
//! - There is an administrator as long as there is a member (`tests/api/team.rs`).

mod invitation;
mod password;
mod session;
mod signed_in;
mod team;
mod throttle;

pub(crate) use session::{Secret, cookie_name};
pub use signed_in::SignedIn;
pub(crate) use signed_in::unavailable;
pub(crate) use team::{Target, Team};

use invitation::Invitation;
use password::Passwords;
use protocol::Timestamp;
use session::{Session, Sessions};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{Connection, Edit, Member, Role, SignIn};
use throttle::Throttle;
use tokio::time::timeout;

/// The fewest characters of a password.
pub(crate) const PASSWORD_CHARS: usize = 10;
/// The most characters of a password, so that nobody makes argon2 read a book.
const PASSWORD_CHARS_MAX: usize = 256;
/// How long a sign-in lasts, whatever happens: two weeks.
pub(crate) const SIGN_IN_MS: i64 = 14 * 24 * 60 * 60 * 1_000;

/// How long the store may take to answer about somebody of whom it has answered before.
const PATIENCE: Duration = Duration::from_secs(2);

/// The same where nothing else is known: then there is a sentence, and not a page for ever on its way.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// Who signs in. A clone is the same one.
#[derive(Clone)]
pub struct Members(Arc<Inner>);

struct Inner {
    store: Connection,
    passwords: Passwords,
    sessions: Sessions,
    throttle: Throttle,
    /// That of the first member.
    invitation: tokio::sync::Mutex<Option<Invitation>>,
    /// Held while the team is changed.
    changing: tokio::sync::Mutex<()>,
}

/// Somebody who wants to become a member.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Why somebody is not let in. The message is for him.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("that address and that password do not belong together")]
    WrongPassword,
    #[error("too many tries: wait {seconds} seconds, then try again")]
    TooOften { seconds: u64 },
    #[error(
        "this invitation is not valid any more: it works once, for 30 minutes. Start `sillage serve` again for a new one"
    )]
    NotInvited,
    #[error(
        "this invitation is not valid any more: it works once, for seven days. Ask an administrator for a new one"
    )]
    NoInvitation,
    #[error("{0}")]
    Invalid(&'static str),
    #[error("somebody else changed this meanwhile: here it is as it is now")]
    Outdated,
    #[error("there must be an administrator: make somebody else one first")]
    LastAdmin,
    #[error("the store does not answer just now: try again in a moment")]
    Store(store::Error),
    #[error("something went wrong here; it is in the log")]
    Internal(#[from] anyhow::Error),
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { .. } => Self::Outdated,
            error => Self::Store(error),
        }
    }
}

impl Members {
    /// Members as they are kept in this store.
    pub fn new(store: Connection) -> Self {
        Self(Arc::new(Inner {
            store,
            passwords: Passwords::default(),
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            invitation: tokio::sync::Mutex::default(),
            changing: tokio::sync::Mutex::default(),
        }))
    }

    /// Makes the one-time token for the first member, and forgets any earlier one. Returns `None`
    /// when there is a member already.
    ///
    /// # Errors
    /// When the store does not answer, or the system gives no randomness.
    pub async fn invite_first(&self, now: Timestamp) -> anyhow::Result<Option<String>> {
        if self.0.store.defined().await?.n_members() > 0 {
            return Ok(None);
        }
        let (invitation, token) = Invitation::new(now)?;
        *self.0.invitation.lock().await = Some(invitation);
        Ok(Some(token))
    }

    /// Whether this token would let its bearer in.
    pub(crate) async fn is_invited(&self, token: &str, now: Timestamp) -> bool {
        let invitation = self.0.invitation.lock().await;
        invitation.as_ref().is_some_and(|invitation| invitation.admits(token, now))
    }

    /// Makes the first member, an administrator, and signs him in. The token is gone after it.
    pub(crate) async fn found(
        &self,
        token: &str,
        newcomer: Newcomer,
        now: Timestamp,
    ) -> Result<Secret, Refusal> {
        let mut invitation = self.0.invitation.lock().await;
        if !invitation.as_ref().is_some_and(|invitation| invitation.admits(token, now)) {
            return Err(Refusal::NotInvited);
        }
        let newcomer = newcomer.checked()?;
        if self.0.store.defined().await?.n_members() > 0 {
            *invitation = None;
            return Err(Refusal::NotInvited);
        }
        let member = Member {
            password_hash: self.0.passwords.hash(newcomer.password).await?,
            email: newcomer.email,
            name: newcomer.name,
            role: Role::Admin,
        };
        let edit = Edit { expected_version: 0, author: member.email.clone(), at: now };
        let epoch = self.0.sessions.epoch();
        self.0.store.put_member(&member, &edit).await?;
        *invitation = None;
        self.begin(&member, epoch, now).await
    }

    /// Signs a member in, from an address of the network where it is known.
    pub(crate) async fn sign_in(
        &self,
        email: &str,
        password: String,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Secret, Refusal> {
        self.0.throttle.try_once(&Member::id_of(email), from)?;
        // Nobody has such a password, so that refusing it early says nothing of anybody.
        if password.chars().count() > PASSWORD_CHARS_MAX {
            return Err(Refusal::WrongPassword);
        }
        let epoch = self.0.sessions.epoch();
        let member = self.member(&Member::id_of(email)).await?;
        let hash = member.as_ref().map(|member| member.password_hash.clone());
        let is_right = self.0.passwords.verify(password, hash).await?;
        match member.filter(|_| is_right) {
            Some(member) => self.begin(&member, epoch, now).await,
            None => Err(Refusal::WrongPassword),
        }
    }

    /// The member whose browser holds this secret, if his sign-in has not ended.
    pub(crate) async fn who(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<Option<Member>, store::Error> {
        if let Some(known) = self.0.sessions.known(secret, now) {
            return Ok(known);
        }
        let believed = self.0.sessions.believed(secret, now);
        let epoch = self.0.sessions.epoch();
        let patience = if believed.is_some() { PATIENCE } else { LAST_PATIENCE };
        let asked = timeout(patience, self.ask(secret, now)).await;
        let late = store::Error::TimedOut { seconds: patience.as_secs() };
        match asked.unwrap_or(Err(late)) {
            Ok((member, expires_at)) => {
                let session = Session::new(member.clone(), expires_at, now);
                self.0.sessions.remember(secret, session, epoch);
                Ok(member)
            }
            Err(error) if believed.is_none() || !error.is_retryable() => Err(error),
            Err(_) => Ok(believed),
        }
    }

    /// The member of a secret and when his sign-in ends, as the store knows it.
    async fn ask(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(Option<Member>, Timestamp), store::Error> {
        let sign_in = self.0.store.signed_in(&secret.hash(), now).await?;
        let member = match &sign_in {
            Some(sign_in) => self.member(&sign_in.member_id).await?,
            None => None,
        };
        Ok((member, sign_in.map_or(now, |sign_in| sign_in.expires_at)))
    }

    /// Resolves when somebody was removed or given another role: what is open for long is to ask
    /// again then who looks at it.
    pub(crate) fn changed_since_now(&self) -> impl Future<Output = ()> + use<> {
        self.0.sessions.next_epoch()
    }

    /// Ends a sign-in.
    pub(crate) async fn sign_out(
        &self,
        secret: &Secret,
        now: Timestamp,
    ) -> Result<(), store::Error> {
        self.0.sessions.forget(secret);
        match self.0.store.signed_in(&secret.hash(), now).await? {
            Some(sign_in) => self.0.store.sign_out(&sign_in).await,
            None => Ok(()),
        }
    }

    async fn member(&self, id: &str) -> Result<Option<Member>, store::Error> {
        let members = self.0.store.members().await?.into_iter();
        Ok(members.map(|member| member.value).find(|member| member.id() == id))
    }

    /// Signs in a member who was read in this epoch.
    async fn begin(&self, member: &Member, epoch: u64, now: Timestamp) -> Result<Secret, Refusal> {
        let secret = Secret::new()?;
        let expires_at = now.plus_millis(SIGN_IN_MS);
        let sign_in = SignIn { token_hash: secret.hash(), member_id: member.id(), expires_at };
        self.0.store.sign_in(&sign_in).await?;
        let session = Session::new(Some(member.clone()), expires_at, now);
        self.0.sessions.remember(&secret, session, epoch);
        Ok(secret)
    }
}

impl Newcomer {
    /// The same without blanks around, if all of it can be what it says it is.
    fn checked(self) -> Result<Self, Refusal> {
        let name = self.name.trim().to_owned();
        let email = address(&self.email)?;
        let n_chars = self.password.chars().count();
        if name.is_empty() || name.chars().count() > 100 {
            Err(Refusal::Invalid("a name has 1 to 100 characters"))
        } else if n_chars < PASSWORD_CHARS {
            Err(Refusal::Invalid("a password has at least 10 characters"))
        } else if n_chars > PASSWORD_CHARS_MAX {
            Err(Refusal::Invalid("a password has at most 256 characters"))
        } else {
            Ok(Self { name, email, password: self.password })
        }
    }
}

/// An address without blanks around it, if it looks like one.
fn address(text: &str) -> Result<String, Refusal> {
    let email = text.trim();
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        let has_others = |c: char| c.is_whitespace() || c.is_control();
        !local.is_empty() && !domain.is_empty() && !email.contains(has_others)
    });
    if is_address && email.len() <= 254 {
        Ok(email.to_owned())
    } else {
        Err(Refusal::Invalid("that is no e-mail address"))
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, email: &str, password: &str) -> String {
        let newcomer =
            Newcomer { name: name.into(), email: email.into(), password: password.into() };
        newcomer.checked().map_or_else(|refusal| refusal.to_string(), |newcomer| newcomer.email)
    }

    #[test]
    fn a_newcomer_is_told_what_is_wrong() {
        assert_eq!(check(" Ada ", " ada@example.com ", "a long sentence"), "ada@example.com");
        insta::assert_snapshot!(check(" ", "ada@example.com", "a long sentence"), @"a name has 1 to 100 characters");
        insta::assert_snapshot!(check("Ada", "ada", "a long sentence"), @"that is no e-mail address");
        insta::assert_snapshot!(check("Ada", "ada@x y", "a long sentence"), @"that is no e-mail address");
        insta::assert_snapshot!(check("Ada", "ada@example.com", "ünfünfünf"), @"a password has at least 10 characters");
        insta::assert_snapshot!(check("Ada", "ada@example.com", &"x".repeat(257)), @"a password has at most 256 characters");
    }
}
