//! Where the engine's library is looked for, and the sentence when it is not there.
//!
//! The library is one file of the npm package [`PACKAGE`], pinned by version and hash. It is
//! not part of our binary: [`fetch()`] brings it.

mod fetch;

pub use fetch::{PACKAGE, Progress, fetch};

use crate::Error;
use std::path::{Path, PathBuf};

/// The library's file name, everywhere.
pub const FILE_NAME: &str = "libchdb.so";

/// Where to look, in this order. A path may be the library itself or the folder that holds it.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Given on the command line; nowhere else is looked at then.
    pub flag: Option<PathBuf>,
    /// Given in the environment; nowhere else is looked at then.
    pub environment: Option<PathBuf>,
    /// The folder of our own executable.
    pub beside: Option<PathBuf>,
    /// The installation's data folder.
    pub data_dir: Option<PathBuf>,
}

/// Finds the library.
///
/// # Errors
/// When it is at none of the places, or when there is none for this platform or processor.
pub fn find(search: &Search) -> Result<PathBuf, Error> {
    check_machine()?;
    let given = search.flag.as_ref().or(search.environment.as_ref());
    let places: Vec<&PathBuf> = match given {
        Some(path) => vec![path],
        None => [&search.beside, &search.data_dir].into_iter().flatten().collect(),
    };
    let looked_at: Vec<PathBuf> = places.into_iter().map(|path| candidate(path)).collect();
    if let Some(found) = looked_at.iter().find(|path| path.is_file()) {
        return Ok(found.clone());
    }
    let looked_at: Vec<String> =
        looked_at.iter().map(|path| format!("`{}`", path.display())).collect();
    Err(Error::LibraryMissing { looked_at: format!("looked at {}", looked_at.join(", ")) })
}

fn candidate(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(FILE_NAME) } else { path.to_owned() }
}

/// Checks that the pinned build runs on this machine.
pub(crate) fn check_machine() -> Result<(), Error> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        let platform = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
        return Err(Error::Platform { platform });
    }
    let missing = missing_instructions();
    if missing.is_empty() { Ok(()) } else { Err(Error::Processor { missing: missing.join(", ") }) }
}

/// What this processor lacks of x86-64-v3, for which the library is built.
#[cfg(target_arch = "x86_64")]
fn missing_instructions() -> Vec<&'static str> {
    let has = [
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi1", is_x86_feature_detected!("bmi1")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("fma", is_x86_feature_detected!("fma")),
        ("lzcnt", is_x86_feature_detected!("lzcnt")),
        ("movbe", is_x86_feature_detected!("movbe")),
    ];
    has.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect()
}

#[cfg(not(target_arch = "x86_64"))]
const fn missing_instructions() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_given_wins_and_folders_hold_the_library() {
        let dir = tempfile::tempdir().unwrap();
        let (beside, data) = (dir.path().join("bin"), dir.path().join("data"));
        for folder in [&beside, &data] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(data.join(FILE_NAME), "").unwrap();
        let mut search = Search {
            beside: Some(beside.clone()),
            data_dir: Some(data.clone()),
            ..Search::default()
        };
        assert_eq!(find(&search).unwrap(), data.join(FILE_NAME));
        fs::write(beside.join(FILE_NAME), "").unwrap();
        assert_eq!(find(&search).unwrap(), beside.join(FILE_NAME));
        search.environment = Some(data.clone());
        assert_eq!(find(&search).unwrap(), data.join(FILE_NAME));
        search.flag = Some(beside.join(FILE_NAME));
        assert_eq!(find(&search).unwrap(), beside.join(FILE_NAME));
    }

    #[test]
    fn a_missing_library_says_what_to_do() {
        let flag = Some(PathBuf::from("/nowhere/libchdb.so"));
        let error = find(&Search { flag, ..Search::default() }).unwrap_err();
        insta::assert_snapshot!(error, @"the engine's library was not found (looked at `/nowhere/libchdb.so`); fetch it with `sillage engine fetch`, or give the address of a ClickHouse server with `--clickhouse`");
    }
}
