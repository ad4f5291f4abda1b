//! Measures what ships: one JSON line per figure on the standard output, `name`, `value`, `unit`.
//!
//! What people read while it works goes to the standard error stream.

mod query;
mod sdk;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{engine, process};

/// A part that can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// What the SDK costs a page, beside a rival's and beside none.
    Sdk,
    /// Questions of ten million events.
    Query,
    /// What else was tried for the tables, of ten million events.
    Layout,
}

/// Measures all, or one part. `n_events` is how many there are to ask about.
///
/// # Errors
/// A part cannot be built, or a measurement fails.
pub(crate) fn run(workspace: &Workspace, only: Option<Part>, n_events: u64) -> Result<()> {
    match only {
        None => all(workspace, n_events),
        Some(Part::Sdk) => sdk::run(workspace),
        Some(Part::Query) => {
            engine::build_and_fetch(workspace)?;
            ask(workspace, n_events)
        }
        Some(Part::Layout) => {
            engine::build_and_fetch(workspace)?;
            let what = format!("Asking other tables of {n_events} events (half an hour)");
            process::step(&what, || query::run(workspace, query::Set::Layouts, n_events))
        }
    }
}

fn ask(workspace: &Workspace, n_events: u64) -> Result<()> {
    let what = format!("Asking questions of {n_events} events");
    process::step(&what, || query::run(workspace, query::Set::Questions, n_events))
}

/// Builds what ships as it ships, and measures it.
fn all(workspace: &Workspace, n_events: u64) -> Result<()> {
    sdk::run(workspace)?;
    process::step("Feeding the collector", || {
        let mut cargo = process::cargo(workspace);
        relay(cargo.args(["bench", "--package", "collector", "--bench", "ingest"])).map(drop)
    })?;
    ask(workspace, n_events)
}

/// Runs a measurement, passes its figures on and returns them; the rest of its output goes beside
/// them.
fn relay(command: &mut Command) -> Result<Vec<Value>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no output to read")?;
    let mut figures = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line?;
        if let Some(figure) = figure(&line) {
            println!("{line}");
            figures.push(figure);
        } else {
            eprintln!("{line}");
        }
    }
    let status = child.wait()?;
    match figures.len() {
        _ if !status.success() => bail!("it ended with {status}"),
        0 => bail!("it printed no figure"),
        _ => Ok(figures),
    }
}

fn figure(line: &str) -> Option<Value> {
    let figure: Value = serde_json::from_str(line).ok()?;
    let is_one =
        figure["name"].is_string() && figure["unit"].is_string() && figure["value"].is_number();
    is_one.then_some(figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_the_rest() {
        let is = |line: &str| figure(line).is_some();
        assert!(is(r#"{"name":"sdk_total_gzip","value":21034,"unit":"bytes"}"#));
        assert!(is(r#"{"name":"click","value":12.5,"unit":"us","n":400}"#));
        assert!(!is("12 clicks so far"));
        assert!(!is(r#"{"name":"click","value":"12","unit":"us"}"#));
        assert!(!is("[1]"));
    }

    #[test]
    fn a_measurement_without_figures_is_none() {
        let shell = |script: &str| relay(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo hello").unwrap_err().to_string(), "it printed no figure");
        let error = shell("exit 3").unwrap_err().to_string();
        assert_eq!(error, "it ended with exit status: 3");
    }
}
