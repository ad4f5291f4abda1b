//! Retention: how many of those who began come back, period by period.
//!
//! A cohort is who began in one period; the date range says which periods, whole ones. With
//! [`Cohorts::Recurring`] somebody is in the cohort of each period in which he began, with
//! [`Cohorts::First`] only in that of his first beginning ever, also when it lies before the
//! range. Who comes back `n` periods later did what counts as a return in the period that is `n`
//! after his cohort's ([`Returns::On`]), or in that or any later one until now
//! ([`Returns::OnOrAfter`]), which never grows along a row. Of period 0 the cell is the cohort
//! itself. A period that has not begun is unknown, and one that is not over is incomplete: it is
//! shown, and left out of the mean.
//!
//! **Broken down** by a property, each is counted once, under the first value that is not empty
//! among his beginnings in the range; of two in one millisecond, the lesser. The account is that
//! of his first beginning in the range instead, empty or not. What is said of people and accounts
//! is what was said last. Nothing of that changes who is in which cohort.

mod address;
mod answer;
mod people;
mod statement;

pub use crate::query::By;
pub(crate) use answer::RetentionRow;
pub use answer::{Cell, Cohort, RetentionResult, Series};
pub use people::Who;
pub(crate) use statement::statements;

use crate::query::{
    Among, DateRange, FeatureId, InvalidQuery, Part, Period, Property, Step, StepText,
};
use serde::{Deserialize, Serialize};

/// The most periods that a cohort is followed for.
pub const MAX_FOLLOWED: u32 = 100;

/// The question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RetentionText")]
pub struct Retention {
    /// What one has to do to begin; anything if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Step>,
    /// What counts as coming back; anything if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returning: Option<Step>,
    /// How time is cut.
    pub period: Period,
    /// For how many periods after its own a cohort is followed, at most [`MAX_FOLLOWED`].
    pub followed: u32,
    /// Who is in a cohort.
    pub cohorts: Cohorts,
    /// When somebody has to come back.
    pub returns: Returns,
    /// Whose coming back is counted.
    pub by: By,
    /// The days whose periods are the cohorts.
    pub date_range: DateRange,
    /// By what the answer is broken down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<Property>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// Who is in a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cohorts {
    /// Who began in the period, however often before.
    #[default]
    Recurring,
    /// Who began in the period, and never before.
    First,
}

/// When somebody has to come back to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// In the very period.
    #[default]
    On,
    /// In the period or later.
    OnOrAfter,
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetentionText {
    #[serde(default)]
    start: Option<StepText>,
    #[serde(default)]
    returning: Option<StepText>,
    #[serde(default)]
    period: Period,
    #[serde(default)]
    followed: Option<u32>,
    #[serde(default)]
    cohorts: Cohorts,
    #[serde(default)]
    returns: Returns,
    #[serde(default)]
    by: By,
    #[serde(default)]
    date_range: DateRange,
    #[serde(default)]
    breakdown: Option<Property>,
    #[serde(default)]
    among: Among,
}

impl TryFrom<RetentionText> for Retention {
    type Error = InvalidQuery;

    fn try_from(text: RetentionText) -> Result<Self, InvalidQuery> {
        let read = |step: Option<StepText>, part| step.map(|step| step.read(part)).transpose();
        Ok(Self {
            start: read(text.start, Part::Start)?,
            returning: read(text.returning, Part::Return)?,
            period: text.period,
            followed: text.followed.unwrap_or_else(|| Self::usual(text.period)),
            cohorts: text.cohorts,
            returns: text.returns,
            by: text.by,
            date_range: text.date_range,
            breakdown: text.breakdown,
            among: text.among,
        })
    }
}

impl Retention {
    /// For how many periods a cohort is followed when nobody says.
    pub const fn usual(period: Period) -> u32 {
        match period {
            Period::Hour => 24,
            Period::Day => 14,
            Period::WorkingDay => 10,
            Period::Week | Period::Month => 12,
        }
    }

    /// What has to happen for the start and for the return, where that is something.
    pub(crate) fn steps(&self) -> [Option<&Step>; 2] {
        [&self.start, &self.returning].map(Option::as_ref)
    }

    /// The features that it is about.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        self.steps().into_iter().flatten().filter_map(|step| step.target.feature()).collect()
    }

    /// Whether it can be followed for so long.
    ///
    /// # Errors
    /// When it cannot.
    pub const fn check(&self) -> Result<(), InvalidQuery> {
        match self.followed {
            1..=MAX_FOLLOWED => Ok(()),
            n => Err(InvalidQuery::Followed(n)),
        }
    }
}

#[cfg(test)]
mod tests;
