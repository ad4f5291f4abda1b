//! What is asked of the store: few statements, however many accounts there are.

mod detail;
mod module;

pub(super) use detail::{Names, Share, by_week, last_seen, people, shares, uses};
pub(super) use module::{OfModule, by_module};

use super::gap::Hours;
use super::history::History;
use super::weeks::Weeks;
use crate::texts::Texts;
use analytics::feature::Meant;
use analytics::feature::source::{Source, Used, bind, used};
use analytics::{Error, Scope};
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use store::identity::Grouping;
use store::schema::{Databases, events as e, sessions as s};
use store::{Connection, Statement, accounts, identity};

const QUARTERS_OF_HOUR: i64 = 4;

/// Core actions, wherever they are read from.
pub(super) struct Core<'a> {
    pub(super) features: Vec<&'a Meant>,
    pub(super) scope: &'a Scope,
}

impl Core<'_> {
    /// What the project says of who is whose.
    fn grouping(&self) -> &Grouping {
        &self.scope.grouping
    }

    /// What the features are called, by their ids.
    pub(super) fn names(&self) -> BTreeMap<String, String> {
        let each = self.features.iter().map(|meant| &meant.feature);
        each.map(|feature| (feature.id.clone(), feature.name.clone())).collect()
    }

    /// From the uses where they are all filled in, else from the events, which say the same.
    fn source(&self) -> Source {
        let is_filled = self.features.iter().all(|meant| Source::of(meant) == Source::Uses);
        if is_filled { Source::Uses } else { Source::Events }
    }

    /// Rows `e` of core actions from `{start}` on and before `{end}`, each with the id of its
    /// feature as `used`, and the condition that they count.
    fn rows(&self, databases: &Databases) -> String {
        let Used { table, feature, condition } = used(self.source(), &self.features, databases);
        let kept = [
            e::PROJECT,
            e::ANONYMOUS_ID,
            e::USER_ID,
            e::ACCOUNT_ID,
            e::ANONYMOUS_HASH,
            e::USER_HASH,
            e::ACCOUNT_HASH,
            e::TIMESTAMP,
            e::IS_AUTOMATED,
        ];
        format!(
            "(SELECT {kept}, {feature} AS used FROM {table} WHERE {project} = {{project:String}} \
             AND {at} >= fromUnixTimestamp64Milli({{start:Int64}}) AND {at} < fromUnixTimestamp64Milli({{end:Int64}}) \
             AND {condition}) AS e WHERE {counted}",
            kept = kept.join(", "),
            project = e::PROJECT,
            at = e::TIMESTAMP,
            counted = identity::counted(databases, &self.scope.grouping, "e"),
        )
    }

    /// A statement about [`Self::rows`] between two moments.
    fn statement(&self, sql: String, start: Timestamp, end: Timestamp) -> Statement {
        let statement =
            identity::bind(Statement::new(sql), &self.scope.grouping, self.scope.count_automated)
                .bind("project", self.scope.project.as_str())
                .bind("start", start)
                .bind("end", end);
        let each = self.features.iter().enumerate();
        each.fold(statement, |statement, (n, meant)| bind(statement, self.source(), meant, n))
    }
}

/// The course of every account, by the number of its id.
pub(super) async fn histories(
    connection: &Connection,
    core: &Core<'_>,
    weeks: &Weeks,
) -> Result<BTreeMap<u64, History>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        days: Vec<usize>,
        ns: Vec<u32>,
        parts: Vec<u32>,
    }
    let databases = connection.databases();
    let day = weeks.days.number_sql(&format!("e.{}", e::TIMESTAMP));
    let sql = format!(
        "SELECT account, groupArray(toUInt32(day)) AS days, groupArray(toUInt32(n)) AS ns, groupArray(toUInt32(part)) AS parts FROM (\n\
         SELECT {account} AS account, {day} AS day, count() AS n, \
         countIf(toUnixTimestamp64Milli(e.{at}) < {{cuts:Array(UInt64)}}[intDiv(day, 7) + 1]) AS part\n\
         FROM {rows}\nGROUP BY account, day\n) WHERE account != 0 AND day >= 0 GROUP BY account",
        account = identity::account_hash(databases, core.grouping(), "e"),
        at = e::TIMESTAMP,
        rows = core.rows(databases),
    );
    let statement = core.statement(sql, weeks.start(0)?, weeks.now.plus_millis(1));
    let statement = weeks.days.bind(statement)?.bind("cuts", weeks.cuts()?);
    let mut histories = BTreeMap::new();
    for row in connection.json::<Row>(&statement).await? {
        let mut history = History::silent(weeks.running() + 1);
        for ((day, n), part) in row.days.into_iter().zip(row.ns).zip(row.parts) {
            if let Some(of_day) = history.days.get_mut(day) {
                *of_day = n;
                history.parts[day / 7] += part;
            }
        }
        histories.insert(row.account, history);
    }
    Ok(histories)
}

