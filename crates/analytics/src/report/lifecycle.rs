//! Life cycle: of the people of each period, who is new, who was there in the period before, who
//! comes back after an absence, and who stays away.
//!
//! Somebody is *there* in a period in which he did the activity. He is *new* in the period in
//! which he did anything for the first time ever, whatever it was; *returning* if he was there in the period
//! before, too; *resurrecting* if he was not and is not new; and *dormant* in the first period of
//! his absence: there in the one before, and not in this one. Of a period that is not over nobody
//! knows yet who stays away. Periods are those of the calendar in the project's zone, whole ones,
//! however many hours they have; one before the range is looked at.

mod address;
mod answer;
mod people;
mod statement;

pub(crate) use answer::LifecycleRow;
pub use answer::{LifecycleResult, Phase};
pub use people::{State, Who};
pub(crate) use statement::{Cut, statements};

use crate::query::{Among, DateRange, FeatureId, InvalidQuery, Part, Period, Step, StepText};
use crate::report::retention::By;
use serde::{Deserialize, Serialize};

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LifecycleText")]
pub struct Lifecycle {
    /// What one has to do to be there; anything if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<Step>,
    /// How time is cut.
    pub period: Period,
    /// Who is counted.
    pub by: By,
    /// The days, whose periods are shown.
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LifecycleText {
    #[serde(default)]
    activity: Option<StepText>,
    #[serde(default)]
    period: Period,
    #[serde(default)]
    by: By,
    #[serde(default)]
    date_range: DateRange,
    #[serde(default)]
    among: Among,
}

impl TryFrom<LifecycleText> for Lifecycle {
    type Error = InvalidQuery;

    fn try_from(text: LifecycleText) -> Result<Self, InvalidQuery> {
        let LifecycleText { activity, period, by, date_range, among } = text;
        let activity = activity.map(|step| step.read(Part::Activity)).transpose()?;
        Ok(Self { activity, period, by, date_range, among })
    }
}

impl Lifecycle {
    /// The features that it is about.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        self.activity.iter().filter_map(|step| step.target.feature()).collect()
    }
}

#[cfg(test)]
mod tests;
