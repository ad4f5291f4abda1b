//! The collector as a process, on its embedded engine.

use crate::environment;
use crate::process::Process;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    process: Process,
    data: PathBuf,
    ready: Ready,
}

/// What the collector prints when it is ready.
#[derive(Debug, Clone)]
struct Ready {
    dashboard: String,
    script: String,
    welcome: Option<String>,
}

impl Ready {
    fn find(lines: &[String]) -> Option<Self> {
        let value = |label: &str| {
            let line = lines.iter().rev().find_map(|line| line.trim_start().strip_prefix(label))?;
            Some(line.trim().to_owned())
        };
        lines.iter().find(|line| line.as_str() == "Sillage is ready.")?;
        let (dashboard, script) = (value("Dashboard ")?, value("Script line ")?);
        Some(Self { dashboard, script, welcome: value("First member ") })
    }
}

impl Collector {
    /// Starts a collector with its data in `data`, on a free port.
    ///
    /// # Errors
    /// When it or the engine is not there, or it does not become ready.
    pub async fn start(data: &Path) -> Result<Self> {
        Self::start_on(data, "127.0.0.1:0").await
    }

    async fn start_on(data: &Path, listen: &str) -> Result<Self> {
        let mut command = Command::new(environment::sillage()?);
        command
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", listen, "--project", PROJECT])
            .env("SILLAGE_PRIVATE_KEY", PRIVATE_KEY)
            .arg("--engine-library")
            .arg(environment::engine_library()?);
        let mut process = Process::start("sillage", &mut command)?;
        let ready = process.wait_for("Sillage is ready", Ready::find).await?;
        Ok(Self { process, data: data.to_owned(), ready })
    }

    /// Address of the dashboard and of the API, without a slash at the end.
    pub fn address(&self) -> &str {
        self.ready.dashboard.trim_end_matches('/')
    }

    /// The script line for the pages of a product.
    pub fn script(&self) -> &str {
        &self.ready.script
    }

    /// The write key in the script line.
    ///
    /// # Errors
    /// When the line has none.
    pub fn write_key(&self) -> Result<&str> {
        let (_, rest) = self.script().split_once("data-write-key=\"").context("no key")?;
        Ok(rest.split('"').next().unwrap_or_default())
    }

    /// Where the first member is set up, as long as there is none.
    pub fn welcome(&self) -> Option<&str> {
        self.ready.welcome.as_deref()
    }

    /// The last lines that it printed.
    pub fn log(&self) -> String {
        self.process.lines().join("\n")
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it again on the same address and data.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_again(&mut self) -> Result<()> {
        let listen = self.address().trim_start_matches("http://").to_owned();
        let data = self.data.clone();
        *self = Self::start_on(&data, &listen).await?;
        Ok(())
    }

    /// Ends it as SIGTERM does, and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub fn stop(&mut self) -> Result<()> {
        let status = self.process.stop()?;
        anyhow::ensure!(status.success(), "`sillage` ended with {status}:\n{}", self.log());
        Ok(())
    }
}

/// A private key of the project of every test.
pub const PRIVATE_KEY: &str = "sk_0123456789abcdefghijklmnopqrstuv";

/// The project of every test.
pub const PROJECT: &str = "tidemark";
