//! From the question to SQL: who was there and what was used, of one account.

use super::calendar::Calendar;
use crate::core_action;
use analytics::Scope;
use analytics::feature::source::{Source, Used, bind, used};
use analytics::feature::{Features, Meant};
use analytics::report::presence;
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use store::identity::Subject;
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

/// Uses of a feature on a day, of all core features by a person in a week, or of a feature in all
/// weeks that are shown.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct UseRow {
    pub(super) of: String,
    pub(super) feature: String,
    pub(super) person: u64,
    pub(super) number: i64,
    pub(super) uses: u64,
    pub(super) core_actions: u64,
    pub(super) people: u64,
    pub(super) last_at: u64,
}

/// Views of the pages of a path's first segment in a week.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ViewRow {
    pub(super) segment: String,
    pub(super) week: i64,
    pub(super) views: u64,
}

/// Of the accounts that are compared: how many use a feature, and what share it has of the core
/// actions of each, added up. Without a feature: how many of them do anything.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PeerRow {
    pub(super) feature: String,
    pub(super) accounts: u64,
    pub(super) shares: f64,
    pub(super) active: u64,
}

/// What is known of the accounts by their ids.
#[derive(Debug, Deserialize)]
pub(super) struct NumberRow {
    pub(super) number: u64,
}

/// The account's number, by its id.
pub(super) fn number(account: &str, scope: &Scope, databases: &Databases) -> Statement {
    let all = accounts::all(databases, &scope.staff);
    let sql = format!("SELECT number FROM ({all}) WHERE id = {{account:String}}");
    identity::bind(Statement::new(sql), &scope.staff, scope.count_automated)
        .bind("project", scope.project.as_str())
        .bind("account", account)
}

