//! Who is whose: the one place that turns an event's ids into a person.
//!
//! An event with a `user_id` is that user's. One without belongs to the first user ever
//! identified on its `anonymous_id`, before or after it; without any such user the browser
//! itself is the person. The rule is applied when a question is asked, so that a sign-in
//! re-groups all of the past, and so that events stay as they came.
//!
//! A person is named by the user id or the anonymous id as it is.
//!
//! ```
//! use store::{Databases, identity};
//!
//! let databases = Databases::default();
//! let sql = format!(
//!     "SELECT uniqExact({person}) FROM {events} AS e {join} WHERE e.project = {{project:String}}",
//!     person = identity::person("e"),
//!     events = databases.events(),
//!     join = identity::join(&databases, "e"),
//! );
//! ```

use crate::Databases;
use crate::schema::events::{ANONYMOUS_ID, EVENT_ID, PROJECT, TIMESTAMP, USER_ID};

/// The person of a row of events under the alias `events`, with [`join`] in the same query.
pub fn person(events: &str) -> String {
    format!(
        "multiIf({events}.{USER_ID} != '', {events}.{USER_ID}, \
         first_users.first_user != '', first_users.first_user, {events}.{ANONYMOUS_ID})"
    )
}

/// What follows the table of events, under the alias `events`, so that [`person`] can be asked.
///
/// Needs the parameter `{project:String}`.
pub fn join(databases: &Databases, events: &str) -> String {
    format!(
        "LEFT ANY JOIN ({first_users}) AS first_users \
         ON first_users.{ANONYMOUS_ID} = {events}.{ANONYMOUS_ID}",
        first_users = first_users(databases)
    )
}

/// The first user of each anonymous id of the project, as `anonymous_id, first_user`.
///
/// Of two at the same millisecond it is the one of the lower event id, so that every question
/// sees the same.
fn first_users(databases: &Databases) -> String {
    format!(
        "SELECT {ANONYMOUS_ID}, argMin({USER_ID}, ({TIMESTAMP}, {EVENT_ID})) AS first_user \
         FROM {events} WHERE {PROJECT} = {{project:String}} \
         AND {USER_ID} != '' AND {ANONYMOUS_ID} != '' GROUP BY {ANONYMOUS_ID}",
        events = databases.events()
    )
}
