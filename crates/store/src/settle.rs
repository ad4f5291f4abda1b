//! What became of an insert whose outcome is not known.

use crate::schema::events::{BATCH_ID, EVENT_ID, PROJECT};
use crate::{Connection, Error, EventSet, Row, Statement};
use protocol::{BatchId, EventId, ProjectId};
use serde::Deserialize;
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A killed insert is gone within milliseconds; a stuck disk may hold it.
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// Pause between two looks at the running queries.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ids asked for at once. Beyond some hundred, the bloom index holds nothing back and the column
/// of ids is read as a whole, so that few large questions cost less than many small ones: of 10
/// million rows, 50,000 ids take 0.3 s at once and 3 s in portions of 2,000.
const IDS_AT_ONCE: usize = 50_000;

/// Ids in one parameter: ClickHouse takes at most 128 KiB for each.
const IDS_IN_PARAMETER: usize = 3_000;

#[derive(Row, Deserialize)]
struct Found {
    event_id: [u8; 16],
}

#[derive(Row, Deserialize)]
struct FoundOf {
    project: String,
    event_id: [u8; 16],
}

/// An answer that is one number.
#[derive(Row, Deserialize)]
pub(crate) struct Count {
    pub(crate) n: u64,
}

/// The condition that a row is of the batch whose digits are the parameter `batch`.
pub(crate) fn of_batch() -> String {
    format!("{BATCH_ID} = CAST(unhex({{batch:String}}) AS FixedString(16))")
}

impl Connection {
    /// Makes sure that no insert of the batch still runs, and says which of its events are there.
    ///
    /// Counting would not be enough: of several partitions any may be missing. To be asked on
    /// the node that took the inserts.
    ///
    /// # Errors
    /// When the server refuses, is away, or an insert cannot be killed: then nothing is known
    /// yet, and it must be asked again.
    pub async fn settle(&self, batch: BatchId) -> Result<EventSet, Error> {
        self.end_inserts(batch).await?;
        let events = self.databases().events();
        let there = format!("SELECT {PROJECT}, {EVENT_ID} FROM {events} WHERE {}", of_batch());
        let there = Statement::new(there).bind("batch", batch.to_string());
        let mut events = EventSet::default();
        for row in self.select::<FoundOf>(&there).await? {
            events.insert(&row.project, EventId::from_bytes(row.event_id));
        }
        Ok(events)
    }

    /// Kills the inserts of the batch, of events and of what is derived from them, and waits until
    /// none runs any more.
    pub(crate) async fn end_inserts(&self, batch: BatchId) -> Result<(), Error> {
        self.end_queries(self.query_prefix(batch)).await
    }

    /// The same for every batch, where it is not known which ones were on their way.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub async fn end_all_inserts(&self) -> Result<(), Error> {
        self.end_queries(format!("{}-", self.databases().data)).await
    }

    pub(crate) async fn end_queries(&self, prefix: String) -> Result<(), Error> {
        let kill = "KILL QUERY WHERE startsWith(query_id, {prefix:String}) SYNC FORMAT Null";
        let kill = Statement::new(kill).bind("prefix", prefix.as_str());
        let running =
            "SELECT count() AS n FROM system.processes WHERE startsWith(query_id, {prefix:String})";
        let running = Statement::new(running).bind("prefix", prefix.as_str());
        let deadline = Instant::now() + GONE_WITHIN;
        self.execute(&kill).await?;
        while self.one::<Count>(&running).await?.is_some_and(|count| count.n > 0) {
            if Instant::now() >= deadline {
                return Err(Error::StillRunning { prefix, seconds: GONE_WITHIN.as_secs() });
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Which of these events of the project are in the store already.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn known_events(
        &self,
        project: &ProjectId,
        ids: &[EventId],
    ) -> Result<HashSet<EventId>, Error> {
        let mut known = HashSet::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let rows = self.select::<Found>(&self.which_of(project, ids)).await?;
            known.extend(rows.into_iter().map(|row| EventId::from_bytes(row.event_id)));
        }
        Ok(known)
    }

    fn which_of(&self, project: &ProjectId, ids: &[EventId]) -> Statement {
        let parts = ids.chunks(IDS_IN_PARAMETER).enumerate();
        let names: Vec<String> =
            parts.clone().map(|(i, _)| format!("{{ids{i}:Array(String)}}")).collect();
        let question = Statement::new(format!(
            "SELECT {EVENT_ID} FROM {events} WHERE {PROJECT} = {{project:String}} AND {EVENT_ID} IN \
             (SELECT CAST(unhex(arrayJoin(arrayConcat({names}))) AS FixedString(16)))",
            events = self.databases().events(),
            names = names.join(", ")
        ));
        parts.fold(question.bind("project", project.as_str()), |question, (i, part)| {
            let digits = part.iter().map(|id| BatchId::from_bytes(*id.as_bytes()).to_string());
            question.bind(format!("ids{i}"), digits.collect::<Vec<_>>())
        })
    }
}
