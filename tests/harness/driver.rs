//! Starts browsers: chromedriver as a process, and Chromium as an end-to-end test needs it.

use crate::browser::Browser;
use crate::environment;
use crate::process::{self, Process};
use anyhow::{Context, Result};
use fantoccini::ClientBuilder;
use fantoccini::wd::Capabilities;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A running chromedriver.
#[derive(Debug)]
pub struct Driver {
    _process: Process,
    address: String,
}

impl Driver {
    /// Starts chromedriver on a free port.
    ///
    /// # Errors
    /// When it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let program = environment::chromedriver();
        let mut process = Process::start("chromedriver", Command::new(&program).arg("--port=0"))
            .context("install Debian's `chromium` and `chromium-driver`")?;
        let port = process
            .wait_for("chromedriver listens", |lines| {
                let line = lines.iter().find(|line| line.contains("started successfully"))?;
                let port = line.rsplit(' ').next()?.trim_end_matches('.');
                port.parse::<u16>().ok()
            })
            .await?;
        Ok(Self { _process: process, address: format!("http://127.0.0.1:{port}") })
    }

    /// Opens a browser with a new, empty profile.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn browser(&self) -> Result<Browser> {
        self.browser_with(json!({})).await
    }

    /// Opens a browser that denies pages all storage, as people can set it.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn browser_without_storage(&self) -> Result<Browser> {
        self.browser_with(json!({ "profile.default_content_setting_values.cookies": 2 })).await
    }

    async fn browser_with(&self, preferences: Value) -> Result<Browser> {
        let profile = TempDir::with_prefix("e2e-chromium-")?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(profile.path(), &preferences))
            .connect(&self.address)
            .await
            .context("cannot open Chromium")?;
        Ok(Browser::new(client, Chromium { profile }))
    }
}

/// A running Chromium with its profile. It ends when this is dropped: the end of chromedriver, or
/// of the test, would leave it running.
#[derive(Debug)]
pub(crate) struct Chromium {
    profile: TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        process::end_all(&self.profile.path().display().to_string());
    }
}

fn capabilities(profile: &Path, preferences: &Value) -> Capabilities {
    let mut options = json!({ "prefs": preferences, "args": [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        // Containers give `/dev/shm` 64 MB, which a page can fill.
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1440,1000",
        format!("--user-data-dir={}", profile.display()),
    ]});
    if let Some(program) = environment::chromium() {
        options["binary"] = json!(program);
    }
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    // A page is there when it is parsed: scripts that are held back must not hold up the test.
    capabilities.insert("pageLoadStrategy".to_owned(), json!("eager"));
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
    capabilities
}
