//! Who used a feature so often in the first week, and who of them was there in the second.

use super::Threshold;
use super::statement::{Question, WEEK};
use crate::feature::source::Source;
use crate::people::{Data, Listed, PeopleOf, list, nth};
use crate::query::{Days, FeatureId, InvalidQuery, Step, Target};
use serde::{Deserialize, Serialize};
use store::Statement;

/// Of which number of the first week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Which feature was used; of all who are counted, whatever they used, if it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<FeatureId>,
    /// How often in the first week; nothing is said of it where there is no feature.
    #[serde(default)]
    pub uses: u32,
    /// Who of them is listed.
    #[serde(default)]
    pub did: Did,
    /// Only those of whom the outcome came in the second week, or only the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<bool>,
}

/// How somebody's uses compare with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// So many or more.
    #[default]
    OrMore,
    /// Just so many; of the most that are told apart, so many or more.
    Exactly,
    /// Fewer.
    Fewer,
}

impl Who {
    /// # Errors
    /// When the report has no such number.
    fn check(&self, threshold: &Threshold) -> Result<(), InvalidQuery> {
        match (&self.feature, self.uses, self.did) {
            (None, 0, Did::OrMore) | (Some(_), 0, Did::Exactly) => Ok(()),
            (None, ..) => Err(InvalidQuery::NoSuchNumber("uses of no feature".to_owned())),
            (Some(_), uses, _) => nth("number of uses", uses, threshold.most).map(|_| ()),
        }
    }

    fn condition(&self) -> String {
        let uses = match self.did {
            Did::OrMore => "done >= {uses:UInt32}",
            Did::Exactly => "least(done, {most:UInt32}) = {uses:UInt32}",
            Did::Fewer => "done < {uses:UInt32}",
        };
        let came = match self.came {
            None => "",
            Some(true) => " AND came",
            Some(false) => " AND NOT came",
        };
        format!("{uses}{came}")
    }
}

impl Listed<Who> for Threshold {
    fn features_of<'a>(&'a self, who: &'a Who) -> Option<Vec<&'a FeatureId>> {
        Some(self.outcome.feature().into_iter().chain(&who.feature).collect())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        self.check()?;
        who.check(self)?;
        let periods = Days::new(self.date_range, scope, now)?;
        nth("day", 1, periods.len())?;
        let outcome = self.outcome.feature().map(|id| features.of(id)).transpose()?;
        let meant = who.feature.as_ref().map(|id| features.of(id)).transpose()?;
        let question = Question { threshold: self, periods: &periods, scope, databases, outcome };
        let source = meant.map_or(Source::Uses, Source::of);
        let numbered: Vec<_> = meant.map(|meant| (1, meant)).into_iter().collect();
        let each = question.counted(source, meant.as_slice());
        let n = if meant.is_some() { "done" } else { "times" };
        let sql =
            list(&format!("SELECT *, toUInt32({n}) AS n FROM (\n{each}\n)"), &who.condition());
        let statement = Statement::new(sql).bind("uses", who.uses);
        Ok(PeopleOf::new(question.bound(statement, source, &numbered, now)?))
    }

    fn named(&self, who: &Who) -> Vec<Option<Step>> {
        let step = |id: &FeatureId| Step::from(Target::Feature(id.clone()));
        vec![who.feature.as_ref().map(step), self.outcome.feature().map(step)]
    }
}

impl Question<'_> {
    /// A row for each of those who are counted: who, since when, `done` and `came`.
    fn counted(&self, source: Source, features: &[&crate::feature::Meant]) -> String {
        let known = [
            "argMax(called, is_known) AS person",
            "max(is_known) AS is_user",
            "minIf((ms, of_account), is_there).2 AS account",
            "toUInt64(minIf(ms, is_there)) AS entered_at",
            "toUInt64(maxIf(ms, is_there)) AS last_at",
            "countIf(is_there) AS times",
        ];
        format!(
            "SELECT person, is_user, account, entered_at, last_at, times, \
             length(arrayFilter(use -> use % 65536 < first + {WEEK}, uses)) AS done, \
             bitCount({}) >= {{days:UInt32}} AS came\nFROM (\n{}\n)\n\
             WHERE is_new AND first >= 0 AND first < {{over:UInt32}}",
            self.second_week(),
            self.newcomers(source, features, &known),
        )
    }
}
