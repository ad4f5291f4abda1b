//! Tidemark as a process.

use crate::environment;
use crate::process::Process;
use anyhow::Result;
use std::process::Command;

/// A running Tidemark.
#[derive(Debug)]
pub struct DemoApp {
    _process: Process,
    address: String,
}

impl DemoApp {
    /// Starts Tidemark on a free port, with this script line in its pages.
    ///
    /// # Errors
    /// When it is not built, or does not start.
    pub async fn start(script: &str) -> Result<Self> {
        let mut command = Command::new(environment::demo_saas()?);
        command.args(["--listen", "127.0.0.1:0", "--script", script]);
        let mut process = Process::start("demo-saas", &mut command)?;
        let address = process
            .wait_for("Tidemark is ready", |lines| {
                let line =
                    lines.iter().find_map(|line| line.strip_prefix("Tidemark is ready: "))?;
                Some(line.trim_end_matches('/').to_owned())
            })
            .await?;
        Ok(Self { _process: process, address })
    }

    /// Its address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }
}
