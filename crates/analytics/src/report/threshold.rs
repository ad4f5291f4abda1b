//! The first-week threshold: which feature, used how often in the first week, goes with being
//! there in the second.
//!
//! *New people* are those whose first event ever lies on a day of the range; what identifies
//! somebody is no event of his here, as in every report. Their *first week* is the day of that
//! event and the six after it, in the project's zone, their *second* the seven days that follow.
//! Only those whose second week is over are counted. When the project's events begin, everybody is
//! seen for the first time: who is so within fourteen days of that may have come long before, and is
//! not new. For each feature and each `n` up to `most`
//! they are told apart by whether they used it `n` times or more in the first week, and each part
//! by whether it has the *outcome* in the second. How well the one tells the other is `phi`, the
//! correlation of the two, from -1 to 1.
//!
//! The most striking of many combinations is striking by chance, too. The answer says how many
//! were tried, and how great the greatest `phi` of so many is likely to be where none means
//! anything. And what goes with coming back need not be what makes people come back.

mod address;
mod answer;
mod outcome;
mod people;
mod statement;
mod table;

pub(crate) use answer::ThresholdRow;
pub use answer::{
    AtLeast, Band, Exactly, FeatureThreshold, Group, LeftOut, MAX_SHARE, MIN_DAYS, MIN_PEOPLE,
    MIN_SHARE, SETTLING_DAYS, ThresholdResult, TooLittle,
};
pub use outcome::Outcome;
pub use people::{Did, Who};
pub(crate) use statement::statements;

use super::retention::By;
use crate::query::{Among, DateRange, InvalidQuery};
use serde::{Deserialize, Serialize};

/// The most uses that are told apart.
pub const MAX_USES: u32 = 50;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Threshold {
    /// What is to happen in the second week.
    pub outcome: Outcome,
    /// Whose first week it is.
    pub by: By,
    /// Up to how many uses are told apart, at most [`MAX_USES`].
    pub most: u32,
    /// The days on which people are new.
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

impl Default for Threshold {
    /// Up to ten uses in the first week of those who were new in thirteen weeks, and whether they
    /// return.
    fn default() -> Self {
        Self {
            outcome: Outcome::Return,
            by: By::People,
            most: 10,
            date_range: DateRange::Last { days: 91 },
            among: Among::default(),
        }
    }
}

impl Threshold {
    /// Whether so many uses can be told apart, and the outcome is one of a week.
    ///
    /// # Errors
    /// When not.
    pub const fn check(&self) -> Result<(), InvalidQuery> {
        match (self.most, &self.outcome) {
            (1..=MAX_USES, Outcome::Activity(1..=7) | Outcome::Return | Outcome::Use(_)) => Ok(()),
            (1..=MAX_USES, Outcome::Activity(days)) => Err(InvalidQuery::DaysOfWeek(*days)),
            (n, _) => Err(InvalidQuery::Uses(n)),
        }
    }
}
