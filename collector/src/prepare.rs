//! What ClickHouse must hold before the writer begins: tables, and a project to write to.

use crate::config::server::FirstKey;
use crate::{App, env};
use anyhow::Context;
use protocol::WriteKey;
use store::{Edit, Error, PrivateKey, Project, WeekStart};

/// Letters and digits of a key.
const KEY_LENGTH: usize = 32;

/// Who makes the first project.
const AUTHOR: &str = "sillage";

/// Brings the tables to what this build needs, makes the configured project if it is not there,
/// and reads all definitions.
///
/// # Errors
/// When ClickHouse is away or refuses; it can be repeated.
pub async fn prepare(app: &App) -> anyhow::Result<()> {
    store::migrate(app.store()).await.context("the tables cannot be prepared")?;
    app.definitions().refresh(app.store()).await?;
    if app.definitions().project(&app.config().server.project).is_none() {
        make_project(app).await?;
        app.definitions().refresh(app.store()).await?;
    }
    app.features().refresh(app.store(), app.now()).await?;
    if let Some(key) = &app.config().server.private_key {
        keep_key(app, key).await?;
        app.definitions().refresh(app.store()).await?;
    }
    Ok(())
}

/// Keeps the private key that the collector is started with, unless it was kept before: then it
/// may have been revoked meanwhile, and stays so.
async fn keep_key(app: &App, key: &FirstKey) -> anyhow::Result<()> {
    let key = PrivateKey {
        hash: key.hash,
        project: app.config().server.project.clone(),
        name: "From the start of the collector".to_owned(),
        ends_with: key.ends_with.clone(),
        created_by: AUTHOR.to_owned(),
        created_at: app.now(),
    };
    let edit = Edit { expected_version: 0, author: AUTHOR.to_owned(), at: app.now() };
    match app.store().put_private_key(&key, &edit).await {
        Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
        Err(error) => Err(error).context("the private key cannot be kept"),
    }
}

async fn make_project(app: &App) -> anyhow::Result<()> {
    let server = &app.config().server;
    let name = server.project_name.clone().unwrap_or_else(|| server.project.as_str().to_owned());
    let project = Project {
        id: server.project.clone(),
        name,
        write_key: write_key()?,
        id_key: env::random()?,
        time_zone: "UTC".to_owned(),
        week_start: WeekStart::Monday,
        count_automated: false,
    };
    let edit = Edit { expected_version: 0, author: AUTHOR.to_owned(), at: app.now() };
    match app.store().put_project(&project, &edit).await {
        // Another collector was faster, which is as good.
        Ok(_) | Err(Error::Conflict { .. }) => Ok(()),
        Err(error) => Err(error).context("the first project cannot be made"),
    }
}

fn write_key() -> anyhow::Result<WriteKey> {
    Ok(WriteKey::parse(&new_key("wk_")?)?)
}

/// A new key: what it begins with, and 32 letters and digits, 190 bits.
pub(crate) fn new_key(prefix: &str) -> anyhow::Result<String> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut key = prefix.to_owned();
    while key.len() < prefix.len() + KEY_LENGTH {
        // Beyond four times 62 a remainder would prefer some letters.
        let bytes = env::random::<64>()?;
        let letters = bytes.iter().filter(|byte| **byte < 248);
        let room = prefix.len() + KEY_LENGTH - key.len();
        key.extend(letters.take(room).map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_whole_and_different() {
        let keys = [write_key().unwrap(), write_key().unwrap()];
        assert_ne!(keys[0], keys[1]);
        assert!(keys.iter().all(|key| key.as_str().len() == 3 + KEY_LENGTH));
    }
}
