//! Passwords: hashed and verified by argon2, on threads of their own, two at a time.
//!
//! One hash takes some 20 MB and tens of milliseconds; a crowd at the door must not take the
//! memory or the threads of those who send events.

use anyhow::{Context, anyhow};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// How many are worked on at the same time.
const AT_ONCE: usize = 2;

/// Compared with when there is no such member, so that the answer takes as long.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash("the password of nobody at all").ok());

/// Hashes and verifies passwords.
#[derive(Debug)]
pub(super) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// The hash of a password, in argon2's text form with a salt of its own.
    pub(super) async fn hash(&self, password: String) -> anyhow::Result<String> {
        self.work(move || hash(&password)).await?
    }

    /// Whether the password is the one of this hash; never, when there is no hash.
    pub(super) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> anyhow::Result<bool> {
        self.work(move || {
            let known = hash.as_ref().or(NOBODY.as_ref()).context("there is no hash")?;
            let known = PasswordHash::new(known).map_err(|error| anyhow!("{error}"))?;
            let is_equal = Argon2::default().verify_password(password.as_bytes(), &known).is_ok();
            Ok(is_equal && hash.is_some())
        })
        .await?
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let permit = Arc::clone(&self.0).acquire_owned().await?;
        let work = move || {
            let done = work();
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(work).await.context("the password was not worked on")
    }
}

fn hash(password: &str) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| anyhow!("cannot hash: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let verify = |password: &str, hash: Option<&String>| {
            passwords.verify(password.to_owned(), hash.cloned())
        };
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("correct horse ", Some(&hash)).await.unwrap());
        assert!(!verify("the password of nobody at all", None).await.unwrap());
        assert_ne!(passwords.hash("correct horse".to_owned()).await.unwrap(), hash);
    }
}
