//! The tools and scripts that come from npm: installed by lock file, next to it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

const FOLDER: &str = "crates/xtask/npm";
/// What is only measured beside ours.
const RIVALS: &str = "crates/xtask/npm/rivals";

/// Installs the locked packages if they are not there yet, and returns `node_modules`.
///
/// # Errors
/// Node or npm is missing, or a package cannot be fetched or has another checksum.
pub(crate) fn install(workspace: &Workspace) -> Result<PathBuf> {
    install_in(workspace, FOLDER, "esbuild, terser, binaryen, TypeScript, htmx and ECharts")
}

/// Installs the SDKs that ours is measured beside, and returns `node_modules`.
///
/// # Errors
/// As [`install`].
pub(crate) fn install_rivals(workspace: &Workspace) -> Result<PathBuf> {
    install_in(workspace, RIVALS, "posthog-js")
}

fn install_in(workspace: &Workspace, folder: &str, what: &str) -> Result<PathBuf> {
    let folder = workspace.path(folder);
    let modules = folder.join("node_modules");
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read the npm lock")?;
    let installed = modules.join(".installed-lock.json");
    if fs::read(&installed).is_ok_and(|before| before == lock) {
        return Ok(modules);
    }
    process::step(&format!("Installing {what} from npm"), || {
        // None of the locked packages needs its install script.
        process::run(
            Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-progress"])
                .current_dir(&folder),
        )
        .context("Node.js with npm is needed (Debian: apt-get install nodejs npm)")
    })?;
    // Written last: an installation that was interrupted is done again.
    fs::write(&installed, lock).context("cannot note what is installed")?;
    Ok(modules)
}

/// Returns a command that runs one of the installed tools, such as `esbuild`.
///
/// # Errors
/// As [`install`].
pub(crate) fn tool(workspace: &Workspace, name: &str) -> Result<Command> {
    Ok(Command::new(install(workspace)?.join(".bin").join(name)))
}
