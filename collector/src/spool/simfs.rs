//! A file system in memory that loses power, is killed, and fails when it is told to.
//!
//! What it is allowed to do to the spool is the worst that real ones do:
//! * What was not synced in a file may be there, be missing from any byte on, or be garbage or
//!   zeros in any of its pages, after a loss of power. What was synced is there.
//! * Each change of a folder that was not synced happened or not, whatever the others did; a
//!   rename is one change. Syncing a file does not sync its name.
//! * After a failed sync of a file, what was not synced before never will be, although a further
//!   sync says so. A failed sync of a folder leaves its changes for the next one, because that is
//!   what a journal does.
//! * A write that fails may have written any part. A kill leaves everything as it was seen last.

mod state;
mod tests;

use super::storage::{Folder, NewFile, Storage};
use protocol::Timestamp;
use state::{Content, Dice, Dir, Go, State};
use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// How the machine stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The process ends; what it wrote is still seen.
    Kill,
    /// The machine ends; only what was synced is sure to be there.
    PowerLoss,
}

/// What an operation fails with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// EIO.
    Broken,
    /// ENOSPC, for what needs room.
    Full,
}

impl Fault {
    fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::Broken => 5,
            Self::Full => 28,
        })
    }
}

/// The file system. A clone is the same one.
#[derive(Debug, Clone)]
pub(super) struct SimFs(Arc<Mutex<State>>);

impl SimFs {
    /// An empty one; the seed decides what is lost.
    pub(super) fn new(seed: u64) -> Self {
        let fs = Self(Arc::default());
        fs.state().dice = Dice(seed);
        let root = Dir { is_synced: true, ..Dir::default() };
        fs.state().dirs.insert(PathBuf::from("/"), root);
        fs
    }

