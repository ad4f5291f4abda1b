//! What is asked about some accounts: who did what of it, and who is who.

use super::{Core, quarter};
use crate::look::cause::Did;
use crate::look::weeks::{Spans, Weeks};
use analytics::{Error, Scope};
use protocol::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use store::schema::{events as e, sessions as s};
use store::{Connection, Statement, identity};

/// What each person of some accounts completed of each feature, by account.
pub(in crate::look) async fn uses(
    connection: &Connection,
    core: &Core<'_>,
    weeks: &Weeks,
    accounts: &[u64],
    spans: Spans,
) -> Result<BTreeMap<u64, Vec<Did>>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        person: u64,
        feature: String,
        before: u64,
        now: u64,
        days_before: Vec<i32>,
        days_now: Vec<i32>,
    }
    let databases = connection.databases();
    let ms = format!("toUnixTimestamp64Milli(e.{})", e::TIMESTAMP);
    let (before, now) = (format!("{ms} < {{until:Int64}}"), format!("{ms} >= {{from:Int64}}"));
    let day = weeks.days.number_sql(&format!("e.{}", e::TIMESTAMP));
    let sql = format!(
        "SELECT {account} AS account, {person} AS person, e.used AS feature, \
         countIf({before}) AS before, countIf({now}) AS now, \
         groupUniqArrayIf({day}, {before}) AS days_before, groupUniqArrayIf({day}, {now}) AS days_now\n\
         FROM {rows} AND account IN {{accounts:Array(UInt64)}} GROUP BY account, person, feature",
        account = identity::account_hash(databases, core.grouping(), "e"),
        person = identity::person_hash(databases, "e"),
        rows = core.rows(databases),
    );
    let statement = core
        .statement(sql, spans.before.0, spans.now.1)
        .bind("until", spans.before.1)
        .bind("from", spans.now.0)
        .bind("accounts", accounts.to_vec());
    let mut uses: BTreeMap<u64, Vec<Did>> = BTreeMap::new();
    for row in connection.json::<Row>(&weeks.days.bind(statement)?).await? {
        let Row { account, person, feature, before, now, days_before, days_now } = row;
        let did = Did { person, feature, before, now, days_before, days_now };
        uses.entry(account).or_default().push(did);
    }
    Ok(uses)
}

/// How much each person of some accounts completed, by account, week and person.
pub(in crate::look) async fn by_week(
    connection: &Connection,
    core: &Core<'_>,
    weeks: &Weeks,
    accounts: &[u64],
    over: Range<usize>,
) -> Result<BTreeMap<(u64, usize), BTreeMap<u64, u64>>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        person: u64,
        day: usize,
        n: u64,
    }
    let databases = connection.databases();
    let sql = format!(
        "SELECT {account} AS account, {person} AS person, {day} AS day, count() AS n \
         FROM {rows} AND account IN {{accounts:Array(UInt64)}} GROUP BY account, person, day",
        account = identity::account_hash(databases, core.grouping(), "e"),
        person = identity::person_hash(databases, "e"),
        day = weeks.days.number_sql(&format!("e.{}", e::TIMESTAMP)),
        rows = core.rows(databases),
    );
    let statement = core
        .statement(sql, weeks.start(over.start)?, weeks.start(over.end)?)
        .bind("accounts", accounts.to_vec());
    let mut all: BTreeMap<_, BTreeMap<_, u64>> = BTreeMap::new();
    for row in connection.json::<Row>(&weeks.days.bind(statement)?).await? {
        let of_week = all.entry((row.account, row.day / 7)).or_default();
        *of_week.entry(row.person).or_default() += row.n;
    }
    Ok(all)
}

/// An account and its people, by their ids.
#[derive(Debug, Default)]
pub(in crate::look) struct Names {
    pub(in crate::look) account: String,
    pub(in crate::look) people: BTreeMap<u64, String>,
}

