//! Who was there in so many periods.

use super::Stickiness;
use super::statement::{Cut, Question};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, nth};
use crate::query::{FeatureId, InvalidQuery, Step};
use crate::report::activity::Activities;
use serde::{Deserialize, Serialize};

/// Of which number of stickiness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// In how many periods.
    pub periods: u32,
    /// Whether those are listed, too, who were there in more.
    #[serde(default)]
    pub or_more: bool,
}

impl Listed<Who> for Stickiness {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.features())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        let Cut { periods, .. } = Cut::new(self, scope, now)?;
        let last = periods.len().saturating_sub(1);
        let index = nth("number of periods", who.periods, periods.len())?;
        let activities =
            Activities::of_events([self.activity.as_ref()], features, databases, &scope.grouping);
        let question = Question { stickiness: self, activities: &activities, scope, databases };
        let actors = Actors {
            rows: question.of_periods(
                &periods,
                &format!(", {}", columns(databases, &scope.grouping, self.by)),
            ),
            told: "true".to_owned(),
            known: vec!["uniqExact(period) AS n_periods".to_owned()],
        };
        let is = if who.or_more { ">=" } else { "=" };
        actors.people(&format!("n_periods {is} {{n:UInt32}}"), |statement| {
            let (from, until) = (periods.start(0)?, periods.end(last)?);
            let statement = question.bind(statement, from, until.min(now.plus_millis(1)))?;
            periods.bind(statement.bind("n", index + 1))
        })
    }

    fn named(&self, _: &Who) -> Vec<Option<Step>> {
        vec![self.activity.clone()]
    }
}
