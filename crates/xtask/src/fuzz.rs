//! Fuzzing guided by coverage: libFuzzer makes up bytes, keeps those that reach new code, and changes
//! them on.
//!
//! The counters by which it is guided are a pass of LLVM that the stable compiler has, too; they are in
//! these programs alone, which have a target folder of their own.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::apt::{self, Program};
use crate::process;
use crate::workspace::Workspace;

/// libFuzzer itself is C++.
const COMPILER: &[Program] = &[Program { name: "c++", package: "g++" }];

/// What counts which code was reached, and which numbers and texts were compared in vain.
const FLAGS: &str = "-Dwarnings -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// A program of `crates/fuzz`.
struct Target {
    name: &'static str,
    /// The most bytes that are made up at once.
    bytes: u32,
    /// A folder of inputs to begin with.
    seeds: Option<&'static str>,
}

const TARGETS: [Target; 3] = [
    Target { name: "fuzz-planted", bytes: 400, seeds: None },
    Target { name: "fuzz-text", bytes: 400, seeds: None },
    Target { name: "fuzz-batch", bytes: 4_000, seeds: Some("crates/protocol/tests/golden") },
];

/// Runs every target for so many seconds, side by side. What was found to reach new code is kept in
/// `target/fuzz/corpus` and gone on from the next time.
///
/// # Errors
/// Something cannot be built, or a promise was broken: the input that breaks it is kept, and how to
/// repeat it is said.
pub(crate) fn run(workspace: &Workspace, seconds: u32) -> Result<()> {
    apt::ensure(COMPILER)?;
    let host = host()?;
    process::step("Building the fuzz targets with their counters", || {
        let mut cargo = process::cargo(workspace);
        cargo.args(["build", "--package=fuzz", "--features=libfuzzer", "--bins"]);
        cargo.args(["--target", &host, "--target-dir"]);
        process::run(cargo.arg(workspace.target("fuzz")).env("RUSTFLAGS", FLAGS))
    })?;
    let mut running = Vec::new();
    for target in &TARGETS {
        let mut command = fuzzer(workspace, target, &host, seconds)?;
        let child = command.spawn().with_context(|| format!("cannot start {}", target.name))?;
        running.push((target, child));
    }
    let mut broken = Vec::new();
    for (target, child) in running {
        let output = child.wait_with_output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            println!("{}: {}", target.name, last_line(&told));
        } else {
            eprintln!("{told}");
            broken.push(target.name);
        }
    }
    if !broken.is_empty() {
        let findings = workspace.target("fuzz/findings");
        bail!(
            "{} broke a promise: the input is in {}; the program with this file alone repeats it",
            broken.join(", "),
            findings.display()
        );
    }
    Ok(())
}

fn fuzzer(workspace: &Workspace, target: &Target, host: &str, seconds: u32) -> Result<Command> {
    let folder = |of: &str| {
        let folder = workspace.target("fuzz").join(of).join(target.name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))
            .map(|()| folder)
    };
    let (corpus, findings) = (folder("corpus")?, folder("findings")?);
    let program = format!("fuzz/{host}/debug/{}", target.name);
    let mut command = Command::new(workspace.target(&program));
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.bytes))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .arg(corpus)
        .args(target.seeds.map(|seeds| workspace.path(seeds)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    Ok(command)
}

/// The platform that it runs on. Named as the target of a build, so that the programs of that build
/// itself, such as macros, are without counters.
fn host() -> Result<String> {
    let told = process::output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say what it runs on")
}

fn last_line(told: &str) -> &str {
    told.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing was said")
}
