//! Tidemark's people: their past, filled in once, and their present.
//!
//! The past ends with the day before the anchor, which is kept beside the data. A past that ends
//! more than a day ago is filled in anew, with fresh data: each story counts back from the anchor,
//! so the old past and a new one would not fit together.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::collector::Collector;
use super::running::Running;
use crate::fingerprint::Fingerprint;
use crate::workspace::Workspace;
use crate::{folder, process};

/// What all choices of the demonstration come from.
const SEED: &str = "1";

/// The past of a demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Past {
    /// The day before which it ends, such as `2026-11-22`.
    pub(super) anchor: String,
    /// Tidemark's host and port, as its pages have them.
    host: String,
    /// Whether all of it is in.
    is_whole: bool,
}

impl Past {
    /// Reads what is kept of the past in `folder`; `None` if it was never filled in.
    fn load(folder: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(note(folder)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let kept: Value = serde_json::from_str(&text)?;
        let field = |name: &str| {
            let value = kept[name].as_str().map(ToOwned::to_owned);
            value.with_context(|| format!("`{}` has no `{name}`", note(folder).display()))
        };
        let is_whole = kept["is_whole"] == true;
        Ok(Some(Self { anchor: field("anchor")?, host: field("host")?, is_whole }))
    }

    fn save(&self, folder: &Path) -> Result<()> {
        let Self { anchor, host, is_whole } = self;
        let text = json!({ "anchor": anchor, "host": host, "is_whole": is_whole }).to_string();
        fs::write(note(folder), text).context("cannot keep the anchor of the past")
    }
}

/// Clears the data away if its past is too old on the day `today`, or was begun on another day and
/// never finished. To be called while no collector runs.
///
/// # Errors
/// What is kept cannot be read, or the data not removed.
pub(super) fn clear_if_old(folder: &Path, today: &str) -> Result<()> {
    let Some(past) = Past::load(folder)? else { return Ok(()) };
    if !is_old(&past, today)? {
        return Ok(());
    }
    eprintln!("> The past of {} is older than a day: the data is made anew", past.anchor);
    folder::remove(&folder.join("data"))?;
    forget(folder)
}

/// Clears the data away if it is of a build with other tables. To be called while no collector runs.
///
/// # Errors
/// What is kept cannot be read, or the data not removed.
pub(super) fn clear_if_foreign(folder: &Path, migrations: &Path) -> Result<()> {
    let tables = Fingerprint::new("demo").folder(migrations)?;
    let mark = folder.join("tables");
    let data = folder.join("data");
    if data.try_exists()? && !tables.matches(&mark) {
        eprintln!("> The data is of another build: it is made anew");
        folder::remove(&data)?;
        forget(folder)?;
    }
    tables.save(&mark)
}

/// Forgets that there is a past, and what was prepared for it.
fn forget(folder: &Path) -> Result<()> {
    super::tour::forget(folder)?;
    match fs::remove_file(note(folder)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).context("cannot forget the old past")
        }
        _ => Ok(()),
    }
}

fn is_old(past: &Past, today: &str) -> Result<bool> {
    let n_days = days(today)? - days(&past.anchor)?;
    Ok(n_days > 1 || (!past.is_whole && n_days != 0))
}

/// Fills the past in, if it is not there.
///
/// # Errors
/// It cannot be made, or not imported.
pub(super) fn fill(
    workspace: &Workspace,
    folder: &Path,
    collector: &Collector,
    (host, anchor): (&str, &str),
) -> Result<Past> {
    if let Some(past) = Past::load(folder)?.filter(|past| past.is_whole) {
        return Ok(past);
    }
    let past = Past { anchor: anchor.to_owned(), host: host.to_owned(), is_whole: false };
    past.save(folder)?;
    let file = folder.join("past.jsonl");
    process::step("Making the past: 26 weeks of 64 companies", || {
        process::run(past.load_gen(workspace).arg("--out").arg(&file))
    })?;
    process::step("Importing it", || {
        let mut import = Command::new(workspace.target("debug/sillage"));
        import.args(["import", "--url", &collector.ready.dashboard]);
        import.arg("--key-file").arg(collector.private_key()).arg(&file);
        process::run(&mut import)
    })?;
    for name in ["past.jsonl", "past.jsonl.import.json", "past.jsonl.rejects.jsonl"] {
        // The last one is there only where a line was refused.
        fs::remove_file(folder.join(name)).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
    }
    let past = Past { is_whole: true, ..past };
    past.save(folder)?;
    Ok(past)
}

