//! Where the programs are that the tests start, and what time it is: the only place that reads
//! the environment and the clock.

use anyhow::{Context, Result, bail};
use protocol::Timestamp;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time, by the clock that the collector under test reads, too.
#[allow(clippy::disallowed_methods, reason = "the one place of the tests that reads a clock")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(0))
}

/// The seed of random choices: `SILLAGE_SEED`, or another one each time.
///
/// # Errors
/// When the variable is no number.
pub fn seed() -> Result<u64> {
    match variable("SILLAGE_SEED") {
        Some(seed) => {
            let seed = seed.to_string_lossy();
            seed.parse().with_context(|| format!("SILLAGE_SEED `{seed}` is no number"))
        }
        None => Ok(u64::try_from(now().as_millis()).unwrap_or(0)),
    }
}

/// Whether files that a run is compared with are to be written anew: `UPDATE_GOLDEN`.
pub fn renews_golden() -> bool {
    variable("UPDATE_GOLDEN").is_some()
}

/// The collector's binary: `SILLAGE_BIN`, or `sillage` beside the test in the target folder.
pub(crate) fn sillage() -> Result<PathBuf> {
    program("SILLAGE_BIN", "sillage", "cargo build -p collector --bin sillage")
}

/// Tidemark's binary: `DEMO_SAAS_BIN`, or `demo-saas` beside the test in the target folder.
pub(crate) fn demo_saas() -> Result<PathBuf> {
    program("DEMO_SAAS_BIN", "demo-saas", "cargo build -p demo-saas")
}

/// The engine's library: `SILLAGE_ENGINE_LIBRARY`, or `engine/libchdb.so` in the target folder.
pub(crate) fn engine_library() -> Result<PathBuf> {
    if let Some(path) = variable("SILLAGE_ENGINE_LIBRARY") {
        return Ok(path.into());
    }
    for folder in own_folder()?.ancestors() {
        let path = folder.join("engine").join("libchdb.so");
        if path.try_exists()? {
            return Ok(path);
        }
    }
    bail!("no engine library: run `sillage engine fetch --to target/engine`")
}

/// An application that has the npm package in it, as `cargo xtask sdk` bundles it.
///
/// # Errors
/// When it is not there.
pub fn npm_application() -> Result<String> {
    for folder in own_folder()?.ancestors() {
        let path = folder.join("npm").join("application.js");
        if path.try_exists()? {
            return fs::read_to_string(&path).with_context(|| format!("{}", path.display()));
        }
    }
    bail!("the npm package is not built: run `cargo xtask sdk`")
}

/// The program that drives Chromium: `CHROMEDRIVER`, or `chromedriver` in the path.
pub(crate) fn chromedriver() -> PathBuf {
    variable("CHROMEDRIVER").unwrap_or_else(|| "chromedriver".into()).into()
}

/// The browser: `CHROMIUM`, or the one that chromedriver finds.
pub(crate) fn chromium() -> Option<PathBuf> {
    variable("CHROMIUM").map(PathBuf::from)
}

fn program(name: &str, file: &str, build: &str) -> Result<PathBuf> {
    if let Some(path) = variable(name) {
        return Ok(path.into());
    }
    // A test runs in `target/<profile>/deps`, a program in `target/<profile>`.
    let candidates = own_folder()?;
    for folder in candidates.ancestors().take(2) {
        let path = folder.join(file);
        if path.try_exists()? {
            return Ok(path);
        }
    }
    bail!("`{file}` is not built: run `{build}`, or set {name}")
}

fn own_folder() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot tell where this program is")?;
    Ok(own.parent().unwrap_or(Path::new("/")).to_owned())
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
