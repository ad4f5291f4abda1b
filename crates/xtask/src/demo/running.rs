//! A program that the demonstration keeps running: its output in a log, its end by its id.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::interrupt::Interrupt;

/// How many of its last lines are shown when a program has ended by itself.
const SHOWN: usize = 20;

/// How long a program may take to end when it is asked to.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

/// How long the rest of an ended program's output is waited for.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// How often a condition is looked at.
const PACE: Duration = Duration::from_millis(50);

/// A running program; dropping it stops it.
#[derive(Debug)]
pub(super) struct Running {
    name: &'static str,
    child: Child,
    lines: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    /// Starts a program in a process group of its own, so that Ctrl-C reaches only the task
    /// runner, which then stops its programs in order.
    ///
    /// # Errors
    /// The program cannot be started, or its log not written.
    pub(super) fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let log = File::create(log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let lines = Arc::default();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        let mut readers = Vec::new();
        for stream in streams.into_iter().flatten() {
            readers.push(keep(stream, Arc::clone(&lines), log.try_clone()?));
        }
        Ok(Self { name, child, lines, readers })
    }

    /// Waits until `find` finds what it looks for in the last lines of output.
    ///
    /// # Errors
    /// The program ends before, takes longer than `within`, or Ctrl-C is pressed.
    pub(super) fn wait_for<T>(
        &mut self,
        interrupt: &Interrupt,
        within: Duration,
        find: impl Fn(&[String]) -> Option<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = find(&self.lines()) {
                return Ok(found);
            }
            self.check()?;
            if interrupt.happened() {
                bail!("stopped while `{}` was starting", self.name);
            }
            if start.elapsed() > within {
                bail!("`{}` is not ready after {within:?}{}", self.name, self.last_lines());
            }
            thread::sleep(PACE);
        }
    }

    /// Fails, with its last lines, if the program has ended by itself.
    pub(super) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("`{}` ended: {status}{}", self.name, self.last_lines()),
            None => Ok(()),
        }
    }

    /// Asks the program to end and waits until it has; what does not end in time is killed.
    ///
    /// # Errors
    /// It did not end in time, or not well.
    pub(super) fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.context("a process without an id")?, Signal::TERM)?;
        match self.ended(ENDED_WITHIN)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                bail!("`{}` did not stop well: {status}{}", self.name, self.last_lines())
            }
            None => {
                self.child.kill()?;
                self.child.wait()?;
                bail!("`{}` had to be killed, {ENDED_WITHIN:?} after SIGTERM", self.name)
            }
        }
    }

    fn ended(&mut self, within: Duration) -> Result<Option<ExitStatus>> {
        let start = Instant::now();
        while start.elapsed() < within {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            thread::sleep(PACE);
        }
        Ok(None)
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Returns what a program that has ended said last. Its own children may hold its output open
    /// for a while longer, so the wait for the end of it is short.
    fn last_lines(&self) -> String {
        let start = Instant::now();
        while start.elapsed() < READ_WITHIN && !self.readers.iter().all(JoinHandle::is_finished) {
            thread::sleep(PACE);
        }
        let lines = self.lines();
        let last = &lines[lines.len().saturating_sub(SHOWN)..];
        last.iter().map(|line| format!("\n    {line}")).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{error:#}");
        }
    }
}

/// Copies a stream to the log and keeps its last lines.
fn keep(
    stream: impl Read + Send + 'static,
    lines: Arc<Mutex<VecDeque<String>>>,
    mut log: File,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // A full disk must not stop the programs: their last lines are still kept.
            writeln!(log, "{line}").ok();
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.push_back(line);
            if lines.len() > 200 {
                lines.pop_front();
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &Path) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start("sh", &mut command, &folder.join("log")).unwrap()
    }

    #[test]
    fn ready_when_the_line_comes_and_stopped_by_signal() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap 'exit 0' TERM; echo ready 7; while :; do sleep 0.05; done";
        let mut running = shell(script, folder.path());
        let find = |lines: &[String]| Some(lines.first()?.strip_prefix("ready ")?.to_owned());
        assert_eq!(running.wait_for(&Interrupt::never(), ENDED_WITHIN, find).unwrap(), "7");
        running.check().unwrap();
        running.stop().unwrap();
    }

    #[test]
    fn an_early_end_is_told_with_the_last_lines() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = shell("echo the port is taken; exit 3", folder.path());
        let seen = running.ended(ENDED_WITHIN).unwrap();
        assert_eq!(seen.and_then(|status| status.code()), Some(3));
        let error = running
            .wait_for::<()>(&Interrupt::never(), ENDED_WITHIN, |_| None)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "`sh` ended: exit status: 3\n    the port is taken");
    }
}
