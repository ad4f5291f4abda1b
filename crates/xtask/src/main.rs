//! The task runner: `cargo xtask TASK`, the same at home and in CI.
//!
//! It starts the tools (cargo, npm, Chromium, the project's own binaries) in the right order and
//! installs what they need where it may. Nothing that ships depends on it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks on its standard streams"
)]

mod apt;
mod assets;
mod bench;
mod compress;
mod demo;
mod engine;
mod fingerprint;
mod folder;
mod fuzz;
mod npm;
mod process;
mod sdk;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use workspace::Workspace;

/// Builds, shows and tests Sillage.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Builds what a page loads into sdk-web/dist, and the npm package into target/npm
    Sdk {
        /// Tests the plain-JavaScript form, the package and its types besides
        #[arg(long)]
        test: bool,
    },
    /// Bundles the dashboard's scripts and styles into collector/dist
    Assets,
    /// Fetches the embedded engine into target/engine, by checksum
    Engine,
    /// Checks the rules of the house that no compiler checks
    Tidy,
    /// Measures what ships, and prints one JSON line per figure
    Bench {
        /// Only this part, without building what ships
        only: Option<bench::Part>,
        /// How many events questions are asked of, about
        #[arg(long, default_value_t = 10_000_000, value_name = "N")]
        events: u64,
    },
    /// Kills collector and engine under load for as long as asked, and notes the result
    Soak {
        /// How many kills
        #[arg(long, default_value_t = 500, value_name = "N")]
        rounds: u32,
        /// Repeats the choices of another run
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Makes up texts and batches for as long as asked, guided by what code they reach
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 600, value_name = "N")]
        seconds: u32,
    },
    /// Installs what the suites need, and runs every one of them
    Test {
        /// Leaves out what takes minutes
        #[arg(long)]
        fast: bool,
    },
    /// Builds and starts everything, and stays up until Ctrl-C
    Demo {
        /// Drives a browser through it on free ports with fresh data, and stops
        #[arg(long)]
        check: bool,
        /// Keeps data, logs and password in this folder instead of target/demo
        #[arg(long, value_name = "DIR", conflicts_with = "check")]
        data: Option<PathBuf>,
        /// Takes pictures of every screen into this folder while checking
        #[arg(long, value_name = "DIR", requires = "check")]
        screenshots: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Sdk { test: false } => sdk::build(&workspace)?,
        Task::Sdk { test: true } => sdk::package::test(&workspace)?,
        Task::Assets => assets::build(&workspace)?,
        Task::Engine => engine::build_and_fetch(&workspace)?,
        Task::Tidy => tidy::run(&workspace)?,
        Task::Bench { only, events } => bench::run(&workspace, only, events)?,
        Task::Soak { rounds, seed } => soak::run(&workspace, rounds, seed)?,
        Task::Fuzz { seconds } => fuzz::run(&workspace, seconds)?,
        Task::Test { fast } => test::run(&workspace, fast)?,
        Task::Demo { check: true, screenshots, .. } => {
            demo::check(&workspace, screenshots.as_deref())?;
        }
        Task::Demo { check: false, data, .. } => demo::run(&workspace, data)?,
    }
    Ok(())
}
