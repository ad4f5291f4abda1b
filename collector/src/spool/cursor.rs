//! How far ClickHouse has the spool: a small file, replaced as a whole.

use super::{Error, Position, segment};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How far ClickHouse has the spool, and what was on its way there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Random, made with the spool: no two spools give the same ids to their batches.
    pub spool: [u8; 16],
    /// Everything before is in ClickHouse.
    pub done: Position,
    /// What was cut to be written next. It is cut in the same place after a restart.
    pub cut: Option<Cut>,
    /// Records before this may have been written although the cursor does not know it, because
    /// an earlier cursor could not be read: their events are looked up before they are written.
    #[serde(default)]
    pub doubtful: Position,
}

/// What was cut to be written next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Where it ends.
    pub end: Position,
    /// The number of the last attempt to write it, from 0.
    pub attempt: u32,
}

const NAME: &str = "cursor";

impl Cursor {
    /// Reads the cursor of the folder; `None` if there is none. One that cannot be read is moved
    /// to `corrupt/` and counts as none.
    pub(super) fn load(dir: &Path) -> Result<Option<Self>, Error> {
        let text = match fs::read(dir.join(NAME)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if let Ok(cursor) = serde_json::from_slice(&text) {
            return Ok(Some(cursor));
        }
        fs::create_dir_all(dir.join("corrupt"))?;
        fs::rename(dir.join(NAME), dir.join("corrupt").join(NAME))?;
        Ok(None)
    }

    /// Replaces the cursor of the folder; when this returns, it survives a loss of power.
    pub(super) fn save(&self, dir: &Path) -> Result<(), Error> {
        let new = dir.join("cursor.new");
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&new, dir.join(NAME))?;
        segment::sync_dir(dir)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_saved_and_a_damaged_one_is_moved_away() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Cursor::load(dir.path()).unwrap(), None);
        let end = Position { segment: 3, offset: 4_096 };
        let cursor = Cursor {
            spool: [9; 16],
            done: Position::first_of(3),
            cut: Some(Cut { end, attempt: 1 }),
            doubtful: Position::default(),
        };
        cursor.save(dir.path()).unwrap();
        assert_eq!(Cursor::load(dir.path()).unwrap(), Some(cursor));

        fs::write(dir.path().join(NAME), "{").unwrap();
        assert_eq!(Cursor::load(dir.path()).unwrap(), None);
        assert!(dir.path().join("corrupt").join(NAME).try_exists().unwrap());
    }
}
