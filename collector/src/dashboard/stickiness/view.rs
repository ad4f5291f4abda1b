//! What the Stickiness page shows, in words: plain data for its template.

use crate::dashboard::activity::Picks;
use crate::dashboard::chart::Chart;
use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Stickiness page.
#[derive(Debug, Template)]
#[template(path = "stickiness.html")]
pub(super) struct StickinessPage {
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
    /// Days, zone, what the ratios are of, and when it was computed.
    pub(super) footnote: String,
    /// What the periods are called.
    pub(super) unit: &'static str,
    pub(super) rows: Vec<Row>,
}

/// A ratio with what it is.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) periods: String,
    pub(super) exactly: Number,
    pub(super) exactly_share: String,
    pub(super) or_more: Number,
    pub(super) or_more_share: String,
}
