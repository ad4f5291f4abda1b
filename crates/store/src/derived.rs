//! Tables that are computed from the events alone.
//!
//! ClickHouse could fill them itself by materialised views, but a kill while a view runs leaves
//! the events there and the view's rows missing, for good. So each is written as a batch of its
//! own after the events of a batch are there: by one `INSERT … SELECT` per month over what the
//! table of events really holds of that batch, which is one block and therefore there as a whole
//! or not at all. What became of one is settled as for events: it is made sure that none still
//! runs ([`Connection::underived`]), asked which months are there, and the rest is written.
//!
//! The rows of the tables that say who is whose carry no batch. They merge by the earliest, the
//! latest or the same, so that a row that is there twice is there once, and what is not known to
//! be there is written again.
//!
//! **Invariant:** a derived table equals what its question says of all events; [`Connection::
//! n_different`] counts where it does not, and [`Connection::rebuild`] makes it so again.

mod account_times;
mod engaged;
mod feature_events;
pub mod fill;
mod first_users;
mod sessions;
mod traits;
mod user_accounts;

pub(crate) use traits::{ACCOUNT, BROWSER, IMPERSONATED_BY, USER};
pub use traits::{EMAIL_DOMAIN, ID_DOMAIN};

pub use feature_events::{NO_ELEMENT, is_of_version, is_use, is_use_or_view};

use crate::schema::events::MONTH;
use crate::settle::{Count, of_batch};
use crate::{Connection, Databases, Error, EventRow, Row, Statement};
use protocol::BatchId;
use serde::Deserialize;
use std::time::Duration;

/// A batch must be derived within this.
const DERIVE: Duration = Duration::from_secs(120);

/// A month must be read and written again within this.
pub(crate) const MONTH_LIMIT: Duration = Duration::from_secs(60 * 60);

/// How what is derived of one batch is written.
const SETTINGS: [(&str, &str); 7] = [
    ("async_insert", "0"),
    ("wait_end_of_query", "1"),
    // One block: of two, one could be lost alone.
    ("max_threads", "1"),
    ("max_insert_threads", "1"),
    ("min_insert_block_size_rows", "1048576"),
    ("min_insert_block_size_bytes", "0"),
    ("insert_deduplicate", "1"),
];

/// How a whole month is read and written: beside the others, in bounded memory, however many
/// rows it has.
pub(crate) const MONTH_SETTINGS: [(&str, &str); 6] = [
    ("async_insert", "0"),
    ("wait_end_of_query", "1"),
    ("insert_deduplicate", "0"),
    ("optimize_aggregation_in_order", "1"),
    ("max_bytes_before_external_group_by", "268435456"),
    ("max_bytes_before_external_sort", "268435456"),
];

/// What the name of a table ends with, before the process, in which a month of events is written
/// anew.
pub(crate) const REWRITTEN: &str = "_rewritten";

/// The same of a derived table.
const REBUILT: &str = "_rebuilt";

/// A table that is computed from the events alone.
#[derive(Debug, Clone, Copy)]
pub struct Derived {
    /// Its name, without the database.
    pub table: &'static str,
    /// Its columns in table order.
    columns: &'static [&'static str],
    /// Whether an event makes a row of it.
    takes: fn(&EventRow) -> bool,
    /// The same as a condition on events; none where each of them does.
    condition: Option<fn() -> String>,
    /// What its rows are, of the events that satisfy a condition.
    select: fn(&Databases, &str) -> String,
    /// How its rows are read, and whether they carry their batch.
    rows: Rows,
    coverage: Coverage,
}

/// What the rows of a derived table are like.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// Each is of one batch, in its column of batches, and stays as it is.
    OfBatch,
    /// Rows of one key are to be merged: by these columns, and a function of the last one.
    Merging(&'static [&'static str], &'static str),
    /// Equal rows are one.
    Equal,
}

/// Which of the events that a derived table takes have rows there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coverage {
    /// All: there is a row for every batch and month with such events.
    All,
    /// Some, of which its question tells. What is older than the table comes by [`fill`].
    Some,
}

