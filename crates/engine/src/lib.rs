//! Runs the embedded ClickHouse: a real server in a child process, never in ours.
//!
//! ClickHouse comes as a shared library. The child is our own executable, started again with
//! the hidden argument [`child::ARGUMENT`]; it loads the library and serves ClickHouse's HTTP
//! interface on 127.0.0.1 until its standard input ends. So it also ends when we die, however
//! we die. [`Engine`] starts the child, waits until it is ready, starts it again on the same
//! port when it fails, and stops it.
//!
//! **Invariants:**
//! - The child is ready only when the server that answers on the port says that it serves our
//!   own folder, to our own password; an answer alone may come from another server.
//! - The user `default`, which the child itself needs and which has no password, may do nothing.
//! - The user as whom dictionaries are filled reads the tables that are named, and nothing else.
//! - `unsafe` is in [`child`] and nowhere else.
//!
//! ```no_run
//! # async fn example() -> Result<(), engine::Error> {
//! use engine::{Config, Engine, library};
//! use std::path::PathBuf;
//!
//! let data_dir = PathBuf::from("/var/lib/sillage");
//! let search = library::Search { data_dir: Some(data_dir.clone()), ..Default::default() };
//! let engine = Engine::start(Config {
//!     data_dir: data_dir.join("clickhouse"),
//!     library: library::find(&search)?,
//!     executable: PathBuf::from("/usr/bin/sillage"),
//!     memory_bytes: None,
//!     readable: Vec::new(),
//!     hang_after: engine::HANG_AFTER,
//! })
//! .await?;
//! println!("ClickHouse answers at {}", engine.endpoint().url);
//! engine.stop().await
//! # }
//! ```

pub mod child;
mod error;
mod folder;
pub mod library;
mod output;
mod probe;
mod process;
mod supervisor;
#[cfg(feature = "testing")]
pub mod testing;

pub use error::Error;
pub use supervisor::Engine;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What it takes to run the engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// The engine's own folder; made if it is missing.
    pub data_dir: PathBuf,
    /// The shared library, as [`library::find`] gives it.
    pub library: PathBuf,
    /// The executable that calls [`child::run`] when its first argument is [`child::ARGUMENT`].
    pub executable: PathBuf,
    /// Memory in bytes that all queries together may use; nine tenths of the machine's if unset.
    ///
    /// It bounds what queries ask for, not the resident size, which may be twice as much.
    pub memory_bytes: Option<u64>,
    /// What the user of [`Endpoint::dictionary`] may read: tables with their databases, such as
    /// `data.pages`, or `*.*`.
    pub readable: Vec<String>,
    /// A child that gives no answer at all for so long is killed and started again.
    pub hang_after: Duration,
}

/// How long a child may be silent: far longer than the heaviest query or merge keeps it from
/// saying anything, and short enough that nobody has to get up at night.
pub const HANG_AFTER: Duration = Duration::from_secs(60);

/// Where the engine answers, and to whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Address of the HTTP interface, on 127.0.0.1.
    pub url: String,
    /// The one user who may do everything.
    pub user: String,
    /// That user's password, made at random once per installation.
    pub password: String,
    /// The user as whom a dictionary reads its source: without one, the engine refuses to fill
    /// it, and the user above may do far more than read.
    pub dictionary: Login,
}

/// A user and his password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// His password, made at random once per installation.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The child was started and does not answer yet.
    Starting,
    /// The child answers.
    Ready,
    /// The child ended by itself, or could not be started; the next start comes after a pause.
    Restarting {
        /// Why it ended, or why it could not be started.
        why: String,
    },
    /// The engine was stopped and will not be started again.
    Stopped,
}
