//! The data folder, and the lock that keeps it to one collector.

use anyhow::Context;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a start waits for the one before it to leave the folder. What a killed collector was
/// about to start may hold it a moment longer than the collector itself.
pub(crate) const LEAVING: Duration = Duration::from_secs(5);

/// Makes the folder if it is not there, and locks it, waiting for `patience` if it is locked. The
/// lock ends with the file.
///
/// # Errors
/// When the folder cannot be used, or another collector uses it.
pub(crate) fn lock(data: &Path, patience: Duration) -> anyhow::Result<File> {
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
            tracing::info!("another collector uses the data folder {path}: waiting for its end");
            let locked = lock_within(file, patience).with_context(sentence)?;
            locked.with_context(|| {
                format!("another collector uses the data folder {path}; stop it, or set `--data`")
            })
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(sentence),
    }
}

/// The file once it is locked; `None` if it is not in time. The system can only be asked without
/// a limit, so a thread of its own waits, and is left behind.
fn lock_within(file: File, patience: Duration) -> io::Result<Option<File>> {
    let (tell, told) = mpsc::channel();
    thread::Builder::new().name("lock".to_owned()).spawn(move || {
        // Whoever asked may have given up.
        drop(tell.send(file.lock().map(|()| file)));
    })?;
    told.recv_timeout(patience).ok().transpose()
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
        let held = lock(&data, LEAVING).unwrap();
        let error = format!("{:#}", lock(&data, Duration::ZERO).unwrap_err());
        let error = error.replace(data.to_str().unwrap(), "DIR");
        insta::assert_snapshot!(error, @"another collector uses the data folder DIR; stop it, or set `--data`");
        drop(held);
        lock(&data, LEAVING).unwrap();
    }

    #[test]
    fn a_start_waits_for_the_one_before_it_to_leave() {
        let dir = tempfile::tempdir().unwrap();
        let held = lock(dir.path(), Duration::ZERO).unwrap();
        let file = File::options().write(true).open(dir.path().join("lock")).unwrap();
        let (tell, told) = mpsc::channel();
        let next = thread::spawn(move || {
            tell.send(lock_within(file, Duration::from_secs(60)).unwrap().is_some()).unwrap();
        });
        assert!(told.recv_timeout(Duration::from_millis(50)).is_err(), "it does not wait");
        drop(held);
        assert!(told.recv().unwrap());
        next.join().unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = format!("{:#}", lock(&file.join("data"), LEAVING).unwrap_err());
        let error = error.replace(dir.path().to_str().unwrap(), "DIR");
        insta::assert_snapshot!(error, @"the data folder DIR/file/data cannot be used: Not a directory (os error 20)");
    }
}
