//! What the pages of the dead letters show, in words: plain data for their templates.

use crate::dashboard::format::{count, instant, moment};
use crate::dashboard::layout::Shell;
use crate::dashboard::live::words;
use crate::dashboard::notice::{Notice, quoted};
use crate::dead::{Content, Kept, Letter, Reason, row::Columns, without_table_id};
use askama::Template;
use jiff::tz::TimeZone;
use serde_json::Value;
use store::{EventRow, Project};

/// Bytes of a record that are shown.
const RECORD_SHOWN: usize = 2_048;

/// The list of letters.
#[derive(Debug, Template)]
#[template(path = "letters.html")]
pub(super) struct LettersPage {
    pub(super) shell: Shell,
    pub(super) path: String,
    pub(super) notice: Option<Notice>,
    /// Why the writer waits, if it does.
    pub(super) is_full: Option<String>,
    pub(super) is_admin: bool,
    /// Days after which a letter goes.
    pub(super) days: u16,
    pub(super) reasons: Vec<ReasonView>,
    /// The reason that is chosen, by id.
    pub(super) chosen: Option<String>,
    /// How many letters are listed, on all pages, in words.
    pub(super) n_listed: String,
    pub(super) lines: Vec<LetterLine>,
    pub(super) download: String,
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
    /// Whether any line belongs to no project.
    pub(super) has_nobodys: bool,
    /// The zone that times are shown in.
    pub(super) time_zone: String,
}

/// So many were replayed.
pub(super) fn replayed(n: u64, n_unknown: u64) -> Notice {
    let sentence = match n {
        0 if n_unknown > 0 => "Nothing was replayed.".to_owned(),
        0 => "No letter was chosen, so nothing was replayed.".to_owned(),
        1 => "1 letter was handed back. It is written now, once; if it is refused again, it comes back here.".to_owned(),
        n => format!("{} letters were handed back. They are written now, each once; what is refused again comes back here.", count(n)),
    };
    let unknown = match n_unknown {
        0 => String::new(),
        1 => " 1 letter stays: another version of Sillage wrote what it holds. Replay it with that version, or discard it.".to_owned(),
        n => format!(" {} letters stay: another version of Sillage wrote what they hold. Replay them with that version, or discard them.", count(n)),
    };
    Notice { is_bad: n_unknown > 0, sentence: sentence + &unknown }
}

/// So many were discarded.
pub(super) fn discarded(n: u64) -> Notice {
    let sentence = match n {
        0 => "No letter was chosen, so nothing was discarded.".to_owned(),
        1 => "1 letter was discarded. Its event is gone for good.".to_owned(),
        n => format!("{} letters were discarded. Their events are gone for good.", count(n)),
    };
    Notice { is_bad: false, sentence }
}

/// A reason and how many letters it has.
#[derive(Debug)]
pub(super) struct ReasonView {
    pub(super) sentence: String,
    pub(super) n: String,
    pub(super) address: String,
    pub(super) is_on: bool,
}

/// A letter in the list.
#[derive(Debug)]
pub(super) struct LetterLine {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) instant: String,
    pub(super) when: String,
    pub(super) what: String,
    pub(super) page: String,
    pub(super) reason: String,
    /// What is said instead of the project, where it is not this one.
    pub(super) whose: Option<String>,
}

/// What a list is made of, besides the letters.
pub(super) struct List<'a> {
    pub(super) project: &'a Project,
    pub(super) path: String,
    pub(super) chosen: Option<&'a str>,
    pub(super) page: usize,
    pub(super) n_pages: usize,
    pub(super) zone: TimeZone,
}

impl List<'_> {
    /// The page, for a member who is no administrator.
    pub(super) fn page(
        self,
        shell: Shell,
        reasons: &[(Reason, u64)],
        kept: &[Kept],
        n_letters: usize,
    ) -> LettersPage {
        let lines: Vec<_> = kept.iter().map(|kept| self.line(&kept.letter)).collect();
        let beside = |page: usize| (1..=self.n_pages).contains(&page).then(|| self.address(page));
        LettersPage {
            shell,
            notice: None,
            is_full: None,
            is_admin: false,
            days: 0,
            reasons: reasons.iter().map(|(reason, n)| self.reason(reason, *n)).collect(),
            chosen: self.chosen.map(ToOwned::to_owned),
            n_listed: letters(n_letters),
            has_nobodys: lines.iter().any(|line| line.whose.is_some()),
            lines,
            download: match self.chosen {
                Some(reason) => format!("{}.jsonl?reason={}", self.path, query(reason)),
                None => format!("{}.jsonl", self.path),
            },
            newer: beside(self.page - 1),
            older: beside(self.page + 1),
            time_zone: self.project.time_zone.clone(),
            path: self.path,
        }
    }

    fn address(&self, page: usize) -> String {
        let reason = self.chosen.map(|reason| format!("&reason={}", query(reason)));
        format!("{}?page={page}{}", self.path, reason.unwrap_or_default())
    }

    fn reason(&self, reason: &Reason, n: u64) -> ReasonView {
        ReasonView {
            sentence: quoted(&reason.sentence),
            n: count(n),
            address: format!("{}?reason={}", self.path, reason.id),
            is_on: self.chosen == Some(&reason.id),
        }
    }

    fn line(&self, letter: &Letter) -> LetterLine {
        let (what, page) = match &letter.content {
            Content::Row(row) => (named(row), row.path.clone()),
            Content::Record { bytes, .. } => (record(bytes), String::new()),
        };
        let id = letter.id().to_string();
        LetterLine {
            address: format!("{}/{id}", self.path),
            id,
            instant: instant(letter.buried_at),
            when: moment(letter.buried_at, &self.zone),
            what,
            page,
            reason: quoted(&without_table_id(&letter.reason)),
            whose: whose(letter, self.project),
        }
    }
}

