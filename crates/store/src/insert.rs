//! Writes rows: each insert one block of one partition, so that it is atomic.

use crate::{Connection, ElementRow, Error, EventRow, PageRow};
use clickhouse::insert::Insert;
use clickhouse::{RowOwned, RowWrite};
use protocol::BatchId;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// One chunk must be taken by the socket within this.
const SEND: Duration = Duration::from_secs(30);

/// The server must have written an insert within this.
const END: Duration = Duration::from_secs(120);

/// Rows of one insert at most: the size up to which ClickHouse makes one block of them.
pub(crate) const ROWS: usize = 1_000_000;

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
        let table = self.databases().events();
        for (month, rows) in months {
            for (part, rows) in rows.chunks(ROWS).enumerate() {
                let query_id = format!("{}{attempt}-{month}-{part}", self.query_prefix(batch));
                let token = format!("{query_id}-{}-{:016x}", self.nonce, fingerprint(rows));
                let insert = self
                    .start::<EventRow>(&table)
                    .await?
                    .with_setting("query_id", query_id)
                    .with_setting("insert_deduplication_token", token);
                write(insert, rows).await?;
            }
        }
        Ok(())
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
    insert.end().await.map_err(|error| match error {
        clickhouse::error::Error::TimedOut => Error::TimedOut { seconds: END.as_secs() },
        error => Error::from_client(error),
    })
}

/// Tells other rows under the same attempt apart, which a token alone would silently drop.
fn fingerprint(rows: &[&EventRow]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for row in rows {
        row.event_id.hash(&mut hasher);
    }
    hasher.finish()
}
