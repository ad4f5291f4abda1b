//! Paths: what people do one after the other in a visit, position by position and as whole
//! journeys.
//!
//! What somebody did of what counts ([`Nodes`]) stands in the order of time; of one instant the
//! start is first, the end is last, and the others are in an order that is the same for everybody.
//! A pause of thirty minutes or more between two of them ends a visit, midnight does not. What is
//! repeated directly is one, at the time of its last. Of each visit the first [`Paths::steps`] are
//! looked at; with a start those from its first time on, and visits without it are left out; with
//! an end the last ones up to its first time; with both those from the first start to the first
//! end after it, of which the middle is `…` where they are more.
//!
//! A transition is one step of one visit, so that a visit has at most one at a position, and a
//! person as many as visits; how many people made it is told beside. In each position the nodes
//! with the most visits have their name, and all others are everything else, so that what comes
//! into a position is what goes out of it, ends there or is cut off there.

mod address;
mod answer;
mod node;
mod people;
mod statement;
mod tally;

pub(crate) use answer::Names;
#[cfg_attr(
    not(feature = "testing"),
    allow(unreachable_pub, reason = "only tests look at what is counted before it is named")
)]
pub use answer::PathRow;
pub use answer::{Edge, Flow, Item, ItemKind, Journey, PathNode, PathsResult, Position};
pub use node::{Node, Way};
pub use people::Who;
pub(crate) use statement::statements;
pub(crate) use tally::{MAX_VISITS, Tally};

use crate::query::{Among, DateRange, FeatureId, InvalidQuery, Part, Step, StepText, Target};
use serde::{Deserialize, Serialize};

/// The fewest steps.
pub const MIN_STEPS: u32 = 2;
/// The most steps.
pub const MAX_STEPS: u32 = 10;
/// The most nodes that have their name in a position.
pub const MAX_SHOWN: u32 = 20;
/// The most journeys.
pub const MAX_JOURNEYS: u32 = 50;
/// A pause of so many milliseconds ends a visit.
pub const PAUSE_MS: i64 = 30 * 60 * 1_000;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PathsText")]
pub struct Paths {
    /// What counts.
    pub nodes: Nodes,
    /// What the paths begin with, whether it counts otherwise or not; the visit, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Step>,
    /// What the paths end with, whether it counts otherwise or not. What is both is the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Step>,
    /// How many steps of a path are looked at, [`MIN_STEPS`] to [`MAX_STEPS`].
    pub steps: u32,
    /// How many nodes of a position have their name, at most [`MAX_SHOWN`].
    pub shown: u32,
    /// The days.
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// What counts as a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nodes {
    /// Pages that are viewed.
    #[default]
    Pages,
    /// Features that are used; a click that is a use of two is both.
    Features,
    /// Elements that are clicked.
    Clicks,
}

impl Default for Paths {
    /// The first five pages of visits of the last four weeks.
    fn default() -> Self {
        Self {
            nodes: Nodes::default(),
            start: None,
            end: None,
            steps: usual_steps(),
            shown: usual_shown(),
            date_range: DateRange::default(),
            among: Among::default(),
        }
    }
}

const fn usual_steps() -> u32 {
    5
}

const fn usual_shown() -> u32 {
    6
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathsText {
    #[serde(default)]
    nodes: Nodes,
    #[serde(default)]
    start: Option<StepText>,
    #[serde(default)]
    end: Option<StepText>,
    #[serde(default = "usual_steps")]
    steps: u32,
    #[serde(default = "usual_shown")]
    shown: u32,
    #[serde(default)]
    date_range: DateRange,
    #[serde(default)]
    among: Among,
}

impl TryFrom<PathsText> for Paths {
    type Error = InvalidQuery;

    fn try_from(text: PathsText) -> Result<Self, InvalidQuery> {
        let read = |step: Option<StepText>, part| step.map(|step| step.read(part)).transpose();
        Ok(Self {
            nodes: text.nodes,
            start: read(text.start, Part::Start)?,
            end: read(text.end, Part::End)?,
            steps: text.steps,
            shown: text.shown,
            date_range: text.date_range,
            among: text.among,
        })
    }
}

impl Paths {
    /// The start and the end, where there are any.
    pub(crate) fn ends(&self) -> [Option<&Step>; 2] {
        [self.start.as_ref(), self.end.as_ref()]
    }

    /// The features that it is about; none for all of the project.
    pub(crate) fn features(&self) -> Option<Vec<&FeatureId>> {
        let named = || self.ends().into_iter().flatten().map(|step| &step.target);
        (self.nodes != Nodes::Features).then(|| named().filter_map(Target::feature).collect())
    }

    /// Whether there are as many steps and nodes as can be shown, and its ends are plain ones: what
    /// is a node of its own cannot at once be an end under conditions.
    ///
    /// # Errors
    /// When there are not, or one is not.
    pub fn check(&self) -> Result<(), InvalidQuery> {
        for (part, end) in [Part::Start, Part::End].into_iter().zip(self.ends()) {
            if end.is_some_and(|end| !end.filters.is_empty()) {
                return Err(InvalidQuery::FilteredEnd { part });
            }
        }
        match (self.steps, self.shown) {
            (MIN_STEPS..=MAX_STEPS, 1..=MAX_SHOWN) => Ok(()),
            (MIN_STEPS..=MAX_STEPS, n) => Err(InvalidQuery::NodesShown(n)),
            (n, _) => Err(InvalidQuery::PathSteps(n)),
        }
    }
}

#[cfg(test)]
mod tests;
