//! Questions of ten million events: asked, printed, and kept as a table for the repository.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::relay;
use crate::workspace::Workspace;
use crate::{engine, process, soak};

/// Where the table is kept, to be committed.
const RESULT: &str = "crates/xtask/bench/QUERY.md";

/// So many events prove something; a smaller set is looked at and not kept.
const PROVING: u64 = 10_000_000;

/// Makes `n_events` inside the engine, asks all questions, prints one JSON line per figure, and
/// keeps the table after ten million events or more.
///
/// # Errors
/// The bench cannot be built, or a question fails.
pub(crate) fn run(workspace: &Workspace, n_events: u64) -> Result<()> {
    let load = load()?;
    let mut cargo = process::cargo(workspace);
    // All the work is the engine's, so that the client need not be optimised.
    cargo.args(["bench", "--profile", "dev", "--package", "analytics", "--bench", "query"]);
    cargo.env("SILLAGE_ENGINE_LIBRARY", engine::library(workspace));
    let figures = relay(cargo.env("SILLAGE_BENCH_EVENTS", n_events.to_string()))?;
    if n_events < PROVING {
        return Ok(());
    }
    let date = process::output(Command::new("date").args(["-u", "+%F"]))?;
    let head = format!(
        "# Questions of ten million events\n\n\
         `cargo xtask bench query`, {}, on {}; the load of the machine was {load} at the beginning\n\
         and {} at the end, with two cores. Two threads, warm, median of five; CPU is what the engine\n\
         took in both threads, whatever else ran. *Read* is uncompressed.\n\n",
        date.trim(),
        soak::machine()?,
        self::load()?,
    );
    let path = workspace.path(RESULT);
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(&path, head + &tables(&figures))?;
    Ok(())
}

/// The load of the last minute.
fn load() -> Result<String> {
    let text = fs::read_to_string("/proc/loadavg").context("cannot tell the load")?;
    Ok(text.split_whitespace().next().unwrap_or_default().to_owned())
}

/// The questions, and then the figures of the set itself.
fn tables(figures: &[Value]) -> String {
    let mut questions = String::from(
        "| question | median, ms | least, ms | CPU, ms | rows read | read, MB | most memory, MB | budget, ms | |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut set = String::from("\n| the set | figure |\n|---|---|\n");
    for figure in figures {
        let name = figure["name"].as_str().unwrap_or_default();
        let number = |field: &str| figure[field].as_f64().unwrap_or_default();
        let mb = |field: &str| number(field) / 1e6;
        // Writing to a string cannot fail.
        let _ = if figure["rows"].is_null() {
            let unit = figure["unit"].as_str().unwrap_or_default();
            writeln!(set, "| {name} | {} {unit} |", number("value"))
        } else {
            let budget = figure["budget_ms"].as_u64().map(|ms| ms.to_string()).unwrap_or_default();
            let verdict = match figure["met"].as_bool() {
                Some(true) => "met",
                Some(false) => "not met",
                None => "",
            };
            writeln!(
                questions,
                "| {name} | {:.0} | {:.0} | {:.0} | {} | {:.0} | {:.0} | {budget} | {verdict} |",
                number("value"),
                number("least"),
                number("cpu_ms"),
                number("rows"),
                mb("bytes"),
                mb("memory_bytes"),
            )
        };
    }
    questions + &set
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn questions_and_the_set_have_a_table_each() {
        let question = json!({"name": "paths", "value": 123.4, "unit": "ms", "least": 99.6, "cpu_ms": 200.0,
            "rows": 1_000, "bytes": 2_500_000, "memory_bytes": 9_000_000, "budget_ms": 300, "met": true});
        let text = tables(&[json!({"name": "fill events", "value": 27.5, "unit": "s"}), question]);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("|--")).collect();
        assert_eq!(lines[1], "| paths | 123 | 100 | 200 | 1000 | 2 | 9 | 300 | met |");
        assert_eq!(lines.last(), Some(&"| fill events | 27.5 s |"));
    }
}
