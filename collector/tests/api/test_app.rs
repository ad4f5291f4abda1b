//! A collector of a test's own: databases, data folder, clock; no socket.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use collector::config::Config;
use collector::serve::Background;
use collector::spool::Cursor;
use collector::{App, router};
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::Timestamp;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use store::testing::{self, TestStore};
use store::{Connection, Statement, Target};
use tempfile::TempDir;
use tower::ServiceExt;

/// What the clock says at first: 2026-11-22T12:00:00Z.
pub(crate) const NOON: i64 = 1_795_348_800_000;

/// How long a condition may take to become true.
const DEADLINE: Duration = Duration::from_secs(60);

/// A collector of a test's own.
pub(crate) struct TestApp {
    running: Option<(App, Background)>,
    config: Config,
    clock: Arc<AtomicI64>,
    store: TestStore,
    _data: TempDir,
}

/// An answer, shown as status and body.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.status, self.body)
    }
}

impl TestApp {
    /// Starts one; `None`, after a line that says so, where there is no engine.
    pub(crate) async fn start(test: &str) -> Result<Option<Self>> {
        Self::start_with(test, |_| {}).await
    }

    /// Starts one with settings of its own.
    pub(crate) async fn start_with(
        test: &str,
        set: impl FnOnce(&mut Config),
    ) -> Result<Option<Self>> {
        let Some(store) = testing::open(test).await? else { return Ok(None) };
        Ok(Some(Self::start_on(store, set).await?))
    }

