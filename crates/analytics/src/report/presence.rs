//! When people were there: the sessions, as rows like those of the events and far fewer.

use store::schema::{Databases, events as e, sessions as s};

/// The rows, in brackets: for each stretch of a session in which somebody did anything, who it was
/// and when he began, under the names that events have for it. Needs `{project:String}`.
///
/// A row lies within a quarter of an hour, so that it is in the hour, day or longer period of each
/// of its events. Within it a person may change his account: who asks for accounts asks events,
/// but for [`e::ACCOUNT_ID`], which is that of all of them. Whether staff is left out by account is
/// asked of the moment at which the stretch began, not of each of its events.
pub(super) fn table(databases: &Databases) -> String {
    let same = [e::PROJECT, e::ANONYMOUS_ID, e::USER_ID, e::ACCOUNT_ID, e::IS_AUTOMATED];
    debug_assert_eq!(
        same,
        [s::PROJECT, s::ANONYMOUS_ID, s::USER_ID, s::ACCOUNT_ID, s::IS_AUTOMATED]
    );
    format!(
        "(SELECT {same}, {began} AS {at} FROM {sessions} WHERE {project} = {{project:String}} \
         AND toUnixTimestamp64Milli({began}) > 0)",
        same = same.join(", "),
        began = s::FIRST_ACTIVE,
        at = e::TIMESTAMP,
        sessions = databases.sessions(),
        project = s::PROJECT,
    )
}
