//! Folders that a step makes anew.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Removes a folder with all that is in it, if it is there.
///
/// # Errors
/// The system refuses.
pub(crate) fn remove(folder: &Path) -> Result<()> {
    if folder.try_exists()? {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    Ok(())
}

/// Makes a folder that has nothing in it.
///
/// # Errors
/// The system refuses.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    remove(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))
}
