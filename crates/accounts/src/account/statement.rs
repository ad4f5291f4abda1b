//! From the question to SQL: who was there and what was looked at, of one account.

mod uses;

pub(super) use uses::{PeerRow, UseRow, uses_of};

use super::calendar::Calendar;
use analytics::Scope;
use analytics::feature::Features;
use analytics::report::presence;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use store::schema::{Databases, engaged as g, events as e, pages as p};
use store::{Statement, accounts, identity};

/// A question on its way into SQL.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// The account's number.
    pub(super) number: u64,
    pub(super) calendar: &'a Calendar,
    pub(super) features: &'a Features,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
    pub(super) now: Timestamp,
}

/// A person of the account.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PersonRow {
    pub(super) person: u64,
    pub(super) called: String,
    pub(super) is_user: u8,
    /// The days that are read on which he was there, in their order.
    pub(super) days: Vec<i64>,
    #[serde(rename(deserialize = "began_at"))]
    pub(super) first_at: u64,
    pub(super) last_at: u64,
}

/// What was done on a day, or in a week.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct VisitRow {
    pub(super) of_week: u8,
    pub(super) number: i64,
    pub(super) visits: u64,
    pub(super) page_views: u64,
    pub(super) people: u64,
    pub(super) log_ins: u64,
}

/// For how long people were engaged with pages on a day.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct EngagedRow {
    pub(super) number: i64,
    pub(super) engaged_ms: u64,
}

/// Views of the pages of a path's first segment in a week.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ViewRow {
    pub(super) segment: String,
    pub(super) week: i64,
    pub(super) views: u64,
}

/// What is known of the accounts by their ids.
#[derive(Debug, Deserialize)]
pub(super) struct NumberRow {
    pub(super) number: u64,
}

