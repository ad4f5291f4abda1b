//! `sillage import` as a process.

use crate::collector::PRIVATE_KEY;
use crate::environment;
use crate::process::Process;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A running import.
#[derive(Debug)]
pub struct Importer {
    process: Process,
    file: PathBuf,
}

impl Importer {
    /// Starts to import a file into the collector at `address`.
    ///
    /// # Errors
    /// When the program is not there.
    pub fn start(address: &str, file: &Path) -> Result<Self> {
        let mut command = Command::new(environment::sillage()?);
        command
            .args(["import", "--url", address])
            .env("SILLAGE_PRIVATE_KEY", PRIVATE_KEY)
            .arg(file);
        Ok(Self { process: Process::start("sillage import", &mut command)?, file: file.to_owned() })
    }

    /// Waits until all lines before line `n` are done, as it notes it beside the file.
    ///
    /// # Errors
    /// When it never comes so far.
    pub async fn reaches(&self, n: u64) -> Result<()> {
        let note = beside(&self.file, ".import.json");
        let what = format!("line {n} is reached");
        let reached = until(&what, PATIENCE, async || {
            let next = fs::read(&note).ok().and_then(|text| {
                serde_json::from_slice::<Value>(&text).ok()?["next_line"].as_u64()
            });
            Ok(next.filter(|next| *next >= n).map(drop))
        })
        .await;
        reached.with_context(|| self.output())
    }

    /// What it printed.
    pub fn output(&self) -> String {
        self.process.lines().join("\n")
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Asks it to end, as Ctrl-C does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn interrupt(&self) -> Result<()> {
        self.process.interrupt()
    }

    /// Waits until it has ended; gives its exit code.
    ///
    /// # Errors
    /// When it does not end, or was killed.
    pub async fn ended(&mut self) -> Result<i32> {
        let status = self.process.ended().await.with_context(|| self.output())?;
        status.code().with_context(|| format!("it ended with {status}:\n{}", self.output()))
    }

    /// The numbers of the lines in the file of refused lines.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be read.
    pub fn refused(&self) -> Result<Vec<u64>> {
        let text = fs::read_to_string(beside(&self.file, ".rejects.jsonl"))?;
        let number = |line| {
            let reject: Value = serde_json::from_str(line)?;
            reject["line"].as_u64().context("a refused line without a number")
        };
        text.lines().map(number).collect()
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
