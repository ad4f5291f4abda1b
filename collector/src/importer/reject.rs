//! The file of refused lines.

use anyhow::Context;
use protocol::DropReason;
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A refused line.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Reject {
    /// Its number in the file, from 1.
    pub(super) line: u64,
    reason: DropReason,
    detail: String,
    /// The line as it stands there, as far as it is UTF-8 and not too long.
    text: String,
}

impl Reject {
    /// A line and why it is refused.
    pub(super) fn new(line: u64, reason: DropReason, detail: &str, text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text).into_owned();
        Self { line, reason, detail: detail.to_owned(), text }
    }
}

/// Where the refused lines of a file are.
pub(super) fn path(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".rejects.jsonl");
    path.into()
}

/// The file of refused lines; not there as long as there are none.
#[derive(Debug)]
pub(super) struct Rejects {
    path: PathBuf,
    file: Option<File>,
    n_bytes: u64,
}

impl Rejects {
    /// Goes on after the first `n_bytes`; what is behind them belongs to a chunk that was not
    /// finished.
    pub(super) fn open(file: &Path, n_bytes: u64) -> anyhow::Result<Self> {
        let mut rejects = Self { path: path(file), file: None, n_bytes };
        if n_bytes > 0 {
            rejects.cut().with_context(|| rejects.cannot_write())?;
        } else if let Err(error) = fs::remove_file(&rejects.path)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error).with_context(|| rejects.cannot_write());
        }
        Ok(rejects)
    }

    /// Adds lines and syncs them. Returns how long the file is.
    pub(super) fn append(&mut self, rejects: &[Reject]) -> anyhow::Result<u64> {
        if rejects.is_empty() {
            return Ok(self.n_bytes);
        }
        let mut text = Vec::new();
        for reject in rejects {
            serde_json::to_writer(&mut text, reject)?;
            text.push(b'\n');
        }
        self.write(&text).with_context(|| self.cannot_write())?;
        self.n_bytes += text.len() as u64;
        Ok(self.n_bytes)
    }

    fn cut(&mut self) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&self.path)?;
        file.set_len(self.n_bytes)?;
        file.seek(SeekFrom::End(0))?;
        self.file = Some(file);
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        if self.file.is_none() {
            self.cut()?;
        }
        if let Some(file) = &mut self.file {
            file.write_all(text)?;
            file.sync_all()?;
        }
        Ok(())
    }

    fn cannot_write(&self) -> String {
        format!("cannot write {}", self.path.display())
    }
}