/// The ids of some accounts, and of the people who completed something for them.
pub(in crate::look) async fn people(
    connection: &Connection,
    core: &Core<'_>,
    weeks: &Weeks,
    accounts: &[u64],
) -> Result<BTreeMap<u64, Names>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        person: u64,
        account_told: String,
        person_told: String,
    }
    let databases = connection.databases();
    let sql = format!(
        "SELECT {account} AS account, {person} AS person, any({account_told}) AS account_told, any({person_told}) AS person_told \
         FROM {rows} AND account IN {{accounts:Array(UInt64)}} GROUP BY account, person",
        account = identity::account_hash(databases, core.grouping(), "e"),
        person = identity::person_hash(databases, "e"),
        account_told = identity::account(databases, core.grouping(), "e"),
        person_told = identity::person(databases, "e"),
        rows = core.rows(databases),
    );
    let statement = core.statement(sql, weeks.start(0)?, weeks.now.plus_millis(1));
    let mut names: BTreeMap<u64, Names> = BTreeMap::new();
    for row in connection.json::<Row>(&statement.bind("accounts", accounts.to_vec())).await? {
        let of = names.entry(row.account).or_default();
        of.account = row.account_told;
        of.people.insert(row.person, row.person_told);
    }
    Ok(names)
}

/// When each person of some accounts was seen last, whatever he did.
pub(in crate::look) async fn last_seen(
    connection: &Connection,
    scope: &Scope,
    weeks: &Weeks,
    accounts: &[u64],
) -> Result<BTreeMap<u64, BTreeMap<u64, Timestamp>>, Error> {
    #[derive(Deserialize)]
    struct Row {
        account: u64,
        person: u64,
        last: i64,
    }
    let databases = connection.databases();
    let sql = format!(
        "SELECT {account} AS account, {person} AS person, max(toUnixTimestamp64Milli(s.{last})) AS last \
         FROM {sessions} AS s WHERE s.{project} = {{project:String}} AND s.{quarter} >= {{start:Int64}} AND s.{quarter} <= {{until:Int64}} \
         AND s.{active} > 0 AND account IN {{accounts:Array(UInt64)}} AND {counted} GROUP BY account, person",
        account = identity::account_hash_of_session(databases, &scope.grouping, "s"),
        person = identity::person_hash(databases, "s"),
        last = s::LAST_SEEN,
        sessions = databases.sessions(),
        project = s::PROJECT,
        quarter = s::QUARTER,
        active = s::N_ACTIVE,
        counted = identity::counted_session(databases, &scope.grouping, "s"),
    );
    let statement = identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("start", quarter(weeks.start(0)?))
        .bind("until", quarter(weeks.now))
        .bind("accounts", accounts.to_vec());
    let mut seen: BTreeMap<u64, BTreeMap<u64, Timestamp>> = BTreeMap::new();
    for row in connection.json::<Row>(&statement).await? {
        let last = Timestamp::from_millis(row.last);
        seen.entry(row.account).or_default().insert(row.person, last);
    }
    Ok(seen)
}

/// How much of an account's core actions one person makes.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(in crate::look) struct Share {
    pub(in crate::look) account: u64,
    pub(in crate::look) person: u64,
    pub(in crate::look) most: u64,
    pub(in crate::look) total: u64,
}

/// Accounts of which one person makes so much in a time, those of the most core actions first.
pub(in crate::look) async fn shares(
    connection: &Connection,
    core: &Core<'_>,
    (time, share, at_least): (Range<Timestamp>, f64, u32),
) -> Result<Vec<Share>, Error> {
    let databases = connection.databases();
    let sql = format!(
        "SELECT account, argMax(person, (n, person)) AS person, max(n) AS most, sum(n) AS total FROM (\n\
         SELECT {account} AS account, {person} AS person, count() AS n FROM {rows} GROUP BY account, person\n\
         ) WHERE account != 0 GROUP BY account HAVING total >= {{at_least:UInt32}} AND most >= total * {{share:Float64}} \
         ORDER BY total DESC, account LIMIT {limit}",
        account = identity::account_hash(databases, core.grouping(), "e"),
        person = identity::person_hash(databases, "e"),
        rows = core.rows(databases),
        limit = crate::look::MAX,
    );
    let statement =
        core.statement(sql, time.start, time.end).bind("at_least", at_least).bind("share", share);
    Ok(connection.json(&statement).await?)
}
