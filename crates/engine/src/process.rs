//! One child process, from its start to its end.

use crate::folder::Folder;
use crate::output::{Output, Readers, fault};
use crate::probe::Probe;
use crate::{Config, Error, child};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

/// A start takes half a second; after a crash with much data, two.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Pause between two questions while the engine starts.
const PROBE_EVERY: Duration = Duration::from_millis(20);

/// A stop takes a few hundredths of a second.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// A child that runs is asked so many times before it counts as hanging. Each question has its own
/// patience, so that a pause of our own process is not taken for the child's.
const QUESTIONS: u32 = 6;

/// Opens the port, then waits for the end of standard input without needing any right on files.
const SERVE: &str = "SYSTEM START LISTEN HTTP; \
    INSERT INTO FUNCTION null('l String') FROM INFILE '/dev/stdin' FORMAT LineAsString";

/// What every child of one engine has in common.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) folder: Folder,
    executable: PathBuf,
    library: PathBuf,
    memory_bytes: Option<u64>,
    readable: Vec<String>,
    hang_after: Duration,
}

impl Launch {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        // The child runs in another folder, so relative paths would not lead there.
        let absolute = |path: &PathBuf| std::path::absolute(path).map_err(Error::file(path));
        Ok(Self {
            folder: Folder::prepare(&config.data_dir)?,
            executable: absolute(&config.executable)?,
            library: absolute(&config.library)?,
            memory_bytes: config.memory_bytes,
            readable: config.readable.clone(),
            hang_after: config.hang_after,
        })
    }

    /// Starts a child and waits until it answers on `port`.
    pub(crate) async fn start(&self, port: u16) -> Result<Process, Error> {
        self.folder.configure(self.memory_bytes, &self.readable)?;
        let mut process = self.spawn(port)?;
        process.wait_until_ready(self).await?;
        Ok(process)
    }

    /// Waits until nothing on `port` has answered for too long. Cancellation is safe.
    pub(crate) async fn hang(&self, port: u16) {
        let probe = Probe::new(port, &self.folder);
        let pause = self.hang_after / QUESTIONS;
        let mut n_silent = 0;
        while n_silent < QUESTIONS {
            sleep(pause).await;
            n_silent = if probe.is_answered().await { 0 } else { n_silent + 1 };
        }
    }

    fn spawn(&self, port: u16) -> Result<Process, Error> {
        let mut child = Command::new(&self.executable)
            .arg(child::ARGUMENT)
            .arg(&self.library)
            .arg(format!("--config-file={}", self.folder.configuration().display()))
            .arg(format!("--path={}", self.folder.data_path()))
            .arg(format!("--http_port={port}"))
            .args(["--log-level=warning", "--query", SERVE])
            // Settings for another ClickHouse, in files or variables, must not reach this one.
            .current_dir(self.folder.root())
            .env_clear()
            .env("TZ", "UTC")
            // A signal for our terminal's group is for us; we stop the child in our own time.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Spawn { executable: self.executable.clone(), source })?;
        let output = Output::default();
        let mut readers = Readers::default();
        child.stdout.take().into_iter().for_each(|stream| readers.add(&output, stream));
        child.stderr.take().into_iter().for_each(|stream| readers.add(&output, stream));
        let stdin = child.stdin.take();
        Ok(Process { child, stdin, output, readers, port })
    }
}

/// A running child. Dropping it closes its standard input, which stops it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    output: Output,
    readers: Readers,
    port: u16,
}

impl Process {
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    async fn wait_until_ready(&mut self, launch: &Launch) -> Result<(), Error> {
        let probe = Probe::new(self.port, &launch.folder);
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            tokio::select! {
                error = self.end(launch) => return Err(error),
                is_ours = probe.is_ours() => if is_ours { return Ok(()) },
            }
            tokio::select! {
                error = self.end(launch) => return Err(error),
                () = sleep(PROBE_EVERY) => {}
            }
        }
        // It may hang for good: leave no such child behind.
        drop(self.child.kill().await);
        Err(Error::NotReady { seconds: READY_WITHIN.as_secs(), output: self.output.text() })
    }

    /// Waits for the child to end by itself and says why it did. Cancellation is safe.
    pub(crate) async fn end(&mut self, launch: &Launch) -> Error {
        match self.child.wait().await {
            Ok(status) => {
                self.readers.finish().await;
                fault(status, &self.output, &launch.folder, &launch.library, self.port)
            }
            Err(source) => Error::Spawn { executable: launch.executable.clone(), source },
        }
    }

    /// Ends a child that does not hear, and says why.
    pub(crate) async fn kill(&mut self, launch: &Launch) -> Error {
        // A child that even this does not end keeps the port, which the next start says.
        drop(self.child.kill().await);
        Error::Hung { seconds: launch.hang_after.as_secs() }
    }

    /// Stops the child by closing its standard input.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        drop(self.stdin.take());
        if timeout(STOP_WITHIN, self.child.wait()).await.is_ok() {
            return Ok(());
        }
        // There is nothing to be done if even this fails.
        drop(self.child.kill().await);
        Err(Error::NotStopped { seconds: STOP_WITHIN.as_secs() })
    }
}
