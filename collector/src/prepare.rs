//! What ClickHouse must hold before the writer begins: tables, and a project to write to.

use crate::{App, env};
use anyhow::Context;
use protocol::WriteKey;
use store::{Edit, Error, Project, WeekStart};

/// Letters and digits of a write key.
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
    Ok(())
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

/// A new key: 32 letters and digits, 190 bits.
fn write_key() -> anyhow::Result<WriteKey> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut key = "wk_".to_owned();
    while key.len() < 3 + KEY_LENGTH {
        // Beyond four times 62 a remainder would prefer some letters.
        let bytes = env::random::<64>()?;
        let letters = bytes.iter().filter(|byte| **byte < 248);
        let room = 3 + KEY_LENGTH - key.len();
        key.extend(letters.take(room).map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])));
    }
    Ok(WriteKey::parse(&key)?)
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
