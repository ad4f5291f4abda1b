//! What came and what was refused, per project and day, and what it looked like.
//!
//! Counted when a request is answered, kept for thirty days and more in `outcomes.json`
//! ([`mod@file`]), which is written at most every five seconds: a kill loses at most the last five
//! seconds of counts, and never an event. Everything that a sender can choose is scrubbed, cut
//! and bounded in number before it is kept.

mod count;
mod day;
mod field;
pub mod file;
mod record;
mod sample;
mod stranger;

pub use count::{Counts, Fault};
pub use day::Day;
pub use field::{Field, Fields};
pub use record::{Counters, Record};
pub use sample::{FewSamples, Sample, Samples, clean};
pub use stranger::{Stranger, Strangers};

use jiff::tz::TimeZone;
use protocol::{ProjectId, Timestamp};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counters of every project, and of those who have no key of any.
#[derive(Debug)]
pub struct Outcomes {
    path: PathBuf,
    projects: Mutex<BTreeMap<ProjectId, Arc<Counters>>>,
    strangers: Mutex<Strangers>,
    /// Loads of the script by people who want no capture, by day in UTC.
    opposed: Mutex<BTreeMap<Day, u64>>,
    is_stranger_new: AtomicBool,
}

impl Outcomes {
    /// Reads what is kept in `data`, if anything.
    ///
    /// # Errors
    /// When the file system refuses. A file that cannot be understood is put aside.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("outcomes.json");
        let file::Kept { projects, strangers, opposed, .. } = file::read(&path)?;
        let projects = projects.into_iter().map(|(id, kept)| (id, Arc::new(Counters::from(kept))));
        Ok(Self {
            projects: Mutex::new(projects.collect()),
            strangers: Mutex::new(strangers),
            opposed: Mutex::new(opposed),
            is_stranger_new: AtomicBool::new(false),
            path,
        })
    }

    /// The counters of a project; new ones for one that was not known.
    pub fn of(&self, project: &ProjectId) -> Arc<Counters> {
        let mut projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(projects.entry(project.clone()).or_default())
    }

    /// Those who sent under no project's key.
    pub fn strangers(&self) -> Strangers {
        self.strange().clone()
    }

    /// Counts a request under no project's key.
    pub(crate) fn turn_away(&self, key: Option<&str>, host: &str, at: Timestamp) {
        self.strange().add(key, host, at);
        self.is_stranger_new.store(true, Ordering::Relaxed);
    }

    /// Counts a load of the script by somebody who wants no capture. Which page it is for is not
    /// known, and nothing of who it was is.
    pub(crate) fn oppose(&self, at: Timestamp) {
        let day = Day::of(at, &TimeZone::UTC);
        let mut opposed = self.opposed();
        *opposed.entry(day).or_default() += 1;
        record::keep_last(&mut opposed, day);
        drop(opposed);
        self.is_stranger_new.store(true, Ordering::Relaxed);
    }

    /// How many loads of the script there were on a day, by UTC, by people who want no capture.
    pub fn n_opposed(&self, at: Timestamp) -> u64 {
        self.opposed().get(&Day::of(at, &TimeZone::UTC)).copied().unwrap_or_default()
    }

    /// Writes what is new. Blocks on the file system.
    ///
    /// # Errors
    /// When the file system refuses; it is then new still.
    pub fn save(&self) -> anyhow::Result<()> {
        let projects = self.projects.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut is_new = self.is_stranger_new.swap(false, Ordering::Relaxed);
        for counters in projects.values() {
            is_new |= counters.take_changed();
        }
        if !is_new {
            return Ok(());
        }
        let records = projects.iter().map(|(id, counters)| (id.clone(), counters.record()));
        let opposed = self.opposed().clone();
        let written = file::write(&self.path, records.collect(), self.strangers(), opposed);
        if written.is_err() {
            self.is_stranger_new.store(true, Ordering::Relaxed);
        }
        written
    }

    fn opposed(&self) -> MutexGuard<'_, BTreeMap<Day, u64>> {
        self.opposed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strange(&self) -> MutexGuard<'_, Strangers> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
