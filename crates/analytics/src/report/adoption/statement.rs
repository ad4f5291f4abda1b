//! From the question to SQL.
//!
//! A person is a number whose bits are the periods in which he was there, and for each feature
//! one of those in which he used it. What is asked of all pairs of a period and a later one is
//! then a shift and a count of bits.

use super::Adoption;
use crate::feature::source::{Source, Used, bind, used};
use crate::feature::{Features, Meant};
use crate::query::{InvalidQuery, Periods, Scope};
use crate::report::condition::anything;
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// A row of an [`super::AdoptionRow`] for each feature that was used, and one for everybody; for
/// features of one source a statement, at most one a source, and everybody in the first.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    adoption: &Adoption,
    periods: &Periods,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    adoption.check(periods.len())?;
    if periods.len() == 0 {
        return Ok(Vec::new());
    }
    let bound = |sql| {
        let statement = identity::bind(Statement::new(sql), &scope.staff, scope.count_automated);
        let statement = statement
            .bind("project", scope.project.as_str())
            .bind("from", periods.start(0)?)
            .bind("until", periods.end(periods.len().saturating_sub(1))?.min(now.plus_millis(1)))
            .bind("after", adoption.after)
            .bind("complete", complete(adoption, periods, now)?);
        periods.bind(statement)
    };
    let question = Question { periods, scope, databases };
    let mut statements = vec![bound(question.everybody())?];
    for source in [Source::Uses, Source::Events] {
        let of_it: Vec<&Meant> =
            features.iter().filter(|meant| Source::of(meant) == source).collect();
        if !of_it.is_empty() {
            let statement = bound(question.features(source, &of_it))?;
            let of_it = of_it.iter().enumerate();
            statements.push(of_it.fold(statement, |all, (n, meant)| bind(all, source, meant, n)));
        }
    }
    Ok(statements)
}

/// The periods of which one `after` periods later is over, a bit for each.
fn complete(adoption: &Adoption, periods: &Periods, now: Timestamp) -> Result<u64, InvalidQuery> {
    let mut complete = 0;
    for n in 0..periods.len().saturating_sub(adoption.after) {
        if periods.end(n + adoption.after)? <= now {
            complete |= 1 << n;
        }
    }
    Ok(complete)
}

struct Question<'a> {
    periods: &'a Periods,
    scope: &'a Scope,
    databases: &'a Databases,
}

impl Question<'_> {
    /// One row, of everybody who did anything.
    fn everybody(&self) -> String {
        let there = self.there();
        format!(
            "SELECT '' AS feature, toUInt64(0) AS uses, count() AS people, \
             uniqExactArray(accounts) AS accounts, {}\nFROM (\n{there}\n)",
            self.sums("there")
        )
    }

    /// A row for each of these features that was used.
    fn features(&self, source: Source, features: &[&Meant]) -> String {
        let used = self.used(source, features);
        // Whoever used a feature was there.
        let there = self.there();
        format!(
            "SELECT feature, sum(uses) AS uses, count() AS people, \
             uniqExactArray(accounts) AS accounts, {}\nFROM (\n{used}\n) AS used\n\
             INNER JOIN (\nSELECT person, there FROM (\n{there}\n)\n) AS everybody USING person\n\
             GROUP BY feature",
            self.sums("used")
        )
    }

    /// Of people with a mask: who was in each period; how many periods could be followed, in how
    /// many of them he did the same later, and in how many he was there later.
    fn sums(&self, mask: &str) -> String {
        let later = |later: &str| {
            format!(
                "sum(bitCount(bitAnd(bitAnd({mask}, {{complete:UInt64}}), \
                 bitShiftRight({later}, {{after:UInt32}}))))"
            )
        };
        format!(
            "sumForEach(arrayMap(n -> toUInt64(bitTest({mask}, n)), range({n}))) AS trend, \
             sum(bitCount(bitAnd({mask}, {{complete:UInt64}}))) AS followed, \
             {again} AS again, {stayed} AS stayed",
            n = self.periods.len(),
            again = later(mask),
            stayed = later("there"),
        )
    }

    /// Everybody who did anything: `person`, `there`, `accounts`.
    fn there(&self) -> String {
        let events = self.events(&self.databases.events(), &anything(), "");
        format!(
            "SELECT person, groupBitOr(bit) AS there, groupUniqArrayIf(account, account != '') AS accounts\n\
             FROM (\n{events}\n)\nGROUP BY person"
        )
    }

    /// Who used which feature: `feature`, `person`, `used`, `uses`, `accounts`.
    fn used(&self, source: Source, features: &[&Meant]) -> String {
        let Used { table, feature, condition } = used(source, features, self.databases);
        let events = self.events(&table, &condition, &format!(", {feature} AS which"));
        format!(
            "SELECT which AS feature, person, groupBitOr(bit) AS used, count() AS uses, \
             groupUniqArrayIf(account, account != '') AS accounts\n\
             FROM (\n{events}\n)\nGROUP BY which, person"
        )
    }

    /// Events of the range with who did them, when and for whom.
    fn events(&self, table: &str, condition: &str, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let in_one = self.periods.is_in_one(&at).map(|is| format!(" AND {is}"));
        format!(
            "SELECT {person} AS person, {account} AS account, \
             bitShiftLeft(toUInt64(1), toUInt8({period})) AS bit{more}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){in_one}\n\
             AND {condition} AND {counted}",
            person = identity::person(self.databases, "e"),
            account = identity::account(self.databases, "e"),
            period = self.periods.sql(&at),
            project = e::PROJECT,
            in_one = in_one.unwrap_or_default(),
            counted = identity::counted(self.databases, &self.scope.staff, "e"),
        )
    }
}
