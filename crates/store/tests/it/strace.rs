//! Kills the engine at the very moment when it renames a new part to its place.

use anyhow::{Context, Result, bail, ensure};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};
use tempfile::TempDir;

const RENAMES: &str = "rename,renameat,renameat2";

/// A running `strace` that waits for its moment.
pub(crate) struct Trace {
    child: Child,
    stderr: BufReader<ChildStderr>,
    log: PathBuf,
    _dir: TempDir,
}

impl Trace {
    /// Watches the process `pid`, and kills it when it begins to rename anything. `None`, after a
    /// line that says so, where processes may not be watched: the state that this would bring
    /// about is also made by hand, in a test that needs no tool.
    pub(crate) fn attach(pid: u32) -> Result<Option<Self>> {
        let dir = tempfile::tempdir()?;
        let log = dir.path().join("log");
        let child = Command::new("strace")
            .args(["-f", "-p", &pid.to_string(), "-e", &format!("trace={RENAMES}")])
            .args(["-e", &format!("inject={RENAMES}:signal=KILL"), "-o"])
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound && env::var_os("CI").is_none() => {
                return Ok(left_out("Debian's `strace` is not installed"));
            }
            Err(error) => return Err(error).context("install Debian's `strace`"),
        };
        let mut stderr = BufReader::new(child.stderr.take().context("no standard error")?);
        let mut line = String::new();
        stderr.read_line(&mut line)?;
        if line.contains("Operation not permitted") {
            child.wait()?;
            return Ok(left_out(&format!("processes may not be watched here: {line}")));
        }
        ensure!(line.contains("attached"), "strace says: {line}");
        Ok(Some(Self { child, stderr, log, _dir: dir }))
    }

    /// The rename that was begun and not done. Fails when the process was not killed while it
    /// renamed a new part.
    pub(crate) fn rename(mut self) -> Result<String> {
        let status = self.child.wait()?;
        let mut said = String::new();
        self.stderr.read_to_string(&mut said)?;
        let log = fs::read_to_string(&self.log)?;
        let mut begun = log.lines().filter(|line| line.contains("rename"));
        let of_new_part = begun.find(|line| line.contains("tmp_insert_") && !line.ends_with("= 0"));
        match of_new_part {
            Some(rename) if log.contains("+++ killed by SIGKILL +++") => Ok(rename.to_owned()),
            _ => bail!("not killed at a new part; strace ended with {status}: {said}\n{log}"),
        }
    }
}

#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
fn left_out(why: &str) -> Option<Trace> {
    eprintln!("left out: {why}");
    None
}

impl Drop for Trace {
    fn drop(&mut self) {
        // It ends with what it watches; this is for a test that failed before.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
