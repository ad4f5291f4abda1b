//! From the question to SQL.
//!
//! A person is a mask of the periods in which he was there, from the one before the range on, and
//! the period in which he first did anything.

use super::Lifecycle;
use crate::feature::Features;
use crate::people::columns;
use crate::query::{InvalidQuery, Periods, Scope};
use crate::report::activity::Activities;
use crate::report::mask::{BIT, masks, numbers, words, words_of};
use crate::report::presence::{self, LooksAt};
use protocol::Timestamp;
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// A range in periods, with the one before it.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Those of the range, and at least one before them.
    pub(super) periods: Periods,
    /// The number of the first one of the range.
    pub(super) begin: u32,
    /// How many there are in the range.
    pub(super) n: u32,
}

impl Cut {
    /// The periods of a question.
    ///
    /// # Errors
    /// When its days mean nothing, or there are too many periods, or none.
    pub(crate) fn new(
        lifecycle: &Lifecycle,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Self, InvalidQuery> {
        let periods = Periods::new(lifecycle.period, lifecycle.date_range, scope, now)?;
        let n = periods.len();
        Ok(Self { periods: periods.with_before(1), begin: 1, n })
    }
}

/// Rows of a [`super::LifecycleRow`]; nothing to ask where no period has begun.
///
/// # Errors
/// When the question, its dates or the project's zone mean nothing.
pub(crate) fn statements(
    lifecycle: &Lifecycle,
    cut: &Cut,
    features: &Features,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Vec<Statement>, InvalidQuery> {
    if cut.n == 0 {
        return Ok(Vec::new());
    }
    let activities =
        Activities::new([lifecycle.activity.as_ref()], features, databases, &scope.grouping)
            .looked_at(LooksAt::of(lifecycle.by, &scope.grouping));
    let question = Question { lifecycle, cut, activities: &activities, scope, databases };
    Ok(vec![question.bind(Statement::new(question.phases()), now)?])
}

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) lifecycle: &'a Lifecycle,
    pub(super) cut: &'a Cut,
    pub(super) activities: &'a Activities<'a>,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// Gives the parameters of what is looked at their values.
    pub(super) fn bind(
        &self,
        statement: Statement,
        now: Timestamp,
    ) -> Result<Statement, InvalidQuery> {
        let Cut { periods, begin, n } = self.cut;
        let until = periods.end(begin + n - 1)?.min(now.plus_millis(1));
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated)
            .bind("project", self.scope.project.as_str())
            .bind("from", periods.start(begin - 1)?)
            .bind("until", until);
        self.activities.bind(periods.bind(statement)?)
    }

    /// How many were there in each period, how many in it and the one before, and how many were
    /// first seen in it.
    fn phases(&self) -> String {
        let words = words("there", self.n_words());
        let both = words.iter().enumerate().map(|(k, word)| {
            let carry = match k {
                0 => "0".to_owned(),
                _ => format!("bitShiftRight(there_{}, 63)", k - 1),
            };
            format!("bitAnd({word}, bitOr(bitShiftLeft({word}, 1), {carry}))")
        });
        let both: Vec<_> = both.collect();
        format!(
            "SELECT tupleElement(slot, 1) AS of, tupleElement(slot, 2) AS number, count() AS actors FROM (\n\
             SELECT arrayJoin(arrayConcat(\n  arrayMap(n -> ('there', n), {there}),\n  \
             arrayMap(n -> ('both', n), {both}),\n  \
             arrayMap(n -> ('new', n), arrayFilter(n -> n = first, {there})))) AS slot\n\
             FROM (\n{people}\n)\n)\nGROUP BY of, number",
            there = numbers(&words),
            both = numbers(&both),
            people = self.people(),
        )
    }

    /// A row for everyone who was there, with his mask and the period that he was first seen in.
    fn people(&self) -> String {
        let (seen, active, events) = match self.activities.is_presence() {
            // Whatever he did says both.
            true => {
                let table = self.activities.table();
                let columns = format!("true AS is_seen, {} AS is_active", self.since());
                ("is_seen", "is_active", self.rows(&table, &columns, "true", false))
            }
            false => ("is_seen", "NOT is_seen", self.everything(false)),
        };
        let there = masks("there", self.n_words(), active);
        format!(
            "SELECT minIf(period, {seen}) AS first,\n  {}\nFROM (\n{events}\n)\n\
             GROUP BY actor\nHAVING countIf({active}) > 0",
            there.join(",\n  "),
        )
    }

    /// When anybody did anything, and when he was there; for a list with who he is.
    pub(super) fn everything(&self, is_list: bool) -> String {
        let is_it = format!("{}\nAND ({})", self.since(), self.activities.each().concat());
        let looks_at = match is_list {
            true => LooksAt::Accounts,
            false => LooksAt::of(self.lifecycle.by, &self.scope.grouping),
        };
        let table = presence::table(self.databases, &[presence::UNTIL], looks_at);
        let seen = self.rows(&table, "1 AS is_seen", "true", is_list);
        let active = self.rows(&self.activities.table(), "0 AS is_seen", &is_it, is_list);
        format!("{seen}\nUNION ALL\n{active}")
    }

    fn since(&self) -> String {
        format!("e.{} >= fromUnixTimestamp64Milli({{from:Int64}})", e::TIMESTAMP)
    }

    /// Who did what is looked at, and when.
    fn rows(&self, table: &str, seen: &str, condition: &str, is_list: bool) -> String {
        let by = self.lifecycle.by;
        let who = if is_list {
            format!(", {}", columns(self.databases, &self.scope.grouping, by))
        } else {
            String::new()
        };
        let at = format!("e.{}", e::TIMESTAMP);
        let in_one = self.cut.periods.is_in_one(&at).map(|is| format!(" AND {is}"));
        format!(
            "SELECT {actor} AS actor, {period} AS period,\n  {BIT} AS bit, {seen}{who}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}} \
             AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){in_one}\n\
             AND {condition} AND {counted} AND {is_somebody}",
            actor = by.actor(self.databases, &self.scope.grouping, "e"),
            is_somebody = by.is_somebody("actor"),
            period = self.cut.periods.sql(&at),
            project = e::PROJECT,
            in_one = in_one.unwrap_or_default(),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    fn n_words(&self) -> u32 {
        words_of(self.cut.begin + self.cut.n)
    }
}
