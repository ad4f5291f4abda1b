//! What the Life cycle page shows, in words: plain data for its template.

use crate::dashboard::activity::Picks;
use crate::dashboard::chart::Chart;
use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Life cycle page.
#[derive(Debug, Template)]
#[template(path = "lifecycle.html")]
pub(super) struct LifecyclePage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) picks: Picks,
    pub(super) state: State,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was ever captured.
    NoData,
    /// Nobody was there; the widest range, if it is another one.
    Nobody(Option<Choice>),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers, in words.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) figures: Vec<Figure>,
    pub(super) charts: Vec<Chart>,
    /// What the chart says, as a sentence.
    pub(super) caption: String,
    /// What the words mean, days, zone, and when it was computed.
    pub(super) footnote: String,
    /// What the periods are called.
    pub(super) unit: &'static str,
    pub(super) rows: Vec<Row>,
    pub(super) has_open: bool,
}

/// A number with what it is.
#[derive(Debug)]
pub(super) struct Figure {
    /// The class of its columns.
    pub(super) class: &'static str,
    pub(super) label: &'static str,
    pub(super) value: Number,
    pub(super) note: String,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) is_open: bool,
    pub(super) there: Number,
    pub(super) new: Number,
    pub(super) returning: Number,
    pub(super) resurrecting: Number,
    pub(super) dormant: Number,
}
