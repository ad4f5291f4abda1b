//! The first user of each browser: [`schema::first_users`](crate::schema::first_users).

use super::{Coverage, Derived, Rows};
use crate::Databases;
use crate::schema::{events as e, first_users as f};

/// The table of first users.
pub(super) const FIRST_USERS: Derived = Derived {
    table: f::TABLE,
    columns: &f::COLUMNS,
    takes: |event| !event.user_id.is_empty() && !event.anonymous_id.is_empty(),
    condition: Some(|| format!("{} != '' AND {} != ''", e::USER_ID, e::ANONYMOUS_ID)),
    select: first_users,
    rows: Rows::Merging(&[f::PROJECT, f::MONTH, f::ANONYMOUS_ID], "min"),
    coverage: Coverage::All,
};

/// The first user of each browser, out of the events that satisfy a condition.
///
/// Of two in one millisecond the one of the lower event id is the first, so that every question
/// sees the same.
fn first_users(databases: &Databases, condition: &str) -> String {
    format!(
        "SELECT {keys}, min(({timestamp}, {event_id}, {user_id})) AS {first} \
         FROM {events} WHERE {condition} GROUP BY {keys}",
        keys = [e::PROJECT, e::MONTH, e::ANONYMOUS_ID].join(", "),
        timestamp = e::TIMESTAMP,
        event_id = e::EVENT_ID,
        user_id = e::USER_ID,
        first = f::FIRST,
        events = databases.events(),
    )
}
