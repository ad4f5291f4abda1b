//! Who is in a cohort, who of it came back, and who did not.

use super::statement::Question;
use super::{Cohorts, Retention, Returns};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, nth};
use crate::query::{FeatureId, InvalidQuery, Periods, Scope, Step};
use crate::report::property;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// Of which number of retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Of which cohort; they count from 1, the earliest first.
    pub cohort: u32,
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
        let cohort = nth("cohort", who.cohort, periods.len())?;
        let then = cohort.saturating_add(who.later);
        // Of a cohort all are in its own period.
        let is_there = who.later <= self.followed && (who.came || who.later > 0);
        if !is_there || periods.start(then)? > now {
            return Err(InvalidQuery::NoSuchNumber(format!("{} periods later", who.later)));
        }
        Ok((cohort, then))
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
        let began = match self.cohorts {
            Cohorts::Recurring => "countIf(is_start AND period = {cohort:Int32}) > 0",
            Cohorts::First => "countIf(is_start) > 0 AND minIf(period, is_start) = {cohort:Int32}",
        };
        let returned = match self.returns {
            Returns::On => "is_return AND period = {then:Int32}",
            Returns::OnOrAfter => "is_return AND period >= {then:Int32}",
        };
        let (told, is_one) = match (who.later, who.came) {
            (0, _) => ("is_start AND period = {cohort:Int32}", "began"),
            (_, false) => ("is_start AND period = {cohort:Int32}", "began AND NOT came"),
            (_, true) => (returned, "began AND came"),
        };
        let its_value = match (&who.value, question.its_value()) {
            (Some(_), None) => return Err(InvalidQuery::NoSuchNumber("a value".to_owned())),
            (None, _) => None,
            (Some(_), its_value) => its_value,
        };
        let is_one = match its_value {
            None => is_one.to_owned(),
            Some(_) => format!("{is_one} AND its_value = {{value:String}}"),
        };
        let known = [format!("{began} AS began"), format!("countIf({returned}) > 0 AS came")];
        let more = format!(", {}", columns(databases, self.by));
        let actors = Actors {
            rows: question.listed_events(&more, its_value.is_some()),
            told: told.to_owned(),
            known: known.into_iter().chain(its_value).collect(),
        };
        actors.people(&is_one, |statement| {
            let statement = question.bind(statement, now)?;
            let statement =
                statement.bind("cohort", i64::from(cohort)).bind("then", i64::from(then));
            let Some(value) = &who.value else { return Ok(statement) };
            let statement =
                statement.bind("n", i64::from(periods.len())).bind("value", value.as_str());
            Ok(match self.breakdown.as_ref().and_then(property::name) {
                Some(name) => statement.bind("property", name),
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
