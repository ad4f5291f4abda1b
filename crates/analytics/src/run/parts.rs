//! An answer told apart: the same question about some only, for each of the most frequent values of
//! what is said of people or of their accounts.

use super::{Answer, run};
use crate::Error;
use crate::query::{DateRange, InvalidQuery, Period, Periods, Property, Query, Scope};
use crate::report::presence::{self, LooksAt};
use crate::report::property::{self, valued};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use store::schema::events as e;
use store::{Connection, Databases, Statement, identity};

/// Of how many values there is an answer at most.
pub const MAX_PARTS: u32 = 5;

/// What is told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// By what.
    pub by: Property,
    /// The values that most people have, these first; at most [`MAX_PARTS`].
    pub parts: Vec<Part>,
    /// How many values there are.
    pub n_values: u64,
    /// How many people have none. Somebody with two, such as of two accounts, is in both.
    pub without: u64,
}

/// The answer about those of one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The value.
    pub value: String,
    /// How many people of it did anything in these days.
    pub people: u64,
    /// What is answered about them.
    pub answer: Answer,
}

/// A value as it comes from ClickHouse.
#[derive(Debug, Deserialize)]
struct ValueRow {
    value: String,
    people: u64,
    n_values: u64,
}

/// Answers a question about each of the most frequent values of what it tells apart; nothing where it
/// tells nothing apart.
///
/// # Errors
/// As [`run`], and when the report has a breakdown of its own.
pub async fn parts(
    connection: &Connection,
    scope: &Scope,
    query: &Query,
    now: Timestamp,
) -> Result<Option<Parts>, Error> {
    let Some((among, days)) = query.about() else { return Ok(None) };
    let Some(by) = among.by() else { return Ok(None) };
    if matches!(query, Query::Funnel(_) | Query::Retention(_)) {
        return Err(InvalidQuery::OwnBreakdown.into());
    }
    let statement = values(by, days, &among.of(scope), connection.databases(), now)?;
    let rows = connection.json::<ValueRow>(&statement).await?;
    let n_values = rows.first().map_or(0, |row| row.n_values);
    let (without, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.value.is_empty());
    let mut parts = Vec::new();
    for row in rows.into_iter().take(MAX_PARTS as usize) {
        let Some(of_it) = query.of_part(&row.value) else { continue };
        let answer = run(connection, scope, &of_it, now).await?;
        parts.push(Part { value: row.value, people: row.people, answer });
    }
    Ok(Some(Parts {
        by: by.clone(),
        parts,
        n_values: n_values - without.len() as u64,
        without: without.first().map_or(0, |row| row.people),
    }))
}

/// Rows of a [`ValueRow`], that of nobody's value first, then those that most people have.
fn values(
    by: &Property,
    days: DateRange,
    scope: &Scope,
    databases: &Databases,
    now: Timestamp,
) -> Result<Statement, InvalidQuery> {
    let periods = Periods::touched(Period::Day, days, scope, now)?;
    let until = now.plus_millis(1);
    let (from, until) = match periods.len() {
        0 => (until, until),
        n => (periods.start(0)?, periods.end(n - 1)?.min(until)),
    };
    let value = valued(by, databases, &scope.grouping);
    let events = format!(
        "SELECT {who} AS who, {value}\nFROM {table} AS e\nWHERE e.{at} >= fromUnixTimestamp64Milli({{from:Int64}}) \
         AND e.{at} < fromUnixTimestamp64Milli({{until:Int64}}) AND {counted}",
        who = identity::person_hash(databases, "e"),
        value = value.column(),
        table = presence::table(databases, &["from", presence::UNTIL], LooksAt::Accounts),
        at = e::TIMESTAMP,
        counted = identity::counted(databases, &scope.grouping, "e"),
    );
    let sql = format!(
        "SELECT value, people, count() OVER () AS n_values FROM (\n\
         SELECT toString(value) AS value, uniqExact(who) AS people FROM (\n{}\n) GROUP BY value\n)\n\
         ORDER BY value = '' DESC, people DESC, value LIMIT {}",
        value.joined(events),
        MAX_PARTS + 1,
    );
    let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("from", from)
        .bind("until", until);
    Ok(match property::name(by) {
        Some(name) => statement.bind("property", name),
        None => statement,
    })
}
