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

/// Whether the refused lines of a file are there up to the first `n_bytes`.
pub(super) fn reaches(file: &Path, n_bytes: u64) -> bool {
    n_bytes == 0 || path(file).metadata().is_ok_and(|metadata| metadata.len() >= n_bytes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_an_unfinished_chunk_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("past.jsonl");
        let reject = |line| [Reject::new(line, DropReason::TooOld, "old", b"{}\xff")];
        let mut rejects = Rejects::open(&file, 0).unwrap();
        assert_eq!(rejects.append(&[]).unwrap(), 0);
        assert!(!path(&file).try_exists().unwrap());
        let n_bytes = rejects.append(&reject(1)).unwrap();
        rejects.append(&reject(2)).unwrap();
        // Line 2 was written, and not noted, when it ended.
        let mut rejects = Rejects::open(&file, n_bytes).unwrap();
        rejects.append(&reject(3)).unwrap();
        let text = fs::read_to_string(path(&file)).unwrap();
        insta::assert_snapshot!(text, @r#"
{"line":1,"reason":"too_old","detail":"old","text":"{}�"}
{"line":3,"reason":"too_old","detail":"old","text":"{}�"}
"#);
        Rejects::open(&file, 0).unwrap();
        assert!(!path(&file).try_exists().unwrap());
    }
}
