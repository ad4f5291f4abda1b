//! The long trial: hundreds of kills under load, and the result for the repository.
//!
//! The collector is built as for the tests, so that its assertions are on; what is proved is
//! that nothing is lost or doubled, not how fast it goes.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{engine, process};

/// Where the result is kept, to be committed.
const RESULT: &str = "crates/xtask/soak/RESULT.md";

/// So many kills prove something; a shorter trial is looked at and not kept.
const PROVING: u32 = 500;

/// Builds what is needed, kills `rounds` times with the embedded engine and a fifth as often beside
/// a server that outlives the collector, prints the table of what happened, and keeps it
/// after 500 kills or more.
///
/// # Errors
/// Something cannot be built, or an event was lost, doubled or changed: then the table is printed
/// and not kept.
pub(crate) fn run(workspace: &Workspace, rounds: u32, seed: Option<u64>) -> Result<()> {
    process::step("Building the collector and the trial", || {
        let mut cargo = process::cargo(workspace);
        process::run(cargo.args(["build", "--bins", "--package=collector", "--package=e2e"]))
    })?;
    engine::fetch(workspace, "debug")?;
    let soak = |rounds: u32, where_: &str, arguments: &[&str]| {
        let mut soak = Command::new(workspace.target("debug/soak"));
        soak.args(["--rounds", &rounds.to_string()])
            .args(arguments)
            .env("SILLAGE_BIN", workspace.target("debug/sillage"))
            .env("SILLAGE_ENGINE_LIBRARY", engine::library(workspace));
        if let Some(seed) = seed {
            soak.args(["--seed", &seed.to_string()]);
        }
        let what = format!("Killing {rounds} times, {where_} (two seconds each)");
        process::step(&what, || table(&mut soak))
    };
    let embedded = soak(rounds, "with the embedded engine", &[])?;
    // There the inserts of a killed collector go on.
    let server = soak(rounds.div_ceil(5), "with a server of its own", &["--server"])?;
    let tables =
        format!("{embedded}\n## With a ClickHouse that outlives the collector\n\n{server}");
    if rounds >= PROVING { keep(workspace, &tables) } else { Ok(()) }
}

/// Runs the trial, which says on the standard error stream how it goes, and returns its table.
fn table(soak: &mut Command) -> Result<String> {
    let output = soak.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let table = String::from_utf8(output.stdout)?;
    print!("{table}");
    if !output.status.success() {
        bail!("the trial ended with {}", output.status);
    }
    Ok(table)
}

fn keep(workspace: &Workspace, tables: &str) -> Result<()> {
    let path = workspace.path(RESULT);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let date = process::output(Command::new("date").args(["-u", "+%F"]))?;
    let result = result(date.trim(), &machine()?, tables);
    fs::write(&path, result).with_context(|| format!("cannot write `{}`", path.display()))
}

fn result(date: &str, machine: &str, tables: &str) -> String {
    format!(
        "# Conservation on trial\n\n\
         `cargo xtask soak`, {date}, on {machine}, debug build.\n\n\
         Four clients send batches all the time, and send again what they read no answer to,\n\
         and now and then what was acknowledged, with and without the mark of a repeat;\n\
         requests are broken off in the body and left before the answer. Each round ends with a\n\
         `kill -9` at a random moment. Every 25 rounds all that lies in ClickHouse is compared, event\n\
         by event and column by column, with what was sent and what was acknowledged.\n\n\
         {tables}"
    )
}

/// The processor and the memory of this machine, in words.
pub(crate) fn machine() -> Result<String> {
    let cores = fs::read_to_string("/proc/cpuinfo").context("cannot tell the processor")?;
    let memory = fs::read_to_string("/proc/meminfo").context("cannot tell the memory")?;
    let names: Vec<&str> = values(&cores, "model name").collect();
    let kb = values(&memory, "MemTotal").next().unwrap_or_default();
    let kb: u64 = kb.trim_end_matches(" kB").parse().unwrap_or(0);
    let name = names.first().copied().unwrap_or("an unnamed processor");
    Ok(format!("{} cores of {name} with {} GB", names.len(), kb.div_ceil(1 << 20)))
}

/// The values of a field, in a text of lines `field : value`.
fn values<'a>(text: &'a str, field: &str) -> impl Iterator<Item = &'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.filter(move |(name, _)| name.trim() == field).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_has_a_name() {
        let text = "processor\t: 0\nmodel name\t: Good one\nmodel name\t: Good one\n";
        assert_eq!(values(text, "model name").collect::<Vec<_>>(), ["Good one", "Good one"]);
        assert!(machine().unwrap().contains("cores of"));
    }

    #[test]
    fn a_trial_that_fails_is_not_kept() {
        let shell = |script: &str| table(Command::new("sh").args(["-c", script]));
        assert_eq!(shell("echo '| lost | 0 |'").unwrap(), "| lost | 0 |\n");
        assert!(shell("echo '| lost | 1 |'; exit 1").is_err());
    }
}