    /// Starts one on these databases.
    pub(crate) async fn start_on(store: TestStore, set: impl FnOnce(&mut Config)) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut config = Config::default();
        config.server.data = data.path().to_owned();
        config.store.linger_ms = 10;
        set(&mut config);
        let clock = Arc::new(AtomicI64::new(NOON));
        let mut app = Self { running: None, config, clock, store, _data: data };
        app.open().await?;
        Ok(app)
    }

    /// Starts another collector on the same databases, with a folder of its own.
    pub(crate) async fn beside(&self) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut config = self.config.clone();
        config.server.data = data.path().to_owned();
        // Whole months are replaced by the audit, so only one may have it.
        config.store.audit = Some(false);
        let (clock, store) = (Arc::clone(&self.clock), self.store.clone());
        let mut app = Self { running: None, config, clock, store, _data: data };
        app.open().await?;
        Ok(app)
    }

    /// Ends it in the middle of what it does.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        let mut end = self.app()?.spool().end();
        self.running = None;
        // Its tasks end only when they are next looked at, and with the last of them the spool:
        // until then it would still work in the folder that is opened again.
        let gone = async { while end.changed().await.is_ok() {} };
        tokio::time::timeout(DEADLINE, gone).await.context("it does not end")
    }

    /// Ends it in the order of `sillage serve`.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        let (app, background) = self.running.take().context("it does not run")?;
        let mut end = app.spool().end();
        background.stop(DEADLINE).await;
        app.spool().close();
        drop(app);
        let gone = async { while end.changed().await.is_ok() {} };
        tokio::time::timeout(DEADLINE, gone).await.context("it does not end")
    }

    /// Damages the file that says how far ClickHouse has the spool.
    pub(crate) fn break_cursor(&self) -> Result<()> {
        Ok(std::fs::write(self.config.server.data.join("spool/cursor"), "{")?)
    }

    /// The files of the spool as they are now.
    pub(crate) fn spool_image(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut image = BTreeMap::new();
        for entry in std::fs::read_dir(self.config.server.data.join("spool"))? {
            let path = entry?.path();
            // A cursor that is being written is none yet.
            if path.is_file() && !path.ends_with("cursor.new") {
                image.insert(path.clone(), std::fs::read(path)?);
            }
        }
        Ok(image)
    }

    /// Brings back the files of the spool, as after a kill at that time.
    pub(crate) fn restore_spool(&self, image: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
        let dir = self.config.server.data.join("spool");
        std::fs::remove_dir_all(&dir)?;
        std::fs::create_dir(&dir)?;
        for (path, bytes) in image {
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }

    /// Starts it again on the same data.
    pub(crate) async fn open(&mut self) -> Result<()> {
        let (app, cursor) = self.open_without_background()?;
        let background = Background::start(app.clone(), cursor).await?;
        self.running = Some((app, background));
        Ok(())
    }

    fn open_without_background(&self) -> Result<(App, Cursor)> {
        let clock = Arc::clone(&self.clock);
        let clock = Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        let connection =
            Connection::new(self.store.target.clone(), self.store.connection.databases().clone())?;
        let (app, cursor) = App::open(self.config.clone(), connection, clock)?;
        app.set_bound(self.config.server.listen);
        Ok((app, cursor))
    }

    /// The app.
    pub(crate) fn app(&self) -> Result<&App> {
        Ok(&self.running.as_ref().context("it does not run")?.0)
    }

    /// The router, to ask it without a socket.
    pub(crate) fn router(&self) -> Result<Router> {
        Ok(router::router(self.app()?.clone()))
    }

    /// The way to its databases.
    pub(crate) fn store(&self) -> &Connection {
        &self.store.connection
    }

    /// Where the engine answers.
    pub(crate) fn target(&self) -> &Target {
        &self.store.target
    }

    /// Lets it look for the engine at another address when it is opened next.
    pub(crate) fn look_at(&mut self, url: String) {
        self.store.target.url = url;
    }

    /// Changes its settings for when it is opened next.
    pub(crate) fn configure(&mut self, set: impl FnOnce(&mut Config)) {
        set(&mut self.config);
    }

    /// What stands on disk of how far ClickHouse has the spool.
    pub(crate) fn cursor(&self) -> Result<Cursor> {
        let path = self.config.server.data.join("spool/cursor");
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Its settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Moves the clock.
    pub(crate) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// The write key of the first project.
    pub(crate) fn write_key(&self) -> Result<String> {
        let projects = self.app()?.definitions().projects();
        let project = projects.first().context("no project")?;
        Ok(project.definition.write_key.as_str().to_owned())
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Answer> {
        let response = self.router()?.oneshot(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
        Ok(Answer { status, headers, body: String::from_utf8(body.to_vec())? })
    }

    /// Sends a body to `/v1/events?{query}`.
    pub(crate) async fn post(&self, query: &str, body: impl Into<Body>) -> Result<Answer> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/v1/events?{query}"))
            .header(header::CONTENT_TYPE, "text/plain")
            .body(body.into())?;
        self.send(request).await
    }

    /// Sends a batch, not packed, under the right key.
    pub(crate) async fn post_batch(&self, batch: &str) -> Result<Answer> {
        self.post(&format!("k={}&c=none", self.write_key()?), batch.to_owned()).await
    }

    /// Asks ClickHouse; `{events}` and the like stand for the tables.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>> {
        let databases = self.store().databases();
        let sql = sql
            .replace("{events}", &databases.events())
            .replace("{elements}", &databases.elements())
            .replace("{pages}", &databases.pages())
            .replace("{sessions}", &databases.sessions());
        Ok(self.store().json(&Statement::new(sql)).await?)
    }

    /// Waits until everything that was accepted is written.
    pub(crate) async fn written(&self) -> Result<()> {
        let end = self.app()?.spool().end();
        self.until(|cursor| cursor.cut.is_none() && cursor.done >= *end.borrow()).await
    }

    /// Waits until it remembers what the store has.
    pub(crate) async fn remembers(&self) -> Result<()> {
        let deadline = Instant::now() + DEADLINE;
        while !self.app()?.seen().is_complete() {
            anyhow::ensure!(Instant::now() < deadline, "the store is not read");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Waits until something is cut to be written.
    pub(crate) async fn cut(&self) -> Result<()> {
        self.until(|cursor| cursor.cut.is_some()).await
    }

    async fn until(&self, is_there: impl Fn(&Cursor) -> bool) -> Result<()> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if is_there(&self.cursor()?) {
                return Ok(());
            }
            anyhow::ensure!(Instant::now() < deadline, "the writer does not get there");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A body packed by gzip.
pub(crate) fn gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}

/// The `n`th event id of a test.
pub(crate) fn event_id(n: u32) -> String {
    format!("{:08x}-{:04x}-7000-8000-{n:012x}", NOON >> 16, NOON & 0xffff)
}

/// A click that happened at noon, with more fields, each beginning with a comma.
pub(crate) fn click(n: u32, more: &str) -> String {
    format!(r#"{{"event_id":"{}","kind":"click","timestamp":{NOON}{more}}}"#, event_id(n))
}

/// A batch of somebody with one element and one page.
pub(crate) fn batch(events: &[String]) -> String {
    format!(
        r#"{{"sdk":"test/1","sent_at":{NOON},
        "context":{{"anonymous_id":"anon-1","session_id":"s-1","user_id":"ann@example.com"}},
        "elements":[{{"chain":[{{"tag":"button","test_id":"save","name":"Save ann@example.com"}}]}}],
        "pages":[{{"host":"app.example.com","path":"/orders/1042","title":"Order"}}],
        "events":[{}]}}"#,
        events.join(",")
    )
}
