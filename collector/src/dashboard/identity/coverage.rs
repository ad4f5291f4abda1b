//! How many events of the last hour carry a person and an account.

use protocol::{ProjectId, Timestamp};
use serde::Deserialize;
use store::schema::events::{ACCOUNT_ID, PROJECT, RECEIVED_AT, SENT_AT, USER_ID};
use store::{Connection, Error, Statement};

const HOUR_MS: i64 = 60 * 60 * 1_000;

/// What the events of an hour carry.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Coverage {
    pub(super) events: u64,
    pub(super) with_user: u64,
    pub(super) with_account: u64,
    /// The last ids that came; empty if none did.
    pub(super) last_user: String,
    pub(super) last_account: String,
}

/// Counts the events that arrived within the last hour. What was imported says nothing of pages as
/// they are, and is not among them: it has no time of sending.
///
/// # Errors
/// When the store refuses or is away.
pub(super) async fn of_last_hour(
    store: &Connection,
    project: &ProjectId,
    now: Timestamp,
) -> Result<Coverage, Error> {
    let sql = format!(
        "SELECT count() AS events, countIf({USER_ID} != '') AS with_user, \
         countIf({ACCOUNT_ID} != '') AS with_account, \
         argMaxIf({USER_ID}, {RECEIVED_AT}, {USER_ID} != '') AS last_user, \
         argMaxIf({ACCOUNT_ID}, {RECEIVED_AT}, {ACCOUNT_ID} != '') AS last_account \
         FROM {events} WHERE {PROJECT} = {{project:String}} \
         AND {RECEIVED_AT} >= fromUnixTimestamp64Milli({{since:Int64}}) \
         AND {SENT_AT} > fromUnixTimestamp64Milli(0)",
        events = store.databases().events(),
    );
    let question = Statement::new(sql)
        .bind("project", project.as_str())
        .bind("since", now.plus_millis(-HOUR_MS));
    Ok(store.json::<Coverage>(&question).await?.pop().unwrap_or_default())
}