/// The account's number, by its id.
pub(super) fn number(account: &str, scope: &Scope, databases: &Databases) -> Statement {
    let all = accounts::all(databases, &scope.grouping);
    let sql = format!("SELECT number FROM ({all}) WHERE id = {{account:String}}");
    identity::bind(Statement::new(sql), &scope.grouping, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("account", account)
}

impl Question<'_> {
    /// Rows of [`PersonRow`]: everybody who was ever there.
    pub(super) fn people(&self) -> Statement {
        let what = format!(
            "{person} AS person, {called} AS called, {is_user} AS is_known, \
             toUnixTimestamp64Milli({at}) AS ms, {day} AS day",
            person = identity::person_hash(self.databases, "e"),
            called = identity::person(self.databases, "e"),
            is_user = identity::is_user(self.databases, "e"),
            at = at(),
            day = Calendar::sql(&at()),
        );
        let presence = presence::visits(self.databases, &[presence::UNTIL]);
        self.bind(Statement::new(format!(
            "SELECT person, argMax(called, is_known) AS called, max(is_known) AS is_user, \
             arraySort(groupUniqArrayIf(toInt64(day), day >= 0)) AS days, \
             toUInt64(min(ms)) AS began_at, toUInt64(max(ms)) AS last_at\nFROM (\n{}\n)\nGROUP BY person",
            self.rows(&presence, &what, "true")
        )))
    }

    /// Rows of [`VisitRow`].
    pub(super) fn visits(&self) -> Statement {
        let what = format!(
            "{person} AS person, {user} AS user, e.{session} AS visit, e.{views} AS page_views, \
             {day} AS day, intDiv({day}, 7) AS week",
            person = identity::person_hash(self.databases, "e"),
            user = identity::user_hash(self.databases, "e"),
            session = e::SESSION_ID,
            views = presence::PAGE_VIEWS,
            day = Calendar::sql(&at()),
        );
        let presence = presence::visits(self.databases, &[presence::UNTIL]);
        self.bind(Statement::new(format!(
            "SELECT toUInt8(grouping(day)) AS of_week, toInt64(if(of_week = 1, week, day)) AS number, \
             uniqExactIf(visit, visit != '') AS visits, sum(page_views) AS page_views, \
             uniqExact(person) AS people, uniqExactIf((visit, user), visit != '' AND user != 0) AS log_ins\n\
             FROM (\n{}\n)\nGROUP BY GROUPING SETS ((day), (week))",
            self.rows(&presence, &what, &is_read())
        )))
    }

    /// Rows of [`EngagedRow`]: a quarter of an hour is of the day and the account of its first leave.
    pub(super) fn engaged(&self) -> Statement {
        let columns =
            [g::PROJECT, g::ANONYMOUS_HASH, g::USER_HASH, g::ACCOUNT_HASH, g::IS_AUTOMATED];
        let table = format!(
            "(SELECT {columns}, {began} AS {at}, {engaged} FROM {table})",
            columns = columns.join(", "),
            began = g::FIRST_SEEN,
            at = e::TIMESTAMP,
            engaged = g::ENGAGED_MS,
            table = self.databases.engaged(),
        );
        let what = format!("{} AS day, e.{} AS engaged", Calendar::sql(&at()), g::ENGAGED_MS);
        self.bind(Statement::new(format!(
            "SELECT toInt64(day) AS number, sum(engaged) AS {}\nFROM (\n{}\n)\nGROUP BY day",
            g::ENGAGED_MS,
            self.rows(&table, &what, &is_read())
        )))
    }

    /// Rows of [`ViewRow`].
    pub(super) fn page_views(&self) -> Statement {
        let what = format!("e.{} AS page, intDiv({}, 7) AS week", e::PAGE_ID, Calendar::sql(&at()));
        let is_view = format!(
            "{} AND e.{} = '{}' AND e.{} != 0",
            is_read(),
            e::KIND,
            Kind::PageView,
            e::PAGE_ID
        );
        self.bind(Statement::new(format!(
            "SELECT known.segment AS segment, toInt64(viewed.week) AS week, sum(viewed.views) AS views\n\
             FROM (SELECT page, week, count() AS views FROM (\n{rows}\n) GROUP BY page, week) AS viewed\n\
             INNER JOIN (SELECT {id} AS id, splitByChar('/', any({pattern}))[2] AS segment FROM {pages} \
             WHERE {of} = {{project:String}} GROUP BY id) AS known ON known.id = viewed.page\n\
             GROUP BY segment, week",
            rows = self.rows(&self.databases.events(), &what, &is_view),
            id = p::PAGE_ID,
            pattern = p::PATTERN,
            pages = self.databases.pages(),
            of = p::PROJECT,
        )))
    }

    /// Rows of a table that are the account's and count.
    fn rows(&self, table: &str, what: &str, condition: &str) -> String {
        rows(table, what, condition, self.scope, self.databases)
    }

    fn bind(&self, statement: Statement) -> Statement {
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated);
        self.calendar
            .bind(statement)
            .bind("project", self.scope.project.as_str())
            .bind("number", self.number)
            .bind(presence::UNTIL, self.now.plus_millis(1))
    }
}

/// The moment of a row.
pub(super) fn at() -> String {
    format!("e.{}", e::TIMESTAMP)
}

/// Whether a row is of the days that are read: it needs `{from:Int64}`.
pub(super) fn is_read() -> String {
    format!("{} >= fromUnixTimestamp64Milli({{from:Int64}})", at())
}

/// Rows of a table that are the account's, up to now, and count. They need `{number:UInt64}`,
/// `{until:Int64}` and the parameters of `identity::bind`.
pub(super) fn rows(
    table: &str,
    what: &str,
    condition: &str,
    scope: &Scope,
    databases: &Databases,
) -> String {
    format!(
        "SELECT {what}\nFROM {table} AS e\nWHERE e.{project} = {{project:String}} AND {condition} \
         AND {at} < fromUnixTimestamp64Milli({{until:Int64}})\n\
         AND {account} = {{number:UInt64}} AND {counted}",
        project = e::PROJECT,
        at = at(),
        account = identity::account_hash(databases, &scope.grouping, "e"),
        counted = identity::counted(databases, &scope.grouping, "e"),
    )
}
