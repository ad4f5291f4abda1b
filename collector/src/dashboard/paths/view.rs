//! What the Paths page shows, in words and shapes: plain data for its template.

use super::diagram::Diagram;
use super::journey::Journeys;
use crate::dashboard::layout::Shell;
use crate::dashboard::offered::Group;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Paths page.
#[derive(Debug, Template)]
#[template(path = "paths.html")]
pub(super) struct PathsPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) nodes: Vec<Choice>,
    pub(super) starts: Vec<Group>,
    pub(super) ends: Vec<Group>,
    pub(super) steps: Vec<Choice>,
    pub(super) state: State,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was ever captured.
    NoData,
    /// Features are asked for, and there is none: where they are named.
    NoFeature(String),
    /// No visit is like that; the widest range, if it is another one.
    Nobody(Option<Choice>),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers, in words.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) figures: Vec<Figure>,
    pub(super) diagram: Diagram,
    /// What the diagram says, as a sentence.
    pub(super) caption: String,
    /// What a visit is, days, zone, and when it was computed.
    pub(super) footnote: String,
    pub(super) edges: Vec<EdgeRow>,
    pub(super) nodes: Vec<NodeRow>,
    pub(super) journeys: Journeys,
}

/// A number with what it is.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// A line of the table of transitions.
#[derive(Debug)]
pub(super) struct EdgeRow {
    pub(super) position: u32,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) transitions: String,
    pub(super) people: Number,
    pub(super) share: String,
    /// How long it took on average.
    pub(super) took: String,
}

/// A line of the table of steps.
#[derive(Debug)]
pub(super) struct NodeRow {
    pub(super) position: u32,
    pub(super) name: String,
    pub(super) visits: String,
    pub(super) people: Number,
    pub(super) share: String,
    /// How many visits ended here.
    pub(super) ended: String,
    /// How many people they are of, where there are any.
    pub(super) ended_people: Number,
    /// The addresses of paths that begin or end with it.
    pub(super) ends: Option<[String; 2]>,
}
