//! Hands letters back: into the spool again, on the way of everything else.
//!
//! A row becomes part of a record of rows, which the writer looks up before it writes them; a
//! record goes in as it was buried, which is with every event to be looked up. The events are
//! remembered as seen once more, because a set that was made anew from ClickHouse since then does
//! not have them, and the same event could come live. Only when the spool has them the letters go. A crash between the two
//! leaves letters that can be handed back once more, which writes nothing twice.

use super::{Content, Filter, Kept, Key};
use crate::App;
use crate::spool::{self, Kind};
use store::EventRow;
use tokio::task::spawn_blocking;

/// Bytes of one record of rows, about.
const RECORD_BYTES: usize = 256 << 10;

/// Letters that are in memory at the same time.
const AT_ONCE: usize = 500;

/// Why letters are not handed back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The spool does not take them; those that it took before are handed back.
    #[error("the spool does not take them just now")]
    Spool(#[from] spool::Error),
    /// A record was written by another version of this program.
    #[error("a record of kind `{0}` is not known to this version")]
    Kind(u8),
    /// Anything of ours.
    #[error("letters cannot be handed back")]
    Internal(#[from] anyhow::Error),
}

/// Hands these back, mended or not.
///
/// # Errors
/// When the spool or the folder of letters refuses. What was not handed back stays.
pub async fn some(app: &App, kept: Vec<Kept>) -> Result<usize, Error> {
    let keys: Vec<Key> = kept.iter().map(|kept| kept.key).collect();
    append(app, &kept).await?;
    remove(app, keys).await
}

/// Hands back all that the filter lets through.
///
/// # Errors
/// As [`some`].
pub async fn all(app: &App, filter: &Filter) -> Result<usize, Error> {
    let mut keys = app.letters().keys(filter);
    // In the order in which they came.
    keys.reverse();
    let mut safe: Vec<Key> = Vec::with_capacity(keys.len());
    let mut failure = None;
    for keys in keys.chunks(AT_ONCE) {
        match read_and_append(app, keys.to_vec()).await {
            Ok(keys) => safe.extend(keys),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    let n_letters = remove(app, safe).await?;
    failure.map_or(Ok(n_letters), Err)
}

async fn read_and_append(app: &App, keys: Vec<Key>) -> Result<Vec<Key>, Error> {
    let letters = app.letters().clone();
    let kept = spawn_blocking(move || letters.read(&keys)).await.map_err(anyhow::Error::new)?;
    let kept = kept.map_err(anyhow::Error::new)?;
    append(app, &kept).await?;
    Ok(kept.iter().map(|kept| kept.key).collect())
}

/// Appends what the letters hold to the spool, and waits until it is safe.
async fn append(app: &App, kept: &[Kept]) -> Result<(), Error> {
    let (epoch, now) = (app.spool().epoch(), app.now());
    let put_in = |kind, record: &[u8]| app.seen().append_again(epoch, now, kind, record);
    let mut tickets = Vec::new();
    let mut rows = Vec::new();
    for kept in kept {
        match &kept.letter.content {
            Content::Row(row) => put(&mut rows, row)?,
            Content::Record { kind, bytes } => {
                let kind = Kind::from_byte(*kind).ok_or(Error::Kind(*kind))?;
                tickets.push(put_in(kind, bytes)?);
            }
        }
        if rows.len() >= RECORD_BYTES {
            rows.push(b']');
            tickets.push(put_in(Kind::Rows, &rows)?);
            rows.clear();
        }
    }
    if !rows.is_empty() {
        rows.push(b']');
        tickets.push(put_in(Kind::Rows, &rows)?);
    }
    for ticket in tickets {
        ticket.await?;
    }
    Ok(())
}

/// Appends a row to an array of them that has no end yet.
fn put(rows: &mut Vec<u8>, row: &EventRow) -> Result<(), Error> {
    rows.push(if rows.is_empty() { b'[' } else { b',' });
    serde_json::to_writer(rows, &super::row::Columns::of(row)).map_err(anyhow::Error::new)?;
    Ok(())
}

/// The rows of a record of rows.
///
/// # Errors
/// When it is none; the sentence says why.
pub(crate) fn rows(record: &[u8]) -> Result<Vec<EventRow>, String> {
    let rows: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_slice(record).map_err(|error| format!("they are no rows: {error}"))?;
    rows.iter().map(|row| super::row::read(row, false).map_err(|fault| fault.to_string())).collect()
}

async fn remove(app: &App, keys: Vec<Key>) -> Result<usize, Error> {
    let letters = app.letters().clone();
    let n_letters = keys.len();
    let removed =
        spawn_blocking(move || letters.remove(&keys)).await.map_err(anyhow::Error::new)?;
    removed.map_err(anyhow::Error::new)?;
    tracing::info!(n_letters, "dead letters are handed back");
    Ok(n_letters)
}
