//! When people were there: the sessions, as rows like those of the events and far fewer.

use crate::query::By;
use protocol::Kind;
use store::identity::{self, Grouping};
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
/// users who were in several accounts where the page does not say which one, if anybody looks at
/// accounts, and those of the quarters that are cut.
pub fn table(databases: &Databases, cuts: &[&str], looks_at: LooksAt) -> String {
    rows(databases, cuts, looks_at, Width::Who)
}

/// The same of accounts, with the session that it was in, under the name that events have for it, and
/// the number of [`PAGE_VIEWS`].
pub fn visits(databases: &Databases, cuts: &[&str]) -> String {
    rows(databases, cuts, LooksAt::Accounts, Width::Visit)
}

/// What is told of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Who it was, and when.
    Who,
    /// The visit and its page views besides.
    Visit,
}

fn rows(databases: &Databases, cuts: &[&str], looks_at: LooksAt, width: Width) -> String {
    let cut = Cut::new(cuts);
    let is_known = format!("s.{} NOT IN ({})", s::QUARTER, cut.quarters.join(", "));
    match looks_at {
        LooksAt::People => format!(
            "({}\nUNION ALL\n{})",
            sessions(databases, &is_known, width),
            events(databases, &cut.is_cut, width),
        ),
        LooksAt::Accounts => {
            let may_change = identity::may_change_account(databases, "s");
            format!(
                "({}\nUNION ALL\n{})",
                sessions(databases, &format!("{is_known} AND NOT ({may_change})"), width),
                in_place(databases, &cut, width),
            )
        }
    }
}

/// What of a row anybody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksAt {
    /// Whose it is.
    People,
    /// For which account, too.
    Accounts,
}

impl LooksAt {
    /// What a question looks at that counts so.
    pub(crate) fn of(by: By, grouping: &Grouping) -> Self {
        match by {
            By::People if !grouping.looks_at_accounts() => Self::People,
            By::People | By::Accounts => Self::Accounts,
        }
    }
}

/// The sessions between two moments of parameters, in brackets: without the quarter of an hour of the
/// latter, and with those for which [`events_in_place`] stand, which are not told apart here.
pub(super) fn sessions_between(databases: &Databases, from: &str, until: &str) -> String {
    let column = s::QUARTER;
    let [from, until] = [from, until].map(quarter);
    let is_between = format!("s.{column} >= {from} AND s.{column} < {until}");
    format!("({})", sessions(databases, &is_between, Width::Who))
}

/// The events that stand for rows of sessions in [`table`], in brackets.
pub(super) fn events_in_place(databases: &Databases, cuts: &[&str]) -> String {
    format!("({})", in_place(databases, &Cut::new(cuts), Width::Who))
}

/// Quarters that are cut.
struct Cut {
    quarters: Vec<String>,
    /// Whether an event is in one of them.
    is_cut: String,
}

impl Cut {
    fn new(cuts: &[&str]) -> Self {
        let quarters: Vec<_> = cuts.iter().map(|cut| quarter(cut)).collect();
        let is_cut = |quarter: &String| {
            let from = |quarter: String| {
                format!("fromUnixTimestamp64Milli(toInt64({quarter}) * {})", s::QUARTER_MS)
            };
            let (from, until) = (from(quarter.clone()), from(format!("({quarter} + 1)")));
            format!("(e.{at} >= {from} AND e.{at} < {until})", at = e::TIMESTAMP)
        };
        let is_cut: Vec<_> = quarters.iter().map(is_cut).collect();
        Self { is_cut: format!("({})", is_cut.join(" OR ")), quarters }
    }
}

/// The quarter of an hour of the moment of a parameter.
pub(super) fn quarter(cut: &str) -> String {
    format!("toInt32(intDiv({{{cut}:Int64}}, {}))", s::QUARTER_MS)
}

fn in_place(databases: &Databases, cut: &Cut, width: Width) -> String {
    let of_them = format!(
        "{} AND e.{} IN (SELECT s.{} FROM {} AS s WHERE s.{} = {{project:String}} AND {})",
        identity::anybody_may_change_account(databases),
        e::ANONYMOUS_ID,
        s::ANONYMOUS_ID,
        databases.sessions(),
        s::PROJECT,
        identity::may_change_account(databases, "s"),
    );
    let is_cut = &cut.is_cut;
    let may_change = identity::may_change_account(databases, "e");
    format!(
        "{}\nUNION ALL\n{}",
        events(databases, is_cut, width),
        events(databases, &format!("NOT {is_cut} AND {of_them} AND {may_change}"), width),
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
