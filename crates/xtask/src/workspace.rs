//! Where things are in the work tree.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The work tree and its build folder.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the work tree that this task runner was built from.
    pub(crate) fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .context("the task runner is not in crates/xtask")?
            .to_owned();
        // Cargo has put this program in <target>/<profile>/xtask, wherever <target> is.
        let program = std::env::current_exe().context("cannot tell where this program is")?;
        let target = program
            .ancestors()
            .nth(2)
            .context("the task runner is not in a build folder")?
            .to_owned();
        Ok(Self { root, target })
    }

    /// Returns the path of something in the work tree.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Returns the path of something in the build folder.
    pub(crate) fn target(&self, relative: &str) -> PathBuf {
        self.target.join(relative)
    }

    /// Returns the root of the work tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}
