//! What the page of an import shows.

use super::super::super::format::{count, many, quoted};
use super::super::super::layout::Shell;
use super::super::super::notice::{Notice, sentence};
use super::super::{address, label};
use super::form;
use crate::account::ledger::Turn;
use crate::account::table::{Column, Outcome, Table};
use askama::Template;
use protocol::ProjectId;
use store::record::{Contact, Subject};

/// Refused lines that are shown at most; all of them are in the file.
const REFUSED: usize = 50;
/// Values of a column that are shown as examples, and their characters.
const EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 40;

/// The page.
#[derive(Debug, Template)]
#[template(path = "accounts_import.html")]
pub(super) struct ImportPage {
    pub(super) shell: Shell,
    pub(super) project_id: String,
    pub(super) notice: Option<Notice>,
    /// The file.
    pub(super) text: String,
    pub(super) checked: Option<CheckedView>,
    may_change: bool,
}

impl ImportPage {
    /// The page that asks for a file.
    pub(super) fn new(shell: Shell, project: &ProjectId, may_change: bool) -> Self {
        let (project_id, text) = (project.to_string(), String::new());
        Self { shell, project_id, notice: None, text, checked: None, may_change }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct CheckedView {
    columns: Vec<ColumnView>,
    n_lines: String,
    keeps_unknown: bool,
    /// What was looked at, for the next form.
    checked: String,
    is_done: bool,
    outcome: Option<OutcomeView>,
}

#[derive(Debug)]
struct ColumnView {
    name: String,
    examples: String,
    choices: Vec<ChoiceView>,
}

#[derive(Debug)]
struct ChoiceView {
    word: String,
    label: String,
    is_on: bool,
}

#[derive(Debug)]
struct OutcomeView {
    /// What there is how many of, for the figures.
    figures: [(String, &'static str); 4],
    /// Lines of accounts that no event names.
    unknown: Option<String>,
    changes_something: bool,
    turns: Vec<TurnView>,
    more_turns: Option<String>,
    refused: Vec<(u64, String)>,
    more_refused: Option<String>,
}

#[derive(Debug)]
struct TurnView {
    account: String,
    address: String,
    what: String,
    before: String,
    after: String,
}

impl CheckedView {
    /// What is shown of a file and of what comes of it, where its columns make sense.
    pub(super) fn new(
        table: &Table,
        (columns, said): (&[Column], &[String]),
        (keeps_unknown, is_done): (bool, bool),
        outcome: Option<&Outcome>,
        project: &ProjectId,
    ) -> Self {
        let column = |(n, name): (usize, &String)| {
            let chosen = columns.get(n).unwrap_or(&Column::Out);
            let mut choices = Column::choices(name, said);
            if !choices.contains(chosen) {
                choices.push(chosen.clone());
            }
            let choice = |column: &Column| ChoiceView {
                word: column.word(),
                label: named(column),
                is_on: column == chosen,
            };
            ColumnView {
                name: if name.is_empty() { "without a name".to_owned() } else { name.clone() },
                examples: examples(table, n),
                choices: choices.iter().map(choice).collect(),
            }
        };
        Self {
            columns: table.header.iter().enumerate().map(column).collect(),
            n_lines: many(n(table.rows.len()), "line"),
            keeps_unknown,
            checked: form::checked(columns, keeps_unknown),
            is_done,
            outcome: outcome.map(|outcome| OutcomeView::new(outcome, project)),
        }
    }
}

impl OutcomeView {
    fn new(outcome: &Outcome, project: &ProjectId) -> Self {
        let Outcome { n_new, n_changed, n_same, n_unknown, refused, turns, n_turns } = outcome;
        let more = |n_all: usize, shown: usize, one: &str| {
            (n_all > shown).then(|| format!("And {} more", many(n(n_all - shown), one)))
        };
        Self {
            figures: [
                (count(*n_new), "new lines"),
                (count(*n_changed), "lines that change something"),
                (count(*n_same), "lines that hold already"),
                (count(n(refused.len())), "refused lines"),
            ],
            unknown: (*n_unknown > 0).then(|| many(*n_unknown, "line")),
            changes_something: !turns.is_empty(),
            turns: turns.iter().map(|turn| TurnView::new(turn, project)).collect(),
            more_turns: more(*n_turns, turns.len(), "change"),
            refused: refused
                .iter()
                .take(REFUSED)
                .map(|it| (it.line, refusal(&it.reason)))
                .collect(),
            more_refused: more(refused.len(), REFUSED, "refused line"),
        }
    }
}

/// Why a line is refused, with its column called as on the screen.
fn refusal(reason: &str) -> String {
    match reason.split_once(": ") {
        Some((column, why)) => sentence(&format!("{}: {why}", label(column))),
        None => sentence(reason),
    }
}

impl TurnView {
    fn new(turn: &Turn, project: &ProjectId) -> Self {
        let place = &turn.place;
        let what = match place.subject {
            Subject::Attribute => label(&place.name).to_owned(),
            Subject::Contact => format!("Contact: {}", place.name),
            Subject::Note => format!("Note: {}", place.name),
        };
        Self {
            account: place.account.clone(),
            address: format!("{}/record", address(project.as_str(), &place.account)),
            what,
            before: turn.before.clone(),
            after: turn.after.clone(),
        }
    }
}

/// What was applied, in a sentence.
pub(super) fn applied(outcome: &Outcome) -> Notice {
    let Outcome { n_new, n_changed, n_same, refused, .. } = outcome;
    let rest = match refused.len() {
        0 => String::new(),
        n_refused => {
            let are = if n_refused == 1 { "is" } else { "are" };
            format!(
                " {} {are} refused: download, mend and import them.",
                many(n(n_refused), "line")
            )
        }
    };
    let kept = many(n_new + n_changed, "line");
    let same = many(*n_same, "line");
    Notice::good(format!("Applied: {kept} kept, {same} said what holds already.{rest}"))
}

/// What a column is about, in words.
fn named(column: &Column) -> String {
    match column {
        Column::Out => "Leave out".to_owned(),
        Column::Account => "Account id".to_owned(),
        Column::Attribute(name) if label(name) == name => format!("Attribute {}", quoted(name)),
        Column::Attribute(name) => label(name).to_owned(),
        Column::Contact(field) => match *field {
            Contact::NAME => "Contact: name".to_owned(),
            Contact::EMAIL => "Contact: e-mail".to_owned(),
            Contact::ROLE => "Contact: role".to_owned(),
            _ => "Contact: user id".to_owned(),
        },
    }
}

fn examples(table: &Table, n: usize) -> String {
    let cells = table.rows.iter().filter_map(|row| row.cells.get(n)).filter(|it| !it.is_empty());
    let short = |cell: &str| -> String { cell.chars().take(EXAMPLE_CHARS).collect() };
    let mut shown: Vec<String> = Vec::new();
    for cell in cells.take(200).map(short) {
        if shown.len() < EXAMPLES && !shown.contains(&cell) {
            shown.push(cell);
        }
    }
    shown.join(" · ")
}

fn n(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
