//! Which events of a time are there.

use crate::rows::{NOON, batch_id};
use anyhow::Result;
use protocol::{EventId, Timestamp};
use store::{EventRow, testing};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn row(project: &str, at: Timestamp, n: u8, month: u32) -> EventRow {
    EventRow {
        project: project.to_owned(),
        event_id: *EventId::new(at, [n; 10]).as_bytes(),
        month,
        batch_id: *batch_id(1).as_bytes(),
        ..EventRow::default()
    }
}

#[tokio::test]
async fn events_of_a_time_come_in_the_order_of_their_ids() -> Result<()> {
    let Some(store) = testing::open("recents").await? else { return Ok(()) };
    let rows = [
        row("b", NOON.plus_millis(-1), 1, 202_611),
        row("b", NOON, 3, 202_611),
        row("a", NOON.plus_millis(20 * DAY_MS), 4, 202_612),
        row("a", NOON.plus_millis(1), 2, 202_611),
        row("a", NOON.plus_millis(21 * DAY_MS), 5, 202_612),
    ];
    store.connection.insert_events(batch_id(1), 0, &rows).await?;

    let mut recents = store.connection.recents(NOON, NOON.plus_millis(21 * DAY_MS))?;
    let mut found = Vec::new();
    while let Some(recent) = recents.next().await? {
        found.push((recent.project.clone(), *recent.event_id().as_bytes()));
    }
    let expected = [&rows[1], &rows[3], &rows[2]].map(|row| (row.project.clone(), row.event_id));
    assert_eq!(found, expected);
    Ok(())
}
