//! Hands letters back: into the spool again, on the way of everything else.
//!
//! A row becomes part of a record of rows, which the writer looks up before it writes them; a
//! record goes in as it was buried, which is with every event to be looked up. The events are
//! remembered as seen once more, because a set that was made anew from ClickHouse since then does
//! not have them, and the same event could come live. Only when the spool has them the letters go.
//! A crash between the two leaves letters that can be handed back once more, which writes nothing
//! twice. The spool has a reserve for them, so that one that is full does not keep the letters full
//! for which the writer waits that would empty it.

use super::{Content, Filter, Kept, Key};
use crate::App;
use crate::spool::{self, Kind};
use store::EventRow;
use tokio::task::spawn_blocking;

/// Bytes of one record of rows, about.
const RECORD_BYTES: usize = 256 << 10;

/// Bytes of letters that are in memory at the same time, about.
const AT_ONCE: usize = 8 << 20;

/// And letters.
const MOST_AT_ONCE: usize = 10_000;

/// Why letters are not handed back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The spool does not take them; those that it took before are handed back.
    #[error("the spool does not take them just now")]
    Spool(#[from] spool::Error),
    /// Anything of ours.
    #[error("letters cannot be handed back")]
    Internal(#[from] anyhow::Error),
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Letters that were handed back.
    pub n_letters: usize,
    /// Letters that stay, because another version of this program wrote what they hold.
    pub n_unknown: usize,
}

/// Hands these back, mended or not.
///
/// # Errors
/// When the spool or the folder of letters refuses. What was not handed back stays.
pub async fn some(app: &App, kept: Vec<Kept>) -> Result<Replayed, Error> {
    let keys = append(app, &kept).await?;
    let n_unknown = kept.len() - keys.len();
    Ok(Replayed { n_letters: remove(app, keys).await?, n_unknown })
}

/// Hands back all that the filter lets through.
///
/// # Errors
/// As [`some`].
pub async fn all(app: &App, filter: &Filter) -> Result<Replayed, Error> {
    let (letters, filter) = (app.letters().clone(), filter.clone());
    let keys = spawn_blocking(move || letters.keys(&filter)).await.map_err(anyhow::Error::new)?;
    let mut keys = keys.as_slice();
    let mut safe: Vec<Key> = Vec::with_capacity(keys.len());
    let (mut n_unknown, mut failure) = (0, None);
    while !keys.is_empty() && failure.is_none() {
        match read_and_append(app, &mut keys).await {
            Ok((appended, n_read)) => {
                n_unknown += n_read - appended.len();
                safe.extend(appended);
            }
            Err(error) => failure = Some(error),
        }
    }
    let n_letters = remove(app, safe).await?;
    failure.map_or(Ok(Replayed { n_letters, n_unknown }), Err)
}

/// Hands back the last of these, which are the first that came, and takes them from `keys`.
/// Returns which, and how many letters were read for it.
async fn read_and_append(app: &App, keys: &mut &[Key]) -> Result<(Vec<Key>, usize), Error> {
    let letters = app.letters().clone();
    let oldest: Vec<Key> = keys.iter().rev().take(MOST_AT_ONCE).copied().collect();
    let read = spawn_blocking(move || letters.read_some(&oldest, AT_ONCE)).await;
    let (kept, n_keys) = read.map_err(anyhow::Error::new)?.map_err(anyhow::Error::new)?;
    *keys = &keys[..keys.len() - n_keys];
    Ok((append(app, &kept).await?, kept.len()))
}

/// Appends what the letters hold to the spool, and waits until it is safe. Returns whose content
/// it has; records of a kind that is not known are left out.
async fn append(app: &App, kept: &[Kept]) -> Result<Vec<Key>, Error> {
    let (epoch, now) = (app.spool().epoch(), app.now());
    let put_in = |kind, record: &[u8]| app.seen().append_again(epoch, now, kind, record);
    let (mut tickets, mut rows, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for kept in kept {
        match &kept.letter.content {
            Content::Row(row) => put(&mut rows, row)?,
            Content::Record { kind, bytes } => match Kind::from_byte(*kind) {
                Some(kind) => tickets.push(put_in(kind, bytes)?),
                None => continue,
            },
        }
        keys.push(kept.key);
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
    Ok(keys)
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
    if keys.is_empty() {
        return Ok(0);
    }
    let removed =
        spawn_blocking(move || letters.remove(&keys)).await.map_err(anyhow::Error::new)?;
    removed.map_err(anyhow::Error::new)?;
    tracing::info!(n_letters, "dead letters are handed back");
    Ok(n_letters)
}
