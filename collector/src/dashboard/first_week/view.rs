//! What the First week page shows, in words: plain data for its template.

use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use askama::Template;

/// The First week page.
#[derive(Debug, Template)]
#[template(path = "first_week.html")]
pub(super) struct FirstWeekPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    pub(super) bys: Vec<Choice>,
    pub(super) outcomes: Vec<Group>,
    pub(super) state: State,
}

/// Choices of one kind; without a title for the first.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) choices: Vec<Choice>,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was named yet; the address of the features.
    NoFeature(String),
    /// There is too little to say anything.
    TooLittle {
        /// How much there is, and how much is needed.
        why: String,
        /// The widest range, if it is another one.
        wider: Option<Choice>,
    },
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers, in words.
#[derive(Debug)]
pub(super) struct Answer {
    /// That no feature stands out, if none does.
    pub(super) nothing: Option<String>,
    /// All who are counted, whatever they used, and what became of them.
    pub(super) figures: Vec<Figure>,
    /// What is found of the feature that is looked at, as sentences.
    pub(super) caption: String,
    /// The feature that is looked at.
    pub(super) feature: String,
    pub(super) bars: Vec<Bar>,
    /// What the bars are of.
    pub(super) bars_told: String,
    /// How the heads of the numbers of people are called.
    pub(super) who: &'static str,
    /// What came, as the head of a column.
    pub(super) came: String,
    pub(super) counts: Vec<CountRow>,
    /// The numbers of uses that are told apart, as the heads of columns.
    pub(super) heads: Vec<String>,
    pub(super) rows: Vec<FeatureRow>,
    pub(super) notes: Vec<String>,
}

/// A number with what it is.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) label: String,
    pub(super) value: Number,
    /// Its share of all.
    pub(super) share: String,
}

/// A bar of the chart.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) uses: String,
    pub(super) share: String,
    /// Percent of the chart's height.
    pub(super) height: String,
    pub(super) people: String,
    /// Whether it is at or above the best count.
    pub(super) is_on: bool,
}

/// A count of the feature that is looked at.
#[derive(Debug)]
pub(super) struct CountRow {
    pub(super) uses: String,
    /// Who used it just so often.
    pub(super) exactly: Number,
    pub(super) exactly_came: Came,
    /// Who used it so often or more.
    pub(super) share: Number,
    /// Of them and of the others, what came; of nobody where it is no number of uses or more.
    pub(super) second: [Came; 2],
    pub(super) phi: String,
    /// What is to be said of the phi.
    pub(super) band: &'static str,
    pub(super) is_best: bool,
}

/// Of how many of some it came in the second week, and of how many it did not.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub(super) share: Number,
    /// Empty where there is nobody.
    pub(super) away: Number,
}

/// A feature by all counts.
#[derive(Debug)]
pub(super) struct FeatureRow {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) is_on: bool,
    pub(super) cells: Vec<Cell>,
    /// Its best count in words, if there is one.
    pub(super) best: String,
}

/// A cell: how well a count of a feature tells.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) phi: String,
    /// 0 to 100, for the shade.
    pub(super) shade: String,
    /// Why it is no candidate, or that chance may make it; empty otherwise.
    pub(super) why: &'static str,
    pub(super) is_best: bool,
}
