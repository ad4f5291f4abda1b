//! The order of the events, their marks, what could spare reading them, and `LowCardinality`.

use super::{Group, Variant, drop_table, on_disk};

const QUESTIONS: [(&str, &str); 8] = [
    ("funnel of 3 elements, 90 days", "SELECT count(), sum(level) FROM (
       SELECT {person} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), element_id = {e5}, element_id = {e17}, element_id = {e3}) AS level
       FROM {data}.{variant} AS e WHERE project = 'bench' AND kind = 'click' AND element_id IN ({e5}, {e17}, {e3}) GROUP BY person)"),
    ("funnel of 3 elements, 7 days", "SELECT count(), sum(level) FROM (
       SELECT {person} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), element_id = {e5}, element_id = {e17}, element_id = {e3}) AS level
       FROM {data}.{variant} AS e WHERE project = 'bench' AND kind = 'click' AND element_id IN ({e5}, {e17}, {e3}) AND timestamp >= {week_ago} GROUP BY person)"),
    ("uses of ten elements, 90 days", "SELECT count(), uniqExact({person}) FROM {data}.{variant} AS e WHERE project = 'bench' AND kind IN ('click', 'submit')
       AND element_id IN (SELECT sipHash64('element', toInt64(number)) FROM numbers(2000) WHERE number % 200 = 17)"),
    ("uses of one rare element, 90 days", "SELECT count() FROM {data}.{variant} AS e WHERE project = 'bench' AND kind IN ('click', 'submit') AND element_id = sipHash64('element', toInt64(15000))"),
    ("page views by person, 30 days", "SELECT count(), max(n) FROM (SELECT {person} AS person, count() AS n FROM {data}.{variant} AS e
       WHERE project = 'bench' AND kind = 'page_view' AND timestamp >= {month_ago} GROUP BY person)"),
    ("people by country, 90 days", "SELECT country, uniqExact({person}) FROM {data}.{variant} AS e WHERE project = 'bench' GROUP BY country"),
    ("one browser, all it did", "SELECT count(), max(page_id), max(timestamp) FROM {data}.{variant} WHERE project = 'bench' AND anonymous_id = (SELECT any(anonymous_id) FROM {data}.bench_browsers WHERE browser = 100)"),
    ("the last fifty events", "SELECT timestamp, kind, anonymous_id FROM {data}.{variant} WHERE project = 'bench' AND timestamp >= {lately} ORDER BY timestamp DESC LIMIT 50"),
];

const COLUMNS: &str = "project LowCardinality(String), event_id FixedString(16) CODEC(NONE), month UInt32, kind LowCardinality(String),
    timestamp DateTime64(3) CODEC(Delta, LZ4), anonymous_id String, user_id String, account_id String, page_id UInt64, element_id UInt64,
    country LowCardinality(String), is_automated Bool, INDEX timestamp_range timestamp TYPE minmax GRANULARITY 1";

const BY_BROWSER: &str = "anonymous_id, event_id";

/// Name, order, rows of a mark, an alteration of the empty table, and what is replaced in the
/// columns.
const VARIANTS: [(&str, &str, u32, &str, [&str; 2]); 15] = [
    ("browser, event; 8,192 rows a mark (as it is)", BY_BROWSER, 8192, "", ["", ""]),
    ("the same; 2,048", BY_BROWSER, 2048, "", ["", ""]),
    ("the same; 1,024", BY_BROWSER, 1024, "", ["", ""]),
    ("day, browser, event", "toDate(timestamp), anonymous_id, event_id", 8192, "", ["", ""]),
    ("kind, browser, event", "kind, anonymous_id, event_id", 8192, "", ["", ""]),
    ("element, browser, event", "element_id, anonymous_id, event_id", 8192, "", ["", ""]),
    ("time", "timestamp, event_id", 8192, "", ["", ""]),
    (
        "as it is, bloom filter on element",
        BY_BROWSER,
        8192,
        "ADD INDEX of_element element_id TYPE bloom_filter GRANULARITY 1",
        ["", ""],
    ),
    (
        "as it is, set on element",
        BY_BROWSER,
        8192,
        "ADD INDEX of_element element_id TYPE set(1000) GRANULARITY 1",
        ["", ""],
    ),
    (
        "as it is, projection by element",
        BY_BROWSER,
        8192,
        "ADD PROJECTION by_element (SELECT project, kind, timestamp, anonymous_id, user_id, element_id, is_automated ORDER BY project, element_id, anonymous_id)",
        ["", ""],
    ),
    (
        "as it is, projection of the places of elements",
        BY_BROWSER,
        8192,
        "ADD PROJECTION by_element (SELECT _part_offset ORDER BY project, element_id)",
        ["", ""],
    ),
    (
        "as it is, ids as LowCardinality",
        BY_BROWSER,
        8192,
        "",
        ["_id String", "_id LowCardinality(String)"],
    ),
    (
        "as it is, user and account as LowCardinality",
        BY_BROWSER,
        8192,
        "",
        [
            "user_id String, account_id String",
            "user_id LowCardinality(String), account_id LowCardinality(String)",
        ],
    ),
    (
        "as it is, no LowCardinality at all",
        BY_BROWSER,
        8192,
        "",
        ["LowCardinality(String)", "String"],
    ),
    (
        "as it is, the kind as Enum8",
        BY_BROWSER,
        8192,
        "",
        [
            "kind LowCardinality(String)",
            "kind Enum8('page_view' = 1, 'page_leave', 'click', 'submit', 'change', 'custom')",
        ],
    ),
];

pub(super) fn group() -> Group {
    let variants = VARIANTS.iter().enumerate().map(|(n, (name, order, rows, alter, [from, to]))| {
        let table = format!("bench_events_{n}");
        let columns = if from.is_empty() { COLUMNS.to_owned() } else { COLUMNS.replace(from, to) };
        let mut make = vec![format!("CREATE TABLE {{data}}.{table} ({columns}) ENGINE = MergeTree PARTITION BY month ORDER BY (project, {order}) SETTINGS index_granularity = {rows}")];
        if !alter.is_empty() {
            make.push(format!("ALTER TABLE {{data}}.{table} {alter}"));
        }
        make.push(format!(
            "INSERT INTO {{data}}.{table} SELECT project, event_id, month, kind, timestamp, anonymous_id, user_id, account_id, page_id, element_id, country, is_automated FROM {{data}}.events"
        ));
        make.push(format!("OPTIMIZE TABLE {{data}}.{table} FINAL"));
        Variant { name, size: on_disk(&table), unmake: drop_table(&table), of: table, make }
    });
    Group { name: "events", questions: &QUESTIONS, variants: variants.collect() }
}
