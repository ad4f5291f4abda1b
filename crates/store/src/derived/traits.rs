//! What is known of users and accounts: [`schema::traits`](crate::schema::traits).
//!
//! What `identify` says while somebody else acts as the user is said of his browser, and of the
//! user nothing: the address of the one who acts is no trait of a customer.

use super::{Coverage, Derived, Rows};
use crate::schema::{events as e, traits as t};
use crate::{Databases, EventRow};
use protocol::Kind;

/// What something is said of: a user.
pub(crate) const USER: &str = "user";

/// What something is said of: an account.
pub(crate) const ACCOUNT: &str = "account";

/// What something is said of: a browser.
pub(crate) const BROWSER: &str = "browser";

/// What is said of a browser: who acts there as the user.
pub(crate) const IMPERSONATED_BY: &str = "impersonated_by";

/// Values of [`IMPERSONATED_BY`] that say that nobody does.
const NOBODY: &str = "'', '0', 'false', 'null', 'none', 'undefined'";

/// The domain of an e-mail address that a property was, which is all that is kept of it.
pub const EMAIL_DOMAIN: &str = protocol::scrub::EMAIL_DOMAIN;

/// The domain of a user id that is an e-mail address.
pub const ID_DOMAIN: &str = "user_id.email_domain";

/// The table of traits.
pub(super) const TRAITS: Derived = Derived {
    table: t::TABLE,
    columns: &t::COLUMNS,
    takes,
    condition: Some(condition),
    select: traits,
    rows: Rows::Merging(&[t::PROJECT, t::MONTH, t::SUBJECT, t::NAME, t::ID], "max"),
    coverage: Coverage::All,
};

fn takes(event: &EventRow) -> bool {
    let has_properties = !event.properties.is_empty();
    let is = |kind: Kind| event.kind == kind.as_str();
    (!event.user_id.is_empty()
        && (event.user_id.contains('@') || is(Kind::Identify) && has_properties))
        || (!event.account_id.is_empty() && is(Kind::Group) && has_properties)
}

fn condition() -> String {
    format!(
        "({user} != '' AND (position({user}, '@') > 0 OR {kind} = '{identify}' AND notEmpty({properties})) \
         OR {account} != '' AND {kind} = '{group}' AND notEmpty({properties}))",
        user = e::USER_ID,
        account = e::ACCOUNT_ID,
        kind = e::KIND,
        identify = Kind::Identify,
        group = Kind::Group,
        properties = e::PROPERTIES,
    )
}

/// What the events that satisfy a condition say, the last of each name.
///
/// Of two in one millisecond the one of the higher event id is the last.
fn traits(databases: &Databases, condition: &str) -> String {
    let (user, account, browser) = (e::USER_ID, e::ACCOUNT_ID, e::ANONYMOUS_ID);
    let domain = format!("lower(arrayElement(splitByChar('@', {user}), -1))");
    let of = |subject, id: &str, told: &str| {
        format!("arrayMap(told -> ('{subject}', {id}, told.1, told.2), {told})")
    };
    let by = format!("{}['{IMPERSONATED_BY}']", e::PROPERTIES);
    let is_himself = format!("lower({by}) IN ({NOBODY})");
    let told_by = |kind: Kind, id: &str, also: &str| {
        format!(
            "if({} = '{kind}' AND {id} != ''{also}, CAST({properties} AS Array(Tuple(String, String))), [])",
            e::KIND,
            properties = e::PROPERTIES
        )
    };
    let identified = told_by(Kind::Identify, user, &format!(" AND {is_himself}"));
    let identified = format!("arrayFilter(told -> told.1 != '{IMPERSONATED_BY}', {identified})");
    let impersonated = format!(
        "if({} = '{}' AND {browser} != '' AND NOT {is_himself}, [('{IMPERSONATED_BY}', {by})], [])",
        e::KIND,
        Kind::Identify,
    );
    let own = format!("if(position({user}, '@') > 0, [('{ID_DOMAIN}', {domain})], [])");
    format!(
        "SELECT {project}, {month}, told.1 AS {subject}, told.3 AS {name}, told.2 AS {id}, \
         max(({timestamp}, {event_id}, told.4)) AS {last} \
         FROM (SELECT {project}, {month}, {timestamp}, {event_id}, \
         arrayJoin(arrayConcat({own}, {by_identify}, {by_group}, {by_another})) AS told \
         FROM {events} WHERE {condition}) GROUP BY {project}, {month}, {subject}, {name}, {id}",
        project = e::PROJECT,
        month = e::MONTH,
        timestamp = e::TIMESTAMP,
        event_id = e::EVENT_ID,
        subject = t::SUBJECT,
        name = t::NAME,
        id = t::ID,
        last = t::LAST,
        own = of(USER, user, &own),
        by_identify = of(USER, user, &identified),
        by_group = of(ACCOUNT, account, &told_by(Kind::Group, account, "")),
        by_another = of(BROWSER, browser, &impersonated),
        events = databases.events(),
    )
}
