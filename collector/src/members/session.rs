//! The secret in a member's cookie, and what is remembered of it for half a minute.

use crate::env;
use protocol::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Member;
use tokio::sync::watch;

/// How long the store is not asked again about a sign-in.
const REMEMBERED_MS: i64 = 30_000;
/// How long what the store said last is believed while it does not answer. Nobody can be shut
/// out in that time either, and the page that says what is wrong is needed then.
const BELIEVED_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many sign-ins are remembered; more are asked for each time.
const SESSIONS: usize = 10_000;

/// The cookie's name. Over https browsers hold the prefix to its promises: secure, whole site,
/// no other host.
pub(crate) const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-sillage" } else { "sillage" }
}

/// 256 random bits that a browser holds, as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// A new one.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(hex(&env::random::<32>()?)))
    }

    /// The one of a cookie, if it looks like one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(text.to_owned()))
    }

    /// The text of the cookie.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// What every form carries, so that no page elsewhere can send one: only who knows the
    /// secret can tell it, and it does not tell the secret.
    pub(crate) fn form_token(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"form ");
        hash.update(&self.0);
        hex(&hash.finalize()[..16])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What is remembered of one secret.
#[derive(Debug)]
pub(super) struct Session {
    member: Option<Member>,
    expires_at: Timestamp,
    asked_at: Timestamp,
}

/// Sign-ins that the store was asked about a moment ago.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: Mutex<HashMap<[u8; 32], Session>>,
    /// Another number after each change of a member, so that what was read before it is not
    /// remembered after it.
    epoch: watch::Sender<u64>,
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch that it is.
    pub(super) fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Resolves when another one begins.
    pub(super) fn next_epoch(&self) -> impl Future<Output = ()> + use<> {
        let mut epoch = self.epoch.subscribe();
        // Without a sender, the collector is gone, and nothing is open any more.
        async move { drop(epoch.changed().await) }
    }

    /// What is known of this secret: the member, or that there is none; or nothing is known.
    pub(super) fn known(&self, secret: &Secret, now: Timestamp) -> Option<Option<Member>> {
        let sessions = self.lock();
        let session = sessions.get(&secret.hash()).filter(|session| session.is_fresh(now))?;
        Some(session.member.clone().filter(|_| now < session.expires_at))
    }

    /// The member of this secret as the store said last, for while it does not answer.
    pub(super) fn believed(&self, secret: &Secret, now: Timestamp) -> Option<Member> {
        let sessions = self.lock();
        let session = sessions.get(&secret.hash())?;
        let is_late = (0..BELIEVED_MS).contains(&now.millis_since(session.asked_at));
        session.member.clone().filter(|_| is_late && now < session.expires_at)
    }

    /// Remembers what the store said in an epoch, unless that is over.
    pub(super) fn remember(&self, secret: &Secret, session: Session, epoch: u64) {
        let mut sessions = self.lock();
        if epoch != self.epoch() {
            return;
        }
        if sessions.len() >= SESSIONS {
            let now = session.asked_at;
            sessions.retain(|_, session| session.is_fresh(now));
        }
        if sessions.len() < SESSIONS {
            sessions.insert(secret.hash(), session);
        }
    }

    /// Forgets every secret of a member, who was changed or removed, and begins another epoch.
    pub(super) fn forget_member(&self, id: &str) {
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.member.as_ref().is_none_or(|one| one.id() != id));
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Forgets a secret, so that the store is asked at once.
    pub(super) fn forget(&self, secret: &Secret) {
        self.lock().remove(&secret.hash());
    }
}

impl Session {
    /// What the store said at this moment.
    pub(super) fn new(member: Option<Member>, expires_at: Timestamp, asked_at: Timestamp) -> Self {
        Self { member, expires_at, asked_at }
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        (0..REMEMBERED_MS).contains(&now.millis_since(self.asked_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Role;

    const AT: fn(i64) -> Timestamp = Timestamp::from_millis;

    fn ada() -> Member {
        Member {
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            password_hash: String::new(),
            role: Role::Admin,
        }
    }

    #[test]
    fn a_sign_in_is_remembered_half_a_minute_and_ends_when_it_ends() {
        let (sessions, secret) = (Sessions::default(), Secret::new().unwrap());
        assert_eq!(sessions.known(&secret, AT(0)), None);
        let session = |until: i64| Session::new(Some(ada()), AT(until), AT(0));
        sessions.remember(&secret, session(20_000), 0);
        assert_eq!(sessions.known(&secret, AT(19_999)), Some(Some(ada())));
        assert_eq!(sessions.known(&secret, AT(20_000)), Some(None));
        assert_eq!(sessions.known(&secret, AT(30_000)), None);
        assert_eq!(sessions.believed(&secret, AT(30_000)), None);
        sessions.remember(&secret, session(i64::MAX), 0);
        assert_eq!(sessions.believed(&secret, AT(BELIEVED_MS - 1)), Some(ada()));
        assert_eq!(sessions.believed(&secret, AT(BELIEVED_MS)), None);
        sessions.forget(&secret);
        assert_eq!(sessions.known(&secret, AT(1)), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let (sessions, secret) = (Sessions::default(), Secret::new().unwrap());
        let session = || Session::new(Some(ada()), AT(20_000), AT(0));
        let (before, other) = (sessions.epoch(), Member { email: "ben@x".to_owned(), ..ada() });
        sessions.remember(&secret, session(), before);
        sessions.forget_member(&other.id());
        assert_eq!(sessions.known(&secret, AT(1)), Some(Some(ada())));
        sessions.forget_member(&ada().id());
        assert_eq!(sessions.known(&secret, AT(1)), None);
        sessions.remember(&secret, session(), before);
        assert_eq!(sessions.known(&secret, AT(1)), None);
        sessions.remember(&secret, session(), sessions.epoch());
        assert_eq!(sessions.known(&secret, AT(1)), Some(Some(ada())));
    }

    #[test]
    fn the_token_of_a_form_is_not_the_secret() {
        let secret = Secret::new().unwrap();
        assert_eq!(Secret::parse(secret.as_str()), Some(secret.clone()));
        assert!(!secret.as_str().contains(&secret.form_token()));
        assert_eq!(Secret::parse("short"), None);
        assert_eq!(format!("{secret:?}"), "Secret");
    }
}
