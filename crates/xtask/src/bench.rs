//! Measures what ships: one JSON line per figure on the standard output, `name`, `value`, `unit`.
//!
//! What people read while it works goes to the standard error stream.

mod query;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::demo::collector::Collector;
use crate::workspace::Workspace;
use crate::{apt, assets, engine, process, sdk};

/// A part that can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
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
    apt::ensure(apt::BROWSER)?;
    sdk::build(workspace)?;
    assets::build(workspace)?;
    sdk_bytes(workspace)?;
    process::step("Building the collector and Tidemark, optimised (minutes)", || {
        let mut cargo = process::cargo(workspace);
        cargo.args(["build", "--release", "--bins"]);
        process::run(cargo.args(["--package=collector", "--package=demo-saas", "--package=e2e"]))
    })?;
    engine::fetch(workspace, "release")?;
    process::step("Clicking in Chromium", || clicks(workspace))?;
    process::step("Feeding the collector", || {
        let mut cargo = process::cargo(workspace);
        relay(cargo.args(["bench", "--package", "collector", "--bench", "ingest"])).map(drop)
    })?;
    ask(workspace, n_events)
}

/// Measures clicks on a page with the script line of a running collector.
fn clicks(workspace: &Workspace) -> Result<()> {
    let collector = Collector::start_fresh(workspace, "release", &workspace.target("bench"))?;
    let mut clicks = Command::new(workspace.target("release/bench-click"));
    relay(clicks.args(["--script", collector.script()])).map(drop)?;
    collector.stop()
}

/// Prints how much a page loads: by part, and in all that most pages load.
fn sdk_bytes(workspace: &Workspace) -> Result<()> {
    let (mut brotli, mut gzip) = (0, 0);
    for size in sdk::sizes(workspace)? {
        print_bytes(size.part, "brotli", size.brotli_bytes);
        print_bytes(size.part, "gzip", size.gzip_bytes);
        if ["loader", "script", "module"].contains(&size.part) {
            brotli += size.brotli_bytes;
            gzip += size.gzip_bytes;
        }
    }
    print_bytes("total", "brotli", brotli);
    print_bytes("total", "gzip", gzip);
    Ok(())
}

fn print_bytes(part: &str, coding: &str, n_bytes: u64) {
    let name = format!("sdk_{part}_{coding}");
    println!("{}", json!({ "name": name, "value": n_bytes, "unit": "bytes" }));
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
