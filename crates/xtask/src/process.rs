//! Starts other programs, and says what is going on while they run.
//!
//! Progress goes to the standard error stream, so that what a task answers can be piped.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Announces a step, performs it, and says how long it took.
pub(crate) fn step<T>(what: &str, perform: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("> {what}");
    let start = Instant::now();
    let result = perform().with_context(|| what.to_owned())?;
    let took = start.elapsed();
    if took > Duration::from_secs(1) {
        eprintln!("  {:.1} s: {what}", took.as_secs_f64());
    }
    Ok(result)
}

/// Returns a `cargo` that works in the root of the work tree.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(workspace.root());
    cargo
}

/// Runs a program to its end; what it prints is seen at once.
///
/// # Errors
/// The program cannot be started, or does not end with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs a program to its end and returns what it printed on its standard output.
///
/// # Errors
/// The program cannot be started, does not end with 0, or prints something that is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", line(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something that is not text", line(command)))
}

/// Tells whether a program can be started, by asking for its version.
pub(crate) fn is_there(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", command.get_program().display())
}

fn line(command: &Command) -> String {
    let mut line = command.get_program().display().to_string();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
