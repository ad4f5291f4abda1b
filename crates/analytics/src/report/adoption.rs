//! All features side by side: who uses them, whether they come back to them, and whether those
//! who use them stay in the product.
//!
//! Periods are those of the range, whole ones, as many as have begun. *Retention* is that of
//! [`super::retention`] with the feature as start and as return, recurring, in the very period
//! `after` periods later, over the cells that are complete. *Staying* is the same with anything
//! as return: of those who used the feature in a period, and beside them of those who were there
//! and did not, how many were there `after` periods later. That those who use a feature stay
//! longer does not say that it makes them stay.

mod answer;
mod statement;

pub(crate) use answer::AdoptionRow;
pub use answer::{AdoptionResult, FeatureAdoption, Staying};
pub(crate) use statement::statements;

use crate::query::{DateRange, InvalidQuery, Period};
use crate::report::retention::MAX_FOLLOWED;
use serde::{Deserialize, Serialize};

/// The most periods of the range: a bit for each is in one number.
pub const MAX_PERIODS: u32 = 64;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adoption {
    /// How time is cut.
    pub period: Period,
    /// How many periods later somebody has to come back.
    pub after: u32,
    /// The days, whose periods are at most [`MAX_PERIODS`].
    pub date_range: DateRange,
}

impl Default for Adoption {
    /// Thirteen weeks, and whether people come back four weeks later.
    fn default() -> Self {
        Self { period: Period::Week, after: 4, date_range: DateRange::Last { days: 91 } }
    }
}

impl Adoption {
    /// Whether there are periods enough, and not too many.
    ///
    /// # Errors
    /// When there are not.
    pub const fn check(&self, n_periods: u32) -> Result<(), InvalidQuery> {
        match self.after {
            1..=MAX_FOLLOWED if n_periods <= MAX_PERIODS => Ok(()),
            1..=MAX_FOLLOWED => Err(InvalidQuery::TooManyBits(n_periods)),
            n => Err(InvalidQuery::Followed(n)),
        }
    }
}
