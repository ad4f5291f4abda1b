//! All features side by side: who uses them, whether that grows, whether people come back to them,
//! and whether those who use them stay in the product.
//!
//! Periods are those of the range, whole ones, as many as have begun; people, accounts and uses
//! are those of all of them. *Before* is compared over the periods that are over: who used it in
//! them, and who in as many periods just before the first of the range; unknown where the
//! project's events do not reach back so far. Then two halves are compared instead, as far as there
//! are events: the people of each period of the later half, added up, with those of the half before.
//!
//! *Retention* is that of [`super::retention`] with the feature as start and as return, in the very
//! period so many periods later, over the cells that are complete; its periods are its own.
//!
//! *Staying* is the same with anything as return, by the periods of the range and within them: of
//! those who used the feature in a period, and beside them of those who were there and did not, how
//! many were there `after` periods later. That those who use a feature stay longer does not say
//! that it makes them stay.

mod address;
mod answer;
mod known;
mod later;
mod moments;
mod people;
mod statement;
mod tally;

pub(crate) use answer::AdoptionRow;
pub use answer::{
    AdoptionResult, Compared, FEW, FeatureAdoption, Halves, Returned, Stayed, Staying,
};
pub(crate) use known::Known;
pub(crate) use moments::Moments;
pub use people::{Number, Who};
pub(crate) use statement::statements;
pub(crate) use tally::{Everybody, MAX_PEOPLE, Uses};

use super::retention::{Cohorts, MAX_FOLLOWED};
use crate::query::{Among, DateRange, InvalidQuery, Period, Periods, Scope};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The most periods of the range: a bit for each is in one number.
pub const MAX_PERIODS: u32 = 64;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adoption {
    /// How time is cut.
    pub period: Period,
    /// How many periods later somebody has to be there to stay.
    pub after: u32,
    /// When somebody has to come back to a feature.
    pub retention: Again,
    /// The days, whose periods are at most [`MAX_PERIODS`].
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// When somebody has to come back to a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Again {
    /// How time is cut for it.
    pub period: Period,
    /// How many of these periods later.
    pub after: u32,
    /// After each period of use, or after that of the first use ever.
    pub cohorts: Cohorts,
}

impl Default for Again {
    /// On the sixth day after the first use.
    fn default() -> Self {
        Self { period: Period::Day, after: 6, cohorts: Cohorts::First }
    }
}

impl Default for Adoption {
    /// Thirteen weeks, and who is there four weeks later.
    fn default() -> Self {
        Self {
            period: Period::Week,
            after: 4,
            retention: Again::default(),
            date_range: DateRange::Last { days: 91 },
            among: Among::default(),
        }
    }
}

/// The periods of a question: those of the range, and those of coming back.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) periods: Periods,
    pub(crate) again: Periods,
}

impl Adoption {
    /// Cuts the range.
    ///
    /// # Errors
    /// When the days or the project's zone mean nothing, or there are too many periods, or none.
    pub(crate) fn cut(&self, scope: &Scope, now: Timestamp) -> Result<Cut, InvalidQuery> {
        let periods = |period| Periods::new(period, self.date_range, scope, now);
        let again = periods(self.retention.period)?.named("again_");
        Ok(Cut { periods: periods(self.period)?, again })
    }

    /// Whether there are periods enough, and not too many.
    ///
    /// # Errors
    /// When there are not.
    pub const fn check(&self, n_periods: u32) -> Result<(), InvalidQuery> {
        match (self.after, self.retention.after) {
            (1..=MAX_FOLLOWED, 1..=MAX_FOLLOWED) if n_periods <= MAX_PERIODS => Ok(()),
            (1..=MAX_FOLLOWED, 1..=MAX_FOLLOWED) => Err(InvalidQuery::TooManyBits(n_periods)),
            (1..=MAX_FOLLOWED, n) | (n, _) => Err(InvalidQuery::Followed(n)),
        }
    }
}
