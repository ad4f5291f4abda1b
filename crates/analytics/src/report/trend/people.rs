//! Who did what a series counts: in one period, or in all of them.

use super::Trend;
use super::statement::{Cut, Question, bind_before};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, nth, whose};
use crate::query::{By, FeatureId, InvalidQuery, Scope, Step};
use crate::report::activity::Activities;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Statement, identity};

/// Of which number of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Of which series; they count from 1.
    pub series: u32,
    /// Whether people are listed, or accounts.
    #[serde(default)]
    pub by: By,
    /// In which period; they count from 1. All of them together if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u32>,
    /// Whether it is one of the periods before.
    #[serde(default)]
    pub before: bool,
    /// Whether it is the trailing people of the period, where they are asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trailing: bool,
}

/// From when to when what is listed was done, before what is later than now, and what to call its
/// first and its last period, or day of trailing people.
struct Listing {
    from: Timestamp,
    until: Timestamp,
    names: [String; 2],
}

impl Listing {
    fn new(trend: &Trend, cut: &Cut, who: &Who, now: Timestamp) -> Result<Self, InvalidQuery> {
        let (first, last) = listed(cut, who)?;
        let until = cut.periods.end(last)?;
        if !who.trailing {
            let names = [cut.periods.name(first)?, cut.periods.name(last)?];
            return Ok(Self { from: cut.periods.start(first)?, until, names });
        }
        let none = || InvalidQuery::NoSuchNumber("the last days".to_owned());
        let days = trend.trailing.filter(|_| who.period.is_some()).ok_or_else(none)?;
        let (from, names) = cut.periods.days_to(last, days, now)?;
        Ok(Self { from, until, names })
    }
}

/// The numbers of the first period that is listed, and of the last one.
fn listed(cut: &Cut, who: &Who) -> Result<(u32, u32), InvalidQuery> {
    let none = || InvalidQuery::NoSuchNumber("period before".to_owned());
    let first = match who.before {
        false => cut.begin,
        true => cut.before().ok_or_else(none)?.start,
    };
    match who.period {
        Some(number) => nth("period", number, cut.n).map(|n| (first + n, first + n)),
        None => nth("period", 1, cut.n).map(|_| (first, first + cut.n - 1)),
    }
}

impl Trend {
    fn of(&self, who: &Who) -> Result<Option<&Step>, InvalidQuery> {
        let n = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        let series = nth("series", who.series, n)?;
        Ok(self.series.get(series as usize).and_then(Option::as_ref))
    }
}

impl Listed<Who> for Trend {
    fn features_of<'a>(&'a self, _: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.features())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        self.check()?;
        let Data { features, scope, databases, now } = data;
        let cut = Cut::new(self, scope, now)?;
        let Listing { from, until, .. } = Listing::new(self, &cut, who, now)?;
        let activities =
            Activities::of_events([self.of(who)?], features, databases, &scope.grouping);
        let question = Question { cut: &cut, activities: &activities, scope, databases };
        let (actor, is_somebody) = whose(who.by);
        // Of the counterpart of a period that is not over, what is later is not counted.
        let in_time = if who.before { " AND NOT is_late" } else { "" };
        let actors = Actors {
            rows: format!(
                "SELECT {actor} AS actor, called, is_known, of_account, ms FROM (\n{}\n)\nWHERE {is_somebody}{in_time}",
                question.events(&format!(", {}", columns(databases, &scope.grouping, who.by)))
            ),
            told: "true".to_owned(),
            known: Vec::new(),
        };
        actors.people("true", |statement: Statement| {
            let statement = identity::bind(statement, &scope.grouping, scope.count_automated)
                .bind("project", scope.project.as_str())
                .bind("from", from)
                .bind("until", until.min(now.plus_millis(1)));
            activities.bind(cut.periods.bind(bind_before(statement, &cut)?)?)
        })
    }

    fn named(&self, who: &Who) -> Vec<Option<Step>> {
        self.of(who).into_iter().map(|step| step.cloned()).collect()
    }

    fn periods(
        &self,
        who: &Who,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Vec<String>, InvalidQuery> {
        let cut = Cut::new(self, scope, now)?;
        Ok(Listing::new(self, &cut, who, now)?.names.into())
    }
}
