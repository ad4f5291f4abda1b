//! Tells whether the inputs of a step are those of its last run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A hash over everything that a step reads.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Starts from what determines the step itself, such as its source.
    pub(crate) fn new(seed: &str) -> Self {
        Self(Sha256::new().chain_update(seed))
    }

    /// Adds one file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn file(mut self, path: &Path) -> Result<Self> {
        let content =
            fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        self.0.update(path.as_os_str().as_encoded_bytes());
        self.0.update(content.len().to_le_bytes());
        self.0.update(content);
        Ok(self)
    }

    /// Adds every file of a folder and of those below it.
    ///
    /// # Errors
    /// A file or folder cannot be read.
    pub(crate) fn folder(mut self, path: &Path) -> Result<Self> {
        let mut entries: Vec<_> = fs::read_dir(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?
            .collect::<std::io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self = if entry.file_type()?.is_dir() {
                self.folder(&entry.path())?
            } else {
                self.file(&entry.path())?
            };
        }
        Ok(self)
    }

    /// Tells whether this is what [`save`](Self::save) wrote.
    pub(crate) fn matches(&self, mark: &Path) -> bool {
        fs::read_to_string(mark).is_ok_and(|saved| saved == self.text())
    }

    /// Notes that the step has been done with these inputs.
    ///
    /// # Errors
    /// The mark cannot be written.
    pub(crate) fn save(&self, mark: &Path) -> Result<()> {
        if let Some(folder) = mark.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(mark, self.text()).with_context(|| format!("cannot write `{}`", mark.display()))
    }

    fn text(&self) -> String {
        self.0.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = folder.path().join("inputs");
        fs::create_dir_all(inputs.join("below")).unwrap();
        fs::write(inputs.join("below/a"), "1").unwrap();
        let mark = folder.path().join("marks/step");
        let now = || Fingerprint::new("step").folder(&inputs).unwrap();

        assert!(!now().matches(&mark));
        now().save(&mark).unwrap();
        assert!(now().matches(&mark));

        fs::write(inputs.join("below/a"), "2").unwrap();
        assert!(!now().matches(&mark));
        fs::write(inputs.join("below/a"), "1").unwrap();
        fs::write(inputs.join("b"), "").unwrap();
        assert!(!now().matches(&mark));
    }
}
