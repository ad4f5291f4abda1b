//! The counts as they survive a restart: one small file, replaced as a whole.

use super::day::Day;
use super::record::Record;
use super::stranger::Strangers;
use crate::data;
use anyhow::Context;
use protocol::ProjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

const VERSION: u32 = 1;

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// The form of the file.
    pub version: u32,
    /// What is known of each project.
    pub projects: BTreeMap<ProjectId, Record>,
    /// Those who send under no project's key.
    pub strangers: Strangers,
    /// Loads of the script by people who want no capture, by day in UTC.
    #[serde(default)]
    pub opposed: BTreeMap<Day, u64>,
}

/// Reads the file; nothing if there is none.
///
/// # Errors
/// When the file system refuses. A file of another form is put aside, and nothing was kept.
pub fn read(path: &Path) -> anyhow::Result<Kept> {
    let sentence = || format!("cannot read {}", path.display());
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
        Err(error) => return Err(error).with_context(sentence),
    };
    match serde_json::from_slice::<Kept>(&text) {
        Ok(kept) if kept.version == VERSION => Ok(kept),
        _ => {
            let aside = path.with_extension("json.aside");
            tracing::warn!(aside = %aside.display(), "the counts cannot be understood and begin anew");
            fs::rename(path, aside).with_context(sentence)?;
            Ok(Kept::default())
        }
    }
}

/// Replaces the file.
///
/// # Errors
/// When the file system refuses.
pub fn write(
    path: &Path,
    projects: BTreeMap<ProjectId, Record>,
    strangers: Strangers,
    opposed: BTreeMap<Day, u64>,
) -> anyhow::Result<()> {
    let kept = Kept { version: VERSION, projects, strangers, opposed };
    data::replace(path, &serde_json::to_vec(&kept)?)
}
