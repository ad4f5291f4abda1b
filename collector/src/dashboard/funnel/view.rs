//! What the Funnel page shows, in words: plain data for its template.

use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
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
    pub(super) bys: Vec<Choice>,
    pub(super) breakdowns: Vec<Choice>,
    /// What a condition may be about.
    pub(super) properties: Vec<Choice>,
    pub(super) state: State,
}

/// A step as the builder lists it.
#[derive(Debug)]
pub(super) struct StepView {
    pub(super) label: String,
    /// What it is, and where.
    pub(super) place: String,
    /// Its conditions, in words.
    pub(super) conditions: Vec<String>,
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
    Events,
}

impl Sort {
    pub(super) fn is_features(self) -> bool {
        self == Self::Features
    }

    pub(super) fn is_events(self) -> bool {
        self == Self::Events
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
    /// The median of the whole.
    pub(super) took: String,
    /// What is counted: `People`.
    pub(super) counted: &'static str,
    /// What the chart says, as a sentence.
    pub(super) caption: String,
    /// Days, zone, and when it was computed.
    pub(super) footnote: String,
    /// The numbers as JSON for the chart, safe inside a script element.
    pub(super) chart: String,
    pub(super) rows: Vec<Row>,
    /// How long the whole took, if anybody did it.
    pub(super) durations: Option<Durations>,
    pub(super) breakdown: Option<Breakdown>,
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) label: String,
    /// Percent of the widest bar.
    pub(super) width: String,
    pub(super) people: String,
    /// Who they are, if there are any.
    pub(super) reached: Option<String>,
    pub(super) of_first: String,
    pub(super) of_previous: String,
    /// The median of the time from the step before, and the mean in small print.
    pub(super) took: String,
    pub(super) mean: String,
    pub(super) lost: String,
    /// Who they are, if there are any.
    pub(super) lost_list: Option<String>,
}

/// How long the whole took.
#[derive(Debug)]
pub(super) struct Durations {
    /// What the bars say, as a sentence.
    pub(super) caption: String,
    pub(super) bins: Vec<Bin>,
}

/// One bar of them.
#[derive(Debug)]
pub(super) struct Bin {
    /// Where it begins.
    pub(super) from: String,
    pub(super) label: String,
    pub(super) people: Number,
    /// Percent of the highest.
    pub(super) height: String,
}

/// The numbers by the values of a property.
#[derive(Debug)]
pub(super) struct Breakdown {
    /// What the property is called.
    pub(super) property: String,
    /// The same as a heading.
    pub(super) by: String,
    /// Under which value each is counted.
    pub(super) note: &'static str,
    pub(super) rows: Vec<SeriesRow>,
}

/// The numbers of one value.
#[derive(Debug)]
pub(super) struct SeriesRow {
    pub(super) label: String,
    /// Whether it is no value.
    pub(super) is_soft: bool,
    pub(super) shares: Vec<Share>,
    pub(super) took: String,
}

/// How many of a value got to a step.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) people: String,
    pub(super) share: String,
    /// Percent of those of the value who entered.
    pub(super) width: String,
    /// Who they are, if that can be listed.
    pub(super) list: Option<String>,
}
