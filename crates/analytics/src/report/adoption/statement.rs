//! From the question to SQL.
//!
//! ClickHouse reads, and hands over rows as they are: whose they are, and when. What they say and what
//! is counted of them, [`super::tally`] does. Uses come some features at a time, since those of all of
//! them need not fit into memory.

use super::{Adoption, Cut};
use crate::feature::source::{Source, Used, bind, used};
use crate::feature::{Features, Meant};
use crate::query::{InvalidQuery, Scope};
use crate::report::presence;
use crate::report::retention::Cohorts;
use protocol::Timestamp;
use store::schema::{Databases, events as e, feature_events as f};
use store::whose::told;
use store::{Statement, identity};

/// In so many parts the uses of all features are read, if each of them has so many features.
const PARTS: usize = 8;
const FEATURES: usize = 8;

/// Rows of the columns of [`store::whose::told`]: of sessions, of the events in place of some of them
/// (both for [`super::Everybody`]), and then the uses of some features each, with the ids of these (for
/// [`super::Uses`]).
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
    let everybody = [question.sessions(), question.events_in_place()];
    let everybody = everybody.map(|sql| question.bind(Statement::new(sql), now));
    let mut statements = everybody.into_iter().collect::<Result<Vec<_>, _>>()?;
    for source in [Source::Uses, Source::Events] {
        let of_it: Vec<&Meant> =
            features.iter().filter(|meant| Source::of(meant) == source).collect();
        let at_once = match source {
            Source::Uses => of_it.len().div_ceil(PARTS).max(FEATURES),
            // The events are read once.
            Source::Events => of_it.len().max(1),
        };
        for some in of_it.chunks(at_once) {
            let statement = question.bind(Statement::new(question.uses(source, some)), now)?;
            let each = some.iter().enumerate();
            statements.push(each.fold(statement, |all, (n, meant)| bind(all, source, meant, n)));
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

    fn told(&self) -> String {
        told(self.databases, &self.scope.grouping, "e")
    }

    /// When anybody did anything, in sessions.
    fn sessions(&self) -> String {
        let table = presence::sessions_between(self.databases, "before", presence::UNTIL);
        format!("SELECT {}\nFROM {table} AS e", self.told())
    }

    /// The same in the events that stand for some of them.
    fn events_in_place(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let table = presence::events_in_place(self.databases, &[presence::UNTIL]);
        format!(
            "SELECT {}\nFROM {table} AS e\nWHERE {} AND {}",
            self.told(),
            moment(&at, ">=", "before"),
            moment(&at, "<", presence::UNTIL),
        )
    }

    /// The uses of some features of one source, with the ids of these.
    fn uses(&self, source: Source, features: &[&Meant]) -> String {
        let Used { table, feature, condition } = used(source, features, self.databases);
        // In the table of uses it is of a small set already.
        let feature = match source {
            Source::Uses => format!("e.{}", f::FEATURE),
            Source::Events => format!("toLowCardinality({feature})"),
        };
        format!(
            "SELECT {}, {feature} AS which\nFROM {table} AS e\n\
             WHERE e.{} = {{project:String}}\nAND {}\nAND {condition}",
            self.told(),
            e::PROJECT,
            self.is_read(),
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
