//! Rows for tests.

use protocol::{BatchId, EventId, Timestamp};
use store::EventRow;

/// Noon of 22 November 2026, UTC.
pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

pub(crate) fn batch_id(n: u8) -> BatchId {
    BatchId::from_bytes([n; 16])
}

pub(crate) fn event_id(n: u64) -> EventId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    EventId::new(NOON, random)
}

/// An event of the project `p`.
pub(crate) fn event(batch: BatchId, n: u64) -> EventRow {
    EventRow {
        project: "p".to_owned(),
        event_id: *event_id(n).as_bytes(),
        month: 202_611,
        kind: "click".to_owned(),
        batch_id: *batch.as_bytes(),
        timestamp: NOON.plus_millis(i64::try_from(n).unwrap_or(0)),
        sent_at: NOON,
        received_at: NOON,
        anonymous_id: format!("a{}", n % 7),
        session_id: "s".to_owned(),
        ..EventRow::default()
    }
}

pub(crate) fn events(batch: BatchId, numbers: std::ops::Range<u64>) -> Vec<EventRow> {
    numbers.map(|n| event(batch, n)).collect()
}
