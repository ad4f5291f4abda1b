//! Who used a feature in these days, and who was there and did not.

use super::statement::Question;
use super::{Adoption, Cut};
use crate::feature::source::{Source, bind, is_use_of};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, whose};
use crate::query::{By, FeatureId, InvalidQuery, Step, Target};
use serde::{Deserialize, Serialize};
use store::identity;

/// Of which number of the features side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Of which feature; of those who did anything, if it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<FeatureId>,
    /// Whether people are listed, or accounts.
    #[serde(default)]
    pub by: By,
    /// Whether those who used it are listed, or those who were there and did not.
    #[serde(default = "used_it")]
    pub used: bool,
}

const fn used_it() -> bool {
    true
}

impl Question<'_> {
    /// Rows of these events in the range, with whether each is a use.
    fn listed(&self, table: &str, condition: &str, is_use: bool, by: By) -> String {
        let more = format!(", toUInt8({is_use}) AS is_use, {}", columns(self.databases, by));
        let events = self.in_range(table, condition, &more);
        let (actor, is_somebody) = whose(by);
        format!(
            "SELECT {actor} AS actor, is_use, called, is_known, of_account, ms FROM (\n{events}\n)\n\
             WHERE is_in AND {is_somebody}"
        )
    }
}

impl Listed<Who> for Adoption {
    fn features_of<'a>(&'a self, who: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(who.feature.iter().collect())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        let cut: Cut = self.cut(scope, now)?;
        self.check(cut.periods.len())?;
        if cut.periods.len() == 0 || (who.feature.is_none() && !who.used) {
            return Err(InvalidQuery::NoSuchNumber("these days".to_owned()));
        }
        let question = Question { adoption: self, cut: &cut, scope, databases };
        let meant = who.feature.as_ref().map(|id| features.of(id)).transpose()?;
        let events =
            |is_use| question.listed(&databases.events(), &identity::is_activity(), is_use, who.by);
        let uses = meant.map(|meant| {
            let source = Source::of(meant);
            let is_use = is_use_of(source, meant, 0, databases);
            question.listed(&source.table(databases), &is_use, true, who.by)
        });
        let (rows, told) = match (uses, who.used) {
            (None, _) => (events(true), "is_use"),
            (Some(uses), true) => (uses, "is_use"),
            (Some(uses), false) => (format!("{}\nUNION ALL\n{uses}", events(false)), "NOT is_use"),
        };
        let known = vec!["countIf(is_use) AS uses".to_owned()];
        let actors = Actors { rows, told: told.to_owned(), known };
        let is_one = if who.used { "uses > 0" } else { "uses = 0" };
        actors.people(is_one, |statement| {
            let statement = question.bind(statement, now)?;
            Ok(match meant {
                Some(meant) => bind(statement, Source::of(meant), meant, 0),
                None => statement,
            })
        })
    }

    fn named(&self, who: &Who) -> Vec<Option<Step>> {
        let step = |id: &FeatureId| Step::from(Target::Feature(id.clone()));
        vec![who.feature.as_ref().map(step)]
    }
}
