//! Accounts: all of them side by side, and where to find each.

pub(crate) mod table;

use crate::App;
use axum::Router;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::ProjectId;

/// What stands for itself in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The routes.
pub(super) fn routes() -> Router<App> {
    table::routes()
}

/// The path of an account's page.
pub(super) fn path(project: &ProjectId, account: &str) -> String {
    format!("/projects/{project}/accounts/{}", utf8_percent_encode(account, SEGMENT))
}
