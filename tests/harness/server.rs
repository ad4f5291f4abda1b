//! A ClickHouse that is not the collector's own: the engine as a server, which a test may kill,
//! hold and start again on the same port.

use crate::database::Database;
use crate::environment;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result};
use engine::{Config, Engine};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The server's folder, below the one that [`Database::of`] takes.
const FOLDER: &str = "clickhouse";

/// A ClickHouse server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    command: Vec<String>,
    url: String,
    database: Database,
    data: TempDir,
}

impl Server {
    /// Starts a server on a free port.
    ///
    /// # Errors
    /// When the engine is not there, or does not start.
    pub async fn start() -> Result<Self> {
        let data = TempDir::with_prefix("e2e-clickhouse-")?;
        let engine = Engine::start(Config {
            data_dir: data.path().join(FOLDER),
            library: environment::engine_library()?,
            executable: environment::sillage()?,
            memory_bytes: None,
            readable: Vec::new(),
            hang_after: engine::HANG_AFTER,
        })
        .await?;
        let endpoint = engine.endpoint().clone();
        let authority = format!("http://{}:{}@", endpoint.user, endpoint.password);
        let url = endpoint.url.replace("http://", &authority);
        // Its supervisor would start it again at once, so it goes on under our own hand.
        let pid = engine.pid().context("the engine has no process")?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
        let command: Vec<String> =
            command.trim_end_matches('\0').split('\0').map(str::to_owned).collect();
        engine.stop().await?;
        let database = Database::of(data.path())?;
        let child = spawn(&command, &data)?;
        let server = Self { child, command, url, database, data };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// The address, with user and password, as the collector takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What lies in it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Ends it at once, as `kill -9` does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again after a kill.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(&self.command, &self.data)?;
        self.wait_until_ready().await
    }

    /// Holds it: it keeps its connections and answers nothing.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn hold(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn go_on(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("the server has no process")?, signal)?)
    }

    async fn wait_until_ready(&self) -> Result<()> {
        until("the server answers", PATIENCE, async || {
            Ok(self.database.select("SELECT 1 AS n").await.ok().map(drop))
        })
        .await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill().ok();
    }
}

fn spawn(command: &[String], data: &TempDir) -> Result<Child> {
    let (program, arguments) = command.split_first().context("the engine has no command")?;
    let child = Command::new(program)
        .args(arguments)
        .current_dir(data.path().join(FOLDER))
        .env_clear()
        .env("TZ", "UTC")
        // It serves until its standard input ends.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    child.context("cannot start the server")
}
