//! What a funnel says: how many per step, the rates between them, and how long it took.

use super::Funnel;
use super::histogram::{Histogram, Times};
use super::statement::{NONE, OTHERS};
use crate::query::By;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer. Where accounts are counted, `people` are accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunnelResult {
    /// Who is counted.
    pub by: By,
    /// One for each step asked for, in order, also when nobody was there.
    pub steps: Vec<StepResult>,
    /// People who did the first step in the date range.
    pub entered: u64,
    /// People who did all steps.
    pub converted: u64,
    /// People who entered, have not done all steps, and still have time for it.
    pub open: u64,
    /// How long all steps took those who did them; if that was asked for, and somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// How many of them took how long; as the times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The same for each value, if it is broken down: those with most people first, then the others
    /// together, and last those without a value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Series>,
    /// When it was computed.
    pub computed_at: Timestamp,
}

/// The answer for one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// The value; empty for those that have none, and for the others.
    pub value: String,
    /// Whether it is all values that have no series of their own.
    pub is_others: bool,
    /// As of everybody.
    pub steps: Vec<StepResult>,
    /// As of everybody.
    pub entered: u64,
    /// As of everybody.
    pub converted: u64,
    /// As of everybody.
    pub open: u64,
    /// As of everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

/// One step of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepResult {
    /// What to call it.
    pub name: String,
    /// People who got at least as far as this step.
    pub people: u64,
    /// Their share of those who entered, 0 to 1.
    pub conversion_rate: f64,
    /// Their share of those who did the step before; for the first step 1, or 0 without anyone.
    pub step_rate: f64,
    /// People who did the step before and not this one.
    pub drop_off: u64,
    /// How long they took from the step before; if that was asked for, somebody did, and it is not
    /// the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

/// The answer as it comes from ClickHouse, of everybody or of one value.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub(crate) struct FunnelRow {
    /// 0 for everybody, else which value it is by its rank, or one of two places beyond them.
    #[serde(default)]
    pub(crate) place: u8,
    #[serde(default)]
    pub(crate) value: String,
    /// People who got at least as far, per step.
    pub(crate) people: Vec<u64>,
    /// See [`FunnelResult::open`].
    pub(crate) open: u64,
    /// Milliseconds from the step before of all together, for the second step and those after it.
    #[serde(default)]
    pub(crate) sums: Vec<i64>,
    #[serde(default)]
    pub(crate) medians: Vec<Option<f64>>,
    /// Milliseconds from the first step to the last, of all together.
    #[serde(default)]
    pub(crate) sum_whole: i64,
    #[serde(default)]
    pub(crate) median_whole: Option<f64>,
    /// How many of those who did all took how long, by the steps of the finest ladder of times.
    #[serde(default)]
    pub(crate) took: Vec<(u64, u64)>,
}

impl FunnelResult {
    /// The answer to `funnel`, whose steps are called `names`.
    pub(crate) fn new(
        funnel: &Funnel,
        rows: Vec<FunnelRow>,
        names: &[String],
        computed_at: Timestamp,
    ) -> Self {
        let (everybody, values): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| row.place == 0);
        let row = everybody.into_iter().next().unwrap_or_default();
        Self {
            by: funnel.by,
            steps: row.steps(names),
            entered: row.reached(0),
            converted: row.reached(names.len().saturating_sub(1)),
            open: row.open,
            times: row.times(),
            histogram: Histogram::new(&row.took),
            series: values.iter().map(|row| row.series(names)).collect(),
            computed_at,
        }
    }
}

impl FunnelRow {
    fn reached(&self, step: usize) -> u64 {
        self.people.get(step).copied().unwrap_or(0)
    }

    /// Of those who did all.
    fn times(&self) -> Option<Times> {
        let converted = self.people.last().copied().unwrap_or(0);
        Times::of_millis(self.sum_whole, converted, self.median_whole)
    }

    /// Of those who did a step, by its number from 0, since the step before.
    fn times_of(&self, step: usize) -> Option<Times> {
        let n = step.checked_sub(1)?;
        let (sum, median) = (self.sums.get(n)?, self.medians.get(n)?);
        Times::of_millis(*sum, self.reached(step), *median)
    }

    fn steps(&self, names: &[String]) -> Vec<StepResult> {
        let entered = self.reached(0);
        let step = |(n, name): (usize, &String)| {
            let people = self.reached(n);
            let before = if n == 0 { entered } else { self.reached(n - 1) };
            StepResult {
                name: name.clone(),
                people,
                conversion_rate: rate(people, entered),
                step_rate: rate(people, before),
                drop_off: before.saturating_sub(people),
                times: self.times_of(n),
            }
        };
        names.iter().enumerate().map(step).collect()
    }

    fn series(&self, names: &[String]) -> Series {
        let is_valued = self.place != OTHERS && self.place != NONE;
        Series {
            value: if is_valued { self.value.clone() } else { String::new() },
            is_others: self.place == OTHERS,
            steps: self.steps(names),
            entered: self.reached(0),
            converted: self.reached(names.len().saturating_sub(1)),
            open: self.open,
            times: self.times(),
        }
    }
}

/// The share, 0 where there is nothing to share.
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(address: &str, rows: Vec<FunnelRow>) -> FunnelResult {
        let funnel = Funnel::from_query_string(address).unwrap();
        let names: Vec<_> = funnel.steps.iter().map(|step| step.target.to_string()).collect();
        FunnelResult::new(&funnel, rows, &names, Timestamp::default())
    }

    #[test]
    fn nobody_is_zero_everywhere() {
        for rows in [vec![], vec![FunnelRow::default()]] {
            let result = result("step=page:/a&step=page:/b", rows);
            assert_eq!(result.steps.len(), 2);
            for step in result.steps {
                assert_eq!((step.people, step.drop_off, step.times), (0, 0, None));
                assert_eq!((step.conversion_rate, step.step_rate), (0.0, 0.0));
            }
        }
    }

    #[test]
    fn rates_are_of_the_first_and_of_the_step_before() {
        let row = FunnelRow { people: vec![8, 4, 1], open: 3, ..FunnelRow::default() };
        let result = result("step=page:/a&step=page:/b&step=page:/c", vec![row]);
        let last = &result.steps[2];
        assert_eq!((last.conversion_rate, last.step_rate, last.drop_off), (0.125, 0.25, 3));
        assert_eq!((result.entered, result.converted, result.open), (8, 1, 3));
    }

    #[test]
    fn times_are_of_the_steps_after_the_first_and_others_have_no_value() {
        let row = |place, value: &str| FunnelRow {
            place,
            value: value.to_owned(),
            people: vec![2, 1],
            sums: vec![1_500],
            medians: vec![Some(1_000.0)],
            ..FunnelRow::default()
        };
        let rows = vec![row(0, "x"), row(1, "x"), row(11, "y"), row(12, "")];
        let result = result("step=page:/a&step=page:/b", rows);
        let times = Times { mean_seconds: 1.5, median_seconds: 1.0 };
        assert_eq!((result.steps[0].times, result.steps[1].times), (None, Some(times)));
        let told: Vec<_> =
            result.series.iter().map(|one| (one.value.as_str(), one.is_others)).collect();
        assert_eq!(told, [("x", false), ("", true), ("", false)]);
    }
}
