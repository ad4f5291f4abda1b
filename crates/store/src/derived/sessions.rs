//! What is known of visits, from their events: [`schema::sessions`](crate::schema::sessions).
//!
//! What is only said besides is no moment of a visit: a tab that is closed a day later ends none
//! that late, and brings nobody back on that day.

use super::{Coverage, Derived, Rows};
use crate::schema::{events as e, sessions as s};
use crate::{Databases, identity};
use protocol::Kind;

/// The table of sessions.
pub(super) const SESSIONS: Derived = Derived {
    table: s::TABLE,
    columns: &s::COLUMNS,
    takes: |event| !Kind::from_word(&event.kind).is_some_and(Kind::is_aside),
    condition: Some(identity::is_moment),
    select: sessions,
    rows: Rows::OfBatch,
    coverage: Coverage::All,
};

/// The sessions of the events that satisfy a condition.
///
/// Of two events in one millisecond the one of the lower id is the earlier, so that the answer
/// is always the same.
fn sessions(databases: &Databases, condition: &str) -> String {
    let at = format!("({}, {})", e::TIMESTAMP, e::EVENT_ID);
    let is_on_page = format!("{} != 0", e::PAGE_ID);
    let keys = [
        e::PROJECT,
        e::ANONYMOUS_ID,
        e::MONTH,
        e::BATCH_ID,
        e::USER_ID,
        e::ACCOUNT_ID,
        e::SESSION_ID,
        e::IS_AUTOMATED,
    ];
    let firsts = [
        e::REFERRER,
        e::CAMPAIGN_SOURCE,
        e::CAMPAIGN_MEDIUM,
        e::CAMPAIGN_NAME,
        e::DEVICE,
        e::BROWSER,
        e::OS,
        e::COUNTRY,
    ];
    let named: Vec<String> =
        firsts.iter().enumerate().map(|(n, name)| format!("first.{} AS {name}", n + 1)).collect();
    let inner = format!(
        "SELECT {keys}, \
         toInt32(intDiv(toUnixTimestamp64Milli({timestamp}), {quarter_ms})) AS {quarter}, \
         min({timestamp}) AS {first_seen}, minIf({timestamp}, {is_activity}) AS {first_active}, max({timestamp}) AS {last_seen}, \
         toUInt32(count()) AS {n_events}, toUInt32(countIf({is_activity})) AS {n_active}, \
         toUInt32(countIf({kind} = 'page_view')) AS {n_page_views}, \
         toUInt32(countIf({kind} = 'click')) AS {n_clicks}, \
         argMinIf({page_id}, {at}, {is_on_page}) AS {entry_page_id}, \
         minIf({timestamp}, {is_on_page}) AS {entry_at}, \
         argMaxIf({page_id}, {at}, {is_on_page}) AS {exit_page_id}, \
         maxIf({timestamp}, {is_on_page}) AS {exit_at}, \
         argMin(({firsts}), {at}) AS first \
         FROM {events} WHERE {condition} GROUP BY {keys}, {quarter}",
        keys = keys.join(", "),
        firsts = firsts.join(", "),
        timestamp = e::TIMESTAMP,
        kind = e::KIND,
        page_id = e::PAGE_ID,
        quarter = s::QUARTER,
        quarter_ms = s::QUARTER_MS,
        first_seen = s::FIRST_SEEN,
        first_active = s::FIRST_ACTIVE,
        is_activity = identity::is_activity(),
        last_seen = s::LAST_SEEN,
        n_events = s::N_EVENTS,
        n_active = s::N_ACTIVE,
        n_page_views = s::N_PAGE_VIEWS,
        n_clicks = s::N_CLICKS,
        entry_page_id = s::ENTRY_PAGE_ID,
        entry_at = s::ENTRY_AT,
        exit_page_id = s::EXIT_PAGE_ID,
        exit_at = s::EXIT_AT,
        events = databases.events(),
    );
    format!(
        "SELECT {columns} FROM (SELECT * EXCEPT (first), {named} FROM ({inner}))",
        columns = s::COLUMNS.join(", "),
        named = named.join(", "),
    )
}
