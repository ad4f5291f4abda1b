//! Which events of a time are there: to make the collector's memory of them anew.

use crate::schema::events::{EVENT_ID, MONTH, PROJECT};
use crate::{Connection, Error, Row, Statement};
use clickhouse::query::RowCursor;
use protocol::{EventId, Timestamp};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::timeout;

/// How long the server may take to the last row. Half a billion ids are sorted in less.
const WHOLE: Duration = Duration::from_secs(60 * 60);

/// How long it may take to the next row: the first comes when all are sorted.
const NEXT: Duration = Duration::from_secs(15 * 60);

/// Bytes that the server sorts in memory; beyond, it sorts on disk.
const SORT_BYTES: u64 = 256 << 20;

/// An event that is there.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct Recent {
    /// Whose it is.
    pub project: String,
    event_id: [u8; 16],
}

impl Recent {
    /// Its id.
    pub fn event_id(&self) -> EventId {
        EventId::from_bytes(self.event_id)
    }
}

/// Events of a time, in the order of their ids, as the server sends them: any number of them in
/// a bounded place.
pub struct Recents {
    cursor: RowCursor<Recent>,
}

impl std::fmt::Debug for Recents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recents").finish_non_exhaustive()
    }
}

impl Recents {
    /// The next one.
    ///
    /// # Errors
    /// When the server refuses or goes away in the middle.
    pub async fn next(&mut self) -> Result<Option<Recent>, Error> {
        match timeout(NEXT, self.cursor.next()).await {
            Ok(row) => row.map_err(Error::from_client),
            Err(_) => Err(Error::TimedOut { seconds: NEXT.as_secs() }),
        }
    }
}

impl Connection {
    /// Asks for the events whose ids carry a time from `from` to before `to`.
    ///
    /// Only ids of which the time chose the partition are found: those that were within 45 days
    /// of their arrival.
    ///
    /// # Errors
    /// When the question cannot be sent. What the server says comes with the first row.
    pub fn recents(&self, from: Timestamp, to: Timestamp) -> Result<Recents, Error> {
        let events = self.databases().events();
        let month = |name| format!("toYYYYMM(fromUnixTimestamp64Milli({{{name}:Int64}}, 'UTC'))");
        let (first, last) = (month("from"), month("to"));
        let id = |name| format!("CAST(unhex({{{name}:String}}) AS FixedString(16))");
        let (lowest, beyond) = (id("lowest"), id("beyond"));
        let question = format!(
            "SELECT {PROJECT}, {EVENT_ID} FROM {events} \
             WHERE {MONTH} BETWEEN {first} AND {last} \
             AND {EVENT_ID} >= {lowest} AND {EVENT_ID} < {beyond} ORDER BY {EVENT_ID}"
        );
        let question = Statement::new(question)
            .bind("from", from)
            .bind("to", to)
            .bind("lowest", lowest_of(from))
            .bind("beyond", lowest_of(to));
        let query = self
            .query(&question)
            .with_setting("readonly", "2")
            .with_setting("max_execution_time", WHOLE.as_secs().to_string())
            .with_setting("max_bytes_before_external_sort", SORT_BYTES.to_string());
        Ok(Recents { cursor: query.fetch::<Recent>().map_err(Error::from_client)? })
    }
}

/// The lowest id of a moment, in hexadecimal digits.
fn lowest_of(at: Timestamp) -> String {
    format!("{:012x}{:020x}", at.as_millis().clamp(0, (1 << 48) - 1), 0)
}
