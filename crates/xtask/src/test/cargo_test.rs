//! Runs `cargo test`, shows what it says, and counts its tests.

use std::io::{BufRead, BufReader, PipeReader};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long the output may stay open after the tests have ended.
const OPEN_FOR: Duration = Duration::from_secs(20);

/// How many tests passed and failed, with cargo's own lines about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) lines: Vec<String>,
}

impl Tally {
    /// Adds what another one has counted.
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.lines.extend(other.lines);
    }

    /// Tells whether all is well: tests have run, and none has failed.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn verdict(&self) -> Result<()> {
        match (self.passed, self.failed) {
            (0, 0) => bail!("no test has run"),
            (_, 0) => Ok(()),
            (_, failed) => bail!("{failed} tests failed"),
        }
    }

    /// Takes in a line of output if it is the result of a test binary.
    fn read(&mut self, line: &str) {
        let Some(result) = line.trim().strip_prefix("test result: ") else { return };
        let count = |what: &str| {
            let part = result.split([';', '.']).map(str::trim).find(|part| part.ends_with(what))?;
            part.split(' ').next()?.parse().ok()
        };
        self.passed += count(" passed").unwrap_or(0);
        self.failed += count(" failed").unwrap_or(0);
        self.lines.push(line.trim().to_owned());
    }
}

/// Runs the tests.
///
/// # Errors
/// They do not compile, or a test leaves a program behind that holds their output open.
pub(super) fn run(command: &mut Command) -> Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot start cargo")?;
    // The command holds the writing end, without which the reader sees no end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let tally = Arc::new(Mutex::new(Tally::default()));
    let copier = {
        let tally = Arc::clone(&tally);
        thread::spawn(move || copy(reader, &tally))
    };
    let status = child.wait()?;
    let start = Instant::now();
    while !copier.is_finished() {
        if start.elapsed() > OPEN_FOR {
            bail!("a test has left a program running, which holds the output open");
        }
        thread::sleep(Duration::from_millis(50));
    }
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if !status.success() && tally.failed == 0 {
        bail!("`cargo test` ended with {status}");
    }
    Ok(tally)
}

fn copy(from: PipeReader, tally: &Mutex<Tally>) {
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.lock().unwrap_or_else(PoisonError::into_inner).read(&line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "test result: ok. 33 passed; 0 failed; 1 ignored; 0 measured; 0 filtered \
                        out; finished in 0.30s";

    fn shell(script: &str) -> Result<Tally> {
        run(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn result_lines_are_counted() {
        let mut tally = Tally::default();
        tally.read(GOOD);
        tally.read("test result: FAILED. 32 passed; 2 failed; 0 ignored; finished in 0.27s");
        tally.read("test spool::result ... ok");
        assert_eq!((tally.passed, tally.failed, tally.lines.len()), (65, 2, 2));
        assert_eq!(tally.verdict().unwrap_err().to_string(), "2 tests failed");
    }

    #[test]
    fn no_test_is_no_success() {
        assert_eq!(Tally::default().verdict().unwrap_err().to_string(), "no test has run");
    }

    #[test]
    fn output_of_a_run_is_read_to_its_end() {
        let tally =
            shell(&format!("echo compiling >&2; echo '{GOOD}'; echo '{GOOD}' >&2")).unwrap();
        assert_eq!(tally.passed, 66);
        tally.verdict().unwrap();
    }

    #[test]
    fn a_run_that_does_not_compile_fails() {
        let error = shell(&format!("echo '{GOOD}'; exit 101")).unwrap_err().to_string();
        assert_eq!(error, "`cargo test` ended with exit status: 101");
    }
}