/// One letter.
#[derive(Debug, Template)]
#[template(path = "letter.html")]
pub(super) struct LetterPage {
    pub(super) shell: Shell,
    pub(super) path: String,
    pub(super) notice: Option<Notice>,
    pub(super) is_admin: bool,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) instant: String,
    pub(super) when: String,
    pub(super) whose: Option<String>,
    pub(super) body: Body,
}

/// What a letter holds.
#[derive(Debug)]
pub(super) enum Body {
    /// The columns as text, and the row to be mended.
    Row { columns: Vec<(String, String)>, json: String, n_lines: usize },
    /// The first bytes, if he who looks may see them.
    Record { size: String, shown: Option<String> },
}

impl LetterPage {
    /// Shows the row as somebody left it instead of as it is.
    pub(super) fn mended(&mut self, text: String) {
        if let Body::Row { json, n_lines, .. } = &mut self.body {
            *n_lines = text.lines().count();
            *json = text;
        }
    }
}

/// What a page of one letter is made of, besides the letter.
pub(super) struct Fields<'a> {
    pub(super) project: &'a Project,
    pub(super) path: String,
    pub(super) zone: TimeZone,
    pub(super) is_admin: bool,
}

impl Fields<'_> {
    /// The page.
    pub(super) fn page(self, shell: Shell, letter: &Letter) -> LetterPage {
        let (title, body) = match &letter.content {
            Content::Row(row) => (named(row), row_body(row)),
            Content::Record { bytes, .. } => {
                let shown = bytes[..bytes.len().min(RECORD_SHOWN)].escape_ascii().to_string();
                let size = format!("{} bytes", count(bytes.len() as u64));
                (record(bytes), Body::Record { size, shown: self.is_admin.then_some(shown) })
            }
        };
        LetterPage {
            shell,
            notice: None,
            is_admin: self.is_admin,
            id: letter.id().to_string(),
            title,
            reason: quoted(&letter.reason),
            instant: instant(letter.buried_at),
            when: format!("{} ({})", moment(letter.buried_at, &self.zone), self.project.time_zone),
            whose: whose(letter, self.project),
            body,
            path: self.path,
        }
    }
}

fn row_body(row: &EventRow) -> Body {
    let columns = Columns::of(row);
    let json = serde_json::to_string_pretty(&columns).unwrap_or_default();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let columns = columns.0.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    Body::Row { columns, n_lines: json.lines().count(), json }
}

/// What somebody did, with its name if it has one.
fn named(row: &EventRow) -> String {
    match row.name.as_str() {
        "" => words(&row.kind).to_owned(),
        name => format!("{} {name}", words(&row.kind)),
    }
}

fn record(bytes: &[u8]) -> String {
    format!("A record of {} bytes", count(bytes.len() as u64))
}

/// What is asked before letters are discarded.
#[derive(Debug, Template)]
#[template(path = "letters_discard.html")]
pub(super) struct DiscardPage {
    pub(super) shell: Shell,
    pub(super) path: String,
    /// How many letters, and in words.
    pub(super) n: usize,
    pub(super) n_letters: String,
    /// Why other letters are asked about than a moment ago.
    pub(super) notice: Option<Notice>,
    pub(super) is_all: bool,
    pub(super) reason: Option<String>,
    /// The chosen letters.
    pub(super) ids: Vec<String>,
}

/// How many letters, in words.
pub(super) fn letters(n: usize) -> String {
    format!("{} {}", count(n as u64), if n == 1 { "letter" } else { "letters" })
}

/// What is said of the project, where it is not the one that is looked at.
fn whose(letter: &Letter, project: &Project) -> Option<String> {
    match letter.project.as_deref() {
        Some(id) if id == project.id.as_str() => None,
        Some(id) => Some(format!("project {id}, not known here")),
        None => Some("no project".to_owned()),
    }
}

fn query(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
