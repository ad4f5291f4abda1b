//! When people were there: the sessions, as rows like those of the events and far fewer.

use store::schema::{Databases, events as e, sessions as s};
use store::{StaffRules, identity};

/// What a row says beside when, as the events call it and as the sessions do.
const SAME: [(&str, &str); 5] = [
    (e::PROJECT, s::PROJECT),
    (e::ANONYMOUS_ID, s::ANONYMOUS_ID),
    (e::USER_ID, s::USER_ID),
    (e::ACCOUNT_ID, s::ACCOUNT_ID),
    (e::IS_AUTOMATED, s::IS_AUTOMATED),
];

/// The rows, in brackets: for each stretch of a session in which somebody did anything, who it was
/// and when he began, under the names that events have for it. Needs `{project:String}`, and the
/// parameters of [`identity::bind`].
///
/// A row lies within a quarter of an hour, so that it is in the hour, day or longer period of each
/// of its events. Within it a person may change his account: who asks for accounts asks events,
/// but for [`e::ACCOUNT_ID`], which is that of all of them. Where staff is left out by account,
/// whoever was ever in such an account and does not say in which he is has a row for each of his
/// events instead, so that [`identity::counted`] holds for all of what a row stands for, or for none.
pub(super) fn table(databases: &Databases, staff: &StaffRules) -> String {
    let began = s::FIRST_ACTIVE;
    let stretches = format!(
        "SELECT {same}, s.{began} AS {at} FROM {sessions} AS s WHERE s.{project} = {{project:String}} \
         AND toUnixTimestamp64Milli(s.{began}) > 0",
        same = same("s", |(_, of_session)| of_session),
        at = e::TIMESTAMP,
        sessions = databases.sessions(),
        project = s::PROJECT,
    );
    if !staff.names_accounts() {
        return format!("({stretches})");
    }
    let may_change = identity::may_be_in_staff_account(databases, "s");
    format!("({stretches} AND NOT {may_change}\nUNION ALL\n{})", each_event(databases, &may_change))
}

/// Each event of those whose account may be one or the other.
fn each_event(databases: &Databases, may_change: &str) -> String {
    // Their browsers are few, and events are sorted by them.
    format!(
        "SELECT {same}, e.{at} AS {at} FROM {events} AS e WHERE e.{project} = {{project:String}}\n\
         AND e.{browser} IN (SELECT s.{session_browser} FROM {sessions} AS s \
         WHERE s.{session_project} = {{project:String}} AND {may_change})\n\
         AND {is_activity} AND {event_may}",
        same = same("e", |(of_event, _)| of_event),
        at = e::TIMESTAMP,
        events = databases.events(),
        project = e::PROJECT,
        browser = e::ANONYMOUS_ID,
        session_browser = s::ANONYMOUS_ID,
        sessions = databases.sessions(),
        session_project = s::PROJECT,
        is_activity = identity::is_activity(),
        event_may = identity::may_be_in_staff_account(databases, "e"),
    )
}

fn same(row: &str, column: impl Fn((&'static str, &'static str)) -> &'static str) -> String {
    let column = |of: (&'static str, &'static str)| format!("{row}.{} AS {}", column(of), of.0);
    SAME.map(column).join(", ")
}
