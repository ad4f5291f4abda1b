//! What can go wrong, each as one sentence that says what to do where that is known.

use std::io;
use std::path::PathBuf;

/// Why the engine is not there, does not start, or does not stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no build of the engine for this platform.
    #[error(
        "there is no embedded engine for `{platform}`, only for Linux on x86-64 with glibc; \
         give the address of a ClickHouse server with `--clickhouse`"
    )]
    Platform {
        /// Operating system and processor, as in `macos aarch64`.
        platform: String,
    },
    /// The processor is older than the engine's build.
    #[error(
        "this processor lacks `{missing}`, which the embedded engine needs; \
         give the address of a ClickHouse server with `--clickhouse`"
    )]
    Processor {
        /// The instruction sets that are missing.
        missing: String,
    },
    /// The library is at none of the places where it is looked for.
    #[error(
        "the engine's library was not found ({looked_at}); fetch it with `sillage engine fetch`, \
         or give the address of a ClickHouse server with `--clickhouse`"
    )]
    LibraryMissing {
        /// The places, in order.
        looked_at: String,
    },
    /// The library is there and cannot be loaded.
    #[error("the engine's library `{}` cannot be loaded: {why}", path.display())]
    LibraryUnusable {
        /// The library.
        path: PathBuf,
        /// What the loader says.
        why: String,
    },
    /// `npm pack` failed.
    #[error("`npm pack {package}` failed: {why}")]
    Download {
        /// Package and version.
        package: String,
        /// The end of what npm says, or why it could not be started.
        why: String,
    },
    /// What was downloaded is not what was pinned.
    #[error("the download of `{package}` has the wrong SHA-512 `{found}`; nothing was installed")]
    Checksum {
        /// Package and version.
        package: String,
        /// The hash that was found, in hexadecimal.
        found: String,
    },
    /// A folder or file of ours cannot be made, read or written.
    #[error("cannot use `{}`", path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no randomness for the password.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    /// Another engine runs on this folder.
    #[error("the data folder `{}` is in use by another engine{holder}", path.display())]
    Locked {
        /// The data folder.
        path: PathBuf,
        /// ` (process 123)`, or nothing where that is not known.
        holder: String,
    },
    /// The engine cannot write in its folder.
    #[error("the engine cannot write in the data folder `{}`: {why}", path.display())]
    NotWritable {
        /// The data folder.
        path: PathBuf,
        /// The system's reason.
        why: &'static str,
    },
    /// No free port was found, or the engine's own was taken while it was down.
    #[error("the port `{port}` of 127.0.0.1 is taken by another program")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// No port of 127.0.0.1 can be opened at all.
    #[error("cannot open a port of 127.0.0.1")]
    NoPort(#[source] io::Error),
    /// The child ran and gave no answer any more.
    #[error("the engine gave no answer for `{seconds}` s and was killed")]
    Hung {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The child process cannot be started.
    #[error("cannot start the engine's process `{}`", executable.display())]
    Spawn {
        /// The executable.
        executable: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The child ended for a reason of its own.
    #[error("the engine ended with {status}: {output}")]
    Exited {
        /// How the process ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// The child runs and does not answer.
    #[error("the engine does not answer after {seconds} s: {output}")]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// The end of what it said.
        output: String,
    },
    /// The child had to be killed.
    #[error("the engine did not stop within {seconds} s and was killed")]
    NotStopped {
        /// How long it was waited for.
        seconds: u64,
    },
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
