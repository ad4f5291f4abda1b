//! How far an import is, kept beside its file: replaced as a whole after each chunk.

use super::client::{Contact, Replaced};
use super::file::Chunk;
use super::reject;
use anyhow::Context;
use protocol::{ImportId, ImportReceipt, Outcome};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// The id of the import, which is the hash of the file.
    import: String,
    /// Where it goes to.
    address: String,
    /// The identity of the collector's spool: of another one nothing here is true.
    spool: String,
    /// When it began, in milliseconds by the clock of the collector.
    pub(super) began_at: i64,
    /// The number of the first line that is not done, from 1.
    pub(super) next_line: u64,
    /// Where that line begins.
    pub(super) offset: u64,
    /// Lines that are kept.
    pub(super) accepted: u64,
    /// Lines that are refused.
    pub(super) refused: u64,
    /// Lines that are kept, but not all of them.
    warned: u64,
    /// How long the file of refused lines is.
    pub(super) rejects_bytes: u64,
    /// What to ask the collector for, to know whether everything is written.
    pub(super) mark: String,
    /// Whether nothing is left to do.
    pub(super) is_complete: bool,
    #[serde(skip)]
    path: PathBuf,
}

impl State {
    /// What is known of this import. What is kept of another file or another collector is not of
    /// this one; an import that is complete begins again, which doubles nothing, and so does one
    /// whose file of refused lines is gone, or whose collector has other data: then it says so.
    pub(super) fn open(
        file: &Path,
        import: ImportId,
        address: &str,
        contact: &Contact,
    ) -> anyhow::Result<(Self, Option<Replaced>)> {
        let anew = Self::anew(file, import, address, contact);
        let text = match fs::read(&anew.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((anew, None)),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", anew.path.display()));
            }
        };
        let known: Option<Self> = serde_json::from_slice(&text).ok();
        let known = known.filter(|known| {
            let is_this = known.import == anew.import && known.address == anew.address;
            is_this && !known.is_complete && reject::reaches(file, known.rejects_bytes)
        });
        Ok(match known {
            None => (anew, None),
            Some(known) if known.spool != anew.spool => (anew, Some(Replaced)),
            Some(known) => (Self { path: anew.path, ..known }, None),
        })
    }

    /// An import of which nothing is done.
    pub(super) fn anew(file: &Path, import: ImportId, address: &str, contact: &Contact) -> Self {
        let mut path = file.as_os_str().to_owned();
        path.push(".import.json");
        Self {
            import: import.to_string(),
            address: address.to_owned(),
            spool: contact.spool.clone(),
            began_at: contact.now,
            next_line: 1,
            offset: 0,
            accepted: 0,
            refused: 0,
            warned: 0,
            rejects_bytes: 0,
            mark: String::new(),
            is_complete: false,
            path: path.into(),
        }
    }

    /// Notes what became of a chunk.
    pub(super) fn note(&mut self, chunk: &Chunk, receipt: &ImportReceipt) {
        let n = |is: fn(&Outcome) -> bool| {
            receipt.results.iter().filter(|result| is(&result.outcome)).count() as u64
        };
        self.next_line = chunk.first_line + chunk.n_lines;
        self.offset = chunk.end;
        self.accepted += u64::from(receipt.accepted);
        self.refused += n(|outcome| matches!(outcome, Outcome::Dropped(_)));
        self.refused += chunk.too_long.len() as u64;
        self.warned += n(|outcome| matches!(outcome, Outcome::Warning(_)));
        self.mark.clone_from(&receipt.mark);
    }

    /// Whether a mark is of the same spool as everything before.
    pub(super) fn is_of(&self, mark: &str) -> bool {
        mark.split('-').next() == Some(&self.spool)
    }

    /// Saves it; when this returns, it survives a loss of power.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        let new = self.path.with_extension("json.new");
        let written = (|| {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(0o600)
                .open(&new)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        })();
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// What came of it all, for a person. `n_buried` events of the project were refused by
    /// ClickHouse since it began, and are at `letters`.
    pub(super) fn sentence(&self, file: &Path, n_buried: u64, letters: &str) -> String {
        let lines = self.next_line - 1;
        let is_written = if n_buried == 0 { "accepted and written" } else { "accepted" };
        let mut text =
            format!("{lines} lines: {} {is_written}, {} refused", self.accepted, self.refused);
        if self.warned > 0 {
            text += &format!(", {} with properties cut to their limits", self.warned);
        }
        if self.refused > 0 {
            text += &format!("; the refused lines are in {}", reject::path(file).display());
        }
        if n_buried > 0 {
            text += &format!(
                "; since the import began ClickHouse has refused {n_buried} events of the project, \
                 which are dead letters and in no report: see {letters}"
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_unfinished_import_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("past.jsonl");
        let id = ImportId::from_bytes([7; 32]);
        let here = |spool: &str| {
            let (project, spool) = ("p".to_owned(), spool.to_owned());
            Contact { project, spool, now: 7 }
        };
        let (mut state, _) = State::open(&file, id, "http://a", &here("00")).unwrap();
        state.next_line = 9;
        state.save().unwrap();
        let open = |id, address: &str| State::open(&file, id, address, &here("00")).unwrap();
        let next_line = |id, address: &str| {
            let (state, replaced) = open(id, address);
            assert!(replaced.is_none());
            state.next_line
        };
        assert_eq!(next_line(id, "http://a"), 9);
        assert_eq!(next_line(id, "http://b"), 1);
        // The collector's data was replaced: nothing of what was sent is there.
        let (anew, replaced) = State::open(&file, id, "http://a", &here("01")).unwrap();
        assert_eq!((anew.next_line, replaced.is_some()), (1, true));
        assert!(anew.is_of("01-3-64") && !anew.is_of("00-3-64"));
        assert_eq!(next_line(ImportId::from_bytes([8; 32]), "http://a"), 1);
        state.rejects_bytes = 3;
        state.save().unwrap();
        assert_eq!(next_line(id, "http://a"), 1);
        fs::write(reject::path(&file), "{}\n").unwrap();
        assert_eq!(next_line(id, "http://a"), 9);
        state.is_complete = true;
        state.save().unwrap();
        assert_eq!(next_line(id, "http://a"), 1);
        fs::write(&state.path, "{").unwrap();
        assert_eq!(next_line(id, "http://a"), 1);
    }
    #[test]
    fn what_clickhouse_refused_is_not_called_written() {
        let here = Contact { project: "p".to_owned(), spool: "00".to_owned(), now: 7 };
        let file = Path::new("past.jsonl");
        let mut state = State::anew(file, ImportId::from_bytes([7; 32]), "", &here);
        (state.next_line, state.accepted) = (4, 3);
        let told = |state: &State, n| state.sentence(file, n, "http://a/letters");
        insta::assert_snapshot!(told(&state, 0), @"3 lines: 3 accepted and written, 0 refused");
        state.refused = 1;
        insta::assert_snapshot!(told(&state, 2), @"3 lines: 3 accepted, 1 refused; the refused lines are in past.jsonl.rejects.jsonl; since the import began ClickHouse has refused 2 events of the project, which are dead letters and in no report: see http://a/letters");
    }
}
