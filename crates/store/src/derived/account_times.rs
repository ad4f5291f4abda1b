//! When each user was in which account: [`schema::account_times`](crate::schema::account_times).

use super::user_accounts::has_both;
use super::{Coverage, Derived, Rows};
use crate::Databases;
use crate::schema::{account_times as a, events as e};

/// The table of the times of accounts.
pub(super) const ACCOUNT_TIMES: Derived = Derived {
    table: a::TABLE,
    columns: &a::COLUMNS,
    takes: |event| !event.user_id.is_empty() && !event.account_id.is_empty(),
    condition: Some(has_both),
    select: account_times,
    rows: Rows::Equal,
    coverage: Coverage::All,
};

/// The moments at which users were seen in accounts, out of the events that satisfy a condition.
fn account_times(databases: &Databases, condition: &str) -> String {
    format!(
        "SELECT DISTINCT {columns} FROM {events} WHERE {condition}",
        columns = [e::PROJECT, e::MONTH, e::USER_ID, e::TIMESTAMP, e::ACCOUNT_ID].join(", "),
        events = databases.events(),
    )
}
