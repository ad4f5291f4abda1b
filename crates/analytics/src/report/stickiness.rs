//! Stickiness: in how many periods of the range people are there, and how many of a month's or a
//! week's people are there on a mean day.
//!
//! The range is the whole periods that it touches, as many as have begun; somebody is *there* in
//! a period in which he did the activity. Exactly `n` is who was there in `n` of them, however far
//! apart, and `n` or more is the sum from there on, which never grows.
//!
//! The *ratios* are of the weeks and months of the calendar that the range touches, whole ones,
//! and only of those that are over: people of a mean day by people of a mean week, people of a
//! mean day by people of a mean month, and people of a mean week that begins in one of the months
//! by people of a mean month.

mod address;
mod answer;
mod people;
mod statement;

pub(crate) use answer::StickinessRow;
pub use answer::{Bar, Ratios, StickinessResult};
pub use people::Who;
pub(crate) use statement::{Cut, statements};

use crate::query::{Among, DateRange, FeatureId, InvalidQuery, Part, Period, Step, StepText};
use crate::report::retention::By;
use serde::{Deserialize, Serialize};

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StickinessText")]
pub struct Stickiness {
    /// What one has to do to be there; anything if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<Step>,
    /// How time is cut.
    pub period: Period,
    /// Who is counted.
    pub by: By,
    /// The days, whose periods are counted.
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StickinessText {
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

impl TryFrom<StickinessText> for Stickiness {
    type Error = InvalidQuery;

    fn try_from(text: StickinessText) -> Result<Self, InvalidQuery> {
        let StickinessText { activity, period, by, date_range, among } = text;
        let activity = activity.map(|step| step.read(Part::Activity)).transpose()?;
        Ok(Self { activity, period, by, date_range, among })
    }
}

impl Stickiness {
    /// The features that it is about.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        self.activity.iter().filter_map(|step| step.target.feature()).collect()
    }
}

#[cfg(test)]
mod tests;
