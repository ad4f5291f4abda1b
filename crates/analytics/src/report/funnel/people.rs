//! Who reached a step, and who was lost at it.

use super::Funnel;
use super::levels::{Levels, Wanted};
use crate::feature::Features;
use crate::people::{self, PeopleOf};
use crate::query::{FeatureId, InvalidQuery, Scope};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::Statement;
use store::schema::Databases;

/// The question: who is one of the numbers of a funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunnelPeople {
    /// The funnel.
    pub funnel: Funnel,
    /// Of which number.
    pub who: Who,
    /// Only those who are counted under this value of its breakdown; empty for those without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where the page begins; as the page before says, none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<people::Place>,
    /// How many are on a page, at most [`people::MAX_PAGE`].
    #[serde(default = "people::usual_page")]
    pub limit: u32,
    /// As of when, in milliseconds since 1970, so that pages fit together; now if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Of which number of a funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Those who got at least as far as this step; they count from 1.
    Reached(usize),
    /// Those who did the step before this one and not this one.
    Lost(usize),
}

impl FunnelPeople {
    /// The features among its steps.
    pub(crate) fn features(&self) -> Vec<&FeatureId> {
        self.funnel.features()
    }

    /// As of when it is answered.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        self.at.map_or(now, |at| at.min(now))
    }

    /// The list, whole.
    ///
    /// # Errors
    /// When the funnel, its dates or the project's zone mean nothing, or there is no such step.
    pub fn people(
        &self,
        features: &Features,
        scope: &Scope,
        databases: &Databases,
        now: Timestamp,
    ) -> Result<PeopleOf, InvalidQuery> {
        let is_one = self.condition()?;
        let wanted = Wanted { times: true, who: true };
        let levels = Levels::new(&self.funnel, wanted, features, scope, databases)?;
        let of_value = match (&self.value, &self.funnel.breakdown) {
            (None, _) => "",
            (Some(_), Some(_)) => " AND its_value = {value:String}",
            (Some(_), None) => return Err(InvalidQuery::NoBreakdown),
        };
        let sql = format!(
            "SELECT person, is_user, of_account AS account, toUInt64(begun) AS entered_at, \
             toUInt64(times[level]) AS last_at, toUInt32(level) AS n_steps FROM (\n\
             SELECT *, times[1] AS begun FROM (\n{}\n)\n)\nWHERE {is_one}{of_value}",
            levels.sql()
        );
        let statement = levels.bind(Statement::new(sql), self.as_of(now))?;
        let statement = match &self.value {
            Some(value) => statement.bind("value", value.as_str()),
            None => statement,
        };
        Ok(PeopleOf::new(statement))
    }

    fn condition(&self) -> Result<String, InvalidQuery> {
        let n = self.funnel.steps.len();
        let (step, least, condition) = match self.who {
            Who::Reached(step) => (step, 1, format!("level >= {step}")),
            Who::Lost(step) => (step, 2, format!("level = {}", step.saturating_sub(1))),
        };
        let is_there = (least..=n).contains(&step);
        is_there.then_some(condition).ok_or(InvalidQuery::NoSuchStep { step, n })
    }
}
