//! From the question to SQL.
//!
//! ClickHouse reads, finds out who it was and cuts time into periods; a row is a use, or that
//! somebody was there, in three numbers ([`Row`]). What is counted of them, [`super::tally`] counts.
//! Uses come feature by feature, in the order of their table, so that no more than one feature has
//! to be held.

use super::tally::Row;
use super::{Adoption, Cut};
use crate::feature::source::{Source, Used, bind, used};
use crate::feature::{Features, Meant};
use crate::query::{InvalidQuery, Scope};
use crate::report::presence;
use crate::report::retention::Cohorts;
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// Rows for [`super::Tally::add`]: first of everybody, under the number 0, then of the features, by
/// the numbers of their places in the list, from 1 on.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    adoption: &Adoption,
    cut: &Cut,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    adoption.check(cut.periods.len())?;
    if cut.periods.is_empty() || cut.again.is_empty() {
        return Ok(Vec::new());
    }
    let question = Question { adoption, cut, scope, databases };
    let mut statements = vec![question.bind(Statement::new(question.everybody()), now)?];
    for source in [Source::Uses, Source::Events] {
        let of_it: Vec<(u32, &Meant)> =
            (1..).zip(features.iter()).filter(|(_, meant)| Source::of(meant) == source).collect();
        if !of_it.is_empty() {
            let statement = question.bind(Statement::new(question.uses(source, &of_it)), now)?;
            let each = of_it.iter().enumerate();
            statements
                .push(each.fold(statement, |all, (n, (_, meant))| bind(all, source, meant, n)));
        }
    }
    Ok(statements)
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) adoption: &'a Adoption,
    pub(super) cut: &'a Cut,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// Gives the moments of events their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let Cut { periods, again } = self.cut;
        let (n, n_again) = (periods.len(), again.len());
        let begun = now.plus_millis(1);
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated);
        let statement = again.bind(periods.bind(statement)?)?;
        Ok(statement
            .bind("project", self.scope.project.as_str())
            .bind("before", periods.start_before(periods.n_over(now)?)?)
            .bind("from", periods.start(0)?)
            .bind("until", periods.end(n - 1)?.min(begun))
            .bind("again_from", again.start(0)?)
            .bind(
                "again_until",
                again.end(n_again - 1 + self.adoption.retention.after)?.min(begun),
            ))
    }

    /// When anybody did anything.
    fn everybody(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let is_read = format!("{} AND {}", moment(&at, ">=", "before"), moment(&at, "<", "until"));
        let table = presence::table(self.databases, &[presence::UNTIL]);
        format!(
            "SELECT {}\nFROM (\n{}\n)",
            Row::sql("0", "0"),
            self.events(&table, "true", &is_read, "")
        )
    }

    /// The uses of some features of one source, with their numbers.
    fn uses(&self, source: Source, features: &[(u32, &Meant)]) -> String {
        let meant: Vec<&Meant> = features.iter().map(|(_, meant)| *meant).collect();
        let Used { table, feature, condition } = used(source, &meant, self.databases);
        let more = format!(", {feature} AS which, {}", self.again());
        let ids: Vec<_> = (0..features.len()).map(|n| format!("{{feature_{n}:String}}")).collect();
        let numbers: Vec<_> = features.iter().map(|(number, _)| number.to_string()).collect();
        let number = format!("transform(which, [{}], [{}], 0)", ids.join(", "), numbers.join(", "));
        format!(
            "SELECT {}\nFROM (\n{}\n)\nORDER BY which",
            Row::sql(&number, "if(is_again, again + 2, 0)"),
            self.events(&table, &condition, &self.is_read(), &more)
        )
    }

    /// Which uses are read.
    fn is_read(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let since = match self.adoption.retention.cohorts {
            // The first use ever may lie before all that is shown.
            Cohorts::First => "true".to_owned(),
            Cohorts::Recurring => {
                let since = ["before", "again_from"].map(|name| moment(&at, ">=", name));
                format!("({})", since.join(" OR "))
            }
        };
        let until = ["until", "again_until"].map(|name| moment(&at, "<", name)).join(" OR ");
        format!("{since} AND ({until})")
    }

    /// Of an event: `again`, the period of coming back that it is in, and `is_again`, whether it is in
    /// one or before all of them.
    pub(super) fn again(&self) -> String {
        let (at, again) = (format!("e.{}", e::TIMESTAMP), &self.cut.again);
        let is_again = again.is_in_one(&at).map(|is| format!(" AND {is}")).unwrap_or_default();
        let until = moment(&at, "<", "again_until");
        format!("{} AS again, {until}{is_again} AS is_again", again.sql(&at))
    }

    /// Which events are read for who came back, and for nothing else.
    pub(super) fn is_read_again(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let until = moment(&at, "<", "again_until");
        match self.adoption.retention.cohorts {
            Cohorts::First => until,
            Cohorts::Recurring => format!("{} AND {until}", moment(&at, ">=", "again_from")),
        }
    }

    /// Events with who did them, for whom, and the period of the range that they are in.
    pub(super) fn events(&self, table: &str, condition: &str, is_read: &str, more: &str) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let periods = &self.cut.periods;
        let in_one = periods.is_in_one(&at).map(|is| format!(" AND {is}")).unwrap_or_default();
        format!(
            "SELECT {person} AS person, {account} AS account, \
             {since} AND {until}{in_one} AS is_in, {before} AND NOT {since}{in_one} AS is_before, \
             {period} AS period, if(is_in, bitShiftLeft(toUInt64(1), toUInt8(period)), 0) AS bit{more}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {is_read}\nAND {condition} AND {counted}",
            person = identity::person_hash(self.databases, "e"),
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            since = moment(&at, ">=", "from"),
            until = moment(&at, "<", "until"),
            before = moment(&at, ">=", "before"),
            period = periods.sql(&at),
            project = e::PROJECT,
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }
}

/// Whether it is before or after the moment of a parameter.
pub(super) fn moment(at: &str, is: &str, name: &str) -> String {
    format!("{at} {is} fromUnixTimestamp64Milli({{{name}:Int64}})")
}
