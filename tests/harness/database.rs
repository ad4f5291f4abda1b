//! What lies in the collector's ClickHouse, seen without any code of the product.

use crate::collector::PROJECT;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, bail, ensure};
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The engine of a running collector.
#[derive(Debug)]
pub struct Database {
    folder: PathBuf,
}

impl Database {
    /// The database of the collector whose data is in `data`.
    ///
    /// # Errors
    /// When there is no engine's folder in it.
    pub fn of(data: &Path) -> Result<Self> {
        for entry in fs::read_dir(data)? {
            let folder = entry?.path();
            if folder.is_dir() && folder.join("engine.xml").try_exists()? {
                return Ok(Self { folder });
            }
        }
        bail!("no engine has its data in {}", data.display())
    }

    /// Asks in SQL, and gives the rows as JSON objects. Database and table are written out.
    ///
    /// # Errors
    /// When ClickHouse cannot be asked, or refuses.
    pub async fn select(&self, sql: &str) -> Result<Vec<Value>> {
        let port = self.port()?;
        let password = fs::read_to_string(self.folder.join("password"))?;
        let request = Request::post(format!("http://127.0.0.1:{port}/?readonly=1"))
            .header("X-ClickHouse-User", "admin")
            .header("X-ClickHouse-Key", password.trim())
            .body(format!("{sql} FORMAT JSONEachRow"))?;
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        // Ids are bytes, which ClickHouse writes into its JSON as they are.
        let body = String::from_utf8_lossy(&body);
        ensure!(status.is_success(), "{sql}\n{body}");
        body.lines().map(|line| serde_json::from_str(line).context("a row is no JSON")).collect()
    }

    /// The port, which is another one after each start: it stands in the command of the process
    /// that holds the lock on the data.
    fn port(&self) -> Result<u16> {
        let status = fs::read_to_string(self.folder.join("data/status"))?;
        let pid = status.lines().find_map(|line| line.strip_prefix("PID: "));
        let pid: u32 = pid.context("nobody holds the engine's data")?.trim().parse()?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
        let port = command.split('\0').find_map(|word| word.strip_prefix("--http_port="));
        Ok(port.context("the engine has no port")?.parse()?)
    }

    /// One number, or 0 where there is no row.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn number(&self, sql: &str) -> Result<u64> {
        let rows =
            self.select(&format!("SELECT toUInt32(x) AS n FROM (SELECT ({sql}) AS x)")).await?;
        Ok(rows.first().and_then(|row| row["n"].as_u64()).unwrap_or_default())
    }

    /// How many events of a kind there are.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn n_events(&self, kind: &str) -> Result<u64> {
        self.number(&format!(
            "SELECT count() FROM data.events WHERE project = '{PROJECT}' AND kind = '{kind}'"
        ))
        .await
    }

    /// What each person did, in order, in words: for the report of a failure.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn histories(&self) -> Result<Vec<Value>> {
        self.select(
            "SELECT anonymous_id, groupArray(kind || ' ' || path || ' ' || name) AS history FROM \
             (SELECT e.anonymous_id, e.kind, e.path, n.name FROM data.events AS e LEFT JOIN \
             (SELECT element_id, any(name) AS name FROM data.elements GROUP BY 1) AS n \
             ON e.element_id = n.element_id ORDER BY e.event_id) GROUP BY anonymous_id",
        )
        .await
    }

    /// How many rows are there twice: more of them than of event ids.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn n_doubled(&self) -> Result<u64> {
        self.number("SELECT count() - uniqExact(project, event_id) FROM data.events").await
    }

    /// Waits until there are at least `n` events of a kind, and gives how many there are.
    ///
    /// # Errors
    /// When there never are, with how many there were.
    pub async fn wait_for_events(&self, kind: &str, n: u64) -> Result<u64> {
        let mut last = Ok(0);
        let what = format!("{n} events of kind {kind} are stored");
        let enough = until(&what, PATIENCE, async || {
            // While the collector starts again, its engine does not answer.
            last = self.n_events(kind).await;
            Ok(last.as_ref().ok().copied().filter(|n_found| *n_found >= n))
        })
        .await;
        enough.with_context(|| format!("the last answer was {last:?}"))
    }

    /// Every value of every column of every table of the collector, as text, one row a line.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn dump(&self) -> Result<String> {
        let tables = "SELECT database, name FROM system.tables \
             WHERE database IN ('data', 'control') AND engine LIKE '%MergeTree'";
        let mut text = String::new();
        for table in self.select(tables).await? {
            let (database, name) = (table["database"].as_str(), table["name"].as_str());
            let (database, name) = (database.context("no database")?, name.context("no table")?);
            for row in self.select(&format!("SELECT * FROM {database}.{name}")).await? {
                text.push_str(&row.to_string());
                text.push('\n');
            }
        }
        Ok(text)
    }
}
