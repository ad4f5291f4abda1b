//! What the Retention page shows, in words: plain data for its template.

use crate::dashboard::chart::Chart;
use crate::dashboard::condition::Conditions;
use crate::dashboard::layout::Shell;
use crate::dashboard::offered::Group;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Retention page.
#[derive(Debug, Template)]
#[template(path = "retention.html")]
pub(super) struct RetentionPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    /// What one may have begun with.
    pub(super) starts: Vec<Group>,
    /// Those of it, where it is something.
    pub(super) start_conditions: Option<Conditions>,
    /// What may count as coming back.
    pub(super) returns: Vec<Group>,
    pub(super) return_conditions: Option<Conditions>,
    /// What a condition may be about.
    pub(super) properties: Vec<Choice>,
    pub(super) breakdowns: Vec<Choice>,
    pub(super) periods: Vec<Choice>,
    pub(super) cohorts: Vec<Choice>,
    pub(super) whens: Vec<Choice>,
    pub(super) bys: Vec<Choice>,
    pub(super) state: State,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was ever captured.
    NoData,
    /// Nobody began; the widest range, if it is another one.
    Nobody(Option<Choice>),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers, in words.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) figures: Vec<Figure>,
    /// The means; none where values are told apart.
    pub(super) columns: Vec<Column>,
    /// The curves of the values, if they are told apart.
    pub(super) charts: Vec<Chart>,
    pub(super) by_value: Option<ByValue>,
    /// What the chart says, as a sentence.
    pub(super) caption: String,
    /// Days, zone, what is left out, and when it was computed.
    pub(super) footnote: String,
    /// What the periods are called.
    pub(super) unit: &'static str,
    /// What is counted.
    pub(super) counted: &'static str,
    /// The periods after the first, from 0.
    pub(super) heads: Vec<u32>,
    pub(super) table: Table,
    /// Whether a cell is marked as not over.
    pub(super) has_open: bool,
}

/// A number with what it is.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) value: String,
}

/// A column of the chart.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) later: u32,
    pub(super) share: String,
    /// Percent of the chart's height.
    pub(super) height: String,
}

/// Cohorts and their means.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// The means of the columns; empty where nothing is complete.
    pub(super) means: Vec<String>,
}

/// The numbers by the values of a property.
#[derive(Debug)]
pub(super) struct ByValue {
    /// What the property is called.
    pub(super) property: String,
    /// `By plan of the account`.
    pub(super) by: String,
    /// Under which value each is counted.
    pub(super) note: String,
    /// What the sizes are of.
    pub(super) size: &'static str,
    /// How many of all values.
    pub(super) total: Number,
    pub(super) values: Vec<Value>,
}

/// One value.
#[derive(Debug)]
pub(super) struct Value {
    /// The class of its curve.
    pub(super) class: String,
    /// Its number in the chart.
    pub(super) number: usize,
    pub(super) label: String,
    /// How many are in its cohorts.
    pub(super) size: Number,
    pub(super) table: Table,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) size: Number,
    pub(super) cells: Vec<Cell>,
    /// How many periods have not begun.
    pub(super) n_unknown: usize,
}

/// A cell of the table.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) share: String,
    pub(super) people: Number,
    /// Those who did not come back, where there are any and the period is over.
    pub(super) away: Number,
    /// The share as a number from 0 to 100, for the shade.
    pub(super) shade: String,
    pub(super) is_open: bool,
}
