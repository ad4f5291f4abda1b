//! The ordered funnel: how many people do some things one after the other, in time.
//!
//! Someone reaches step *n* if there are *n* different events of theirs, one for each step, in
//! the order of the steps, the last one no later than the window after the first. Other events
//! may lie between. Events of one instant are in whatever order suits. If several beginnings are
//! possible, the one that leads furthest counts. The date range limits the first event only: what
//! follows it counts until the window is over, or until now.
//!
//! **By account** all of this is said of accounts: each event is of the account that its person was
//! in then, and one without an account is nobody's.
//!
//! **Times** are those of one attempt of each: of those that lead as far as he ever got the one that
//! ends first, and of those that end then the one that began last; in it each step is done as early
//! as it can be. The time of a step is from the step before it, over those who did it; the time of
//! the whole is from the first step to the last, over those who did all.
//!
//! **Broken down** by a property, each is counted once, under the first value that is not empty
//! among his events that any step takes, in the days asked for and the window after them; of two in
//! one millisecond, the lesser. The account is that of his first entry instead, empty or not. What
//! is said of people and accounts is what was said last. Nothing of that changes who gets how far.

mod address;
mod answer;
mod fold;
mod histogram;
mod levels;
mod people;
mod predicate;
pub(crate) mod several;
mod statement;

pub(crate) use answer::FunnelRow;
pub use answer::{FunnelResult, Series, StepResult};
pub use histogram::{Histogram, Times};
#[cfg(feature = "testing")]
pub use levels::{Counting, levels};
pub use people::{Number, Who};
pub use predicate::MAX_SHARING;
pub(crate) use predicate::are_apart;
pub(crate) use statement::statement;

use crate::query::{
    Among, By, DateRange, FeatureId, InvalidQuery, Part, Property, Step, StepText, Window,
};
use serde::{Deserialize, Serialize};

/// The fewest steps.
pub const MIN_STEPS: usize = 2;
/// The most steps: a bit for each fits beside the time of an event in one number.
pub const MAX_STEPS: usize = 20;

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FunnelText")]
pub struct Funnel {
    /// What has to be done, in this order; [`MIN_STEPS`] to [`MAX_STEPS`] of them.
    pub steps: Vec<Step>,
    /// How long after the first step the last one may be.
    pub window: Window,
    /// The days that the first step may be on.
    pub date_range: DateRange,
    /// Who is counted.
    #[serde(skip_serializing_if = "is_usual")]
    pub by: By,
    /// Whether it is asked how long it takes.
    #[serde(skip_serializing_if = "is_usual")]
    pub times: bool,
    /// By what the answer is broken down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Property>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The question as in JSON, before its steps are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FunnelText {
    steps: Vec<StepText>,
    #[serde(default)]
    window: Window,
    #[serde(default)]
    date_range: DateRange,
    #[serde(default)]
    by: By,
    #[serde(default)]
    times: bool,
    #[serde(default)]
    breakdown: Option<Property>,
    #[serde(default)]
    among: Among,
}

impl TryFrom<FunnelText> for Funnel {
    type Error = InvalidQuery;

    fn try_from(text: FunnelText) -> Result<Self, InvalidQuery> {
        let FunnelText { steps, window, date_range, by, times, breakdown, among } = text;
        let steps = steps.into_iter().zip(1..).map(|(step, n)| step.read(Part::Step(n)));
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Self { steps, window, date_range, by, times, breakdown, among })
    }
}

impl Funnel {
    /// The features among its steps.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        self.steps.iter().filter_map(|step| step.target.feature()).collect()
    }

    /// Whether there are as many steps as a funnel needs.
    ///
    /// # Errors
    /// When there are too few or too many.
    pub const fn check(&self) -> Result<(), InvalidQuery> {
        match self.steps.len() {
            n if n < MIN_STEPS => Err(InvalidQuery::TooFewSteps(n)),
            n if n > MAX_STEPS => Err(InvalidQuery::TooManySteps(n)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
