//! Questions of ten million events, and what was tried for the tables: asked, printed, and kept as
//! tables for the repository.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::relay;
use crate::workspace::Workspace;
use crate::{engine, process, soak};

/// So many events prove something; a smaller set is looked at and not kept.
const PROVING: u64 = 10_000_000;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// The questions of the screens, in the tables as they are.
    Questions,
    /// A few questions, in tables as they could be.
    Layouts,
}

impl Set {
    /// Where its table is kept, to be committed.
    const fn result(self) -> &'static str {
        match self {
            Self::Questions => "crates/xtask/bench/QUERY.md",
            Self::Layouts => "crates/xtask/bench/LAYOUT.md",
        }
    }
}

/// Makes `n_events` inside the engine, asks all questions, prints one JSON line per figure, and
/// keeps the table after ten million events or more.
///
/// # Errors
/// The bench cannot be built, the engine is missing, or a question fails.
pub(crate) fn run(workspace: &Workspace, set: Set, n_events: u64) -> Result<()> {
    let load = load()?;
    let mut cargo = process::cargo(workspace);
    // The engine does the work; of what the client does, the crates with the questions matter.
    cargo.args(["bench", "--profile", "dev", "--package", "accounts", "--bench", "query"]);
    for questions in ["analytics", "accounts"] {
        cargo.arg("--config").arg(format!("profile.dev.package.{questions}.opt-level=2"));
    }
    cargo.env("SILLAGE_ENGINE_LIBRARY", engine::library(workspace));
    // Without its engine it must fail.
    cargo.env("CI", "true").env("SILLAGE_BENCH_EVENTS", n_events.to_string());
    if set == Set::Layouts {
        cargo.env("SILLAGE_BENCH_LAYOUTS", "1");
    }
    let figures = relay(&mut cargo)?;
    if n_events < PROVING {
        return Ok(());
    }
    let tables = match set {
        Set::Questions => tables(&figures),
        Set::Layouts => layouts(&figures),
    };
    let path = workspace.path(set.result());
    fs::create_dir_all(path.parent().context("no folder")?)?;
    fs::write(&path, head(workspace, set, &load)? + &tables)?;
    Ok(())
}

fn head(workspace: &Workspace, set: Set, load: &str) -> Result<String> {
    let date = process::output(Command::new("date").args(["-u", "+%F"]))?;
    let mut git = Command::new("git");
    let commit = process::output(git.current_dir(workspace.root()).args([
        "describe",
        "--always",
        "--dirty",
        "--abbrev=12",
    ]))?;
    let (title, task, times) = match set {
        Set::Questions => ("Questions of ten million events", "query", "median of seven"),
        Set::Layouts => ("What was tried for the tables", "layout", "least of five, in turns"),
    };
    Ok(format!(
        "# {title}\n\n\
         `cargo xtask bench {task}`, {}, commit {}, on {}; the load of the machine was {load} at the\n\
         beginning and {} at the end. Two threads, warm, {times}; CPU is what the engine took in all of\n\
         its threads, and *own* what whoever asked took, whatever else ran. *Read* is uncompressed.\n\n",
        date.trim(),
        commit.trim(),
        soak::machine()?,
        self::load()?,
    ))
}

/// The load of the last minute.
fn load() -> Result<String> {
    let text = fs::read_to_string("/proc/loadavg").context("cannot tell the load")?;
    Ok(text.split_whitespace().next().unwrap_or_default().to_owned())
}

/// The questions by whose they are, what is promised beside, and the set itself.
fn tables(figures: &[Value]) -> String {
    let mut text = String::new();
    for (of, title) in [
        ("product", "What the product asks"),
        ("candidate", "What it will ask, as it is tried"),
        ("peer", "The same of a peer's shape"),
    ] {
        text.push_str(&format!(
            "## {title}\n\n\
             | question | median, ms | least, ms | CPU, ms | own, ms | rows read | read, MB | most memory, MB | budget, ms | |\n\
             |---|---|---|---|---|---|---|---|---|---|\n"
        ));
        figures.iter().filter(|figure| figure["of"] == of).for_each(|figure| {
            text.push_str(&question(figure));
        });
        text.push('\n');
    }
    text.push_str(
        "## What is promised beside\n\n| what | figure | budget | |\n|---|---|---|---|\n",
    );
    let others = figures.iter().filter(|figure| figure["of"].is_null());
    let (promised, set): (Vec<&Value>, Vec<&Value>) =
        others.partition(|figure| !figure["budget"].is_null());
    for figure in promised {
        let budget = figure["budget"].as_str().unwrap_or_default();
        let line = format!("| {} | {budget} | {} |\n", plain(figure), verdict(figure));
        text.push_str(&line);
    }
    text.push_str("\n## The set\n\n| what | figure |\n|---|---|\n");
    set.iter().for_each(|figure| text.push_str(&format!("| {} |\n", plain(figure))));
    text
}

