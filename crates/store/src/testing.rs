//! A real engine for tests: one per test process, and databases of its own for each test.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! // In a `#[tokio::test]`; the library is missing only outside of CI.
//! let Some(store) = store::testing::open("funnel_of_two_steps").await? else { return Ok(()) };
//! store.connection.insert_pages(&[]).await?;
//! # Ok(()) }
//! ```
//!
//! Nothing has to be built before: the child is the test's own executable, which becomes the
//! engine before its `main` when it is started with the hidden argument (see
//! [`engine::child`]). The engine ends with the process, since its standard input ends then.
//! Its folder, in `target/engine/tests`, is removed by a later test process.

use crate::{Connection, Databases, Error, Statement, Target, migrate};
use anyhow::{Context, Result, anyhow};
use engine::{Endpoint, Engine};
use protocol::BatchId;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;
use std::{fs, process, thread};

/// The folders of the engines, each named by its process.
const FOLDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/engine/tests");

/// How long a measurement may take.
const MEASUREMENT: Duration = Duration::from_secs(3_600);

/// What a question cost the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows read.
    pub rows: u64,
    /// Bytes read, uncompressed.
    pub bytes: u64,
    /// The most memory that it took at once, in bytes.
    pub memory_bytes: u64,
}

impl Connection {
    /// The same connection, whose every statement comes with a setting.
    #[must_use]
    pub fn with_setting(mut self, name: &str, value: &str) -> Self {
        self.client = self.client.with_setting(name, value);
        self
    }

    /// Asks with two threads and returns the answer as text, and what it cost.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn measured(&self, statement: &Statement) -> Result<(String, Cost), Error> {
        let question = self
            .query(statement)
            .with_setting("max_threads", "2")
            .with_setting("wait_end_of_query", "1");
        let mut answer = question.fetch_bytes("TSV").map_err(Error::from_client)?;
        let text = answer.collect().await.map_err(Error::from_client)?;
        let of = |n: Option<u64>| n.unwrap_or(0);
        let cost = answer.summary().map(|summary| Cost {
            rows: of(summary.read_rows()),
            bytes: of(summary.read_bytes()),
            memory_bytes: of(summary.memory_usage()),
        });
        Ok((String::from_utf8_lossy(&text).into_owned(), cost.unwrap_or_default()))
    }

    /// Sends a command that may take an hour.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn execute_for_long(&self, statement: &Statement) -> Result<(), Error> {
        self.command(statement, MEASUREMENT, &[]).await
    }
}

/// A test's own databases.
#[derive(Debug, Clone)]
pub struct TestStore {
    /// The connection, with migrations applied.
    pub connection: Connection,
    /// The engine that it leads to, for those who start a collector on it.
    pub target: Target,
}

/// Opens new, migrated databases whose names begin with the test's name.
///
/// Starts this process' engine with the first call. Returns `None`, after one line on standard
/// error, where the engine's library is missing and `CI` is not set.
///
/// # Errors
/// When the engine does not start, or when the library is missing under `CI`.
pub async fn open(test: &str) -> Result<Option<TestStore>> {
    static N_OPENED: AtomicU32 = AtomicU32::new(0);
    let Some(endpoint) = endpoint()? else { return Ok(None) };
    let n = N_OPENED.fetch_add(1, Ordering::Relaxed);
    let target = Target::from(&endpoint);
    let databases = Databases::with_prefix(&format!("t{n}_{test}_"));
    let connection = Connection::new(target.clone(), databases)?;
    migrate(&connection).await?;
    Ok(Some(TestStore { connection, target }))
}

/// Does some work on an engine of its own, with migrated databases, and removes what it kept. The
/// folder is named by the process; what others left beside it that are no more is removed, too.
///
/// # Errors
/// When the engine's library is missing or does not start, or when the work fails.
pub async fn alone<T>(folder: &Path, work: impl AsyncFnOnce(TestStore) -> Result<T>) -> Result<T> {
    folder.parent().into_iter().for_each(sweep);
    let done = kept(folder, work).await;
    fs::remove_dir_all(folder)?;
    done
}

/// Does some work on an engine of its own, with migrated databases, on what is in the folder from
/// an earlier time, and leaves there what it wrote.
///
/// # Errors
/// As [`alone`].
pub async fn kept<T>(folder: &Path, work: impl AsyncFnOnce(TestStore) -> Result<T>) -> Result<T> {
    let library = engine::testing::library()?.context("the engine's library is missing")?;
    let engine = Engine::start(engine::testing::config(library, folder)?).await?;
    let target = Target::from(engine.endpoint());
    let connection = Connection::new(target.clone(), Databases::default())?;
    let done = match migrate(&connection).await {
        Ok(_) => work(TestStore { connection, target }).await,
        Err(error) => Err(error.into()),
    };
    engine.stop().await?;
    done
}

/// Writes what is derived of the events of a batch, as the writer of the collector does.
///
/// # Errors
/// When the engine refuses.
pub async fn derive(connection: &Connection, batch: BatchId) -> Result<()> {
    let parts = connection.underived(batch).await?;
    let months: Vec<u32> = parts.iter().map(|part| part.month).collect();
    for part in parts {
        connection.derive(batch, 0, part).await?;
    }
    for dictionary in connection.changed_by(batch, &months).await? {
        connection.reload(dictionary).await?;
    }
    Ok(())
}

/// The engine of this process.
fn endpoint() -> Result<Option<Endpoint>> {
    static ENGINE: OnceLock<Result<Option<Endpoint>, String>> = OnceLock::new();
    let endpoint = ENGINE.get_or_init(|| start().map_err(|error| format!("{error:#}")));
    endpoint.clone().map_err(|error| anyhow!(error))
}

fn start() -> Result<Option<Endpoint>> {
    let Some(library) = engine::testing::library()? else { return Ok(None) };
    sweep(Path::new(FOLDERS));
    let folder = PathBuf::from(FOLDERS).join(process::id().to_string());
    // Of an earlier process with the same number.
    if folder.try_exists()? {
        fs::remove_dir_all(&folder)?;
    }
    let config = engine::testing::config(library, &folder)?;
    // Each test has a runtime of its own and ends with it; the engine needs one that stays.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(async {
            match Engine::start(config).await {
                Ok(engine) => {
                    // Whoever asked waits below and cannot be gone.
                    drop(sender.send(Ok(engine.endpoint().clone())));
                    std::future::pending::<()>().await;
                    drop(engine);
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        });
    });
    let started = receiver.recv().context("the engine's thread failed")?;
    Ok(Some(started.context("the engine did not start")?))
}

/// Removes what processes left that are no more.
fn sweep(folders: &Path) {
    let entries = fs::read_dir(folders).into_iter().flatten().flatten();
    for entry in entries {
        let is_running = Path::new("/proc").join(entry.file_name()).is_dir();
        if !is_running {
            // Its engine may still write its last words; then a later one removes it.
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}
