//! A program that a test started: its output by lines, its end by its process id.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How many of the last lines are kept for the report of a failure.
const KEPT: usize = 400;

/// How long a program may work that ends when its work is done.
const WORKING: Duration = Duration::from_secs(5 * 60);

/// How long a program may take to end by itself.
const STOPPING: Duration = Duration::from_secs(20);

/// How long a program that is of no more use may take to end.
const ENDING: Duration = Duration::from_secs(5);

/// A running program. It is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    /// Starts a program, and collects what it prints.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let lines = Arc::default();
        if let Some(out) = child.stdout.take() {
            collect(out, Arc::clone(&lines));
        }
        if let Some(err) = child.stderr.take() {
            collect(err, Arc::clone(&lines));
        }
        Ok(Self { name, child, lines })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines that it printed so far, at most the last 400.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Waits until `find` finds something in the lines.
    pub(crate) async fn wait_for<T>(
        &mut self,
        what: &str,
        find: impl Fn(&[String]) -> Option<T>,
    ) -> Result<T> {
        let found = crate::until(what, crate::wait::PATIENCE, async || {
            if let Some(found) = find(&self.lines()) {
                return Ok(Some(found));
            }
            match self.child.try_wait()? {
                Some(status) => bail!("`{}` ended: {status}", self.name),
                None => Ok(None),
            }
        })
        .await;
        found.with_context(|| format!("output of `{}`:\n{}", self.name, self.lines().join("\n")))
    }

    /// Waits until it has ended by itself, or by a signal that was sent to it.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        let what = format!("`{}` has ended", self.name);
        crate::until(&what, WORKING, async || Ok(self.child.try_wait()?)).await
    }

    /// Asks it to end, as Ctrl-C does.
    pub(crate) fn interrupt(&self) -> Result<()> {
        let pid = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("`{}` has no process id", self.name))?;
        Ok(kill_process(pid, Signal::INT)?)
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().with_context(|| format!("cannot kill `{}`", self.name))?;
        self.child.wait().map(drop).with_context(|| format!("cannot await `{}`", self.name))
    }

    /// Asks it to end, and waits until it has; kills it if it does not.
    pub(crate) fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        let pid = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("`{}` has no process id", self.name))?;
        kill_process(pid, Signal::TERM)?;
        let asked = Instant::now();
        while asked.elapsed() < STOPPING {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.kill()?;
        bail!("`{}` did not end within {STOPPING:?} of SIGTERM", self.name)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.stop().is_err() {
            self.kill().ok();
        }
    }
}

/// Ends the processes that have `mark` in their command line, and waits until they are gone:
/// programs that another program started for us, which its end would leave running.
pub(crate) fn end_all(mark: &str) {
    for signal in [Signal::TERM, Signal::KILL] {
        let asked = Instant::now();
        loop {
            let marked = with_mark(mark);
            if marked.is_empty() {
                return;
            }
            if asked.elapsed() > ENDING {
                break;
            }
            marked.into_iter().for_each(|pid| _ = kill_process(pid, signal));
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn with_mark(mark: &str) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let marked = processes.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        String::from_utf8_lossy(&command).contains(mark).then_some(pid)
    });
    marked.filter_map(Pid::from_raw).collect()
}

fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<VecDeque<String>>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut lines = into.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == KEPT {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    });
}
