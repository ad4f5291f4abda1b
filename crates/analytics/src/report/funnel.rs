//! The ordered funnel: how many people do some things one after the other, in time.
//!
//! Someone reaches step *n* if there are *n* different events of theirs, one for each step, in
//! the order of the steps, the last one no later than the window after the first. Other events
//! may lie between. Events of one instant are in whatever order suits. If several beginnings are
//! possible, the one that leads furthest counts. The date range limits the first event only: what
//! follows it counts until the window is over, or until now.

mod address;
mod answer;
mod fold;
mod predicate;
mod statement;

pub(crate) use answer::FunnelRow;
pub use answer::{FunnelResult, StepResult};
pub use predicate::MAX_SHARING;
pub(crate) use statement::statement;
#[cfg(feature = "testing")]
pub use statement::{Counting, levels};

use crate::query::{DateRange, FeatureId, InvalidQuery, Part, Step, StepText, Window};
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
}

impl TryFrom<FunnelText> for Funnel {
    type Error = InvalidQuery;

    fn try_from(text: FunnelText) -> Result<Self, InvalidQuery> {
        let steps = text.steps.into_iter().zip(1..).map(|(step, n)| step.read(Part::Step(n)));
        let steps = steps.collect::<Result<_, _>>()?;
        Ok(Self { steps, window: text.window, date_range: text.date_range })
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