    /// The folder of the spool.
    pub(super) fn folder(&self) -> Folder {
        Folder::new(Arc::new(self.clone()), Path::new("/spool"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// How many operations there were.
    pub(super) fn n_operations(&self) -> u64 {
        self.state().n_operations
    }

    /// Everything stops in the middle of the operation that comes after `n` more.
    pub(super) fn stop_after(&self, n: u64) {
        let mut state = self.state();
        state.stop_at = Some(state.n_operations + n);
    }

    /// Nothing stops any more.
    pub(super) fn go_on(&self) {
        self.state().stop_at = None;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Starts again after everything stopped, or stops it now.
    pub(super) fn restart(&self, stop: Stop) {
        let mut state = self.state();
        let State { files, dirs, dice, .. } = &mut *state;
        if stop == Stop::PowerLoss {
            files.iter_mut().for_each(|file| file.lose(dice));
            dirs.values_mut().for_each(|dir| dir.lose(dice));
            dirs.retain(|_, dir| dir.is_synced || dice.roll(2) == 0);
        }
        if std::mem::take(&mut state.is_stopped) {
            state.stop_at = None;
        }
    }

    /// Lets the operations after `after` more fail, `n` of them.
    pub(super) fn fail(&self, fault: Fault, after: u64, n: u64) {
        let mut state = self.state();
        let from = state.n_operations + after;
        state.fault = Some((fault, from, from.saturating_add(n)));
    }

    /// Lets the disk lose bytes of a file of the spool: whatever reads one of them fails.
    pub(super) fn wear_out(&self, name: &str, bytes: Range<u64>) {
        let mut state = self.state();
        let file = state.file(&Path::new("/spool").join(name)).unwrap();
        state.files[file].worn_out.push(bytes);
    }

    /// Lets no more operation fail.
    pub(super) fn heal(&self) {
        self.state().fault = None;
    }

    /// How many syncs there were of a file after one had failed.
    pub(super) fn n_vain_syncs(&self) -> u64 {
        self.state().n_vain_syncs
    }

    /// The names in the folder of the spool.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let state = self.state();
        state.dirs[Path::new("/spool")].seen.keys().cloned().collect()
    }
}

fn split(path: &Path) -> (&Path, &str) {
    (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap())
}

fn or<T>(value: T, error: Option<io::Error>) -> io::Result<T> {
    error.map_or(Ok(value), Err)
}

impl Storage for SimFs {
    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let is_new = !state.dirs.contains_key(dir);
        let error = state.begin_whole(is_new)?;
        state.dirs.entry(dir.to_owned()).or_default();
        if error.is_some() {
            return or((), error);
        }
        let error = state.begin_whole(false)?;
        state.dirs.entry(dir.to_owned()).or_default().is_synced = true;
        or((), error)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let mut state = self.state();
        let error = state.begin_whole(true)?;
        if state.file(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Content::default());
        let (dir, name) = split(path);
        state.change(dir, None, Some((name, file)))?;
        or(Box::new(SimFile { fs: self.clone(), file }), error)
    }

    fn read(&self, path: &Path, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        if let Go::PartOf(error) = state.begin(false)? {
            return Err(error);
        }
        let Content { bytes, worn_out, .. } = &state.files[state.file(path)?];
        if worn_out.iter().any(|worn_out| worn_out.start < to && from < worn_out.end) {
            return Err(Fault::Broken.error());
        }
        let to = usize::try_from(to.min(bytes.len() as u64)).unwrap();
        Ok(bytes.get(usize::try_from(from).unwrap()..to).unwrap_or_default().to_vec())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        let mut state = self.state();
        if let Go::PartOf(error) = state.begin(false)? {
            return Err(error);
        }
        Ok(state.files[state.file(path)?].bytes.len() as u64)
    }

    fn modified(&self, _: &Path) -> io::Result<Timestamp> {
        Ok(Timestamp::default())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        if let Go::PartOf(error) = state.begin(false)? {
            return Err(error);
        }
        let dir = state.dirs.get(dir).ok_or(ErrorKind::NotFound)?;
        Ok(dir.seen.keys().cloned().collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let error = state.begin_whole(false)?;
        let file = state.file(from)?;
        let ((from_dir, old), (to_dir, new)) = (split(from), split(to));
        if from_dir == to_dir {
            state.change(from_dir, Some(old), Some((new, file)))?;
        } else {
            state.change(to_dir, None, Some((new, file)))?;
            state.change(from_dir, Some(old), None)?;
        }
        or((), error)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let error = state.begin_whole(true)?;
        let file = state.file(from)?;
        if state.file(to).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let (dir, name) = split(to);
        state.change(dir, None, Some((name, file)))?;
        or((), error)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        let error = state.begin_whole(false)?;
        state.file(path)?;
        let (dir, name) = split(path);
        state.change(dir, Some(name), None)?;
        or((), error)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        let error = state.begin_whole(false)?;
        let dir = state.dirs.get_mut(dir).ok_or(ErrorKind::NotFound)?;
        dir.synced = dir.seen.clone();
        dir.changes.clear();
        or((), error)
    }
}

#[derive(Debug)]
struct SimFile {
    fs: SimFs,
    file: usize,
}

impl NewFile for SimFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.fs.state();
        let (n_written, error) = match state.begin(true)? {
            Go::Do => (bytes.len(), None),
            Go::PartOf(error) => (state.dice.roll(bytes.len() + 1), Some(error)),
        };
        state.files[self.file].bytes.extend_from_slice(&bytes[..n_written]);
        or((), error)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.fs.state();
        state.n_vain_syncs += u64::from(state.files[self.file].has_failed);
        let error = match state.begin(false)? {
            Go::Do => None,
            Go::PartOf(error) => Some(error),
        };
        let is_reached = error.is_none() || state.is_stopped && state.dice.roll(2) == 0;
        let file = &mut state.files[self.file];
        if is_reached && !file.has_failed {
            file.n_synced = file.bytes.len();
        }
        file.has_failed |= error.is_some();
        or((), error)
    }
}
