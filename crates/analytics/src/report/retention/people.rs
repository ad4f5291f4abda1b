//! Who is in a cohort, who of it came back, and who did not.

use super::statement::Question;
use super::{Cohorts, Retention, Returns};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, nth};
use crate::query::{FeatureId, InvalidQuery, Periods, Scope, Step};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// Of which number of retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Of which cohort; they count from 1, the earliest first. All of them together if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<u32>,
    /// How many periods later; 0 for the cohort itself.
    #[serde(default)]
    pub later: u32,
    /// Whether those who came back are listed, or those who did not.
    #[serde(default = "came")]
    pub came: bool,
    /// Of those who are counted under this value, where values are told apart: empty for those
    /// without one. Of everybody, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Of those who are counted under a value that has no series of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
}

const fn came() -> bool {
    true
}

impl Retention {
    /// The period of the cohort and the one that is looked at.
    fn listed(
        &self,
        who: &Who,
        periods: &Periods,
        now: Timestamp,
    ) -> Result<(u32, u32), InvalidQuery> {
        self.check()?;
        let Some(cohort) = who.cohort else {
            let last = nth("cohort", periods.len(), periods.len())?;
            let is_there = who.later == 0 && who.came;
            return is_there.then_some((0, last)).ok_or_else(|| {
                InvalidQuery::NoSuchNumber("what came after all cohorts".to_owned())
            });
        };
        let cohort = nth("cohort", cohort, periods.len())?;
        let then = cohort.saturating_add(who.later);
        // Of a cohort all are in its own period.
        let is_there = who.later <= self.followed && (who.came || who.later > 0);
        if !is_there || periods.start(then)? > now {
            return Err(InvalidQuery::NoSuchNumber(format!("{} periods later", who.later)));
        }
        Ok((cohort, then))
    }
}

impl Who {
    /// Under which value they are counted, if not under any.
    fn valued(&self, question: &Question<'_>) -> Result<Option<String>, InvalidQuery> {
        let is_of_value = self.others || self.value.is_some();
        match (question.its_value(), &self.value, self.others) {
            (None, ..) if is_of_value => Err(InvalidQuery::NoBreakdown),
            (_, Some(_), true) => {
                Err(InvalidQuery::NoSuchNumber("a value of the others".to_owned()))
            }
            (_, Some(_), false) => Ok(Some("its_value = {value:String}".to_owned())),
            (_, None, true) => Ok(Some(format!(
                "its_value != '' AND its_value NOT IN (\n{}\n)",
                question.values_shown()
            ))),
            (_, None, false) => Ok(None),
        }
    }
}

impl Listed<Who> for Retention {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.features())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        let periods = Periods::new(self.period, self.date_range, scope, now)?;
        let (cohort, then) = self.listed(who, &periods, now)?;
        let question = Question::new(self, &periods, features, scope, databases);
        // All of the cohorts are from the first one to the last.
        let began = match (self.cohorts, who.cohort) {
            (Cohorts::Recurring, Some(_)) => "countIf(is_start AND period = {cohort:Int32}) > 0",
            (Cohorts::Recurring, None) => {
                "countIf(is_start AND period >= {cohort:Int32} AND period <= {then:Int32}) > 0"
            }
            (Cohorts::First, Some(_)) => {
                "countIf(is_start) > 0 AND minIf(period, is_start) = {cohort:Int32}"
            }
            (Cohorts::First, None) => {
                "countIf(is_start) > 0 AND minIf(period, is_start) >= {cohort:Int32} \
                 AND minIf(period, is_start) <= {then:Int32}"
            }
        };
        let returned = match self.returns {
            Returns::On => "is_return AND period = {then:Int32}",
            Returns::OnOrAfter => "is_return AND period >= {then:Int32}",
        };
        let (told, is_one) = match (who.later, who.came) {
            (0, _) if who.cohort.is_none() => {
                ("is_start AND period >= {cohort:Int32} AND period <= {then:Int32}", "began")
            }
            (0, _) => ("is_start AND period = {cohort:Int32}", "began"),
            (_, false) => ("is_start AND period = {cohort:Int32}", "began AND NOT came"),
            (_, true) => (returned, "began AND came"),
        };
        let known = [format!("{began} AS began"), format!("countIf({returned}) > 0 AS came")];
        let valued = who.valued(&question)?;
        let is_one = [Some(is_one), valued.as_deref()].into_iter().flatten();
        let is_one = is_one.collect::<Vec<_>>().join(" AND ");
        let more = format!(", {}", columns(databases, &scope.grouping, self.by));
        let actors = Actors {
            rows: question.listed_events(&more, valued.is_some()),
            told: told.to_owned(),
            known: known.into_iter().chain(valued.and(question.its_value())).collect(),
        };
        actors.people(&is_one, |statement| {
            let statement = question.bind(statement, now)?;
            let statement =
                statement.bind("cohort", i64::from(cohort)).bind("then", i64::from(then));
            Ok(match &who.value {
                Some(value) => statement.bind("value", value.as_str()),
                None => statement,
            })
        })
    }

    fn named(&self, _: &Who) -> Vec<Option<Step>> {
        self.steps().into_iter().map(Option::<&Step>::cloned).collect()
    }

    fn periods(
        &self,
        who: &Who,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidQuery> {
        let periods = Periods::new(self.period, self.date_range, scope, now)?;
        let (cohort, then) = self.listed(who, &periods, now)?;
        [cohort, then].into_iter().map(|number| periods.name(number)).collect()
    }
}
