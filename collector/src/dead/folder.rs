//! The folder of letters: a file of lines for each day, in parts where a day has many.
//!
//! A line is safe when file and folder are synced. After a failed write or sync nothing is
//! appended to that file again. Letters that go are taken out by writing the file anew beside it.

use crate::looks::Looks;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Bytes after which a day's next part begins, so that taking letters out stays quick.
const PART_BYTES: u64 = 16 << 20;

/// The file with the last looks at the clock.
const LOOKS: &str = "looks";

/// A file: its day, and which of the day's parts it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileId {
    pub(super) day: Date,
    pub(super) part: u32,
}

impl FileId {
    fn name(self) -> String {
        match self {
            Self { day, part: 0 } => format!("{day}.jsonl"),
            Self { day, part } => format!("{day}.{part}.jsonl"),
        }
    }

    fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".jsonl")?;
        let (day, part) = stem.split_once('.').unwrap_or((stem, "0"));
        let id = Self { day: day.parse().ok()?, part: part.parse().ok()? };
        (id.name() == name).then_some(id)
    }
}

/// The folder.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    /// The files and their bytes.
    files: BTreeMap<FileId, u64>,
    /// Files that are not appended to: torn, or refused by the disk.
    sealed: BTreeSet<FileId>,
}

impl Folder {
    /// Opens the folder, which is made if it is not there.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        if let Some(parent) = dir.parent() {
            File::open(parent)?.sync_all()?;
        }
        let mut folder =
            Self { dir: dir.to_owned(), files: BTreeMap::new(), sealed: BTreeSet::new() };
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name();
            match name.to_str().and_then(FileId::parse) {
                Some(id) => drop(folder.files.insert(id, entry.metadata()?.len())),
                // What a crash left while a file was written anew: the file itself is still there.
                None if name.as_encoded_bytes().ends_with(b".new") => {
                    fs::remove_file(entry.path())?
                }
                None => {}
            }
        }
        Ok(folder)
    }

    /// The files, oldest first.
    pub(super) fn files(&self) -> Vec<FileId> {
        self.files.keys().copied().collect()
    }

    /// Bytes of all files.
    pub(super) fn n_bytes(&self) -> u64 {
        self.files.values().sum()
    }

    /// The whole of a file. One whose last line has no end is not appended to any more.
    pub(super) fn read(&mut self, id: FileId) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.path(id))?;
        if bytes.last().is_some_and(|byte| *byte != b'\n') {
            self.sealed.insert(id);
        }
        Ok(bytes)
    }

    /// Some bytes of a file.
    pub(super) fn read_at(&self, id: FileId, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        File::open(self.path(id))?.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }

    /// Appends whole lines to the file of a day and syncs them. Returns where they begin.
    pub(super) fn append(&mut self, day: Date, lines: &[u8]) -> io::Result<(FileId, u64)> {
        let id = self.writable(day);
        let offset = self.files.get(&id).copied().unwrap_or(0);
        let is_new = offset == 0;
        let written = (|| {
            let mut file =
                OpenOptions::new().create(true).append(true).mode(0o600).open(self.path(id))?;
            file.write_all(lines)?;
            file.sync_all()?;
            if is_new { self.sync() } else { Ok(()) }
        })();
        if written.is_err() && is_new {
            // Nothing in it was promised; what cannot be deleted either is read as it is later.
            drop(fs::remove_file(self.path(id)));
        } else {
            let n_bytes = fs::metadata(self.path(id)).map_or(offset, |file| file.len());
            self.files.insert(id, n_bytes);
        }
        if written.is_err() && !is_new {
            self.sealed.insert(id);
        }
        written.map(|()| (id, offset))
    }

    fn writable(&self, day: Date) -> FileId {
        let first = FileId { day, part: 0 };
        let last = self.files.range(first..=FileId { day, part: u32::MAX }).next_back();
        match last {
            None => first,
            Some((id, n_bytes)) if *n_bytes < PART_BYTES && !self.sealed.contains(id) => *id,
            Some((id, _)) => FileId { day, part: id.part.saturating_add(1) },
        }
    }

    /// Writes a file anew with these pieces of what it held; it goes if there are none.
    pub(super) fn keep(
        &mut self,
        id: FileId,
        bytes: &[u8],
        pieces: &[Range<usize>],
    ) -> io::Result<()> {
        if pieces.is_empty() {
            return self.delete(id);
        }
        let kept: Vec<u8> =
            pieces.iter().flat_map(|piece| &bytes[piece.clone()]).copied().collect();
        self.replace(&id.name(), &kept)?;
        self.files.insert(id, kept.len() as u64);
        Ok(())
    }

    /// The last looks at the clock; one that cannot be read costs a day.
    pub(super) fn looks(&self) -> io::Result<Looks> {
        match fs::read(self.dir.join(LOOKS)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Looks::default()),
            text => Ok(serde_json::from_slice(&text?).unwrap_or_default()),
        }
    }

    /// Keeps the looks.
    pub(super) fn keep_looks(&self, looks: &Looks) -> io::Result<()> {
        self.replace(LOOKS, &serde_json::to_vec(looks).map_err(io::Error::other)?)
    }

    /// Puts a file in the place of another.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = self.dir.join(format!("{name}.new"));
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, self.dir.join(name))?;
        self.sync()
    }

    /// Deletes a file.
    pub(super) fn delete(&mut self, id: FileId) -> io::Result<()> {
        match fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        self.files.remove(&id);
        self.sealed.remove(&id);
        self.sync()
    }

    fn path(&self, id: FileId) -> PathBuf {
        self.dir.join(id.name())
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}
