//! Who came and who went in a period.

use super::Lifecycle;
use super::statement::{Cut, Question};
use crate::people::{Actors, Data, Listed, PeopleOf, nth};
use crate::query::{FeatureId, InvalidQuery, Scope, Step};
use crate::report::activity::Activities;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// Of which number of the life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// In which period; they count from 1.
    pub period: u32,
    /// Which of those who came or went.
    pub state: State,
}

/// What somebody is in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// There, whatever he was before.
    There,
    /// First seen ever in it.
    New,
    /// There in the period before, too.
    Returning,
    /// Not there in the period before, and not new.
    Resurrecting,
    /// There in the period before, and not in this one.
    Dormant,
}

impl State {
    const fn condition(self) -> &'static str {
        match self {
            Self::There => "is_there",
            Self::New => "is_there AND first = {period:Int32}",
            Self::Returning => "is_there AND was_there",
            Self::Resurrecting => "is_there AND NOT was_there AND first != {period:Int32}",
            Self::Dormant => "was_there AND NOT is_there",
        }
    }
}

/// The number of the period that is listed.
fn listed(cut: &Cut, who: &Who, now: Timestamp) -> Result<u32, InvalidQuery> {
    let number = cut.begin + nth("period", who.period, cut.n)?;
    if who.state == State::Dormant && cut.periods.end(number)? > now {
        return Err(InvalidQuery::NoSuchNumber("a period that is not over".to_owned()));
    }
    Ok(number)
}

impl Listed<Who> for Lifecycle {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.features())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        let cut = Cut::new(self, scope, now)?;
        let number = listed(&cut, who, now)?;
        let activities =
            Activities::of_events([self.activity.as_ref()], features, databases, &scope.grouping);
        let question =
            Question { lifecycle: self, cut: &cut, activities: &activities, scope, databases };
        let there = |period: &str| format!("NOT is_seen AND period = {{{period}:Int32}}");
        let told = if who.state == State::Dormant { "before" } else { "period" };
        let actors = Actors {
            rows: question.everything(true),
            told: there(told),
            known: vec![
                "minIf(period, is_seen) AS first".to_owned(),
                format!("countIf({}) > 0 AS is_there", there("period")),
                format!("countIf({}) > 0 AS was_there", there("before")),
            ],
        };
        actors.people(who.state.condition(), |statement| {
            let statement = question.bind(statement, now)?;
            let number = i64::from(number);
            Ok(statement.bind("period", number).bind("before", number - 1))
        })
    }

    fn named(&self, _: &Who) -> Vec<Option<Step>> {
        vec![self.activity.clone()]
    }

    fn periods(
        &self,
        who: &Who,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidQuery> {
        let cut = Cut::new(self, scope, now)?;
        let number = listed(&cut, who, now)?;
        [number, number - 1].into_iter().map(|number| cut.periods.name(number)).collect()
    }
}
