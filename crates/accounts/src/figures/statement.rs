//! From the question to SQL: what was done, by account, week and feature.
//!
//! ClickHouse reads, finds out whose it was and cuts time into weeks; a row is an account in a
//! *slot*: a week by its number, or, under the number after the last week, the part of the week before
//! the running one that lies before the same moment. What is in that part is in both. Of uses, which
//! are many, each row says instead how many of them are in that part.

use analytics::feature::source::{Source, Used, bind, used};
use analytics::feature::{Features, Meant};
use analytics::report::presence;
use analytics::{Error, Periods, Scope};
use protocol::Timestamp;
use serde::Deserialize;
use store::schema::{Databases, engaged as g, events as e};
use store::{Connection, Statement, accounts, identity};

/// The parameter of the moment that ends the part of the week before.
const SO_FAR: &str = "so_far";

/// A question on its way into SQL.
pub(super) struct Question<'a> {
    pub(super) periods: &'a Periods,
    pub(super) features: &'a Features,
    pub(super) scope: &'a Scope,
    pub(super) databases: &'a Databases,
    /// The first week that is read.
    pub(super) first: u32,
    pub(super) so_far_until: Timestamp,
    pub(super) now: Timestamp,
}

/// An account that is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) number: u64,
}

impl Question<'_> {
    /// The accounts that are known.
    pub(super) async fn names(&self, connection: &Connection) -> Result<Vec<Named>, Error> {
        let names = Statement::new(accounts::all(self.databases, &self.scope.grouping));
        let names = identity::bind(names, &self.scope.grouping, self.scope.count_automated)
            .bind("project", self.scope.project.as_str());
        Ok(connection.json(&names).await?)
    }

    /// Rows for [`super::Tally::add_visits`].
    pub(super) fn visits(&self) -> Result<Statement, Error> {
        let at = format!("e.{}", e::TIMESTAMP);
        let table = presence::visits(self.databases, &[presence::UNTIL, SO_FAR]);
        let more = format!(
            "{person} AS person, {user} AS user, e.{session} != '' AS is_visit, \
             sipHash64(e.{session}) AS visit, toUInt16(toDate(e.{timestamp}, {{zone:String}})) AS day, \
             e.{page_views} AS page_views",
            person = identity::person_hash(self.databases, "e"),
            user = identity::user_hash(self.databases, "e"),
            session = e::SESSION_ID,
            timestamp = e::TIMESTAMP,
            page_views = presence::PAGE_VIEWS,
        );
        let sql = format!(
            "SELECT account, toUInt64(slot) AS slot, uniqExactIf(visit, is_visit) AS visits, \
             sum(page_views) AS page_views, uniqExact(person) AS people, \
             uniqExactIf(sipHash64(visit, user), is_visit AND user != 0) AS log_ins, \
             uniqExact(sipHash64(person, day)) AS active_days\nFROM (\n{}\n)\nGROUP BY account, slot",
            self.slots(&table, &at, &more)
        );
        self.bind(Statement::new(sql))
    }

    /// Rows for [`super::Tally::add_engaged`]: a quarter of an hour is of the week and the account of
    /// its first leave.
    pub(super) fn engaged(&self) -> Result<Statement, Error> {
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
        let at = format!("e.{}", e::TIMESTAMP);
        let engaged = format!("e.{} AS engaged", g::ENGAGED_MS);
        let sql = format!(
            "SELECT account, toUInt64(slot) AS slot, sum(engaged) AS engaged\nFROM (\n{}\n)\nGROUP BY account, slot",
            self.slots(&table, &at, &engaged)
        );
        self.bind(Statement::new(sql))
    }

    /// Rows for [`super::Tally::add_uses`]: of the features by their numbers in the order of their
    /// ids, at most a statement for each source of uses.
    pub(super) fn uses(&self) -> Result<Vec<Statement>, Error> {
        let at = format!("e.{}", e::TIMESTAMP);
        let mut statements = Vec::new();
        for source in [Source::Uses, Source::Events] {
            let numbered = (0_u64..).zip(self.features.iter());
            let (numbers, meant): (Vec<_>, Vec<&Meant>) = numbered
                .filter(|(_, meant)| Source::of(meant) == source)
                .map(|(number, meant)| (number.to_string(), meant))
                .unzip();
            if meant.is_empty() {
                continue;
            }
            let Used { table, feature, condition } = used(source, &meant, self.databases);
            let ids: Vec<_> = (0..meant.len()).map(|n| format!("{{feature_{n}:String}}")).collect();
            let number = format!(
                "toUInt32(transform({feature}, [{}], [{}], toUInt64(0))) AS which",
                ids.join(", "),
                numbers.join(", ")
            );
            let sql = format!(
                "SELECT account, toUInt64(week) AS week, CAST(which AS UInt64) AS which, count() AS uses, \
                 countIf(is_so_far) AS so_far\nFROM (\n{}\n)\nGROUP BY account, week, which",
                self.rows(&table, &condition, &at, &number)
            );
            let bound = meant.iter().enumerate();
            let statement = self.bind(Statement::new(sql))?;
            statements.push(bound.fold(statement, |all, (n, meant)| bind(all, source, meant, n)));
        }
        Ok(statements)
    }

    /// Rows of a table, as [`Self::rows`], once for each slot that they are in.
    fn slots(&self, table: &str, at: &str, more: &str) -> String {
        format!(
            "SELECT *, arrayJoin(if(is_so_far, [week, toUInt8({})], [week])) AS slot FROM (\n{}\n)",
            self.periods.len(),
            self.rows(table, "true", at, more)
        )
    }

    /// Rows of a table within the weeks that are anybody's and count, with their account and week, and
    /// whether they are in the part of the week before.
    fn rows(&self, table: &str, condition: &str, at: &str, more: &str) -> String {
        format!(
            "SELECT {account} AS account, toUInt8({week}) AS week, \
             week = {before} AND {at} < fromUnixTimestamp64Milli({{{SO_FAR}:Int64}}) AS is_so_far, {more}\n\
             FROM {table} AS e\nWHERE e.{project} = {{project:String}} \
             AND {at} >= fromUnixTimestamp64Milli({{from:Int64}}) AND {at} < fromUnixTimestamp64Milli({{until:Int64}})\n\
             AND {condition} AND account != 0 AND {counted}",
            account = identity::account_hash(self.databases, &self.scope.grouping, "e"),
            week = self.periods.sql(at),
            before = self.periods.len() - 2,
            project = e::PROJECT,
            counted = identity::counted(self.databases, &self.scope.grouping, "e"),
        )
    }

    fn bind(&self, statement: Statement) -> Result<Statement, Error> {
        let statement = identity::bind(statement, &self.scope.grouping, self.scope.count_automated);
        Ok(self
            .periods
            .bind(statement)?
            .bind("project", self.scope.project.as_str())
            .bind("from", self.periods.start(self.first)?)
            .bind("until", self.now.plus_millis(1))
            .bind(SO_FAR, self.so_far_until))
    }
}
