//! The collector as the demonstration runs it, on the embedded engine.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::interrupt::Interrupt;
use super::running::Running;
use crate::engine;
use crate::workspace::Workspace;

/// The project that the events belong to.
pub(super) const PROJECT: &str = "tidemark";

/// A running collector, and what it printed when it was ready.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(super) running: Running,
    pub(super) ready: Ready,
    private_key: PathBuf,
}

impl Collector {
    /// Starts the collector that was built under `profile`, with its data and log in `folder`;
    /// port 0 stands for any that is free.
    ///
    /// # Errors
    /// It is not built, does not become ready, or Ctrl-C is pressed.
    pub(super) fn start(
        workspace: &Workspace,
        profile: &str,
        folder: &Path,
        port: u16,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        let mut command = Command::new(workspace.target(profile).join("sillage"));
        let private_key = folder.join("private-key");
        command
            .env("SILLAGE_PRIVATE_KEY", key_in(&private_key)?)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
            .args(["--project", PROJECT, "--project-name", "Tidemark"])
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--engine-library")
            .arg(engine::library(workspace));
        let mut running = Running::start("sillage", &mut command, &folder.join("sillage.log"))?;
        let mut ready = running.wait_for(interrupt, super::READY_WITHIN, Ready::find)?;
        // The last line comes only while there is no member, so its absence shows only in time.
        if ready.welcome.is_none() {
            let line = |lines: &[String]| Ready::find(lines)?.welcome;
            ready.welcome = running.wait_for(interrupt, Duration::from_millis(300), line).ok();
        }
        Ok(Self { running, ready, private_key })
    }

    /// Starts a collector on a free port with fresh data, for a measurement.
    ///
    /// # Errors
    /// As the start of any.
    pub(crate) fn start_fresh(workspace: &Workspace, profile: &str, folder: &Path) -> Result<Self> {
        crate::folder::remove(folder)?;
        Self::start(workspace, profile, folder, 0, &Interrupt::listen()?)
    }

    /// Returns the line for the pages of a product.
    pub(crate) fn script(&self) -> &str {
        &self.ready.script
    }

    /// Returns the write key in that line.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn write_key(&self) -> Result<&str> {
        let (_, rest) = self.script().split_once("data-write-key=\"").context("no write key")?;
        Ok(rest.split('"').next().unwrap_or_default())
    }

    /// Returns the file with a private key of the project.
    pub(super) fn private_key(&self) -> &Path {
        &self.private_key
    }

    /// Stops the collector and its engine.
    ///
    /// # Errors
    /// They do not stop in time, or not well.
    pub(crate) fn stop(mut self) -> Result<()> {
        self.running.stop()
    }
}

/// Reads the private key in `file`, or makes one up and keeps it there for this user only.
fn key_in(file: &Path) -> Result<String> {
    if let Ok(key) = fs::read_to_string(file) {
        return Ok(key.trim().to_owned());
    }
    let mut random = [0_u8; 20];
    getrandom::fill(&mut random).context("no randomness")?;
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("sk_{digits}");
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(file);
    let kept = opened.and_then(|mut opened| opened.write_all(key.as_bytes()));
    kept.with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(key)
}

/// What the collector prints when it is ready.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) dashboard: String,
    pub(super) script: String,
    /// Where the first member is set up; `None` when there is one.
    pub(super) welcome: Option<String>,
}

impl Ready {
    /// Finds the lines in what the collector has printed.
    fn find(lines: &[String]) -> Option<Self> {
        let start = lines.iter().position(|line| line == "Sillage is ready.")?;
        let value = |label: &str| {
            let line = lines[start..].iter().find_map(|line| line.trim().strip_prefix(label))?;
            Some(line.trim().to_owned())
        };
        Some(Self {
            dashboard: value("Dashboard")?,
            script: value("Script line")?,
            welcome: value("First member"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_lines_are_read() {
        let line = |text: &str| text.to_owned();
        let mut lines = vec![line("an earlier line"), line("Sillage is ready.")];
        assert_eq!(Ready::find(&lines), None);
        lines.push(line("  Dashboard     http://127.0.0.1:8080/"));
        lines.push(line("  Script line   <script async src=\"…\"></script>"));
        let mut expected = Ready {
            dashboard: line("http://127.0.0.1:8080/"),
            script: line("<script async src=\"…\"></script>"),
            welcome: None,
        };
        assert_eq!(Ready::find(&lines).as_ref(), Some(&expected));
        lines.push(line("  First member  http://127.0.0.1:8080/welcome?token=t"));
        expected.welcome = Some(line("http://127.0.0.1:8080/welcome?token=t"));
        assert_eq!(Ready::find(&lines), Some(expected));
    }
}
