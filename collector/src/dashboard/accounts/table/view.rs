//! What the Accounts page shows, in words: plain data for its template.

use crate::dashboard::layout::Shell;
use crate::dashboard::range::Choice;
use crate::dashboard::spark::Spark;
use askama::Template;

/// The Accounts page.
#[derive(Debug, Template)]
#[template(path = "accounts.html")]
pub(super) struct AccountsPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    /// The saved questions, each a part of the accounts.
    pub(super) segments: Vec<Choice>,
    /// As of which day it is asked; empty for now.
    pub(super) on: String,
    pub(super) today: String,
    /// Which week is held against which.
    pub(super) weeks: Vec<Choice>,
    /// Which end is shown.
    pub(super) ends: Vec<Choice>,
    /// How many of it.
    pub(super) picked: String,
    pub(super) is_picking: bool,
    pub(super) search: String,
    /// The columns, by what they are about.
    pub(super) columns: Vec<Group>,
    pub(super) conditions: Vec<Chip>,
    /// What a condition may be on, by what it is about.
    pub(super) properties: Vec<Group>,
    pub(super) tests: Vec<Choice>,
    /// The values that were typed, and whether a condition was.
    pub(super) typed: [String; 3],
    pub(super) is_typing: bool,
    /// Values that are seen.
    pub(super) values: Vec<String>,
    pub(super) state: State,
}

/// What stands around the table, as around the answers of reports.
#[derive(Debug)]
pub(super) struct Frame {
    /// Beginning of the names of its files, and the report of its views.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) lead: String,
    /// The path of the page, without its query.
    pub(super) path: String,
    pub(super) link: String,
    pub(super) csv: Option<String>,
    pub(super) hidden: Vec<(String, String)>,
    pub(super) fault: Option<String>,
    /// The question as JSON, and where it can be posted to.
    pub(super) question: String,
    pub(super) endpoint: String,
    /// The question as its view says it, and where it can be saved.
    pub(super) query: String,
    pub(super) views: Option<String>,
}

/// Choices of one kind.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) label: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// A condition, and the address of the table without it.
#[derive(Debug)]
pub(super) struct Chip {
    pub(super) label: String,
    pub(super) without: String,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The accounts.
    Table(Box<Answer>),
    /// No account is known: the addresses of Identity and of Import.
    NoAccount([String; 2]),
    /// None is as the question says; the address of all of them.
    NoMatch(String),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The accounts, in words.
#[derive(Debug)]
pub(super) struct Answer {
    /// What is found, as sentences.
    pub(super) caption: String,
    /// What the columns mean.
    pub(super) notes: Vec<String>,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// All that match, together: a cell for each column.
    pub(super) together: Vec<Cell>,
    /// Which accounts these are, and the addresses of the pages before and after.
    pub(super) place: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The head of a column, a link that sorts by it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) label: String,
    pub(super) address: String,
    pub(super) is_number: bool,
    /// `ascending` or `descending` where it is the order.
    pub(super) sorted: Option<&'static str>,
    /// The link that sorts by the change, what it is called, and whether it is the order.
    pub(super) change: Option<(String, &'static str, bool)>,
}

/// An account.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    /// Its id, where it is called otherwise.
    pub(super) id: String,
    pub(super) address: String,
    pub(super) spark: Spark,
    /// The same numbers, for those who do not see it.
    pub(super) told: String,
    pub(super) cells: Vec<Cell>,
}

/// What stands in a column.
#[derive(Debug)]
pub(super) enum Cell {
    /// A number of the week.
    Figure {
        value: String,
        /// How it changed, with its sign; empty where that is not known.
        change: String,
        /// What it was.
        before: String,
        /// Whether half of it or more is gone.
        is_fall: bool,
        /// Where what is behind it is; empty for all accounts together.
        address: String,
    },
    /// What is said of the account.
    Text(String),
}