impl Past {
    /// The program that makes this past, and tells what is true of it.
    pub(super) fn load_gen(&self, workspace: &Workspace) -> Command {
        let mut command = Command::new(workspace.target("debug/load-gen"));
        command.args(["--anchor", &self.anchor, "--seed", SEED, "--host", &self.host]);
        command
    }

    /// Has people be at work from now on.
    ///
    /// # Errors
    /// They cannot be started.
    pub(super) fn go_on(
        &self,
        workspace: &Workspace,
        folder: &Path,
        collector: &Collector,
    ) -> Result<Running> {
        let mut command = self.load_gen(workspace);
        command.args(["--live", &collector.ready.dashboard]);
        command.args(["--key", collector.write_key()?]);
        Running::start("load-gen", &mut command, &folder.join("load-gen.log"))
    }
}

fn note(folder: &Path) -> PathBuf {
    folder.join("past.json")
}

/// The day that is today, in UTC.
///
/// # Errors
/// There is no `date`.
pub(super) fn today() -> Result<String> {
    let day = process::output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?;
    Ok(day.trim().to_owned())
}

/// A date as a number of days.
fn days(date: &str) -> Result<i64> {
    let parts: Vec<i64> =
        date.split('-').map(str::parse).collect::<Result<_, _>>().context("no date")?;
    let [year, month, day] = parts[..] else { anyhow::bail!("`{date}` is no date") };
    // Years from March on, so that a leap day is the last of one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Ok(365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(is_whole: bool) -> Past {
        let (anchor, host) = ("2026-11-30".to_owned(), "127.0.0.1:4000".to_owned());
        Past { anchor, host, is_whole }
    }

    #[test]
    fn days_are_counted_over_months_and_leap_days() {
        let between = |from, to| days(to).unwrap() - days(from).unwrap();
        assert_eq!(between("2026-11-30", "2026-12-01"), 1);
        assert_eq!(between("2027-12-31", "2028-03-01"), 61);
        assert_eq!(between("2026-02-28", "2026-03-01"), 1);
        assert!(days("yesterday").is_err());
    }

    #[test]
    fn a_past_is_old_after_a_day_and_a_half_one_at_once() {
        let old = |is_whole, today| is_old(&past(is_whole), today).unwrap();
        assert_eq!([old(true, "2026-11-30"), old(true, "2026-12-01")], [false, false]);
        assert!(old(true, "2026-12-02"));
        assert!(!old(false, "2026-11-30"));
        assert!(old(false, "2026-12-01"));
    }

    #[test]
    fn data_of_other_tables_goes_and_of_the_same_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (data, migrations) = (folder.path().join("data"), folder.path().join("migrations"));
        fs::create_dir(&migrations).unwrap();
        clear_if_foreign(folder.path(), &migrations).unwrap();
        fs::create_dir(&data).unwrap();
        past(true).save(folder.path()).unwrap();
        clear_if_foreign(folder.path(), &migrations).unwrap();
        assert!(data.try_exists().unwrap());
        fs::write(migrations.join("0001.sql"), "CREATE TABLE t").unwrap();
        clear_if_foreign(folder.path(), &migrations).unwrap();
        assert!(!data.try_exists().unwrap());
        assert_eq!(Past::load(folder.path()).unwrap(), None);
    }

    #[test]
    fn old_data_goes_and_other_data_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        clear_if_old(folder.path(), "2026-12-02").unwrap();
        past(true).save(folder.path()).unwrap();
        clear_if_old(folder.path(), "2026-12-01").unwrap();
        assert!(folder.path().join("data").try_exists().unwrap());
        clear_if_old(folder.path(), "2026-12-02").unwrap();
        assert!(!folder.path().join("data").try_exists().unwrap());
        assert_eq!(Past::load(folder.path()).unwrap(), None);
    }
}
