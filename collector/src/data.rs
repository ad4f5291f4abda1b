//! The data folder, and the lock that keeps it to one collector.

use anyhow::{Context, bail};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes the folder if it is not there, and locks it. The lock ends with the file.
///
/// # Errors
/// When the folder cannot be used, or another collector uses it.
pub fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.display();
    let sentence = || format!("the data folder {path} cannot be used");
    DirBuilder::new().recursive(true).mode(0o700).create(data).with_context(sentence)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(data.join("lock"))
        .with_context(sentence)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another collector uses the data folder {path}; stop it, or set `--data`")
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(sentence),
    }
}

/// Replaces a file as a whole: whoever reads it sees the one or the other. Blocks on the file
/// system.
///
/// # Errors
/// When the file system refuses; the file is then as it was.
pub(crate) fn replace(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let written = (|| {
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    written.with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_collector() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("a/b");
        let held = lock(&data).unwrap();
        let error =
            format!("{:#}", lock(&data).unwrap_err()).replace(data.to_str().unwrap(), "DIR");
        insta::assert_snapshot!(error, @"another collector uses the data folder DIR; stop it, or set `--data`");
        drop(held);
        lock(&data).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = format!("{:#}", lock(&file.join("data")).unwrap_err());
        let error = error.replace(dir.path().to_str().unwrap(), "DIR");
        insta::assert_snapshot!(error, @"the data folder DIR/file/data cannot be used: Not a directory (os error 20)");
    }
}
