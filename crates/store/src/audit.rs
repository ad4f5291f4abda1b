//! Looks for events that are there twice, and takes the copies out.
//!
//! The writer writes each event once; this is the check of it, and the remedy for what came by
//! another way, such as a restored backup. Copies of one event lie side by side, since its
//! partition and its place in the sort key come from the event itself.

use crate::derived::{MONTH_LIMIT, MONTH_SETTINGS, REWRITTEN};
use crate::schema::events::{self, ANONYMOUS_ID, BATCH_ID, EVENT_ID, MONTH, PROJECT, RECEIVED_AT};
use crate::{Connection, Error, Row, Statement};
use serde::Deserialize;

/// What was counted in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Row, Deserialize)]
pub struct Duplicates {
    /// Rows.
    pub n_rows: u64,
    /// Rows too many: copies of others.
    pub n_duplicates: u64,
}

impl Connection {
    /// Counts the events of a month, and those among them that are copies.
    ///
    /// Reads in the order of the sort key, in bounded memory.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn duplicates(&self, month: u32) -> Result<Duplicates, Error> {
        let question = format!(
            "SELECT sum(n) AS n_rows, toUInt64(sum(n) - count()) AS n_duplicates FROM (SELECT count() AS n \
             FROM {events} WHERE {MONTH} = {{month:UInt32}} GROUP BY {key})",
            key = key(),
            events = self.databases().events(),
        );
        let question = Statement::new(question).bind("month", month);
        let rows = self.select_within::<Duplicates>(&question, MONTH_LIMIT, &MONTH_SETTINGS);
        Ok(rows.await?.first().copied().unwrap_or_default())
    }

    /// Writes a month anew with each event once: the copy that came first stays.
    ///
    /// To be called by the one who writes events, and not while a batch is on its way. What is
    /// derived of the month must be rebuilt after it, and then [`Self::end_rewrites`] called: until
    /// then, that says which month it was.
    ///
    /// # Errors
    /// When the server refuses or is away, or when another number of rows than expected would be
    /// left; then the month is as it was or as it should be, or will be: nothing may be written
    /// to it before [`Self::end_rewrites`].
    pub async fn rewrite_without_duplicates(&self, month: u32) -> Result<(), Error> {
        let new = format!("{}{REWRITTEN}_{}", events::TABLE, self.nonce);
        let Duplicates { n_rows, n_duplicates } = self.duplicates(month).await?;
        let expected = Some(n_rows - n_duplicates);
        self.replace_month(events::TABLE, &new, month, expected, |databases| {
            let (table, key) = (databases.events(), key());
            let of_month = format!("{MONTH} = {{month:UInt32}}");
            // Only the copies are held in memory, not all that they are looked for in.
            let doubled = format!(
                "({key}) IN (SELECT {key} FROM {table} WHERE {of_month} GROUP BY {key} HAVING count() > 1)"
            );
            format!(
                "INSERT INTO {new} SELECT * FROM (\
                 SELECT * FROM {table} WHERE {of_month} AND NOT {doubled} UNION ALL \
                 SELECT * FROM {table} WHERE {of_month} AND {doubled} \
                 ORDER BY {key}, {RECEIVED_AT}, {BATCH_ID} LIMIT 1 BY {key})",
                new = databases.table(&new),
            )
        })
        .await
    }
}

/// What makes an event the same, in the order of the sort key.
fn key() -> String {
    [PROJECT, ANONYMOUS_ID, EVENT_ID].join(", ")
}
