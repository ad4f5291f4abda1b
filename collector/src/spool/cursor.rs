//! How far ClickHouse has the spool: a small file, replaced as a whole.

use super::storage::Folder;
use super::{Error, Position, corrupt, fault};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};

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

/// The name of its file.
pub(super) const NAME: &str = "cursor";

impl Cursor {
    /// Reads the cursor of the folder; `None` if there is none. One that cannot be read is moved
    /// to `corrupt/` and counts as none. When this returns one, it survives a loss of power.
    pub(super) fn load(folder: &Folder) -> Result<Option<Self>, Error> {
        match Self::read(folder)? {
            Read::None => Ok(None),
            Read::Whole(cursor) => {
                // Its bytes were synced before they had this name, but maybe not the name.
                folder.sync()?;
                Ok(Some(cursor))
            }
            Read::Damaged => {
                let corrupt = corrupt::folder(folder);
                corrupt.make()?;
                folder.rename(NAME, &corrupt, NAME)?;
                corrupt.sync()?;
                folder.sync()?;
                Ok(None)
            }
        }
    }

    /// Reads the cursor of the folder, and changes nothing.
    pub(super) fn read(folder: &Folder) -> io::Result<Read> {
        let text = match folder.read_around(NAME, 0, u64::MAX) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Read::None),
            text => text?.0,
        };
        Ok(serde_json::from_slice(&text).map_or(Read::Damaged, Read::Whole))
    }

    /// Replaces the cursor of the folder; when this returns, it survives a loss of power.
    pub(super) fn save(&self, folder: &Folder) -> Result<(), Error> {
        fault::point("spool.cursor")?;
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        folder.replace(NAME, &text)?;
        Ok(())
    }

    /// The highest number of a segment that it speaks of.
    pub(super) fn highest(&self) -> u64 {
        let cut = self.cut.map_or(0, |cut| cut.end.segment);
        cut.max(self.done.segment).max(self.doubtful.segment)
    }

    /// The segments that it points into although `last` is the last there is: they are lost,
    /// because the last one is never deleted.
    pub(super) fn lost(&self, last: u64) -> Vec<u64> {
        let cut = self.cut.map(|cut| cut.end.segment);
        let mut lost = vec![self.done.segment];
        lost.extend(cut.filter(|number| *number != self.done.segment));
        lost.retain(|number| *number > last);
        lost
    }
}

/// What a cursor was read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    None,
    Whole(Cursor),
    /// What cannot be read.
    Damaged,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_cursor_is_read_as_it_was_saved_and_a_damaged_one_is_moved_away() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::real(dir.path());
        assert_eq!(Cursor::load(&folder).unwrap(), None);
        let end = Position { segment: 3, offset: 4_096 };
        let cursor = Cursor {
            spool: [9; 16],
            done: Position::first_of(3),
            cut: Some(Cut { end, attempt: 1 }),
            doubtful: Position::default(),
        };
        cursor.save(&folder).unwrap();
        assert_eq!(Cursor::load(&folder).unwrap(), Some(cursor));

        fs::write(dir.path().join(NAME), "{").unwrap();
        assert_eq!(Cursor::load(&folder).unwrap(), None);
        assert!(dir.path().join("corrupt").join(NAME).try_exists().unwrap());
    }
}
