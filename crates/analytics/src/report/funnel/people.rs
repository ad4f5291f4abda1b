//! Who reached a step, and who was lost at it.

use super::Funnel;
use super::levels::{Levels, Wanted};
use crate::people::{Data, Listed, PeopleOf};
use crate::query::{FeatureId, InvalidQuery, Step};
use serde::{Deserialize, Serialize};
use store::Statement;

/// Of which number of a funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// What became of them at the step.
    pub number: Number,
    /// Which step; they count from 1.
    pub step: usize,
    /// Only those who are counted under this value of its breakdown; empty for those without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Of those who did all steps, only those whom it took so many whole seconds or more: where a bar
    /// of the [`super::Histogram`] begins. With [`Self::took_until`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_from: Option<u64>,
    /// And less than so many: where the bar ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_until: Option<u64>,
}

/// What becomes of people at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// They got at least as far.
    Reached,
    /// They did the step before this one and not this one.
    Lost,
}

impl Who {
    /// Those who got at least as far as this step.
    pub const fn reached(step: usize) -> Self {
        Self { number: Number::Reached, step, value: None, took_from: None, took_until: None }
    }

    /// Those who did the step before this one and not this one.
    pub const fn lost(step: usize) -> Self {
        Self { number: Number::Lost, step, value: None, took_from: None, took_until: None }
    }

    /// Those who did all of so many steps within a bar of how long it took, in whole seconds.
    pub fn took(steps: usize, [from, until]: [u64; 2]) -> Self {
        Self { took_from: Some(from), took_until: Some(until), ..Self::reached(steps) }
    }

    /// The bar, if it is one.
    pub fn bar(&self) -> Option<[u64; 2]> {
        Some([self.took_from?, self.took_until?])
    }

    fn condition(&self, n: usize) -> Result<String, InvalidQuery> {
        let step = self.step;
        let (least, condition) = match self.number {
            Number::Reached => (1, format!("level >= {step}")),
            Number::Lost => (2, format!("level = {}", step.saturating_sub(1))),
        };
        if !(least..=n).contains(&step) {
            return Err(InvalidQuery::NoSuchStep { step, n });
        }
        if self.took_from.is_some() != self.took_until.is_some() {
            return Err(InvalidQuery::NoSuchNumber("half a bar".to_owned()));
        }
        match self.bar() {
            None => Ok(condition),
            Some(_) if self.number == Number::Reached && step == n => Ok(format!(
                "{condition} AND intDiv(times[{n}] - times[1], 1000) >= {{took_from:UInt64}} \
                 AND intDiv(times[{n}] - times[1], 1000) < {{took_until:UInt64}}"
            )),
            Some(_) => Err(InvalidQuery::NoSuchNumber("a time of those who did not".to_owned())),
        }
    }
}

impl Listed<Who> for Funnel {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.features())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let is_one = who.condition(self.steps.len())?;
        let wanted = Wanted { times: true, name: true, who: true };
        let levels = Levels::new(self, wanted, data.features, data.scope, data.databases)?;
        let of_value = match (&who.value, &self.breakdown) {
            (None, _) => "",
            (Some(_), Some(_)) => " AND its_value = {value:String}",
            (Some(_), None) => return Err(InvalidQuery::NoBreakdown),
        };
        let sql = format!(
            "SELECT called AS person, is_user, account, toUInt64(begun) AS entered_at, \
             toUInt64(times[level]) AS last_at, toUInt32(level) AS n FROM (\n\
             SELECT *, times[1] AS begun FROM (\n{}\n)\n)\nWHERE {is_one}{of_value}",
            levels.sql()
        );
        let statement = levels.bind(Statement::new(sql), data.now)?;
        let statement = match &who.value {
            Some(value) => statement.bind("value", value.as_str()),
            None => statement,
        };
        Ok(PeopleOf::new(match who.bar() {
            Some([from, until]) => statement.bind("took_from", from).bind("took_until", until),
            None => statement,
        }))
    }

    fn named(&self, _: &Who) -> Vec<Option<Step>> {
        self.steps.iter().cloned().map(Some).collect()
    }
}
