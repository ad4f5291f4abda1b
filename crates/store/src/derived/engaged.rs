//! How long people were engaged with pages: [`schema::engaged`](crate::schema::engaged).
//!
//! A page tells it when it is left, each time what came since it told before. It counts in the
//! quarter of an hour in which it is told.

use super::{Coverage, Derived, Rows};
use crate::Databases;
use crate::schema::{engaged as g, events as e};
use protocol::Kind;

/// The property of a leave that says how long, in milliseconds.
const PROPERTY: &str = "engaged_ms";

/// More than this nobody says of one leave: a page is told of at least once a day.
const MOST_MS: u64 = 24 * 60 * 60 * 1_000;

/// The table of engaged time.
pub(super) const ENGAGED: Derived = Derived {
    table: g::TABLE,
    columns: &g::COLUMNS,
    takes: |event| event.kind == Kind::PageLeave.as_str(),
    condition: Some(|| format!("{} = '{}'", e::KIND, Kind::PageLeave)),
    select: engaged,
    rows: Rows::OfBatch,
    coverage: Coverage::All,
};

/// The engaged time of the events that satisfy a condition.
fn engaged(databases: &Databases, condition: &str) -> String {
    let keys = [
        e::PROJECT,
        e::ANONYMOUS_ID,
        e::MONTH,
        e::BATCH_ID,
        e::USER_ID,
        e::ACCOUNT_ID,
        e::SESSION_ID,
        e::IS_AUTOMATED,
    ];
    let inner = format!(
        "SELECT {keys}, toInt32(intDiv(toUnixTimestamp64Milli({timestamp}), {quarter_ms})) AS {quarter}, \
         min({timestamp}) AS {first_seen}, \
         sum(least(toUInt64OrZero({properties}['{PROPERTY}']), {MOST_MS})) AS {engaged_ms} \
         FROM {events} WHERE {condition} GROUP BY {keys}, {quarter}",
        keys = keys.join(", "),
        timestamp = e::TIMESTAMP,
        quarter = g::QUARTER,
        quarter_ms = g::QUARTER_MS,
        first_seen = g::FIRST_SEEN,
        properties = e::PROPERTIES,
        engaged_ms = g::ENGAGED_MS,
        events = databases.events(),
    );
    format!("SELECT {columns} FROM ({inner})", columns = g::COLUMNS.join(", "))
}
