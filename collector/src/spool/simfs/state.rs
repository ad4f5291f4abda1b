//! What the file system holds: as it is seen, and as it is on the disk.

use super::{Fault, split};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes that reach the disk together or not.
const PAGE: usize = 32;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) files: Vec<Content>,
    pub(super) dirs: BTreeMap<PathBuf, Dir>,
    pub(super) n_operations: u64,
    pub(super) stop_at: Option<u64>,
    pub(super) is_stopped: bool,
    /// Operations from the first number up to before the second fail.
    pub(super) fault: Option<(Fault, u64, u64)>,
    pub(super) dice: Dice,
    /// How often each file was synced, or tried to be, after a sync of it failed.
    pub(super) n_vain_syncs: u64,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) n_synced: usize,
    pub(super) has_failed: bool,
    /// Bytes that cannot be read any more.
    pub(super) worn_out: Vec<Range<u64>>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Dir {
    pub(super) seen: BTreeMap<String, usize>,
    pub(super) synced: BTreeMap<String, usize>,
    pub(super) changes: Vec<Change>,
    /// Whether the folder's own name is synced in the folder above.
    pub(super) is_synced: bool,
}

/// Names that appear and disappear together.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) gone: Option<String>,
    pub(super) here: Option<(String, usize)>,
}

/// Random numbers from a seed (splitmix64).
#[derive(Debug, Default)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % n
    }
}

/// What an operation is to do.
pub(super) enum Go {
    Do,
    /// Do any part of it, or all, and then fail.
    PartOf(io::Error),
}

impl State {
    /// Counts an operation, and says whether it is done.
    pub(super) fn begin(&mut self, needs_room: bool) -> io::Result<Go> {
        if self.is_stopped {
            return Err(io::Error::other("the machine is off"));
        }
        let n = self.n_operations;
        self.n_operations += 1;
        if self.stop_at == Some(n) {
            self.is_stopped = true;
            return Ok(Go::PartOf(io::Error::other("the machine goes off")));
        }
        match self.fault {
            Some((fault, from, to)) if (from..to).contains(&n) => match fault {
                Fault::Full if !needs_room => Ok(Go::Do),
                Fault::Full | Fault::Broken => Ok(Go::PartOf(fault.error())),
            },
            _ => Ok(Go::Do),
        }
    }

    /// An operation that is done or not: at a stop either, at a failure not.
    pub(super) fn begin_whole(&mut self, needs_room: bool) -> io::Result<Option<io::Error>> {
        match self.begin(needs_room)? {
            Go::Do => Ok(None),
            Go::PartOf(error) if self.is_stopped && self.dice.roll(2) == 0 => Ok(Some(error)),
            Go::PartOf(error) => Err(error),
        }
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<usize> {
        let (dir, name) = split(path);
        let dir = self.dirs.get(dir).ok_or(ErrorKind::NotFound)?;
        Ok(*dir.seen.get(name).ok_or(ErrorKind::NotFound)?)
    }

    pub(super) fn change(
        &mut self,
        dir: &Path,
        gone: Option<&str>,
        here: Option<(&str, usize)>,
    ) -> io::Result<()> {
        let dir = self.dirs.get_mut(dir).ok_or(ErrorKind::NotFound)?;
        let change = Change {
            gone: gone.map(str::to_owned),
            here: here.map(|(name, file)| (name.to_owned(), file)),
        };
        change.apply(&mut dir.seen);
        dir.changes.push(change);
        Ok(())
    }
}

impl Change {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, usize>) {
        if let Some(name) = &self.gone {
            names.remove(name);
        }
        if let Some((name, file)) = &self.here {
            names.insert(name.clone(), *file);
        }
    }
}

impl Content {
    pub(super) fn lose(&mut self, dice: &mut Dice) {
        let unsynced = self.bytes.len() - self.n_synced;
        if unsynced > 0 && dice.roll(3) > 0 {
            self.bytes.truncate(self.n_synced + dice.roll(unsynced + 1));
        }
        let synced = self.n_synced;
        for page in self.bytes[synced..].chunks_mut(PAGE) {
            match dice.roll(4) {
                0 => page.fill(0),
                1 => page.iter_mut().for_each(|byte| *byte ^= 0xa5),
                _ => {}
            }
        }
        // What is there now, after the loss, is what the disk has.
        self.n_synced = self.bytes.len();
        self.has_failed = false;
    }
}

impl Dir {
    pub(super) fn lose(&mut self, dice: &mut Dice) {
        for change in self.changes.drain(..) {
            if dice.roll(2) == 0 {
                change.apply(&mut self.synced);
            }
        }
        self.seen = self.synced.clone();
    }
}