/// Rows of `id` and `value`: what was said last of these users by a name.
pub(super) fn said(
    name: &str,
    ids: Vec<String>,
    scope: &Scope,
    databases: &Databases,
) -> Statement {
    let said = identity::said_of(databases, Subject::User, "{name:String}");
    let sql = format!("SELECT id, value FROM ({said}) WHERE id IN {{ids:Array(String)}}");
    Statement::new(sql).bind("project", scope.project.as_str()).bind("name", name).bind("ids", ids)
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
             toUInt64(min(ms)) AS first_at, toUInt64(max(ms)) AS last_at\nFROM (\n{}\n)\nGROUP BY person",
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
            "SELECT toInt64(day) AS number, sum(engaged) AS engaged_ms\nFROM (\n{}\n)\nGROUP BY day",
            self.rows(&table, &what, &is_read())
        )))
    }

    /// Rows of [`UseRow`], by at most one statement for each source of uses.
    pub(super) fn uses(&self) -> Vec<Statement> {
        let what = format!(
            "e.used AS feature, {person} AS person, toUnixTimestamp64Milli({at}) AS ms, {day} AS day, \
             intDiv({day}, 7) AS week, has({{core:Array(String)}}, feature) AS is_core",
            person = identity::person_hash(self.databases, "e"),
            at = at(),
            day = Calendar::sql(&at()),
        );
        let statement = |(source, meant): (Source, Vec<&Meant>)| {
            let uses = uses_of(source, &meant, &is_read(), self.databases);
            let sql = format!(
                "SELECT multiIf(grouping(day) = 0, 'day', grouping(person) = 0, 'person', 'feature') AS of, \
                 feature, person, toInt64(if(of = 'day', day, week)) AS number, count() AS uses, \
                 countIf(is_core) AS core_actions, uniqExactIf(actor, on_day >= {{shown:Int32}}) AS people, \
                 toUInt64(max(ms)) AS last_at\n\
                 FROM (SELECT *, person AS actor, day AS on_day FROM (\n{}\n))\n\
                 GROUP BY GROUPING SETS ((day, feature), (person, week), (feature))",
                self.rows(&uses, &what, "true")
            );
            let shown = i64::try_from(self.calendar.shown).unwrap_or(0);
            let statement = Statement::new(sql).bind("shown", shown).bind("core", self.core());
            let bound = meant.iter().enumerate();
            bound.fold(self.bind(statement), |all, (n, meant)| bind(all, source, meant, n))
        };
        self.by_source().map(statement).collect()
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

    /// Rows of [`PeerRow`] about some days of the other accounts: those of the same tier, or all.
    /// Where a feature is not filled, all are read from the events, for shares are of all features.
    pub(super) fn peers(&self, tier: Option<&str>, days: (i64, i64)) -> Option<Statement> {
        let meant = core_action::features(self.features);
        if meant.is_empty() {
            return None;
        }
        let is_filled = meant.iter().all(|meant| Source::of(meant) == Source::Uses);
        let source = if is_filled { Source::Uses } else { Source::Events };
        let is_peer = match tier {
            None => "account NOT IN (0, {number:UInt64})".to_owned(),
            Some(_) => format!(
                "account != {{number:UInt64}} AND account IN (SELECT number FROM ({all}) \
                 WHERE id IN (SELECT id FROM ({said}) WHERE value = {{tier:String}}))",
                all = accounts::all(self.databases, &self.scope.staff),
                said = identity::said_of(self.databases, Subject::Account, "'tier'"),
            ),
        };
        let rows = format!(
            "SELECT {account} AS account, e.used AS feature, {day} AS day FROM {uses} AS e\n\
             WHERE {at} < fromUnixTimestamp64Milli({{until:Int64}}) \
             AND day >= {{first:Int32}} AND day < {{end:Int32}} AND {is_peer} AND {counted}",
            account = identity::account_hash(self.databases, "e"),
            day = Calendar::sql(&at()),
            uses = uses_of(source, &meant, &is_read(), self.databases),
            at = at(),
            counted = identity::counted(self.databases, &self.scope.staff, "e"),
        );
        let sql = format!(
            "SELECT feature, uniqExact(account) AS accounts, sum(share) AS shares, uniqExact(of) AS active FROM (\n\
             SELECT account, account AS of, feature, n / sum(n) OVER (PARTITION BY account) AS share FROM (\n\
             SELECT account, feature, count() AS n FROM (\n{rows}\n) GROUP BY account, feature))\n\
             GROUP BY GROUPING SETS ((feature), ())"
        );
        let statement = self.bind(Statement::new(sql)).bind("first", days.0).bind("end", days.1);
        let statement = tier.into_iter().fold(statement, |all, tier| all.bind("tier", tier));
        let bound = meant.iter().enumerate();
        Some(bound.fold(statement, |all, (n, meant)| bind(all, source, meant, n)))
    }

    /// The ids of the features whose use is a core action.
    fn core(&self) -> Vec<String> {
        core_action::features(self.features).iter().map(|it| it.feature.id.clone()).collect()
    }

    /// The features that are read from each source.
    fn by_source(&self) -> impl Iterator<Item = (Source, Vec<&Meant>)> {
        let of = |source| {
            let meant = self.features.iter().filter(move |meant| Source::of(meant) == source);
            (source, meant.collect::<Vec<_>>())
        };
        [Source::Uses, Source::Events].into_iter().map(of).filter(|(_, meant)| !meant.is_empty())
    }

    /// Rows of a table that are the account's and count.
    fn rows(&self, table: &str, what: &str, condition: &str) -> String {
        rows(table, what, condition, self.scope, self.databases)
    }

    fn bind(&self, statement: Statement) -> Statement {
        let statement = identity::bind(statement, &self.scope.staff, self.scope.count_automated);
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
        account = identity::account_hash(databases, "e"),
        counted = identity::counted(databases, &scope.staff, "e"),
    )
}

/// The uses of features of one source, in brackets, with the id of the feature as `used`.
pub(super) fn uses_of(
    source: Source,
    meant: &[&Meant],
    from: &str,
    databases: &Databases,
) -> String {
    let Used { table, feature, condition } = used(source, meant, databases);
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
        "(SELECT {kept}, {feature} AS used FROM {table} AS e WHERE {project} = {{project:String}} \
         AND {from} AND {condition})",
        kept = kept.join(", "),
        project = e::PROJECT,
    )
}
