//! Who did something in the so many days that end with a period.
//!
//! Of each who did it, the days on which he did are put in order. He is one of the trailing people
//! from such a day on, until so many days have passed without another; so the people of a day are
//! all who have become one up to it, without those who have ceased to be.

use super::Cut;
use crate::query::{InvalidQuery, Scope};
use crate::report::activity::Activities;
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::schema::{Databases, events as e};
use store::{Statement, identity};

/// Who did something in the days that end with a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trailing {
    /// How many people.
    pub people: u64,
    /// For how many accounts.
    pub accounts: u64,
}

/// By how many the trailing people of a series change on a day, as it comes from ClickHouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct TrailingRow {
    is_account: bool,
    series: usize,
    /// Counted from the first day of the first period.
    day: i64,
    change: i64,
}

/// The trailing people of a series, period by period.
///
/// # Errors
/// When a period lies beyond the calendar.
pub(super) fn told(
    cut: &Cut,
    rows: &[TrailingRow],
    series: usize,
    now: Timestamp,
) -> Result<Vec<Trailing>, InvalidQuery> {
    let on = |day: i64, is_account: bool| {
        let of = rows.iter().filter(|row| (row.series, row.is_account) == (series, is_account));
        let until: i64 = of.filter(|row| row.day <= day).map(|row| row.change).sum();
        u64::try_from(until).unwrap_or_default()
    };
    let trailing = |number: u32| {
        let day = cut.periods.last_day(number, now)?;
        Ok(Trailing { people: on(day, false), accounts: on(day, true) })
    };
    (cut.begin..cut.begin + cut.n).map(trailing).collect()
}

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) cut: &'a Cut,
    pub(super) activities: &'a Activities<'a>,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
}

impl Question<'_> {
    /// Rows of a [`TrailingRow`], of so many days, before `until`.
    ///
    /// # Errors
    /// When the days lie beyond the calendar, or a feature is not known.
    pub(super) fn statement(&self, days: u32, until: Timestamp) -> Result<Statement, InvalidQuery> {
        let by_day = self.cut.periods.by_day();
        let statement = Statement::new(self.sql());
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated)
            .bind("project", self.scope.project.as_str())
            .bind("from", by_day.start_before(days.saturating_sub(1))?)
            .bind("until", until)
            .bind("days", i64::from(days));
        let statement = self.cut.periods.bind(by_day.bind(statement)?)?;
        self.activities.bind(statement)
    }

    fn sql(&self) -> String {
        let changes: Vec<_> = (0..self.activities.len()).map(changes).collect();
        format!(
            "SELECT is_account, step.2 AS series, step.1 AS day, sum(step.3) AS change FROM (\n\
             SELECT is_account, arrayJoin(arrayConcat({changes})) AS step FROM (\n{actors}\n)\n)\n\
             GROUP BY is_account, series, day",
            changes = changes.join(",\n  "),
            actors = self.actors(),
        )
    }

    /// A row for each person and for each account, with the days on which they did each thing.
    fn actors(&self) -> String {
        let days = (0..self.activities.len())
            .map(|n| format!("arraySort(groupUniqArrayIf(day, is_{n})) AS days_{n}"));
        let days: Vec<_> = days.collect();
        format!(
            "SELECT actor.1 AS is_account, actor.2 AS id, {}\nFROM (\n{}\n)\n\
             WHERE NOT is_account OR id != 0\nGROUP BY is_account, id",
            days.join(", "),
            self.events()
        )
    }

    /// What was done, by whom and for whom, and on which day.
    fn events(&self) -> String {
        let at = format!("e.{}", e::TIMESTAMP);
        let conditions = self.activities.each();
        let named = conditions.iter().enumerate();
        let named: Vec<_> = named.map(|(n, is_it)| format!("({is_it}) AS is_{n}")).collect();
        let any: Vec<_> = (0..conditions.len()).map(|n| format!("is_{n}")).collect();
        let in_one = self.cut.periods.is_in_one(&at).map(|is| format!(" AND {is}"));
        format!(
            "SELECT arrayJoin([(false, {person}), (true, {account})]) AS actor, {day} AS day,\n  {named}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}}\n\
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}}){in_one}\n\
             AND ({any}) AND {counted}",
            person = identity::person_hash(self.databases, "e"),
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            day = self.cut.periods.by_day().number_sql(&at),
            named = named.join(",\n  "),
            table = self.activities.table(),
            project = e::PROJECT,
            in_one = in_one.unwrap_or_default(),
            any = any.join(" OR "),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }
}

/// The changes that the days of one make: the day, the series, and one more or less.
fn changes(series: usize) -> String {
    let days = format!("days_{series}");
    format!(
        "arrayMap(day -> (toInt64(day), {series}, 1), {days}),\n  \
         arrayMap((day, next) -> (toInt64(least(day + {{days:Int32}}, next)), {series}, -1), {days}, \
         arrayShiftLeft({days}, 1, toInt32(2147483647)))"
    )
}
