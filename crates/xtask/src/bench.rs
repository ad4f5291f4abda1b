//! Measures what ships: one JSON line per figure on the standard output, `name`, `value`, `unit`.
//!
//! What people read while it works goes to the standard error stream.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::demo::collector::Collector;
use crate::workspace::Workspace;
use crate::{apt, assets, engine, process, sdk};

/// Builds what ships as it ships, and measures it.
///
/// # Errors
/// A part cannot be built, or a measurement fails.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
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
        relay(cargo.args(["bench", "--package", "collector", "--bench", "ingest"]))
    })?;
    process::step("Asking funnels of ten million events", || {
        let mut cargo = process::cargo(workspace);
        cargo.args(["bench", "--package", "analytics", "--bench", "funnel"]);
        relay(cargo.env("SILLAGE_ENGINE_LIBRARY", engine::library(workspace)))
    })
}

/// Measures clicks on a page with the script line of a running collector.
fn clicks(workspace: &Workspace) -> Result<()> {
    let collector = Collector::start_fresh(workspace, "release", &workspace.target("bench"))?;
    let mut clicks = Command::new(workspace.target("release/bench-click"));
    relay(clicks.args(["--script", collector.script()]))?;
    collector.stop()
}

/// Prints how much a page loads: by part, and in all.
fn sdk_bytes(workspace: &Workspace) -> Result<()> {
    let (mut brotli, mut gzip) = (0, 0);
    for size in sdk::sizes(workspace)? {
        print_bytes(size.part, "brotli", size.brotli_bytes);
        print_bytes(size.part, "gzip", size.gzip_bytes);
        brotli += size.brotli_bytes;
        gzip += size.gzip_bytes;
    }
    print_bytes("total", "brotli", brotli);
    print_bytes("total", "gzip", gzip);
    Ok(())
}

fn print_bytes(part: &str, coding: &str, n_bytes: u64) {
    let name = format!("sdk_{part}_{coding}");
    println!("{}", json!({ "name": name, "value": n_bytes, "unit": "bytes" }));
}

/// Runs a measurement and passes its figures on; the rest of its output goes beside them.
fn relay(command: &mut Command) -> Result<()> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no output to read")?;
    let mut n_figures = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        if is_figure(&line) {
            println!("{line}");
            n_figures += 1;
        } else {
            eprintln!("{line}");
        }
    }
    let status = child.wait()?;
    match n_figures {
        _ if !status.success() => bail!("it ended with {status}"),
        0 => bail!("it printed no figure"),
        _ => Ok(()),
    }
}

fn is_figure(line: &str) -> bool {
    let Ok(Value::Object(figure)) = serde_json::from_str(line) else { return false };
    let text = |field: &str| figure.get(field).is_some_and(Value::is_string);
    text("name") && text("unit") && figure.get("value").is_some_and(Value::is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_the_rest() {
        assert!(is_figure(r#"{"name":"sdk_total_gzip","value":21034,"unit":"bytes"}"#));
        assert!(is_figure(r#"{"name":"click","value":12.5,"unit":"us","n":400}"#));
        assert!(!is_figure("12 clicks so far"));
        assert!(!is_figure(r#"{"name":"click","value":"12","unit":"us"}"#));
        assert!(!is_figure("[1]"));
    }

    #[test]
    fn a_measurement_without_figures_is_none() {
        let shell = |script: &str| relay(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo hello").unwrap_err().to_string(), "it printed no figure");
        let error = shell("exit 3").unwrap_err().to_string();
        assert_eq!(error, "it ended with exit status: 3");
    }
}
