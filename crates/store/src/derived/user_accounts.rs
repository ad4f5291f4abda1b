//! The accounts of each user: [`schema::user_accounts`](crate::schema::user_accounts).

use super::{Coverage, Derived, Rows};
use crate::Databases;
use crate::schema::{events as e, user_accounts as u};

/// The table of the accounts of users.
pub(super) const USER_ACCOUNTS: Derived = Derived {
    table: u::TABLE,
    columns: &u::COLUMNS,
    takes: |event| !event.user_id.is_empty() && !event.account_id.is_empty(),
    condition: Some(has_both),
    select: user_accounts,
    rows: Rows::Equal,
    coverage: Coverage::All,
};

/// Whether an event says which account a user is in.
pub(super) fn has_both() -> String {
    format!("{} != '' AND {} != ''", e::USER_ID, e::ACCOUNT_ID)
}

/// The accounts of each user, out of the events that satisfy a condition.
fn user_accounts(databases: &Databases, condition: &str) -> String {
    format!(
        "SELECT DISTINCT {columns} FROM {events} WHERE {condition}",
        columns = [e::PROJECT, e::MONTH, e::USER_ID, e::ACCOUNT_ID].join(", "),
        events = databases.events(),
    )
}
