//! Lets go of letters for good, because a person says that nobody needs their events.

use super::{Filter, Key, LetterId};
use crate::App;
use anyhow::Context;
use tokio::task::spawn_blocking;

/// The letters that a person means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// All that the filter lets through.
    All,
    /// These.
    Some(Vec<LetterId>),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// They are gone.
    Done,
    /// There are so many, and not as many as the person knows of: all of them stay.
    Other(usize),
}

/// Counts the letters that are meant.
///
/// # Errors
/// When the folder of letters refuses.
pub async fn count(app: &App, filter: &Filter, chosen: &Chosen) -> anyhow::Result<usize> {
    Ok(keys(app, filter, chosen).await?.len())
}

/// Discards them for `member`, who was told that there are `n_known`. The log says who did it.
///
/// # Errors
/// When the folder of letters refuses: then some may still be there.
pub async fn discard(
    app: &App,
    filter: &Filter,
    chosen: &Chosen,
    n_known: usize,
    member: &str,
) -> anyhow::Result<Discarded> {
    let keys = keys(app, filter, chosen).await?;
    let n_letters = keys.len();
    if n_letters != n_known {
        return Ok(Discarded::Other(n_letters));
    }
    let letters = app.letters().clone();
    let (project, reason) = (&filter.project, filter.reason.as_deref().unwrap_or("any"));
    // Before they go: one that is gone and of which nobody knows is what must not be.
    tracing::warn!(n_letters, member, project, reason, "dead letters are discarded for good");
    spawn_blocking(move || letters.remove(&keys)).await?.context("letters cannot be discarded")?;
    Ok(Discarded::Done)
}

async fn keys(app: &App, filter: &Filter, chosen: &Chosen) -> anyhow::Result<Vec<Key>> {
    let (letters, filter, chosen) = (app.letters().clone(), filter.clone(), chosen.clone());
    Ok(spawn_blocking(move || match chosen {
        Chosen::All => letters.keys(&filter),
        Chosen::Some(ids) => {
            let mut keys: Vec<Key> =
                ids.iter().filter_map(|id| letters.key(*id, &filter)).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        }
    })
    .await?)
}
