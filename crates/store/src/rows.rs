//! Rows as the server sends them: any number of them in a bounded place.

use crate::{Connection, Error, Statement};
use clickhouse::query::BytesCursor;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::time::Duration;
use tokio::time::timeout;

/// How long the server may take to the last row, while somebody downloads them.
const WHOLE: Duration = Duration::from_secs(30 * 60);

/// How long it may take to go on: the first row comes when all are computed and sorted.
const NEXT: Duration = Duration::from_secs(2 * 60);

/// Bytes that the server sorts in memory; beyond, it sorts on disk.
const SORT_BYTES: u64 = 256 << 20;

/// Rows as JSON objects by column name.
pub struct Rows<T> {
    cursor: BytesCursor,
    /// The beginning of a line whose end is still to come.
    rest: Vec<u8>,
    row: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// The next ones, as many as came together; none after the last.
    ///
    /// # Errors
    /// When the server refuses or goes away in the middle, or when a row is no `T`.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        loop {
            let bytes = match timeout(NEXT, self.cursor.next()).await {
                Ok(bytes) => bytes.map_err(Error::from_client)?,
                Err(_) => return Err(Error::TimedOut { seconds: NEXT.as_secs() }),
            };
            let Some(bytes) = bytes else { return Ok(None) };
            self.rest.extend_from_slice(&bytes);
            if let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.rest.split_off(end + 1);
                let lines = std::mem::replace(&mut self.rest, rest);
                let rows = serde_json::Deserializer::from_slice(&lines).into_iter();
                return rows
                    .map(|row| row.map_err(Error::Json))
                    .collect::<Result<_, _>>()
                    .map(Some);
            }
        }
    }
}

impl Connection {
    /// Asks for rows of `T` that may be more than fit into memory.
    ///
    /// # Errors
    /// When the question cannot be sent. What the server says comes with the first row.
    pub fn rows<T: DeserializeOwned>(&self, statement: &Statement) -> Result<Rows<T>, Error> {
        let query = self
            .query(statement)
            .with_setting("readonly", "2")
            .with_setting("max_execution_time", WHOLE.as_secs().to_string())
            .with_setting("max_bytes_before_external_sort", SORT_BYTES.to_string())
            .with_setting("output_format_json_quote_64bit_integers", "0");
        let cursor = query.fetch_bytes("JSONEachRow").map_err(Error::from_client)?;
        Ok(Rows { cursor, rest: Vec::new(), row: PhantomData })
    }
}
