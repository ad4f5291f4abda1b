//! What the Funnel page shows, in words: plain data for its template.

use crate::dashboard::layout::Shell;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The Funnel page.
#[derive(Debug, Template)]
#[template(path = "funnel.html")]
pub(super) struct FunnelPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) steps: Vec<StepView>,
    /// Whether there is no room for another step.
    pub(super) is_full: bool,
    pub(super) picker: Picker,
    pub(super) windows: Vec<Choice>,
    pub(super) state: State,
}

/// A step as the builder lists it.
#[derive(Debug)]
pub(super) struct StepView {
    pub(super) label: String,
    /// What it is, and where.
    pub(super) place: String,
}

/// What can be added as a step.
#[derive(Debug, Default)]
pub(super) struct Picker {
    pub(super) is_open: bool,
    pub(super) search: String,
    pub(super) groups: Vec<Group>,
}

impl Picker {
    /// Whether there is nothing to pick.
    pub(super) fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.picks.is_empty())
    }
}

/// What kind of step a thing to pick is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Features,
    Pages,
    Elements,
}

impl Sort {
    pub(super) fn is_features(self) -> bool {
        self == Self::Features
    }

    pub(super) fn is_pages(self) -> bool {
        self == Self::Pages
    }
}

/// Things to pick of one kind.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    /// What the numbers beside them count.
    pub(super) measure: &'static str,
    pub(super) sort: Sort,
    pub(super) picks: Vec<Pick>,
}

/// One thing to pick.
#[derive(Debug)]
pub(super) struct Pick {
    /// The step in the form of the address.
    pub(super) value: String,
    pub(super) label: String,
    pub(super) place: String,
    /// Lower-case text that a search looks into.
    pub(super) text: String,
    pub(super) n: String,
}

/// What stands on the right.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was ever captured.
    NoData,
    /// No step is chosen; what to begin with: label and address.
    NoSteps(Option<(String, String)>),
    /// One step is no funnel.
    OneStep,
    /// Nobody took the first step; the widest range, if it is another one.
    NothingMatches(Option<Choice>),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers of a funnel, in words.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) entered: String,
    pub(super) converted: String,
    pub(super) conversion: String,
    pub(super) open: String,
    pub(super) open_means: String,
    /// What the chart says, as a sentence.
    pub(super) caption: String,
    /// Days, zone, and when it was computed.
    pub(super) footnote: String,
    /// The numbers as JSON for the chart, safe inside a script element.
    pub(super) chart: String,
    pub(super) rows: Vec<Row>,
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    /// Percent of the widest bar.
    pub(super) width: String,
    pub(super) people: String,
    pub(super) of_first: String,
    pub(super) of_previous: String,
    pub(super) lost: String,
}
