//! Writes rows: each insert one block of one partition, so that it is atomic.

use crate::schema::events;
use crate::{
    Connection, ElementRow, Error, EventRow, FeatureElementRow, FeaturePageRow, PageRow, Row,
    Statement, encode,
};
use clickhouse::insert::Insert;
use clickhouse::{RowOwned, RowWrite};
use protocol::BatchId;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::mem;
use std::time::Duration;

/// One chunk must be taken by the socket within this.
const SEND: Duration = Duration::from_secs(30);

/// The server must have written an insert within this.
const END: Duration = Duration::from_secs(120);

/// Rows of one insert at most: the size up to which ClickHouse makes one block of them.
pub(crate) const ROWS: usize = 1_000_000;

/// Bytes that are sent at once.
const CHUNK: usize = 256 << 10;

/// Room for one more row, so that a chunk seldom has to grow.
const ROOM: usize = 4 << 10;

/// The server compares names and types at the head with the table's.
const HEADER: [(&str, &str); 2] =
    [("input_format_with_names_use_header", "1"), ("input_format_with_types_use_header", "1")];

#[derive(Row, Deserialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    type_: String,
}

/// How an insert is done, whatever the server's own defaults are.
const SETTINGS: [(&str, &str); 8] = [
    // Answered only when the rows are in the table.
    ("async_insert", "0"),
    ("wait_for_async_insert", "1"),
    ("wait_end_of_query", "1"),
    // One block, however many bytes: a second block could be lost alone.
    ("max_insert_block_size", "1048576"),
    ("min_insert_block_size_rows", "0"),
    ("min_insert_block_size_bytes", "0"),
    ("input_format_parallel_parsing", "0"),
    ("insert_deduplicate", "1"),
];

impl Connection {
    /// Writes a batch of events, one insert per month.
    ///
    /// Every row must carry `batch`. Repeating the same attempt with the same rows on a server
    /// that lived on writes nothing twice.
    ///
    /// # Errors
    /// When the server refuses or is away. Then months before may be there and the failed one
    /// may be there or come yet: [`Self::settle`] the batch, and write what is missing with the
    /// next attempt.
    pub async fn insert_events(
        &self,
        batch: BatchId,
        attempt: u32,
        rows: &[EventRow],
    ) -> Result<(), Error> {
        let mut months: BTreeMap<u32, Vec<&EventRow>> = BTreeMap::new();
        for row in rows {
            debug_assert_eq!(&row.batch_id, batch.as_bytes());
            months.entry(row.month).or_default().push(row);
        }
        for (month, rows) in months {
            for (part, rows) in rows.chunks(ROWS).enumerate() {
                let query_id = format!("{}{attempt}-{month}-{part}", self.query_prefix(batch));
                let token = format!("{query_id}-{}-{:016x}", self.nonce, fingerprint(rows));
                let written = self.send_events(&query_id, &token, rows).await;
                if let Err(Error::Refused { .. }) = written {
                    // Another form of the table is nothing that a row is to blame for.
                    self.check_events().await?;
                }
                written?;
            }
        }
        Ok(())
    }

    async fn send_events(
        &self,
        query_id: &str,
        token: &str,
        rows: &[&EventRow],
    ) -> Result<(), Error> {
        let columns: Vec<&str> = encode::COLUMNS.iter().map(|(name, _)| *name).collect();
        let sql = format!(
            "INSERT INTO {} ({}) FORMAT RowBinaryWithNamesAndTypes",
            self.databases().events(),
            columns.join(", ")
        );
        let insert = self.client.insert_formatted_with(sql).with_timeouts(Some(SEND), Some(END));
        let own = [("query_id", query_id), ("insert_deduplication_token", token)];
        let settings = SETTINGS.iter().chain(&HEADER).chain(&own);
        let mut insert =
            settings.fold(insert, |insert, (name, value)| insert.with_setting(*name, *value));
        let mut bytes = Vec::with_capacity(CHUNK);
        encode::header(&mut bytes);
        for row in rows {
            encode::row(&mut bytes, row);
            if bytes.len() >= CHUNK - ROOM {
                let full = mem::replace(&mut bytes, Vec::with_capacity(CHUNK));
                insert.send(full.into()).await.map_err(Error::from_client)?;
            }
        }
        insert.send(bytes.into()).await.map_err(Error::from_client)?;
        insert.end().await.map_err(ended)
    }

