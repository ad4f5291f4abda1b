//! What the child said, and which fault it stands for.

use crate::Error;
use crate::child::{EXIT_FAILED, EXIT_NOT_LOADED};
use crate::folder::Folder;
use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Lines kept: an exception with its stack has about thirty.
const LINES: usize = 40;

/// Bytes kept of one line.
const LINE_BYTES: usize = 1_000;

/// How long a stream may stay open after its child ended, as when a grandchild has it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The last lines of the child's output, filled while it runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Output(Arc<Mutex<VecDeque<String>>>);

impl Output {
    /// Keeps and logs what the child writes, until it closes the stream.
    pub(crate) async fn read(self, stream: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(stream).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line);
            let line = line[..line.floor_char_boundary(LINE_BYTES)].trim_end();
            if !line.is_empty() {
                tracing::debug!(target: "engine::output", "{line}");
                self.keep(line.to_owned());
            }
        }
    }

    fn keep(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// All that is kept, without the stack traces.
    pub(crate) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<&str> = lines.iter().map(String::as_str).filter(|l| !is_stack(l)).collect();
        if said.is_empty() { "it said nothing".to_owned() } else { said.join("; ") }
    }
}

/// What reads the child's streams.
#[derive(Debug, Default)]
pub(crate) struct Readers(Vec<JoinHandle<()>>);

impl Readers {
    /// Keeps what comes from a stream, from now on.
    pub(crate) fn add(&mut self, output: &Output, stream: impl AsyncRead + Unpin + Send + 'static) {
        self.0.push(tokio::spawn(output.clone().read(stream)));
    }

    /// Waits for the last words of a child that ended, which are in the pipes. Cancellation is
    /// safe: a reader that has ended is not asked again.
    pub(crate) async fn finish(&mut self) {
        while let Some(reader) = self.0.last_mut() {
            // One that failed has no more words.
            drop(timeout(LAST_WORDS, reader).await);
            self.0.pop();
        }
    }
}

/// Whether the line is a frame of a stack trace, as in `3. ./src/Common/Exception.cpp:129: …`.
fn is_stack(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(". ")
}

/// The fault behind the end of the child.
pub(crate) fn fault(
    status: ExitStatus,
    output: &Output,
    folder: &Folder,
    library: &Path,
    port: u16,
) -> Error {
    let text = output.text();
    let path = folder.root().to_owned();
    let not_writable = |why| Error::NotWritable { path: path.clone(), why };
    match status.code() {
        Some(code) if code == i32::from(EXIT_NOT_LOADED) => {
            return Error::LibraryUnusable { path: library.to_owned(), why: text };
        }
        Some(0) | None => {}
        Some(code) if code == i32::from(EXIT_FAILED) => {}
        Some(_) => return Error::Exited { status: status.to_string(), output: text },
    }
    if text.contains("Address already in use") {
        Error::PortTaken { port }
    } else if text.contains("Cannot lock file") {
        let holder = folder.holder().map(|pid| format!(" (process {pid})")).unwrap_or_default();
        Error::Locked { path, holder }
    } else if text.contains("errno: 30") || text.contains("Read-only file system") {
        not_writable("the file system is read-only")
    } else if text.contains("errno: 13") || text.contains("Permission denied") {
        not_writable("permission denied")
    } else if text.contains("errno: 28") || text.contains("No space left on device") {
        not_writable("no space left on the device")
    } else {
        Error::Exited { status: status.to_string(), output: text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn sentence(code: i32, line: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(dir.path()).unwrap();
        let output = Output::default();
        output.keep(line.to_owned());
        output.keep("0. ./src/Common/Exception.cpp:129: DB::Exception".to_owned());
        let status = ExitStatus::from_raw(code << 8);
        let error = fault(status, &output, &folder, Path::new("/lib/libchdb.so"), 8123);
        error.to_string().replace(&folder.root().display().to_string(), "DIR")
    }

    #[test]
    fn each_fault_is_one_sentence() {
        insta::assert_snapshot!(
            sentence(0, "Code: 210. DB::NetException: Address already in use: 127.0.0.1:8123"),
            @"the port `8123` of 127.0.0.1 is taken by another program"
        );
        insta::assert_snapshot!(
            sentence(0, "Code: 76. DB::Exception: Cannot lock file DIR/data/status"),
            @"the data folder `DIR` is in use by another engine"
        );
        insta::assert_snapshot!(
            sentence(0, "Code: 76. DB::Exception: Cannot open file, errno: 30"),
            @"the engine cannot write in the data folder `DIR`: the file system is read-only"
        );
        insta::assert_snapshot!(
            sentence(120, "libchdb.so: file too short"),
            @"the engine's library `/lib/libchdb.so` cannot be loaded: libchdb.so: file too short"
        );
        insta::assert_snapshot!(
            sentence(1, "something else"),
            @"the engine ended with exit status: 1: something else"
        );
    }

    #[tokio::test]
    async fn the_last_words_may_be_waited_for_again() {
        let output = Output::default();
        let (writer, open) = tokio::io::duplex(64);
        let mut readers = Readers::default();
        readers.add(&output, open);
        readers.add(&output, b"closed".as_slice());
        while !readers.0[1].is_finished() {
            tokio::task::yield_now().await;
        }
        // Asked once and left: one reader has ended, the other has not.
        assert!(timeout(Duration::ZERO, readers.finish()).await.is_err());
        drop(writer);
        readers.finish().await;
        assert_eq!(output.text(), "closed");
    }

    #[tokio::test]
    async fn only_the_last_lines_are_kept() {
        let output = Output::default();
        let text: String = (0..100).map(|n| format!("line {n}\n")).collect();
        output.clone().read(text.as_bytes()).await;
        assert!(output.text().starts_with("line 60; line 61"));
    }
}
