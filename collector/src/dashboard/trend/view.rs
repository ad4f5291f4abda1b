//! What the Trend page shows, in words: plain data for its template.

use crate::dashboard::chart::Chart;
use crate::dashboard::condition::Conditions;
use crate::dashboard::layout::Shell;
use crate::dashboard::offered::Group;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Trend page.
#[derive(Debug, Template)]
#[template(path = "trend.html")]
pub(super) struct TrendPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) series: Vec<Pick>,
    pub(super) periods: Vec<Choice>,
    pub(super) measures: Vec<Choice>,
    pub(super) compares: Vec<Choice>,
    /// How several series are drawn; none of one.
    pub(super) shapes: Vec<Choice>,
    /// What a condition may be about.
    pub(super) properties: Vec<Choice>,
    /// Where releases and notes are sent to.
    pub(super) annotations: String,
    pub(super) today: String,
    pub(super) state: State,
}

/// The field of a series.
#[derive(Debug)]
pub(super) struct Pick {
    pub(super) id: usize,
    pub(super) label: String,
    pub(super) groups: Vec<Group>,
    /// Those of it, where it is something.
    pub(super) conditions: Option<Conditions>,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was ever captured.
    NoData,
    /// Nobody did it; the widest range, if it is another one.
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
    /// Days, zone, what is compared, and when it was computed.
    pub(super) footnote: String,
    /// What is told beside, at the head of a column and in the key: `before`, `last year`.
    pub(super) before: Option<&'static str>,
    /// Why it is not drawn as it is asked for, and what can be counted instead, by its address.
    pub(super) not_so: Option<(&'static str, Option<Choice>)>,
    /// Releases and notes of these periods.
    pub(super) annotations: Vec<Noted>,
    /// What a period is called.
    pub(super) unit: &'static str,
    /// What is counted.
    pub(super) counted: &'static str,
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) has_open: bool,
    /// Whether series stand on top of each other.
    pub(super) is_stacked: bool,
    /// All periods together; none of what does not add up to anything.
    pub(super) totals: Vec<Cell>,
}

/// All of a series, as one number.
#[derive(Debug)]
pub(super) struct Figure {
    /// The class of its line.
    pub(super) class: String,
    /// Its number in the chart, where there are several.
    pub(super) number: String,
    pub(super) label: String,
    pub(super) value: Number,
    /// How it compares.
    pub(super) change: String,
}

/// A release or a note.
#[derive(Debug)]
pub(super) struct Noted {
    /// Its number in the chart.
    pub(super) number: String,
    pub(super) when: String,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) author: String,
    /// The id and the version, to remove it.
    pub(super) seen: String,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) is_open: bool,
    pub(super) cells: Vec<Cell>,
    /// What happened then.
    pub(super) said: Vec<String>,
}

/// A number of a series, and what it is compared with.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) value: String,
    /// The same as it stands in the table.
    pub(super) now: Number,
    /// Its share of all series, where that is told.
    pub(super) share: String,
    pub(super) before: String,
    /// The same as it stands in the table.
    pub(super) then: Number,
    pub(super) change: String,
}
