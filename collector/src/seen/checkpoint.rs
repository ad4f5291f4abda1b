//! What is said of the folder's files: up to where of the spool they hold everything.
//!
//! A small file, replaced as a whole: the checksum of a line, and the line, which is JSON.

use super::folder::Files;
use super::key::{Bucket, Span};
use crate::spool::Position;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The name of the file in the folder.
pub(super) const NAME: &str = "checkpoint";

/// What is said of the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// The spool that [`Self::position`] is a place of.
    pub(super) spool: [u8; 16],
    /// Events of all records before are held, but for [`Self::missing`].
    pub(super) position: Position,
    /// The latest time of arrival.
    pub(super) latest: Timestamp,
    /// Buckets in which something may be missing.
    pub(super) missing: Option<Span>,
    /// Buckets that have a file, and the first of the files whose keys it holds.
    pub(super) buckets: BTreeMap<Bucket, u64>,
}

impl Checkpoint {
    /// Reads it; `None` if there is none that can be read.
    pub(super) fn load(dir: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read_to_string(dir.join(NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
            Err(error) => return Err(error),
        };
        let whole = text.split_once('\n').filter(|(sum, line)| *sum == checksum(line));
        Ok(whole.and_then(|(_, line)| serde_json::from_str(line).ok()))
    }

    /// Replaces it; when this returns, it survives a loss of power.
    pub(super) fn save(&self, dir: &Path) -> io::Result<()> {
        let line = serde_json::to_string(self).map_err(io::Error::other)?;
        let new = dir.join("checkpoint.new");
        let mut options = OpenOptions::new();
        let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(format!("{}\n{line}", checksum(&line)).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, dir.join(NAME))?;
        sync(dir)
    }

    /// The buckets whose files it does not know: what these hold is not all that was held.
    pub(super) fn lost(&self, files: &Files) -> impl Iterator<Item = Bucket> {
        let is_known =
            |bucket: &Bucket, began: u64| files.get(bucket).is_some_and(|file| file.began == began);
        let known = self.buckets.iter().map(|(bucket, began)| (*bucket, *began));
        known.filter(move |(bucket, began)| !is_known(bucket, *began)).map(|(bucket, _)| bucket)
    }

    /// Takes it away for good: nothing is said of the files any longer.
    pub(super) fn remove(dir: &Path) -> io::Result<()> {
        match fs::remove_file(dir.join(NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => sync(dir),
        }
    }
}

/// Makes the names of the folder survive a loss of power.
pub(super) fn sync(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn checksum(line: &str) -> String {
    format!("{:08x}", crc32fast::hash(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_saved_and_not_at_all_when_damaged() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Checkpoint::load(dir.path()).unwrap(), None);
        let checkpoint = Checkpoint {
            spool: [7; 16],
            position: Position { segment: 3, offset: 4_096 },
            latest: Timestamp::from_millis(1_700_000_000_000),
            missing: Some(Span { first: 1, last: 2 }),
            buckets: BTreeMap::from([(1, 3), (5, 2)]),
        };
        checkpoint.save(dir.path()).unwrap();
        assert_eq!(Checkpoint::load(dir.path()).unwrap(), Some(checkpoint));

        let path = dir.path().join(NAME);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("4096", "4097")).unwrap();
        assert_eq!(Checkpoint::load(dir.path()).unwrap(), None);
        Checkpoint::remove(dir.path()).unwrap();
        Checkpoint::remove(dir.path()).unwrap();
    }
}
