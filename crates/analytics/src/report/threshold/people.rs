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
    /// Which feature was used.
    pub feature: FeatureId,
    /// How often in the first week.
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
        Some(self.outcome.feature().into_iter().chain([&who.feature]).collect())
    }

    fn people(&self, who: &Who, data: Data<'_>) -> Result<PeopleOf, InvalidQuery> {
        let Data { features, scope, databases, now } = data;
        self.check()?;
        if who.uses > 0 || who.did != Did::Exactly {
            nth("number of uses", who.uses, self.most)?;
        }
        let periods = Days::new(self.date_range, scope, now)?;
        nth("day", 1, periods.len())?;
        let outcome = self.outcome.feature().map(|id| features.of(id)).transpose()?;
        let meant = features.of(&who.feature)?;
        let question = Question { threshold: self, periods: &periods, scope, databases, outcome };
        let source = Source::of(meant);
        let each = question.counted(source, &[meant]);
        let sql =
            list(&format!("SELECT *, toUInt32(done) AS n FROM (\n{each}\n)"), &who.condition());
        let statement = Statement::new(sql).bind("uses", who.uses);
        Ok(PeopleOf::new(question.bound(statement, source, &[(1, meant)], now)?))
    }

    fn named(&self, who: &Who) -> Vec<Option<Step>> {
        let step = |id: &FeatureId| Step::from(Target::Feature(id.clone()));
        vec![Some(step(&who.feature)), self.outcome.feature().map(step)]
    }
}

impl Question<'_> {
    /// A row for each of those who are counted: who, since when, `done` and `came`.
    fn counted(&self, source: Source, features: &[&crate::feature::Meant]) -> String {
        let known = [
            "any(called) AS person",
            "max(is_known) AS is_user",
            "minIf((ms, of_account), is_there).2 AS account",
            "toUInt64(minIf(ms, is_there)) AS entered_at",
            "toUInt64(maxIf(ms, is_there)) AS last_at",
        ];
        format!(
            "SELECT person, is_user, account, entered_at, last_at, \
             length(arrayFilter(use -> use % 65536 < first + {WEEK}, uses)) AS done, \
             bitCount({}) >= {{days:UInt32}} AS came\nFROM (\n{}\n)\n\
             WHERE is_new AND first >= 0 AND first < {{over:UInt32}}",
            self.second_week(),
            self.newcomers(source, features, &known),
        )
    }
}