/// All derived tables. Each is partitioned by month.
pub const ALL: &[Derived] = &[
    sessions::SESSIONS,
    engaged::ENGAGED,
    first_users::FIRST_USERS,
    user_accounts::USER_ACCOUNTS,
    account_times::ACCOUNT_TIMES,
    traits::TRAITS,
    feature_events::FEATURE_EVENTS,
];

/// What one insert writes: the rows of one month of a batch in one derived table.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The table.
    pub derived: &'static Derived,
    /// The month, as in 202611.
    pub month: u32,
}

/// All that is derived of events of these months.
pub fn parts(months: impl IntoIterator<Item = u32>) -> Vec<Part> {
    let of = |month| ALL.iter().map(move |derived| Part { derived, month });
    months.into_iter().flat_map(of).collect()
}

/// What is derived of these events.
pub fn parts_of<'a>(rows: impl IntoIterator<Item = &'a EventRow>) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for row in rows {
        for derived in ALL {
            let is_there = |part: &Part| part.month == row.month && part.is_of(derived);
            if (derived.takes)(row) && !found.iter().any(is_there) {
                found.push(Part { derived, month: row.month });
            }
        }
    }
    found
}

#[derive(Row, Deserialize)]
struct Table {
    name: String,
}

#[derive(Row, Deserialize)]
struct Month {
    month: u32,
}

impl Connection {
    /// Writes what is derived of one month of a batch, whose events are there.
    ///
    /// # Errors
    /// When the server refuses or is away. Then it may be there or come yet: ask
    /// [`Self::underived`], and write what is missing with the next attempt.
    pub async fn derive(&self, batch: BatchId, attempt: u32, part: Part) -> Result<(), Error> {
        let Part { derived, month } = part;
        let query_id = format!("{}{attempt}-{}-{month}", self.query_prefix(batch), derived.table);
        let token = format!("{query_id}-{}", self.nonce);
        let condition = format!("{MONTH} = {{month:UInt32}} AND {}", of_batch());
        let insert = derived.insert(self.databases(), derived.table, &condition);
        let insert = Statement::new(insert).bind("month", month).bind("batch", batch.to_string());
        let own = [("query_id", query_id.as_str()), ("insert_deduplication_token", &token)];
        self.command(&insert, DERIVE, &[SETTINGS.as_slice(), &own].concat()).await
    }

