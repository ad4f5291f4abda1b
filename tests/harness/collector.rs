//! The collector as a process, on its embedded engine.

use crate::environment;
use crate::process::Process;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the writer says when a stop leaves events in the spool.
const LEFT: &str = "what is left in the spool";

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    process: Process,
    data: PathBuf,
    options: Options,
    ready: Ready,
}

/// How a collector differs from that of most tests.
#[derive(Debug, Clone)]
pub struct Options {
    /// The project that is made at the first start.
    pub project: &'static str,
    /// A ClickHouse to use instead of the embedded engine, by its URL with user and password.
    pub clickhouse: Option<String>,
    /// Text of a configuration file, in TOML.
    pub configuration: String,
    /// Variables of the environment.
    pub environment: Vec<(&'static str, String)>,
}

impl Default for Options {
    fn default() -> Self {
        let (clickhouse, configuration, environment) = Default::default();
        Self { project: PROJECT, clickhouse, configuration, environment }
    }
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
        Self::start_with(data, Options::default()).await
    }

    /// Starts one that differs from that of most tests.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(data: &Path, options: Options) -> Result<Self> {
        Self::start_on(data, "127.0.0.1:0", options).await
    }

    async fn start_on(data: &Path, listen: &str, options: Options) -> Result<Self> {
        let mut process = begin(data, listen, &options)?;
        let ready = process.wait_for("Sillage is ready", Ready::find).await?;
        Ok(Self { process, data: data.to_owned(), options, ready })
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
        let (data, options) = (self.data.clone(), self.options.clone());
        *self = Self::start_on(&data, &self.listen(), options).await?;
        Ok(())
    }

    /// Starts it again, and kills it after this time, ready or not.
    ///
    /// # Errors
    /// When it cannot be started, or the system refuses to kill it.
    pub async fn start_and_kill(&mut self, after: Duration) -> Result<()> {
        let mut process = begin(&self.data, &self.listen(), &self.options)?;
        tokio::time::sleep(after).await;
        process.kill()
    }

    /// Stops it and starts it again until a stop leaves nothing to write in the spool.
    ///
    /// # Errors
    /// When it cannot write, stop or start.
    pub async fn write_all(&mut self) -> Result<()> {
        until("the collector stops with nothing left to write", PATIENCE, async || {
            self.stop()?;
            let is_empty = !self.log().contains(LEFT);
            self.start_again().await?;
            Ok(is_empty.then_some(()))
        })
        .await
    }

    /// The address that it listens on, such as `127.0.0.1:8080`.
    pub fn listen(&self) -> String {
        self.address().trim_start_matches("http://").to_owned()
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
fn begin(data: &Path, listen: &str, options: &Options) -> Result<Process> {
    let mut command = Command::new(environment::sillage()?);
    command
        .args(["serve", "--listen", listen, "--project", options.project])
        .arg("--data")
        .arg(data)
        .env("SILLAGE_PRIVATE_KEY", PRIVATE_KEY)
        .envs(options.environment.iter().map(|(name, value)| (name, value)));
    if !options.configuration.is_empty() {
        let file = data.join("sillage.toml");
        fs::create_dir_all(data)?;
        fs::write(&file, &options.configuration)?;
        command.arg("--config").arg(file);
    }
    match &options.clickhouse {
        Some(url) => command.args(["--clickhouse", url]),
        None => command.arg("--engine-library").arg(environment::engine_library()?),
    };
    Process::start("sillage", &mut command)
}

/// The project of every test.
pub const PROJECT: &str = "tidemark";
