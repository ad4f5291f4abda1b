//! Brings the library: one npm package, checked by its hash, one file out of it.

use super::FILE_NAME;
use crate::Error;
use crate::folder::hex;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha512};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Package and version. npm's `latest` is older and cannot open a port.
pub const PACKAGE: &str = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1";

/// SHA-512 of the package's archive: what npm shows as its integrity, in hexadecimal.
const SHA512: &str = "5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35\
                      a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7";

/// Where the library stands inside the archive.
const ENTRY: &str = "package/libchdb.so";

/// npm's cache, inside the scratch folder.
const CACHE: &str = "cache";

/// Lines of npm's complaint that are repeated: the first ones name the fault.
const LINES: usize = 4;

/// How often the download is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How far [`fetch`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The pinned version is there already; nothing is done.
    Present,
    /// Bytes that npm has brought so far.
    Downloading {
        /// Bytes so far.
        n_bytes: u64,
    },
    /// The hash of the archive is compared.
    Checking,
    /// The library is taken out of the archive.
    Extracting,
}

/// Brings the library into the folder `to` and returns its path; blocks.
///
/// The library appears as a whole or not at all, and only if the hash is right. A note beside
/// it says which archive it came from, so that the next call is quick.
///
/// # Errors
/// When npm fails, the hash is wrong, or the folder cannot be written.
pub fn fetch(to: &Path, mut progress: impl FnMut(Progress)) -> Result<PathBuf, Error> {
    super::check_machine()?;
    fs::create_dir_all(to).map_err(Error::file(to))?;
    let library = to.join(FILE_NAME);
    let note = to.join(format!("{FILE_NAME}.sha512"));
    if library.is_file() && fs::read_to_string(&note).is_ok_and(|text| text.trim() == SHA512) {
        progress(Progress::Present);
        return Ok(library);
    }
    // In the same folder, so that the library is moved there and not copied.
    let scratch =
        tempfile::Builder::new().prefix(".fetch-").tempdir_in(to).map_err(Error::file(to))?;
    let archive = download(scratch.path(), &mut progress)?;
    progress(Progress::Checking);
    check(&archive)?;
    progress(Progress::Extracting);
    let extracted = scratch.path().join(FILE_NAME);
    extract(&archive, &extracted).map_err(Error::file(&archive))?;
    fs::rename(&extracted, &library).map_err(Error::file(&library))?;
    fs::write(&note, SHA512).map_err(Error::file(&note))?;
    Ok(library)
}

/// Runs `npm pack` in the scratch folder; its cache there too, since one copy is enough.
fn download(scratch: &Path, progress: &mut impl FnMut(Progress)) -> Result<PathBuf, Error> {
    let failed = |why: String| Error::Download { package: PACKAGE.to_owned(), why };
    let log = scratch.join("npm.log");
    let stderr = File::create(&log).map_err(Error::file(&log))?;
    let npm = Command::new("npm")
        .args(["pack", "--loglevel=error", "--cache", CACHE, PACKAGE])
        .current_dir(scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .map_err(|error| failed(format!("npm cannot be started: {error}")))?;
    let is_success = wait(npm, scratch, progress).map_err(|error| failed(error.to_string()))?;
    let archive = fs::read_dir(scratch)
        .map_err(Error::file(scratch))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"));
    match archive {
        Some(archive) if is_success => Ok(archive),
        Some(_) | None => Err(failed(complaint(&fs::read_to_string(&log).unwrap_or_default()))),
    }
}

/// The head of what npm wrote, on one line.
fn complaint(log: &str) -> String {
    let lines = log.lines().map(|line| line.trim_start_matches("npm error").trim());
    let head: Vec<&str> = lines.filter(|line| !line.is_empty()).take(LINES).collect();
    if head.is_empty() { "npm says nothing".to_owned() } else { head.join("; ") }
}

fn wait(mut npm: Child, scratch: &Path, progress: &mut impl FnMut(Progress)) -> io::Result<bool> {
    loop {
        if let Some(status) = npm.try_wait()? {
            return Ok(status.success());
        }
        progress(Progress::Downloading { n_bytes: size(&scratch.join(CACHE)) });
        thread::sleep(LOOK_EVERY);
    }
}

/// Bytes in a folder that is being written to: what vanishes meanwhile counts nothing.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn check(archive: &Path) -> Result<(), Error> {
    let found = hash(archive).map_err(Error::file(archive))?;
    if found == SHA512 {
        Ok(())
    } else {
        Err(Error::Checksum { package: PACKAGE.to_owned(), found })
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha512::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n_bytes = file.read(&mut buffer)?;
        if n_bytes == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..n_bytes]);
    }
}

fn extract(archive: &Path, to: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(File::open(archive)?)));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()? == Path::new(ENTRY) {
            let mut library = File::create(to)?;
            io::copy(&mut entry, &mut library)?;
            return library.sync_all();
        }
    }
    Err(io::Error::other(format!("the archive holds no `{ENTRY}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_fetched_again() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), "library").unwrap();
        fs::write(dir.path().join("libchdb.so.sha512"), SHA512).unwrap();
        let mut seen = Vec::new();
        let library = fetch(dir.path(), |progress| seen.push(progress)).unwrap();
        assert_eq!(library, dir.path().join(FILE_NAME));
        assert_eq!(seen, [Progress::Present]);
    }

    #[test]
    fn a_failure_of_npm_is_one_line() {
        let log = "npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error\n\
                   npm error errno ECONNREFUSED\nnpm error FetchError: refused\nnpm error     at x.js\n";
        insta::assert_snapshot!(complaint(log), @"code ECONNREFUSED; syscall connect; errno ECONNREFUSED; FetchError: refused");
        assert_eq!(complaint(""), "npm says nothing");
    }

    #[test]
    fn another_archive_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("x.tgz");
        fs::write(&archive, "abc").unwrap();
        let error = check(&archive).unwrap_err();
        assert!(matches!(error, Error::Checksum { found, .. } if found.starts_with("ddaf35a1")));
    }

    #[test]
    fn only_the_library_is_taken_out() {
        let dir = tempfile::tempdir().unwrap();
        let (archive, to) = (dir.path().join("x.tgz"), dir.path().join("out"));
        let gzip = flate2::write::GzEncoder::new(
            File::create(&archive).unwrap(),
            flate2::Compression::fast(),
        );
        let mut tar = tar::Builder::new(gzip);
        for (path, content) in [("package/index.js", "js"), (ENTRY, "library")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        extract(&archive, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "library");
    }
}