    /// Makes sure that no insert of the batch still runs, and says what is missing of what is
    /// derived of its events, or may be.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn underived(&self, batch: BatchId) -> Result<Vec<Part>, Error> {
        self.end_inserts(batch).await?;
        self.missing(Some(batch)).await
    }

    /// Months with events of which a derived table has no row, because the table is newer than
    /// they are.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn underived_months(&self) -> Result<Vec<Part>, Error> {
        self.missing(None).await
    }

    /// Months of the events, of one batch or of all, of which a derived table has none. Of all is
    /// asked only what has rows for all.
    async fn missing(&self, batch: Option<BatchId>) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        for derived in ALL.iter().filter(|derived| batch.is_some() || derived.has_all()) {
            let missing = derived.missing(self.databases(), batch.is_some());
            let missing = batch.iter().fold(Statement::new(missing), |missing, batch| {
                missing.bind("batch", batch.to_string())
            });
            let months = self.select::<Month>(&missing).await?;
            parts.extend(months.into_iter().map(|row| Part { derived, month: row.month }));
        }
        Ok(parts)
    }

    /// Computes a month of a derived table anew and puts it in the place of what is there.
    ///
    /// To be called by the one who writes events, and not while a batch is on its way: what came
    /// to the month meanwhile would be gone from the table.
    ///
    /// # Errors
    /// When the server refuses or is away; then what is there is what was there before or what
    /// was computed, and it can be repeated.
    pub async fn rebuild(&self, part: Part) -> Result<(), Error> {
        let Part { derived, month } = part;
        let new = format!("{}{REBUILT}_{}", derived.table, self.nonce);
        self.replace_month(derived.table, &new, month, None, |databases| {
            derived.insert(databases, &new, &format!("{MONTH} = {{month:UInt32}}"))
        })
        .await?;
        self.drop_table(&new).await?;
        if part.tells_who() { self.reload_dictionaries().await } else { Ok(()) }
    }

    /// Derives a month of which a derived table has nothing.
    ///
    /// What merges is added to what somebody else may write to the month meanwhile; what carries
    /// its batch is put in the month's place, for which nobody else may write.
    ///
    /// # Errors
    /// As [`Self::rebuild`].
    pub async fn derive_month(&self, part: Part) -> Result<(), Error> {
        let Part { derived, month } = part;
        if matches!(derived.rows, Rows::OfBatch) {
            return self.rebuild(part).await;
        }
        let condition = format!("{MONTH} = {{month:UInt32}}");
        let insert = derived.insert(self.databases(), derived.table, &condition);
        let insert = Statement::new(insert).bind("month", month);
        self.command(&insert, MONTH_LIMIT, &MONTH_SETTINGS).await?;
        if part.tells_who() { self.reload_dictionaries().await } else { Ok(()) }
    }

    /// How many rows of a month of a derived table are not as they would be computed now, each
    /// that is missing and each that is too much counted. 0 where all is well.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn n_different(&self, part: Part) -> Result<u64, Error> {
        let Part { derived, month } = part;
        let databases = self.databases();
        let columns = derived.columns.join(", ");
        let of_month = format!("{MONTH} = {{month:UInt32}}");
        let question = format!(
            "SELECT sum(abs(n)) AS n FROM (SELECT sum(sign) AS n FROM \
             (SELECT sipHash128({columns}) AS row, toInt64(1) AS sign FROM ({stored}) \
             UNION ALL SELECT sipHash128({columns}) AS row, toInt64(-1) AS sign FROM ({computed})) \
             GROUP BY row HAVING n != 0)",
            stored = derived.stored(databases, &of_month),
            computed = (derived.select)(databases, &derived.also(&of_month)),
        );
        let question = Statement::new(question).bind("month", month);
        let counts = self.select_within::<Count>(&question, MONTH_LIMIT, &MONTH_SETTINGS).await?;
        Ok(counts.first().map_or(0, |count| count.n))
    }

    /// Fills the table `new`, made like `table`, by a statement, and puts its month in the place
    /// of the other's, unless it has not as many rows as are expected. It is there afterwards.
    pub(crate) async fn replace_month(
        &self,
        table: &str,
        new: &str,
        month: u32,
        expected: Option<u64>,
        fill: impl FnOnce(&Databases) -> String,
    ) -> Result<(), Error> {
        let databases = self.databases();
        self.drop_table(new).await?;
        let (path, new) = (databases.table(table), databases.table(new));
        self.execute(&Statement::new(format!("CREATE TABLE {new} AS {path}"))).await?;
        let fill = Statement::new(fill(databases)).bind("month", month);
        self.command(&fill, MONTH_LIMIT, &MONTH_SETTINGS).await?;
        let count = Statement::new(format!("SELECT count() AS n FROM {new}"));
        let found = self.one::<Count>(&count).await?.map_or(0, |count| count.n);
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(Error::Miscounted { table: new, expected, found });
        }
        let replace = match found {
            // Replacing by nothing is refused.
            0 => format!("ALTER TABLE {path} DROP PARTITION {month}"),
            _ => format!("ALTER TABLE {path} REPLACE PARTITION {month} FROM {new}"),
        };
        self.command(&Statement::new(replace), MONTH_LIMIT, &[]).await
    }

    /// Makes sure that no month is replaced any more by somebody who is gone or did not wait, and
    /// says which months were to be written anew, and may not agree with what is derived of them.
    ///
    /// What is put in a month's place too late would take with it what was written since. Without
    /// the table that it comes from, it cannot be put there.
    ///
    /// # Errors
    /// When the server refuses or is away: then nothing may be written to these tables yet.
    pub async fn end_rewrites(&self) -> Result<Vec<u32>, Error> {
        let sql = "SELECT name FROM system.tables \
                   WHERE database = {database:String} AND match(name, {ours:String})";
        let tables = Statement::new(sql)
            .bind("database", self.databases().data.as_str())
            .bind("ours", format!("({REWRITTEN}|{REBUILT})(_[0-9a-f]+)?$"));
        let mut months = Vec::new();
        for Table { name } in self.select::<Table>(&tables).await? {
            let path = self.databases().table(&name);
            let of_table = Statement::new(format!("SELECT {MONTH} FROM {path} GROUP BY {MONTH}"));
            let found = self.select::<Month>(&of_table).await?;
            months.extend(found.into_iter().map(|row| row.month));
            self.drop_table(&name).await?;
        }
        Ok(months)
    }

    async fn drop_table(&self, name: &str) -> Result<(), Error> {
        let path = self.databases().table(name);
        self.execute(&Statement::new(format!("DROP TABLE IF EXISTS {path} SYNC"))).await
    }
}

