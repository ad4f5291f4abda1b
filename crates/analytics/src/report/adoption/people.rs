//! Who is behind each number of a feature: who used it or did not, now and before, who stays in the
//! product after that, and who comes back to it.

use super::later::Spells;
use super::statement::{Question, moment};
use super::{Adoption, Cut, Known};
use crate::feature::Meant;
use crate::feature::source::{Source, bind, is_use_of};
use crate::people::{Actors, Data, Listed, PeopleOf, columns, whose};
use crate::query::{By, FeatureId, InvalidQuery, Step, Target};
use serde::{Deserialize, Serialize};
use store::schema::events as e;
use store::{Statement, identity};

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
    /// Which of them.
    #[serde(default)]
    pub number: Number,
}

/// Which of those who used a feature, or did not. All but the first are people, and no accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    /// All of the range.
    #[default]
    Range,
    /// Those of its periods that are over.
    Over,
    /// Those of as many periods just before it.
    Before,
    /// Those of a period of which it is known who was there so many later; they used it in that
    /// period, or were there and did not.
    Followed,
    /// Those of them who were there that much later.
    Stayed,
    /// Those who used it so long ago that it is known who came back to it.
    Began,
    /// Those of them who did.
    CameBack,
}

const fn used_it() -> bool {
    true
}

impl Who {
    /// # Errors
    /// When the report has no such number.
    fn check(&self, cut: &Cut) -> Result<(), InvalidQuery> {
        let is_of_feature = match self.number {
            Number::Range | Number::Over | Number::Before => false,
            Number::Followed | Number::Stayed | Number::Began | Number::CameBack => true,
        };
        let may_be_without =
            matches!(self.number, Number::Range | Number::Followed | Number::Stayed);
        let is_none = cut.periods.is_empty()
            || (self.feature.is_none() && (is_of_feature || !self.used))
            || (!self.used && !may_be_without)
            || (self.by == By::Accounts && self.number != Number::Range);
        match is_none {
            true => Err(InvalidQuery::NoSuchNumber("these days".to_owned())),
            false => Ok(()),
        }
    }
}

impl Question<'_> {
    /// Rows of these events, as far as they are of the number, with whether each is a use.
    fn listed(&self, table: &str, condition: &str, is_use: bool, who: &Who) -> String {
        let more = format!(
            ", toUInt8({is_use}) AS is_use, {}",
            columns(self.databases, &self.scope.grouping, who.by)
        );
        let at = format!("e.{}", e::TIMESTAMP);
        let (since, is_one) = match who.number {
            Number::Before => ("before", "is_before"),
            Number::Over => ("from", "bitAnd(bit, {over:UInt64}) != 0"),
            _ => ("from", "is_in"),
        };
        let is_read = format!("{} AND {}", moment(&at, ">=", since), moment(&at, "<", "until"));
        let events = self.events(table, condition, &is_read, &more);
        let (actor, is_somebody) = whose(who.by);
        format!(
            "SELECT {actor} AS actor, bit, is_use, called, is_known, of_account, ms FROM (\n{events}\n)\n\
             WHERE {is_one} AND {is_somebody}"
        )
    }

    /// Rows of what anybody did, and of the uses of a feature.
    fn rows(&self, who: &Who, meant: Option<&Meant>) -> (String, Option<String>) {
        let any =
            |is_use| self.listed(&self.databases.events(), &identity::is_activity(), is_use, who);
        let uses = meant.map(|meant| {
            let source = Source::of(meant);
            let is_use = is_use_of(source, meant, 0, self.databases);
            self.listed(&source.table(self.databases), &is_use, true, who)
        });
        (any(meant.is_none()), uses)
    }

    /// Those who used it or did not.
    fn users(&self, who: &Who, meant: Option<&Meant>) -> String {
        let (rows, told) = match (self.rows(who, meant), who.used) {
            ((any, None), _) => (any, "is_use"),
            ((_, Some(uses)), true) => (uses, "is_use"),
            ((any, Some(uses)), false) => (format!("{any}\nUNION ALL\n{uses}"), "NOT is_use"),
        };
        let known = vec!["countIf(is_use) AS uses".to_owned()];
        let actors = Actors { rows, told: told.to_owned(), known };
        actors.list(if who.used { "uses > 0" } else { "uses = 0" })
    }

    fn sql(&self, who: &Who, meant: Option<&Meant>) -> String {
        let there = || {
            let (any, uses) = self.rows(who, meant);
            Spells::there([any].into_iter().chain(uses))
        };
        let again = || meant.map(|meant| Spells::again(self, meant));
        let cohorts = self.adoption.retention.cohorts;
        match who.number {
            Number::Range | Number::Over | Number::Before => self.users(who, meant),
            Number::Followed => there().followed(who.used),
            Number::Stayed => there().stayed(who.used),
            Number::Began => again().map(|spells| spells.began(cohorts)).unwrap_or_default(),
            Number::CameBack => again().map(|spells| spells.came(cohorts)).unwrap_or_default(),
        }
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
        who.check(&cut)?;
        let question = Question { adoption: self, cut: &cut, scope, databases };
        let meant = who.feature.as_ref().map(|id| features.of(id)).transpose()?;
        let known = Known::new(self, &cut, now)?;
        let statement = question
            .bind(Statement::new(question.sql(who, meant)), now)?
            .bind("over", known.over)
            .bind("complete", known.complete)
            .bind("after", known.after)
            .bind("again_over", known.again_over)
            .bind("again_after", known.again_after);
        Ok(PeopleOf::new(match meant {
            Some(meant) => bind(statement, Source::of(meant), meant, 0),
            None => statement,
        }))
    }

    fn named(&self, who: &Who) -> Vec<Option<Step>> {
        let step = |id: &FeatureId| Step::from(Target::Feature(id.clone()));
        vec![who.feature.as_ref().map(step)]
    }
}
