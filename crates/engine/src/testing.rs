//! For tests of this and other crates: a [`Config`] whose child is the test's own executable.

use crate::{Config, library};
use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// Names the library; the task that runs the tests sets it.
pub const LIBRARY_VARIABLE: &str = "SILLAGE_ENGINE_LIBRARY";

/// Where the library is otherwise: `target/engine` of the workspace.
const LIBRARY_DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/engine");

/// The library for tests; without it `None` after one line that says so, or an error under `CI`.
///
/// # Errors
/// When the library is missing and the variable `CI` is set: a suite may not be left out there.
pub fn library() -> io::Result<Option<PathBuf>> {
    let given = env::var_os(LIBRARY_VARIABLE).map(PathBuf::from);
    let search = library::Search {
        environment: given,
        data_dir: Some(PathBuf::from(LIBRARY_DIR)),
        ..library::Search::default()
    };
    match library::find(&search) {
        Ok(library) => Ok(Some(library)),
        Err(error) if env::var_os("CI").is_some() => Err(io::Error::other(error)),
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "a test that is left out says so")]
            {
                eprintln!("left out: {error}");
            }
            Ok(None)
        }
    }
}

/// Runs an engine on `data_dir` with the running executable as its child.
///
/// # Errors
/// When the system does not say which executable runs.
pub fn config(library: PathBuf, data_dir: &Path) -> io::Result<Config> {
    Ok(Config {
        data_dir: data_dir.to_owned(),
        library,
        executable: env::current_exe()?,
        memory_bytes: None,
        // Each test has databases of its own.
        readable: vec!["*.*".to_owned()],
        hang_after: crate::HANG_AFTER,
    })
}