    /// Checks that the table of events has the columns that are written.
    async fn check_events(&self) -> Result<(), Error> {
        let columns = Statement::new(
            "SELECT name, type FROM system.columns \
             WHERE database = {database:String} AND table = {table:String}",
        )
        .bind("database", self.databases().data.as_str())
        .bind("table", events::TABLE);
        let columns = self.select::<Column>(&columns).await?;
        let is_there = |(name, type_): &(&str, &str)| {
            columns.iter().any(|column| column.name == *name && column.type_ == *type_)
        };
        match encode::COLUMNS.iter().find(|column| !is_there(column)) {
            None => Ok(()),
            Some((column, type_)) => Err(Error::Columns { column, type_ }),
        }
    }

    /// What the ids of all inserts of the batch begin with, and of nobody else's on the server.
    pub(crate) fn query_prefix(&self, batch: BatchId) -> String {
        format!("{}-{batch}-", self.databases().data)
    }

    /// Writes what elements are. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; then it can simply be repeated.
    pub async fn insert_elements(&self, rows: &[ElementRow]) -> Result<(), Error> {
        let rows: Vec<&ElementRow> = rows.iter().collect();
        self.insert(&self.databases().elements(), &rows).await
    }

    /// Writes what pages are. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; then it can simply be repeated.
    pub async fn insert_pages(&self, rows: &[PageRow]) -> Result<(), Error> {
        let rows: Vec<&PageRow> = rows.iter().collect();
        self.insert(&self.databases().pages(), &rows).await
    }

    /// Writes which elements and pages features mean. Repeating it changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; then it can simply be repeated.
    pub async fn insert_matches(
        &self,
        elements: &[FeatureElementRow],
        pages: &[FeaturePageRow],
    ) -> Result<(), Error> {
        let elements: Vec<_> = elements.iter().collect();
        let pages: Vec<_> = pages.iter().collect();
        self.insert(&self.databases().feature_pages(), &pages).await?;
        self.insert(&self.databases().feature_elements(), &elements).await
    }

    /// Writes rows without any guard against repeats.
    pub(crate) async fn insert<T: RowOwned + RowWrite>(
        &self,
        table: &str,
        rows: &[&T],
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        write(self.start::<T>(table).await?, rows).await
    }

    pub(crate) async fn start<T: RowOwned + RowWrite>(
        &self,
        table: &str,
    ) -> Result<Insert<T>, Error> {
        let insert = self.client.insert_unescaped::<T>(table).await.map_err(Error::from_client)?;
        let insert = insert.with_timeouts(Some(SEND), Some(END));
        Ok(SETTINGS.iter().fold(insert, |insert, (name, value)| insert.with_setting(*name, *value)))
    }
}

/// Sends all rows, or none: an insert that is dropped unfinished leaves nothing.
pub(crate) async fn write<T: RowOwned + RowWrite>(
    mut insert: Insert<T>,
    rows: &[&T],
) -> Result<(), Error> {
    for row in rows {
        insert.write(*row).await.map_err(Error::from_client)?;
    }
    insert.end().await.map_err(ended)
}

pub(crate) fn ended(error: clickhouse::error::Error) -> Error {
    match error {
        clickhouse::error::Error::TimedOut => Error::TimedOut { seconds: END.as_secs() },
        error => Error::from_client(error),
    }
}

/// Tells other rows under the same attempt apart, which a token alone would silently drop.
fn fingerprint(rows: &[&EventRow]) -> u64 {
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    for row in rows {
        // Two projects may have an event of the same id.
        row.project.hash(&mut hasher);
        row.event_id.hash(&mut hasher);
    }
    hasher.finish()
}
