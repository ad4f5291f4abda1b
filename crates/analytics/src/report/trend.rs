//! Trend: how often some things are done, by how many people and for how many accounts, period by
//! period.
//!
//! The periods are whole ones, as many as have begun, in the project's zone; where nothing was
//! done there is a 0. A use is one event. The *period before* is made of the same number of
//! periods directly before the first, and each of the range has the one of its place as its
//! counterpart. The *same time last year* is made of the periods 52 weeks before, so that the days
//! of the week are the same, or of the months twelve before. The last period may not be over; of
//! its counterpart only the same part is counted, to the same time of the same of its days, in its
//! number and in the total. Before the first event of the project nothing is known; where what is
//! compared begins before it, that is said.
//!
//! *Trailing* people of a period are those who did it in the so many days that end with its last
//! day, or with today where it is not over; those days look back before the range.

mod address;
mod answer;
mod people;
mod statement;
mod trailing;

pub use answer::{Before, Done, Series, SeriesBefore, TrendResult};
pub(crate) use answer::{Known, TrendRow};
pub use people::Who;
pub(crate) use statement::{Cut, statements};
pub use trailing::Trailing;
pub(crate) use trailing::TrailingRow;

use crate::query::{
    Among, DateRange, FeatureId, InvalidQuery, Part, Period, Step, StepText, Target,
};
use serde::{Deserialize, Serialize};

/// The most series of one trend.
pub const MAX_SERIES: usize = 5;
/// The most days that trailing people are looked for in.
pub const MAX_TRAILING: u32 = 90;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TrendText")]
pub struct Trend {
    /// What is counted, at most [`MAX_SERIES`] things; anything for one that is none.
    pub series: Vec<Option<Step>>,
    /// How time is cut.
    pub period: Period,
    /// What is told beside.
    pub compare: Compare,
    /// In how many days trailing people are looked for, at most [`MAX_TRAILING`], if they are
    /// asked for; not by the hour, and without a comparison.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing: Option<u32>,
    /// The days, whose periods are shown.
    pub date_range: DateRange,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Among::is_everybody")]
    pub among: Among,
}

/// What a trend is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// Nothing.
    #[default]
    None,
    /// The period before.
    Previous,
    /// The same time last year.
    LastYear,
}

impl Default for Trend {
    /// Anything, week by week.
    fn default() -> Self {
        Self {
            series: vec![None],
            period: Period::default(),
            compare: Compare::None,
            trailing: None,
            date_range: DateRange::default(),
            among: Among::default(),
        }
    }
}

/// The question as in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrendText {
    #[serde(default = "anything")]
    series: Vec<Option<StepText>>,
    #[serde(default)]
    period: Period,
    #[serde(default)]
    compare: Compare,
    #[serde(default)]
    trailing: Option<u32>,
    #[serde(default)]
    date_range: DateRange,
    #[serde(default)]
    among: Among,
}

fn anything() -> Vec<Option<StepText>> {
    vec![None]
}

impl TryFrom<TrendText> for Trend {
    type Error = InvalidQuery;

    fn try_from(text: TrendText) -> Result<Self, InvalidQuery> {
        let read = |(n, step): (usize, Option<StepText>)| {
            step.map(|step| step.read(Part::Series(n + 1))).transpose()
        };
        let series = text.series.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let TrendText { period, compare, trailing, date_range, among, .. } = text;
        Ok(Self { series, period, compare, trailing, date_range, among })
    }
}

impl Trend {
    /// The features that it is about.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        let targets = self.series.iter().flatten().map(|step| &step.target);
        targets.filter_map(Target::feature).collect()
    }

    /// Whether there are series, and not too many, and trailing people can be told.
    ///
    /// # Errors
    /// When there are not.
    pub const fn check(&self) -> Result<(), InvalidQuery> {
        match self.series.len() {
            1..=MAX_SERIES => {}
            n => return Err(InvalidQuery::Series(n)),
        }
        match (self.trailing, self.period, self.compare) {
            (None, _, _) => Ok(()),
            (Some(n), _, _) if n == 0 || n > MAX_TRAILING => Err(InvalidQuery::Trailing(n)),
            (_, Period::Hour, _) => Err(InvalidQuery::TrailingByHour),
            (_, _, Compare::None) => Ok(()),
            _ => Err(InvalidQuery::TrailingCompared),
        }
    }
}

#[cfg(test)]
mod tests;
