//! When people were there: the sessions, as rows like those of the events and far fewer.

use protocol::Kind;
use store::identity;
use store::schema::{Databases, events as e, sessions as s};

/// How often somebody did anything, of a row of [`table`].
pub const TIMES: &str = s::N_ACTIVE;

/// How many pages were viewed, of a row of [`visits`].
pub const PAGE_VIEWS: &str = s::N_PAGE_VIEWS;

/// The parameter that ends what is asked for.
pub const UNTIL: &str = "until";

/// What rows of sessions have in common with those of events, by either name.
const SAME: [(&str, &str); 8] = [
    (s::PROJECT, e::PROJECT),
    (s::ANONYMOUS_ID, e::ANONYMOUS_ID),
    (s::USER_ID, e::USER_ID),
    (s::ACCOUNT_ID, e::ACCOUNT_ID),
    (s::ANONYMOUS_HASH, e::ANONYMOUS_HASH),
    (s::USER_HASH, e::USER_HASH),
    (s::ACCOUNT_HASH, e::ACCOUNT_HASH),
    (s::IS_AUTOMATED, e::IS_AUTOMATED),
];

/// The rows, in brackets: for each stretch of a session in which somebody did anything, who it was,
/// when he began, under the names that events have for it, and how many [`TIMES`] he did.
///
/// Needs `{project:String}` and the moments of `cuts`, which are parameters of milliseconds since 1970.
///
/// A row lies within a quarter of an hour, so that it is in the hour, day or longer period of each
/// of its events, and has one account. Where that does not hold its events stand for it: those of
/// users who were in several accounts where the page does not say which one, and those of the
/// quarters that are cut.
pub fn table(databases: &Databases, cuts: &[&str]) -> String {
    rows(databases, cuts, Width::Who)
}

/// The same, with the session that it was in, under the name that events have for it, and the number
/// of [`PAGE_VIEWS`].
pub fn visits(databases: &Databases, cuts: &[&str]) -> String {
    rows(databases, cuts, Width::Visit)
}

/// What is told of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Who it was, and when.
    Who,
    /// The visit and its page views besides.
    Visit,
}

fn rows(databases: &Databases, cuts: &[&str], width: Width) -> String {
    let quarter = |cut: &&str| format!("toInt32(intDiv({{{cut}:Int64}}, {}))", s::QUARTER_MS);
    let quarters: Vec<_> = cuts.iter().map(quarter).collect();
    let is_cut = |quarter: &String| {
        let from = |quarter: String| {
            format!("fromUnixTimestamp64Milli(toInt64({quarter}) * {})", s::QUARTER_MS)
        };
        let (from, until) = (from(quarter.clone()), from(format!("({quarter} + 1)")));
        format!("(e.{at} >= {from} AND e.{at} < {until})", at = e::TIMESTAMP)
    };
    let is_cut: Vec<_> = quarters.iter().map(is_cut).collect();
    let is_cut = format!("({})", is_cut.join(" OR "));
    let (event, session) = (
        identity::may_change_account(databases, "e"),
        identity::may_change_account(databases, "s"),
    );
    let of_them = format!(
        "e.{} IN (SELECT s.{} FROM {} AS s WHERE s.{} = {{project:String}} AND {session})",
        e::ANONYMOUS_ID,
        s::ANONYMOUS_ID,
        databases.sessions(),
        s::PROJECT,
    );
    let is_known = format!("s.{} NOT IN ({})", s::QUARTER, quarters.join(", "));
    format!(
        "({}\nUNION ALL\n{}\nUNION ALL\n{})",
        sessions(databases, &format!("{is_known} AND NOT ({session})"), width),
        events(databases, &is_cut, width),
        events(databases, &format!("NOT {is_cut} AND {of_them} AND {event}"), width),
    )
}

fn sessions(databases: &Databases, condition: &str, width: Width) -> String {
    let same = SAME.map(|(session, event)| format!("s.{session} AS {event}"));
    let visit = match width {
        Width::Who => String::new(),
        Width::Visit => {
            format!(
                ", s.{} AS {}, toUInt64(s.{PAGE_VIEWS}) AS {PAGE_VIEWS}",
                s::SESSION_ID,
                e::SESSION_ID
            )
        }
    };
    format!(
        "SELECT {same}, s.{began} AS {at}, toUInt64(s.{TIMES}) AS {TIMES}{visit} FROM {sessions} AS s \
         WHERE s.{project} = {{project:String}} AND toUnixTimestamp64Milli(s.{began}) > 0 AND {condition}",
        same = same.join(", "),
        began = s::FIRST_ACTIVE,
        at = e::TIMESTAMP,
        sessions = databases.sessions(),
        project = s::PROJECT,
    )
}

fn events(databases: &Databases, condition: &str, width: Width) -> String {
    let same = SAME.map(|(_, event)| format!("e.{event} AS {event}"));
    let visit = match width {
        Width::Who => String::new(),
        Width::Visit => format!(
            ", e.{id} AS {id}, toUInt64(e.{kind} = '{view}') AS {PAGE_VIEWS}",
            id = e::SESSION_ID,
            kind = e::KIND,
            view = Kind::PageView,
        ),
    };
    format!(
        "SELECT {same}, e.{at} AS {at}, toUInt64(1) AS {TIMES}{visit} FROM {events} AS e \
         WHERE e.{project} = {{project:String}} AND {is_activity} AND {condition}",
        same = same.join(", "),
        at = e::TIMESTAMP,
        events = databases.events(),
        project = e::PROJECT,
        is_activity = identity::is_activity(),
    )
}
