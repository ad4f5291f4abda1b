//! Every suite in order, each with its time and its outcome.
//!
//! A suite that fails does not keep the others from running, so that one run tells everything;
//! only what builds or brings something for the rest ends the run.

mod cargo_test;
mod report;

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{apt, assets, demo, engine, fuzz, process, sdk, tidy};
use report::Report;

const DENY_VERSION: &str = "0.20.2";

/// How long each fuzz target runs: enough to see that it still runs and finds nothing near.
const FUZZ_SECONDS: u32 = 60;

/// The collector of the tests can be told to fail in places.
const FEATURES: &str = "--features=collector/failpoints";

/// Runs the suites and ends with a line that counts what passed and what failed.
///
/// `fast` leaves out what takes minutes: the browser module, the documentation, the
/// dependencies, the end-to-end tests and the demonstration.
///
/// # Errors
/// Something failed.
pub(crate) fn run(workspace: &Workspace, fast: bool) -> Result<()> {
    let mut report = Report::default();
    let outcome = if fast { home(workspace, &mut report) } else { all(workspace, &mut report) };
    let failed = report.print();
    outcome?;
    if failed > 0 { bail!("{failed} failed") } else { Ok(()) }
}

fn home(workspace: &Workspace, report: &mut Report) -> Result<()> {
    report.check("Format", || format(workspace));
    report.check("Rules of the house", || tidy::run(workspace));
    report.need("Dashboard's scripts and styles", || assets::build(workspace))?;
    report.check("Lints", || lints(workspace));
    report.tests("Tests", || cargo_test::run(&mut test_command(workspace, &["--exclude", "e2e"])));
    Ok(())
}

fn all(workspace: &Workspace, report: &mut Report) -> Result<()> {
    report.check("Format", || format(workspace));
    report.check("Rules of the house", || tidy::run(workspace));
    report.need("Browser for the tests", || apt::ensure(apt::BROWSER))?;
    report.need("Tracer for the tests", || apt::ensure(apt::STRACE))?;
    report.need("Browser module within its size", || sdk::build(workspace))?;
    report.check("Plain JavaScript, npm package and its types", || sdk::package::test(workspace));
    report.need("Dashboard's scripts and styles", || assets::build(workspace))?;
    report.check("Lints", || lints(workspace));
    report.check("Documentation", || documentation(workspace));
    report.check("Dependencies", || dependencies(workspace));
    report.check("Fuzzing, a minute", || fuzz::run(workspace, FUZZ_SECONDS));
    report.need("Programs and engine for the tests", || programs(workspace))?;
    report.tests("Tests", || cargo_test::run(&mut test_command(workspace, &[])));
    report.check("Demonstration, driven by a browser", || demo::check_built(workspace, None));
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
}

fn lints(workspace: &Workspace) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    process::run(cargo.args([
        "clippy",
        "--workspace",
        "--all-targets",
        FEATURES,
        "--",
        "-D",
        "warnings",
    ]))
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let mut cargo = process::cargo(workspace);
    cargo.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    // The reader is a developer: what is public may be explained by what is not.
    let flags = "-D warnings -A rustdoc::private_intra_doc_links";
    process::run(cargo.env("RUSTDOCFLAGS", flags))
}

/// Checks licences, sources and versions with cargo-deny, which is compiled the first time.
fn dependencies(workspace: &Workspace) -> Result<()> {
    let folder = workspace.target("tools").join(format!("cargo-deny-{DENY_VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if !program.try_exists()? {
        process::step("Compiling cargo-deny (a minute or two)", || {
            // The quickest build: it runs for a second or two.
            let mut cargo = process::cargo(workspace);
            cargo.args(["install", "--quiet", "--locked", "--debug", "--version", DENY_VERSION]);
            cargo.args(["cargo-deny", "--root"]).arg(&folder);
            process::run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0"))
        })?;
    }
    // Several versions of one crate are worth a look, not a page: `cargo deny check` shows them.
    process::run(
        Command::new(program)
            .args(["--log-level", "error", "check", "bans", "licenses", "sources"])
            .current_dir(workspace.root()),
    )
}

/// Builds the tests and the programs that they start, and fetches the engine.
fn programs(workspace: &Workspace) -> Result<()> {
    // Together, as `cargo test` would: otherwise the programs are compiled with other features of
    // their dependencies, and those twice.
    process::run(process::cargo(workspace).args([
        "build",
        "--workspace",
        "--bins",
        "--tests",
        FEATURES,
    ]))?;
    engine::fetch(workspace, "debug")
}

fn test_command(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = process::cargo(workspace);
    cargo
        .args(["test", "--workspace", "--no-fail-fast", FEATURES])
        .args(arguments)
        .env("INSTA_UPDATE", "no")
        .env("SILLAGE_ENGINE_LIBRARY", engine::library(workspace))
        .env("SILLAGE_BIN", workspace.target("debug/sillage"))
        .env("DEMO_SAAS_BIN", workspace.target("debug/demo-saas"));
    cargo
}
