//! What a funnel says: people per step, and the rates between them.

use super::Funnel;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunnelResult {
    /// One for each step asked for, in order, also when nobody was there.
    pub steps: Vec<StepResult>,
    /// People who did the first step in the date range.
    pub entered: u64,
    /// People who did all steps.
    pub converted: u64,
    /// People who entered, have not done all steps, and still have time for it.
    pub open: u64,
    /// When it was computed.
    pub computed_at: Timestamp,
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
}

/// The answer as it comes from ClickHouse.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(crate) struct FunnelRow {
    /// People who got at least as far, per step.
    pub(crate) people: Vec<u64>,
    /// See [`FunnelResult::open`].
    pub(crate) open: u64,
}

impl FunnelResult {
    /// The answer to `funnel`, whose steps are called `names`.
    pub(crate) fn new(
        funnel: &Funnel,
        row: &FunnelRow,
        names: Vec<String>,
        computed_at: Timestamp,
    ) -> Self {
        let people = |step: usize| row.people.get(step).copied().unwrap_or(0);
        let entered = people(0);
        let steps = names.into_iter().enumerate().map(|(n, name)| {
            let before = if n == 0 { entered } else { people(n - 1) };
            StepResult {
                name,
                people: people(n),
                conversion_rate: rate(people(n), entered),
                step_rate: rate(people(n), before),
                drop_off: before.saturating_sub(people(n)),
            }
        });
        let steps = steps.collect();
        let converted = people(funnel.steps.len().saturating_sub(1));
        Self { steps, entered, converted, open: row.open, computed_at }
    }
}

/// The share, 0 where there is nothing to share.
fn rate(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_zero_everywhere() {
        let funnel = Funnel::from_query_string("step=page:/a&step=page:/b").unwrap();
        let names = vec!["a".to_owned(), "b".to_owned()];
        let result = FunnelResult::new(&funnel, &FunnelRow::default(), names, Timestamp::default());
        assert_eq!(result.steps.len(), 2);
        for step in result.steps {
            assert_eq!((step.people, step.drop_off), (0, 0));
            assert_eq!((step.conversion_rate, step.step_rate), (0.0, 0.0));
        }
    }

    #[test]
    fn rates_are_of_the_first_and_of_the_step_before() {
        let funnel = Funnel::from_query_string("step=page:/a&step=page:/b&step=page:/c").unwrap();
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let row = FunnelRow { people: vec![8, 4, 1], open: 3 };
        let result = FunnelResult::new(&funnel, &row, names, Timestamp::default());
        let last = &result.steps[2];
        assert_eq!((last.conversion_rate, last.step_rate, last.drop_off), (0.125, 0.25, 3));
        assert_eq!((result.entered, result.converted, result.open), (8, 1, 3));
    }
}