/// Whether any account is known.
pub(super) async fn is_any(connection: &Connection, scope: &Scope) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Row {
        is_any: u8,
    }
    let all = accounts::all(connection.databases(), &scope.grouping);
    let sql = format!("SELECT toUInt8(count() > 0) AS is_any FROM ({all})");
    let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str());
    let rows = connection.json::<Row>(&statement).await?;
    Ok(rows.first().is_some_and(|row| row.is_any == 1))
}

/// Visits by the hour, of anybody.
pub(super) async fn hours(
    connection: &Connection,
    scope: &Scope,
    weeks: &Weeks,
) -> Result<Hours, Error> {
    #[derive(Deserialize)]
    struct Row {
        hour: i64,
        visits: u32,
    }
    let sql = format!(
        "SELECT toInt64(intDiv({quarter}, {QUARTERS_OF_HOUR})) AS hour, toUInt32(uniqExact({browser}, {session})) AS visits \
         FROM {sessions} WHERE {project} = {{project:String}} AND {quarter} >= {{start:Int64}} GROUP BY hour",
        quarter = s::QUARTER,
        browser = s::ANONYMOUS_ID,
        session = s::SESSION_ID,
        sessions = connection.databases().sessions(),
        project = s::PROJECT,
    );
    let statement = Statement::new(sql)
        .bind("project", scope.project.as_str())
        .bind("start", quarter(weeks.start(0)?));
    let first = connection.first_event(&scope.project).await?;
    let rows = connection.json::<Row>(&statement).await?;
    let visits: HashMap<_, _> = rows.into_iter().map(|row| (row.hour, row.visits)).collect();
    let first = first.map_or(i64::MAX, |first| quarter(first).div_euclid(QUARTERS_OF_HOUR));
    Ok(Hours::new(visits, first))
}

fn quarter(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(s::QUARTER_MS)
}

/// What was completed of a feature.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Completed {
    /// How often.
    pub(super) n: u64,
    /// In how many accounts.
    pub(super) accounts: u64,
}

/// What was completed of each feature in some stretches of time, by anybody who counts.
pub(super) async fn by_feature<const N: usize>(
    connection: &Connection,
    core: &Core<'_>,
    spans: [(Timestamp, Timestamp); N],
) -> Result<[BTreeMap<String, Completed>; N], Error> {
    #[derive(Deserialize)]
    struct Row {
        used: String,
        completed: Vec<Completed>,
    }
    let databases = connection.databases();
    let each = (1..=N).map(|n| {
        let is_in =
            format!("at >= {{from:Array(UInt64)}}[{n}] AND at < {{until:Array(UInt64)}}[{n}]");
        format!("(countIf({is_in}), uniqExactIf(account, account != 0 AND {is_in}))")
    });
    let sql = format!(
        "SELECT used, CAST([{each}], 'Array(Tuple(n UInt64, accounts UInt64))') AS completed FROM (\n\
         SELECT e.used AS used, {account} AS account, toUnixTimestamp64Milli(e.{at}) AS at FROM {rows}\n) GROUP BY used",
        each = each.collect::<Vec<_>>().join(", "),
        account = identity::account_hash(databases, core.grouping(), "e"),
        at = e::TIMESTAMP,
        rows = core.rows(databases),
    );
    let (from, until): (Vec<_>, Vec<_>) = spans.into_iter().unzip();
    let mut completed = [const { BTreeMap::new() }; N];
    let (Some(first), Some(last)) = (from.iter().min(), until.iter().max()) else {
        return Ok(completed);
    };
    let millis =
        |all: &[Timestamp]| all.iter().map(|at| at.as_millis().unsigned_abs()).collect::<Vec<_>>();
    let statement = core
        .statement(sql, *first, *last)
        .bind("from", millis(&from))
        .bind("until", millis(&until));
    for row in connection.json::<Row>(&statement).await? {
        for (all, of_span) in completed.iter_mut().zip(row.completed) {
            if of_span.n > 0 {
                all.insert(row.used.clone(), of_span);
            }
        }
    }
    Ok(completed)
}

/// The accounts with these ids, by the numbers of these.
pub(super) async fn numbers(
    connection: &Connection,
    scope: &Scope,
    ids: &[String],
) -> Result<BTreeMap<u64, String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        id: String,
    }
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids = Texts::new(ids);
    let sql = format!(
        "SELECT {account} AS account, id FROM (SELECT arrayJoin({ids}) AS id)",
        account = identity::hash("{project:String}", "id"),
        ids = ids.sql(),
    );
    let statement = Statement::new(sql).bind("project", scope.project.as_str());
    let rows = connection.json::<Row>(&ids.bind(statement)).await?;
    Ok(rows.into_iter().map(|row| (row.account, row.id)).collect())
}
