//! The embedded engine, brought by the collector's own `sillage engine fetch`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// Returns where the engine's library is once it has been fetched.
pub(crate) fn library(workspace: &Workspace) -> PathBuf {
    workspace.target("engine/libchdb.so")
}

/// Builds the collector and fetches the engine.
///
/// # Errors
/// The collector does not compile, or as [`fetch`].
pub(crate) fn build_and_fetch(workspace: &Workspace) -> Result<()> {
    process::step("Building the collector", || {
        process::run(process::cargo(workspace).args(["build", "--package", "collector"]))
    })?;
    fetch(workspace, "debug")
}

/// Has the collector, which is built already under this profile, fetch the engine; it answers at
/// once when the pinned one is there.
///
/// # Errors
/// The engine cannot be fetched, or has another checksum.
pub(crate) fn fetch(workspace: &Workspace, profile: &str) -> Result<()> {
    process::step("Fetching the engine (about 140 MiB), or checking that it is there", || {
        process::run(
            Command::new(workspace.target(profile).join("sillage"))
                .args(["engine", "fetch", "--to"])
                .arg(workspace.target("engine"))
                // It prints the path, and `bench` prints nothing but figures.
                .stdout(Stdio::null()),
        )
    })
}
