//! Programs of the system: installed by apt where this may be done, else asked for in a sentence.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// A program of the system and the Debian package that brings it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// What is started, by name or by path.
    pub(crate) name: &'static str,
    /// The package to install.
    pub(crate) package: &'static str,
}

/// The browser and the program that drives it.
pub(crate) const BROWSER: &[Program] = &[
    Program { name: "chromium", package: "chromium" },
    Program { name: "chromedriver", package: "chromium-driver" },
];

/// What kills the engine at the moment that a test chooses.
pub(crate) const STRACE: &[Program] = &[Program { name: "strace", package: "strace" }];

/// Installs the programs that are missing.
///
/// # Errors
/// As [`install`].
pub(crate) fn ensure(programs: &[Program]) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|program| !process::is_there(program.name))
        .map(|program| program.package)
        .collect();
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

/// Installs Debian packages.
///
/// # Errors
/// This is not root on Debian: then in a sentence that says what to run; or apt fails.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !rustix::process::getuid().is_root() || !process::is_there("apt-get") {
        bail!("needed and not here: {list}; on Debian, as root, run `apt-get install {list}`");
    }
    process::step(&format!("Installing {list} (minutes the first time)"), || {
        process::run(apt().arg("update"))?;
        process::run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
    })
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.args(["--quiet=2", "--option=Dpkg::Use-Pty=0"]).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
