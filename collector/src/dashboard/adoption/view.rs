//! What the Adoption page shows, in words: plain data for its template.

use crate::dashboard::layout::Shell;
use crate::dashboard::people::Number;
use crate::dashboard::range::Choice;
use crate::dashboard::report::Frame;
use crate::dashboard::spark::Spark;
use askama::Template;

/// The Adoption page.
#[derive(Debug, Template)]
#[template(path = "adoption.html")]
pub(super) struct AdoptionPage {
    pub(super) shell: Shell,
    pub(super) frame: Frame,
    /// How many periods later somebody is to be there.
    pub(super) after: String,
    /// What these periods are called, with `later`.
    pub(super) unit: String,
    pub(super) periods: Vec<Choice>,
    pub(super) back_after: String,
    pub(super) back_periods: Vec<Choice>,
    pub(super) cohorts: Vec<Choice>,
    pub(super) modules: Vec<Choice>,
    pub(super) search: String,
    pub(super) state: State,
}

/// What stands below.
#[derive(Debug)]
pub(super) enum State {
    /// The numbers.
    Answer(Box<Answer>),
    /// Nothing was named yet; the address of the features.
    NoFeature(String),
    /// Nobody was there; the widest range, if it is another one.
    Nobody(Option<Choice>),
    /// No feature is like what is searched for; the address of all of them.
    NoMatch(String),
    /// The question or the store has a fault, told above.
    Fault,
}

/// The numbers, in words.
#[derive(Debug)]
pub(super) struct Answer {
    /// What is found, as sentences.
    pub(super) caption: String,
    /// What the columns mean.
    pub(super) notes: Vec<String>,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Row>,
    /// Everybody, whatever he used.
    pub(super) everybody: Everybody,
    /// What the mark of few people means, where there is one.
    pub(super) few: Option<String>,
    pub(super) spark: Size,
}

/// The size of a sparkline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The head of a column, a link that sorts by it.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) label: String,
    /// What is below the label.
    pub(super) hint: String,
    pub(super) address: String,
    pub(super) is_number: bool,
    /// `ascending` or `descending` where it is the order.
    pub(super) sorted: Option<&'static str>,
}

/// A feature.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) module: String,
    /// Of people and of accounts.
    pub(super) shares: [Share; 2],
    pub(super) trend: Trend,
    pub(super) back: Back,
    pub(super) stay: Stay,
    /// What of the first week means, on the screen of that.
    pub(super) first_week: String,
}

/// A share with what it is of.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) share: String,
    pub(super) count: Number,
    /// How many did not use it.
    pub(super) without: Number,
    /// Percent of the bar.
    pub(super) width: String,
}

/// A line, and how it compares with the one before.
#[derive(Debug)]
pub(super) struct Trend {
    pub(super) spark: Spark,
    /// The same numbers, for those who do not see it.
    pub(super) told: String,
    /// The same on the screen of trends.
    pub(super) address: String,
    pub(super) change: String,
    /// The same of halves, where nothing is known before; empty elsewhere.
    pub(super) within: String,
    /// How many in the periods that are over, and in those before; none where that is not known.
    pub(super) of: Option<[Number; 2]>,
    /// Whether it is of few people.
    pub(super) is_of_few: bool,
}

/// Who comes back.
#[derive(Debug)]
pub(super) struct Back {
    pub(super) share: String,
    /// The same on the screen of retention.
    pub(super) address: String,
    /// How many did, and of how many; none where nobody could.
    pub(super) of: Option<[Number; 2]>,
    pub(super) is_of_few: bool,
}

/// Who stays.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) difference: String,
    /// With the feature and without; none where one of them is not known.
    pub(super) sides: Option<[Side; 2]>,
    pub(super) is_of_few: bool,
}

/// Those who used a feature, or those who did not.
#[derive(Debug)]
pub(super) struct Side {
    /// The share that stayed.
    pub(super) stayed: Number,
    pub(super) people: Number,
}

/// Everybody, whatever he used.
#[derive(Debug)]
pub(super) struct Everybody {
    pub(super) people: Number,
    pub(super) accounts: Number,
    pub(super) trend: Trend,
}
