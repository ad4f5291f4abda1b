//! What lies in the collector's ClickHouse, seen without any code of the product.

use crate::collector::PROJECT;
use crate::ledger::Stored;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, bail, ensure};
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Every event with what it refers to, in the columns that its sender determines.
const STORED: &str = "SELECT concat(e.project, '/', lower(hex(e.event_id))) AS key, e.kind AS kind, \
     e.name AS name, toString(toUnixTimestamp64Milli(e.timestamp)) AS timestamp, anonymous_id, \
     user_id, account_id, session_id, path, pattern AS page, test_id AS element, referrer, \
     campaign_source, language, app_version, properties FROM data.events AS e \
     LEFT JOIN (SELECT project, element_id, any(test_id) AS test_id FROM data.elements \
     GROUP BY project, element_id) AS l ON l.project = e.project AND l.element_id = e.element_id \
     LEFT JOIN (SELECT project, page_id, any(pattern) AS pattern FROM data.pages \
     GROUP BY project, page_id) AS p ON p.project = e.project AND p.page_id = e.page_id";

/// The engine of a running collector.
#[derive(Debug, Clone)]
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
        let body = self.send("?readonly=1", format!("{sql} FORMAT JSONEachRow")).await?;
        body.lines().map(|line| serde_json::from_str(line).context("a row is no JSON")).collect()
    }

    /// Does something behind the collector's back.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn execute(&self, sql: &str) -> Result<()> {
        self.send("", sql.to_owned()).await.map(drop)
    }

    async fn send(&self, query: &str, sql: String) -> Result<String> {
        let (_, port) = self.process()?;
        let password = fs::read_to_string(self.folder.join("password"))?;
        let request = Request::post(format!("http://127.0.0.1:{port}/{query}"))
            .header("X-ClickHouse-User", "admin")
            .header("X-ClickHouse-Key", password.trim())
            .body(sql.clone())?;
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        // Ids are bytes, which ClickHouse writes into its JSON as they are.
        let body = String::from_utf8_lossy(&body).into_owned();
        ensure!(status.is_success(), "{sql}\n{body}");
        Ok(body)
    }

    /// The engine's process, which holds the lock on the data, and its port, which is another one
    /// after each start of the collector and stands in the command.
    fn process(&self) -> Result<(i32, u16)> {
        let status = fs::read_to_string(self.folder.join("data/status"))?;
        let pid = status.lines().find_map(|line| line.strip_prefix("PID: "));
        let pid: i32 = pid.context("nobody holds the engine's data")?.trim().parse()?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
        let port = command.split('\0').find_map(|word| word.strip_prefix("--http_port="));
        Ok((pid, port.context("the engine has no port")?.parse()?))
    }

    /// Ends the engine at once, as `kill -9` does; says whether there was one.
    pub fn kill_engine(&self) -> bool {
        let pid = self.process().ok().and_then(|(pid, _)| Pid::from_raw(pid));
        pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    }

    /// Every event, as the oracle compares it.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub async fn stored(&self) -> Result<Vec<Stored>> {
        let rows = self.select(STORED).await?.into_iter();
        let row = |mut row: Value| {
            let key = row.as_object_mut().and_then(|row| row.remove("key"));
            let key = key.as_ref().and_then(Value::as_str).context("no key")?.to_owned();
            Ok(Stored { key, content: row })
        };
        rows.map(row).collect()
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
             (SELECT e.anonymous_id AS anonymous_id, e.kind AS kind, e.path AS path, n.name AS name \
             FROM data.events AS e LEFT JOIN \
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