impl Derived {
    /// Whether it has a row for every batch and month with events that it takes.
    pub fn has_all(&self) -> bool {
        self.coverage == Coverage::All
    }

    /// The table, with its database.
    fn path(&self, databases: &Databases) -> String {
        databases.table(self.table)
    }

    /// Writes its rows of the events that satisfy the condition to a table like it.
    fn insert(&self, databases: &Databases, table: &str, condition: &str) -> String {
        format!(
            "INSERT INTO {table} ({columns}) {select}",
            table = databases.table(table),
            columns = self.columns.join(", "),
            select = (self.select)(databases, &self.also(condition)),
        )
    }

    /// A condition on events, and that it takes them.
    fn also(&self, condition: &str) -> String {
        match self.condition {
            Some(own) => format!("{condition} AND {}", own()),
            None => condition.to_owned(),
        }
    }

    /// Its rows that satisfy a condition on its columns, merged.
    fn stored(&self, databases: &Databases, condition: &str) -> String {
        let (table, columns) = (self.path(databases), self.columns.join(", "));
        let rows = format!("FROM {table} AS stored WHERE {condition}");
        match self.rows {
            Rows::OfBatch => format!("SELECT {columns} {rows}"),
            Rows::Equal => format!("SELECT DISTINCT {columns} {rows}"),
            Rows::Merging(key, merge) => {
                let key = key.join(", ");
                let last = self.columns.last().copied().unwrap_or_default();
                format!("SELECT {key}, {merge}(stored.{last}) AS {last} {rows} GROUP BY {key}")
            }
        }
    }

    /// The months of the events that it takes of which it has no row; of one batch, whose digits
    /// are the parameter `batch`, or of all. What carries no batch is not known to be there.
    fn missing(&self, databases: &Databases, is_of_batch: bool) -> String {
        let (events, table) = (databases.events(), self.path(databases));
        let of_batch = of_batch();
        let taken = match (self.coverage, is_of_batch) {
            (Coverage::Some, _) => {
                format!("SELECT {MONTH} FROM ({})", (self.select)(databases, &of_batch))
            }
            (Coverage::All, true) => {
                self.also(&format!("SELECT {MONTH} FROM {events} WHERE {of_batch}"))
            }
            // A month that is there is not looked into.
            (Coverage::All, false) => self.also(&format!(
                "SELECT {MONTH} FROM {events} WHERE {MONTH} NOT IN (SELECT {MONTH} FROM {table} GROUP BY {MONTH})"
            )),
        };
        let taken = format!("{taken} GROUP BY {MONTH}");
        match (self.rows, is_of_batch) {
            (Rows::OfBatch, true) => format!(
                "SELECT {MONTH} FROM ({taken}) \
                 WHERE {MONTH} NOT IN (SELECT {MONTH} FROM {table} WHERE {of_batch} GROUP BY {MONTH})"
            ),
            _ => taken,
        }
    }
}

impl Part {
    /// Whether a dictionary is filled from it.
    pub fn tells_who(&self) -> bool {
        [&first_users::FIRST_USERS, &user_accounts::USER_ACCOUNTS, &account_times::ACCOUNT_TIMES]
            .iter()
            .any(|derived| self.is_of(derived))
    }

    fn is_of(&self, derived: &Derived) -> bool {
        self.derived.table == derived.table
    }
}