fn plain(figure: &Value) -> String {
    let word = |field: &str| figure[field].as_str().unwrap_or_default();
    format!("{} | {} {}", word("name"), number(figure, "value"), word("unit"))
}

fn question(figure: &Value) -> String {
    let budget = figure["budget_ms"].as_u64().map(|ms| ms.to_string()).unwrap_or_default();
    format!(
        "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {} | {:.0} | {:.0} | {budget} | {} |\n",
        figure["name"].as_str().unwrap_or_default(),
        number(figure, "value"),
        number(figure, "least"),
        number(figure, "cpu_ms"),
        number(figure, "own_ms"),
        number(figure, "rows"),
        number(figure, "bytes") / 1e6,
        number(figure, "memory_bytes") / 1e6,
        verdict(figure),
    )
}

fn number(figure: &Value, field: &str) -> f64 {
    figure[field].as_f64().unwrap_or_default()
}

fn verdict(figure: &Value) -> &'static str {
    match figure["met"].as_bool() {
        Some(true) => "met",
        Some(false) => "**not met**",
        None => "",
    }
}

/// Per thing that was tried: what each variant takes, and then what each question takes of it.
fn layouts(figures: &[Value]) -> String {
    let mut text = String::new();
    let mut section = (Value::Null, Value::Null);
    for figure in figures.iter().filter(|figure| !figure["variant"].is_null()) {
        let (group, question) = (&figure["name"], &figure["question"]);
        if section != (group.clone(), question.clone()) {
            let title = [group, question].map(|part| part.as_str().unwrap_or("stored"));
            let columns = match question.is_null() {
                true => "variant | MB | CPU to make it, s |\n|---|---|---|",
                false => {
                    "variant | rows read | read, MB | least, ms | CPU, ms | memory, MB |\n|---|---|---|---|---|---|"
                }
            };
            text.push_str(&format!("\n## {}\n\n| {columns}\n", title.join(": ")));
            section = (group.clone(), question.clone());
        }
        let variant = figure["variant"].as_str().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = match question.is_null() {
            true => writeln!(
                text,
                "| {variant} | {:.1} | {:.1} |",
                number(figure, "value"),
                number(figure, "make_s")
            ),
            false => writeln!(
                text,
                "| {variant} | {} | {:.1} | {:.0} | {:.0} | {:.0} |",
                number(figure, "rows"),
                number(figure, "bytes") / 1e6,
                number(figure, "value"),
                number(figure, "cpu_ms"),
                number(figure, "memory_bytes") / 1e6
            ),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn questions_promises_and_the_set_have_a_table_each() {
        let question = json!({"name": "paths", "of": "candidate", "value": 123.4, "unit": "ms", "least": 99.6,
            "cpu_ms": 200.0, "own_ms": 30.0, "rows": 1_000, "bytes": 2_500_000, "memory_bytes": 9_000_000, "budget_ms": 300, "met": true});
        let promise = json!({"name": "named now", "value": 2.5, "unit": "s", "budget": "at most 2 s", "met": false});
        let text = tables(&[
            json!({"name": "events made", "value": 27.5, "unit": "s"}),
            question,
            promise,
        ]);
        assert!(
            text.contains("| paths | 123 | 100 | 200 | 30 | 1000 | 2 | 9 | 300 | met |\n"),
            "{text}"
        );
        assert!(text.contains("| named now | 2.5 s | at most 2 s | **not met** |\n"), "{text}");
        assert!(text.ends_with("| events made | 27.5 s |\n"), "{text}");
    }

    #[test]
    fn variants_stand_under_what_they_are_asked() {
        let text = layouts(&[
            json!({"name": "events", "variant": "by day", "value": 12.5, "make_s": 3.0}),
            json!({"name": "events", "question": "funnel", "variant": "by day", "value": 20.0, "cpu_ms": 30.0,
                "rows": 5, "bytes": 1_000_000, "memory_bytes": 2_000_000}),
        ]);
        assert!(text.contains("## events: stored\n\n| variant | MB | CPU to make it, s |\n|---|---|---|\n| by day | 12.5 | 3.0 |\n"), "{text}");
        assert!(text.ends_with("## events: funnel\n\n| variant | rows read | read, MB | least, ms | CPU, ms | memory, MB |\n|---|---|---|---|---|---|\n| by day | 5 | 1.0 | 20 | 30 | 2 |\n"), "{text}");
    }
}
