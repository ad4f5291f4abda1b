//! The uses of features: [`schema::feature_events`](crate::schema::feature_events).
//!
//! A use is a click on an element that the rule means, or its being submitted; the rest of what
//! happens to an element comes in addition to these. Where a rule means a page, a view of it is. An alternative of a rule means some elements,
//! on some pages or on all, in a time, and in a version of the page's application. An event that
//! several alternatives mean is one use.

use super::fill::{DROPPED, FILLED, GONE, MONTH_FILLED};
use super::{Coverage, Derived, Rows};
use crate::schema::{
    events as e, feature_elements as m, feature_events as f, feature_pages as p,
    feature_stages as s,
};
use crate::{Databases, EventRow};

/// The table of the uses of features.
pub(super) const FEATURE_EVENTS: Derived = Derived {
    table: f::TABLE,
    columns: &f::COLUMNS,
    takes: may_be_use,
    condition: None,
    select: filled,
    rows: Rows::OfBatch,
    coverage: Coverage::Some,
};

/// Whether an event is a use if a feature means its element, as [`is_use_or_view`].
fn may_be_use(event: &EventRow) -> bool {
    match event.kind.as_str() {
        "click" | "submit" => event.element_id != NO_ELEMENT,
        "page_view" => event.element_id == NO_ELEMENT,
        _ => false,
    }
}

/// The element of an event that has none, such as the view of a page. An alternative that means
/// views of pages means this one on them.
pub const NO_ELEMENT: u64 = 0;

/// The condition that an event of a kind is a use of its element.
pub fn is_use(kind: &str) -> String {
    format!("{kind} IN ('click', 'submit')")
}

/// The condition that an event is a use of its element, or a view of its page.
pub fn is_use_or_view(kind: &str, element: &str) -> String {
    format!(
        "({is_use} AND {element} != {NO_ELEMENT} OR {kind} = 'page_view' AND {element} = {NO_ELEMENT})",
        is_use = is_use(kind),
    )
}

/// The condition that an event is one of a version of the page's application, which is empty for
/// all of them.
pub fn is_of_version(actual: &str, wanted: &str) -> String {
    format!("({wanted} = '' OR {actual} = {wanted} OR startsWith({actual}, concat({wanted}, '.')))")
}

/// The uses of all that is filled, or was where the event is, among the events that satisfy a
/// condition.
fn filled(databases: &Databases, condition: &str) -> String {
    let done = format!(
        "SELECT {project}, {feature}, {version}, groupUniqArrayIf({month}, {stage} IN ('{FILLED}', '{MONTH_FILLED}')) AS months \
         FROM {stages} GROUP BY {project}, {feature}, {version} \
         HAVING countIf({stage} IN ('{DROPPED}', '{GONE}')) = 0 AND notEmpty(months)",
        project = s::PROJECT,
        feature = s::FEATURE,
        version = s::VERSION,
        month = s::MONTH,
        stage = s::STAGE,
        stages = databases.feature_stages(),
    );
    let of_done = format!(
        "INNER JOIN ({done}) AS done ON done.{project} = m.{project} AND done.{feature} = m.{feature} AND done.{version} = m.{version}",
        project = m::PROJECT,
        feature = m::FEATURE,
        version = m::VERSION,
    );
    uses(databases, condition, "done.months", &of_done)
}

/// The uses of some versions among the events that satisfy a condition, whatever is filled. Which
/// ones is the parameter `{which:Array(String)}`, see [`super::fill::Fill`].
pub(super) fn of_versions(databases: &Databases, condition: &str) -> String {
    let of_these =
        format!("WHERE {} IN {{which:Array(String)}}", key([m::PROJECT, m::FEATURE, m::VERSION]));
    uses(databases, condition, "[toUInt32(0)]", &of_these)
}

/// A version of a feature in one text.
pub(super) fn key([project, feature, version]: [&str; 3]) -> String {
    format!("concat({project}, '/', {feature}, '/', toString({version}))")
}

/// The uses among the events that satisfy a condition, of the features that `which` lets through,
/// in the months of `months`, where 0 stands for all.
///
/// The small tables of what is meant are brought to the events as one array per element, so that
/// an event that several alternatives mean is made one use on the spot, in no memory that grows
/// with the events. Their ids alone say before it which events are worth reading.
fn uses(databases: &Databases, condition: &str, months: &str, which: &str) -> String {
    let meant = format!(
        "SELECT m.{project} AS {project}, m.{element} AS {element}, \
         groupUniqArray((toString(m.{feature}), m.{version}, m.{alternative}, m.{any_page}, \
         toUnixTimestamp64Milli(m.{from}), toUnixTimestamp64Milli(m.{to}), m.{app_version}, {months})) AS meant \
         FROM {elements} AS m {which} GROUP BY {project}, {element}",
        project = m::PROJECT,
        element = m::ELEMENT_ID,
        feature = m::FEATURE,
        version = m::VERSION,
        alternative = m::ALTERNATIVE,
        any_page = m::ANY_PAGE,
        from = m::VALID_FROM,
        to = m::VALID_TO,
        app_version = m::APP_VERSION,
        elements = databases.feature_elements(),
    );
    let pages = [p::PROJECT, p::FEATURE, p::VERSION, p::ALTERNATIVE, p::PAGE_ID].join(", ");
    let holds = format!(
        "a.5 <= at AND at < a.6 AND {of_version} AND (has(a.8, 0) OR has(a.8, {month})) \
         AND (a.4 OR ({project}, a.1, a.2, a.3, {page}) IN (SELECT {pages} FROM {feature_pages}))",
        of_version = is_of_version(e::APP_VERSION, "a.7"),
        month = e::MONTH,
        project = e::PROJECT,
        page = e::PAGE_ID,
        feature_pages = databases.feature_pages(),
    );
    let kept = [
        e::PROJECT,
        e::MONTH,
        e::BATCH_ID,
        e::EVENT_ID,
        e::TIMESTAMP,
        e::ANONYMOUS_ID,
        e::USER_ID,
        e::ACCOUNT_ID,
        e::IS_AUTOMATED,
    ];
    let kept = kept.join(", ");
    let event = format!(
        "SELECT {kept}, {element}, {page}, toString({app_version}) AS {app_version}, \
         toUnixTimestamp64Milli({timestamp}) AS at \
         FROM {events} WHERE {condition} AND {is_use} \
         AND {element} IN (SELECT m.{meant_element} FROM {elements} AS m {which})",
        element = e::ELEMENT_ID,
        meant_element = m::ELEMENT_ID,
        elements = databases.feature_elements(),
        page = e::PAGE_ID,
        app_version = e::APP_VERSION,
        timestamp = e::TIMESTAMP,
        events = databases.events(),
        is_use = is_use_or_view(e::KIND, e::ELEMENT_ID),
    );
    format!(
        "SELECT {columns} FROM (SELECT {kept}, arrayJoin(arrayDistinct(arrayMap(a -> (a.1, a.2), \
         arrayFilter(a -> {holds}, meant)))) AS used, used.1 AS {feature}, used.2 AS {version} \
         FROM ({event}) AS happened INNER JOIN ({meant}) AS known USING ({project}, {element}))",
        columns = f::COLUMNS.join(", "),
        feature = f::FEATURE,
        version = f::VERSION,
        project = e::PROJECT,
        element = e::ELEMENT_ID,
    )
}
