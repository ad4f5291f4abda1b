//! What is damaged is kept under `corrupt/` for a person to look at, for a while.

use super::segment;
use super::storage::Folder;
use crate::looks::Looks;
use protocol::Timestamp;
use std::io::{self, ErrorKind};

/// The file of the spool with the last looks at the clock.
const LOOKS: &str = "looks";

/// The folder for what is damaged.
pub(super) fn folder(spool: &Folder) -> Folder {
    spool.within("corrupt")
}

/// Keeps a second name of a damaged segment, so that it stays when the first is deleted.
pub(super) fn keep(spool: &Folder, number: u64) -> io::Result<()> {
    let (corrupt, name) = (folder(spool), segment::name(number));
    corrupt.make()?;
    match spool.link(&name, &corrupt) {
        Ok(()) => corrupt.sync(),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => corrupt.sync(),
        // Not every file system can give two names.
        Err(_) => corrupt.replace(&name, &spool.read_around(&name, 0, u64::MAX)?.0),
    }
}

/// How much is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) n_files: u64,
    pub(super) n_bytes: u64,
}

/// Counts what is kept.
pub(super) fn count(spool: &Folder) -> io::Result<Kept> {
    let corrupt = folder(spool);
    let lengths: Vec<u64> =
        names(spool)?.iter().map(|name| corrupt.length(name)).collect::<io::Result<_>>()?;
    Ok(Kept { n_files: lengths.len() as u64, n_bytes: lengths.iter().sum() })
}

/// Looks at the clock, and says up to when age is to be counted, if that is known.
pub(super) fn look(spool: &Folder, now: Timestamp) -> io::Result<Option<Timestamp>> {
    let text = match spool.read(LOOKS, 0, u64::MAX) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        text => text?,
    };
    // One that cannot be read costs a day.
    let known: Looks = serde_json::from_slice(&text).unwrap_or_default();
    let mut looks = known;
    let counted_to = looks.look(now);
    if looks != known {
        spool.replace(LOOKS, &serde_json::to_vec(&looks).map_err(io::Error::other)?)?;
    }
    Ok(counted_to)
}

/// Removes what was last written to before `before`: it holds what people did, and nobody came
/// to look at it. Then the oldest, until no more than `max_bytes` are left. Returns how many files
/// that were.
pub(super) fn sweep(spool: &Folder, before: Timestamp, max_bytes: u64) -> io::Result<u64> {
    let corrupt = folder(spool);
    let mut files = Vec::new();
    for name in names(spool)? {
        files.push((corrupt.modified(&name)?, corrupt.length(&name)?, name));
    }
    files.sort_unstable();
    let mut n_bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
    let mut n_removed = 0;
    for (modified, length, name) in files {
        if modified < before || n_bytes > max_bytes {
            corrupt.remove(&name)?;
            n_bytes -= length;
            n_removed += 1;
        }
    }
    if n_removed > 0 {
        corrupt.sync()?;
    }
    Ok(n_removed)
}

/// The names of what is kept.
pub(super) fn names(spool: &Folder) -> io::Result<Vec<String>> {
    match folder(spool).list() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        names => names,
    }
}
