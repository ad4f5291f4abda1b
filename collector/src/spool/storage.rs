//! The few things that the spool asks of a file system, so that tests can put one in its place
//! that loses power.
//!
//! Files are made new, appended to and synced; nothing is ever changed in place. A name is only
//! sure to be there after a loss of power once its folder was synced.

use protocol::Timestamp;
use std::fmt::Debug;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// A file system, as far as the spool needs one.
pub(super) trait Storage: Debug + Send + Sync {
    /// Makes the folder, and those above it, if it is not there; syncs its name.
    fn make_dir(&self, dir: &Path) -> io::Result<()>;
    /// Makes a file that is not there yet, to append to.
    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>>;
    /// Reads bytes `from..to`; fewer if the file ends before.
    fn read(&self, path: &Path, from: u64, to: u64) -> io::Result<Vec<u8>>;
    fn length(&self, path: &Path) -> io::Result<u64>;
    /// When a file was last written to.
    fn modified(&self, path: &Path) -> io::Result<Timestamp>;
    /// The names in a folder, in no order.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Gives a file another name; whatever had that name before is gone.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes created, renamed and deleted names of the folder survive a loss of power.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// A file that this process made.
pub(super) trait NewFile: Debug + Send {
    /// Appends all of it; after an error, any part of it.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was appended survive a loss of power. After an error it is not known what
    /// does, and a second call proves nothing.
    fn sync(&mut self) -> io::Result<()>;
}

/// One folder of a file system.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
}

impl Folder {
    pub(super) fn new(storage: Arc<dyn Storage>, dir: &Path) -> Self {
        Self { storage, dir: dir.to_owned() }
    }

    /// A folder of this machine.
    pub(super) fn real(dir: &Path) -> Self {
        Self::new(Arc::new(Disk), dir)
    }

    /// The folder of this name within.
    pub(super) fn within(&self, name: &str) -> Self {
        Self { storage: Arc::clone(&self.storage), dir: self.dir.join(name) }
    }

    pub(super) fn make(&self) -> io::Result<()> {
        self.storage.make_dir(&self.dir)
    }

    pub(super) fn create(&self, name: &str) -> io::Result<Box<dyn NewFile>> {
        self.storage.create(&self.dir.join(name))
    }

    pub(super) fn read(&self, name: &str, from: u64, to: u64) -> io::Result<Vec<u8>> {
        self.storage.read(&self.dir.join(name), from, to)
    }

    /// Reads as [`Self::read`] does, but with zeros for what the disk cannot give any more. Returns
    /// how many bytes those are, too.
    pub(super) fn read_around(&self, name: &str, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)> {
        match self.read(name, from, to) {
            Err(error) if is_unreadable(&error) => self.read_pieces(name, from, to),
            read => read.map(|bytes| (bytes, 0)),
        }
    }

    fn read_pieces(&self, name: &str, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)> {
        let to = to.min(self.length(name)?);
        let (mut at, mut bytes, mut n_lost) = (from, Vec::new(), 0);
        while at < to {
            let next = to.min((at / PIECE + 1) * PIECE);
            let piece = match self.read(name, at, next) {
                Err(error) if is_unreadable(&error) => {
                    n_lost += next - at;
                    vec![0; usize::try_from(next - at).map_err(io::Error::other)?]
                }
                // It became shorter meanwhile.
                Ok(piece) if piece.is_empty() => break,
                piece => piece?,
            };
            at += piece.len() as u64;
            bytes.extend_from_slice(&piece);
        }
        if n_lost > 0 {
            tracing::error!(name, n_lost, "the disk cannot read bytes of the spool any more");
        }
        Ok((bytes, n_lost))
    }

    pub(super) fn length(&self, name: &str) -> io::Result<u64> {
        self.storage.length(&self.dir.join(name))
    }

    pub(super) fn modified(&self, name: &str) -> io::Result<Timestamp> {
        self.storage.modified(&self.dir.join(name))
    }

    pub(super) fn list(&self) -> io::Result<Vec<String>> {
        self.storage.list(&self.dir)
    }

    /// Renames a file, to a name in this or another folder.
    pub(super) fn rename(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        self.storage.rename(&self.dir.join(from), &folder.dir.join(to))
    }

    /// Gives a file the same name in another folder, too.
    pub(super) fn link(&self, name: &str, folder: &Self) -> io::Result<()> {
        self.storage.link(&self.dir.join(name), &folder.dir.join(name))
    }

    /// Removes a file; that there is none is no error.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match self.storage.remove(&self.dir.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.storage.sync_dir(&self.dir)
    }

    /// Puts a file with these bytes in the place of another, or of none, so that after a loss of
    /// power there is the one or the other. When this returns, it is the new one.
    ///
    /// The bytes go to a file that is new each time, because a sync that failed once proves
    /// nothing about a file any more.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = format!("{name}{NEW}");
        self.remove(&new)?;
        let mut file = self.create(&new)?;
        file.append(bytes)?;
        file.sync()?;
        self.rename(&new, self, name)?;
        self.sync()
    }
}

/// Bytes that are tried on their own where reading fails: disks lose as many at once.
const PIECE: u64 = 4096;

/// EIO, which has this number wherever the spool runs.
const UNREADABLE: i32 = 5;

/// Whether the disk cannot give what it once took.
fn is_unreadable(error: &io::Error) -> bool {
    error.raw_os_error() == Some(UNREADABLE)
}

/// What the name of a file ends with that is to take the place of another.
pub(super) const NEW: &str = ".new";

/// The file system of this machine.
#[derive(Debug)]
struct Disk;

impl Storage for Disk {
    fn make_dir(&self, dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        // The folder and the data folder around it, which may both be new.
        for above in dir.ancestors().skip(1).take(2) {
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            match self.sync_dir(above) {
                // A folder that may be passed through but not read is none that was made here.
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
                synced => synced?,
            }
        }
        Ok(())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn NewFile>> {
        let file = OpenOptions::new().create_new(true).append(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn read(&self, path: &Path, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = to.min(file.metadata()?.len()).saturating_sub(from);
        let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
        file.seek(SeekFrom::Start(from))?;
        file.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn modified(&self, path: &Path) -> io::Result<Timestamp> {
        let since = fs::metadata(path)?.modified()?.duration_since(UNIX_EPOCH);
        let ms = since.unwrap_or_default().as_millis();
        Ok(Timestamp::from_millis(i64::try_from(ms).unwrap_or(i64::MAX)))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            // Whatever has a name that is no text is not ours.
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

impl NewFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
