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
        Err(_) => corrupt.replace(&name, &spool.read(&name, 0, u64::MAX)?),
    }
}

/// How many files are kept.
pub(super) fn count(spool: &Folder) -> io::Result<u64> {
    Ok(names(spool)?.len() as u64)
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
/// to look at it. Returns how many files that were.
pub(super) fn sweep(spool: &Folder, before: Timestamp) -> io::Result<u64> {
    let corrupt = folder(spool);
    let mut n_removed = 0;
    for name in names(spool)? {
        if corrupt.modified(&name)? < before {
            corrupt.remove(&name)?;
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
