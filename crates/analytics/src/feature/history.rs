//! The past of a feature: how often it was used in each day or week, and by how many people.
//!
//! **Invariant:** a period says what [`crate::Usage`] says of the same days.

use super::source::{Source, bind, is_use_of};
use super::{Features, Meant};
use crate::Error;
use crate::query::{DateRange, Period, Periods, Scope};
use protocol::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::schema::{Databases, events as e, feature_pages as p};
use store::{Connection, Statement, identity};

/// How far back is looked, in days: half a year.
const DAYS: u32 = 182;

/// A past that is no longer than this is told by the day.
const BY_DAY: i64 = 42;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The past of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    /// A day or a week.
    pub period: Period,
    /// Each of them, from that of the first use on; none if there was no use.
    pub points: Vec<Point>,
}

/// One period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Its first day in the project's zone.
    pub name: String,
    /// Uses in it.
    pub uses: u64,
    /// People behind them.
    pub people: u64,
    /// Whether it is not over yet.
    pub is_open: bool,
}

#[derive(Debug, Deserialize)]
struct Row {
    period: u32,
    uses: u64,
    people: u64,
}

#[derive(Debug, Deserialize)]
struct First {
    uses: u64,
    first_ms: i64,
}

/// The past of one of these features, as things are `now`; empty of one that is not among them.
///
/// # Errors
/// When the project's zone means nothing, or the store refuses or is away.
pub async fn history(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    id: &str,
    now: Timestamp,
) -> Result<History, Error> {
    let none = History { period: Period::Week, points: Vec::new() };
    let Some(meant) = features.get(id) else { return Ok(none) };
    let uses = Uses { meant, scope, databases: connection.databases() };
    let all = Periods::new(Period::Week, DateRange::Last { days: DAYS }, scope, now)?;
    let first = uses.statement(&all, uses.first())?;
    let first = connection.json::<First>(&first).await?.pop().filter(|first| first.uses > 0);
    let Some(First { first_ms, .. }) = first else { return Ok(none) };
    let days = (now.as_millis() - first_ms).max(0) / DAY_MS + 1;
    let period = if days <= BY_DAY { Period::Day } else { Period::Week };
    // The day of the first use may have begun one calendar day earlier.
    let days = u32::try_from(days + 1).unwrap_or(DAYS).clamp(1, DAYS);
    let periods = Periods::new(period, DateRange::Last { days }, scope, now)?;
    let rows = uses.statement(&periods, uses.by_period(&periods))?;
    let rows = connection.json::<Row>(&rows).await?;
    Ok(History { period, points: points(&periods, &rows, now)? })
}

/// A point for each period from the first that has uses.
fn points(periods: &Periods, rows: &[Row], now: Timestamp) -> Result<Vec<Point>, Error> {
    let rows: BTreeMap<u32, &Row> = rows.iter().map(|row| (row.period, row)).collect();
    let first = rows.keys().next().copied().unwrap_or_else(|| periods.len());
    let point = |n: u32| {
        let row = rows.get(&n);
        Ok(Point {
            name: periods.name(n)?,
            uses: row.map_or(0, |row| row.uses),
            people: row.map_or(0, |row| row.people),
            is_open: now < periods.end(n)?,
        })
    };
    (first..periods.len()).map(point).collect()
}

/// The uses of one feature.
struct Uses<'a> {
    meant: &'a Meant,
    scope: &'a Scope,
    databases: &'a Databases,
}

impl Uses<'_> {
    fn first(&self) -> String {
        format!(
            "SELECT count() AS uses, toUnixTimestamp64Milli(min(e.{at})) AS first_ms\n{from}",
            at = e::TIMESTAMP,
            from = self.from(),
        )
    }

    fn by_period(&self, periods: &Periods) -> String {
        format!(
            "SELECT toUInt32({period}) AS period, count() AS uses, uniqExact({person}) AS people\n{from}\nGROUP BY period",
            period = periods.sql(&format!("e.{}", e::TIMESTAMP)),
            person = identity::person_hash(self.databases, "e"),
            from = self.from(),
        )
    }

    /// The uses of the range whom reports count.
    fn from(&self) -> String {
        let source = Source::of(self.meant);
        let table = match source {
            Source::Uses => self.databases.feature_events(),
            Source::Events => self.databases.events(),
        };
        format!(
            "FROM (SELECT {kept} FROM {table} WHERE {project} = {{project:String}} \
             AND {at} >= fromUnixTimestamp64Milli({{start:Int64}}) AND {at} < fromUnixTimestamp64Milli({{end:Int64}}) \
             AND {is_use}) AS e\nWHERE {counted}",
            kept = [
                e::PROJECT,
                e::ANONYMOUS_HASH,
                e::USER_HASH,
                e::ACCOUNT_HASH,
                e::TIMESTAMP,
                e::IS_AUTOMATED
            ]
            .join(", "),
            project = e::PROJECT,
            at = e::TIMESTAMP,
            is_use = is_use_of(source, self.meant, 0, self.databases),
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    fn statement(&self, periods: &Periods, sql: String) -> Result<Statement, Error> {
        let scope = self.scope;
        let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
            .bind("project", scope.project.as_str())
            .bind("start", periods.start(0)?)
            .bind("end", periods.end(periods.len().saturating_sub(1))?);
        Ok(bind(periods.bind(statement)?, Source::of(self.meant), self.meant, 0))
    }
}

/// On how many pages a feature means views, of all that are stored; none of elements alone.
///
/// # Errors
/// When the store refuses or is away.
pub async fn viewed_pages(connection: &Connection, meant: &Meant) -> Result<u64, Error> {
    #[derive(Deserialize)]
    struct Row {
        n: u64,
    }
    let alternatives = (0_u64..).zip(&meant.feature.any_of);
    let of_pages = alternatives.filter(|(_, one)| !one.rule.contains_key("target"));
    let of_pages: Vec<u64> = of_pages.map(|(n, _)| n).collect();
    if of_pages.is_empty() {
        return Ok(0);
    }
    let sql = format!(
        "SELECT uniqExact({page}) AS n FROM {table} WHERE {project} = {{project:String}} AND {feature} = {{feature:String}} \
         AND {version} = {{version:UInt32}} AND has({{alternatives:Array(UInt64)}}, toUInt64({alternative}))",
        page = p::PAGE_ID,
        table = connection.databases().feature_pages(),
        project = p::PROJECT,
        feature = p::FEATURE,
        version = p::VERSION,
        alternative = p::ALTERNATIVE,
    );
    let statement = Statement::new(sql)
        .bind("project", meant.feature.project.as_str())
        .bind("feature", meant.feature.id.as_str())
        .bind("version", meant.version)
        .bind("alternatives", of_pages);
    Ok(connection.json::<Row>(&statement).await?.pop().ok_or(Error::NoRow)?.n)
}
