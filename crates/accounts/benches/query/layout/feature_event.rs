//! The order of the uses of features, and how their columns are packed.

use super::{Group, Variant, drop_table, on_disk};

const QUESTIONS: [(&str, &str); 6] = [
    ("funnel of 3 features, 90 days", "SELECT count(), sum(level) FROM (
       SELECT {person} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), feature = {f5}, feature = {f17}, feature = {f3}) AS level
       FROM {data}.{variant} AS e WHERE project = 'bench' AND NOT is_automated AND version = 1 AND feature IN ({f5}, {f17}, {f3}) GROUP BY person)"),
    ("funnel of 3 features, 7 days", "SELECT count(), sum(level) FROM (
       SELECT {person} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), feature = {f5}, feature = {f17}, feature = {f3}) AS level
       FROM {data}.{variant} AS e WHERE project = 'bench' AND NOT is_automated AND version = 1 AND feature IN ({f5}, {f17}, {f3}) AND timestamp >= {week_ago} GROUP BY person)"),
    ("weekly retention of one feature", "SELECT count(), sum(weeks) FROM (
       SELECT {person} AS person, groupBitOr(bitShiftLeft(toUInt32(1), {week})) AS weeks
       FROM {data}.{variant} AS e WHERE project = 'bench' AND NOT is_automated AND version = 1 AND feature = {f17} GROUP BY person)"),
    ("people of one feature, 7 days", "SELECT uniqExact({person}) FROM {data}.{variant} AS e
       WHERE project = 'bench' AND NOT is_automated AND version = 1 AND feature = {f17} AND timestamp >= {week_ago}"),
    ("people of 200 features, 90 days", "SELECT sum(n) FROM (SELECT feature, uniqExact({person}) AS n FROM {data}.{variant} AS e
       WHERE project = 'bench' AND NOT is_automated AND version = 1 GROUP BY feature)"),
    ("what is there of one batch", "SELECT count() FROM {data}.{variant} WHERE batch_id = (SELECT any(batch_id) FROM {data}.feature_events WHERE feature = {f17}) AND month = 202610"),
];

const COLUMNS: &str = "project LowCardinality(String), feature LowCardinality(String), version UInt32, month UInt32,
    batch_id FixedString(16) CODEC(ZSTD(1)), event_id FixedString(16) CODEC(NONE), timestamp DateTime64(3) CODEC(Delta, LZ4),
    anonymous_id String, user_id String, account_id String, is_automated Bool,
    INDEX batch_id_bloom batch_id TYPE bloom_filter GRANULARITY 1, INDEX timestamp_range timestamp TYPE minmax GRANULARITY 1";

/// Name, order, rows of a mark, and what is replaced in the columns.
const VARIANTS: [(&str, &str, u32, [&str; 2]); 12] = [
    (
        "feature, version, browser, time; 2,048 rows a mark (as it is)",
        "feature, version, anonymous_id, timestamp",
        2048,
        ["", ""],
    ),
    ("the same; 1,024", "feature, version, anonymous_id, timestamp", 1024, ["", ""]),
    ("the same; 4,096", "feature, version, anonymous_id, timestamp", 4096, ["", ""]),
    ("the same; 8,192", "feature, version, anonymous_id, timestamp", 8192, ["", ""]),
    ("feature, browser, time; 8,192", "feature, anonymous_id, timestamp", 8192, ["", ""]),
    ("feature, version, time; 2,048", "feature, version, timestamp", 2048, ["", ""]),
    ("feature, version, event; 2,048", "feature, version, event_id", 2048, ["", ""]),
    ("browser, feature, time; 2,048", "anonymous_id, feature, timestamp", 2048, ["", ""]),
    (
        "as it is, with the default codecs",
        "feature, version, anonymous_id, timestamp",
        2048,
        ["CODEC", ""],
    ),
    (
        "as it is, ids packed by ZSTD",
        "feature, version, anonymous_id, timestamp",
        2048,
        ["_id String", "_id String CODEC(ZSTD(1))"],
    ),
    (
        "as it is, ids as LowCardinality",
        "feature, version, anonymous_id, timestamp",
        2048,
        ["_id String", "_id LowCardinality(String)"],
    ),
    (
        "as it is, the feature as plain text",
        "feature, version, anonymous_id, timestamp",
        2048,
        ["feature LowCardinality(String)", "feature String"],
    ),
];

pub(super) fn group() -> Group {
    let variants = VARIANTS.iter().enumerate().map(|(n, (name, order, rows, [from, to]))| {
        let table = format!("bench_uses_{n}");
        let columns = match *from {
            "" => COLUMNS.to_owned(),
            "CODEC" => COLUMNS
                .replace(" CODEC(ZSTD(1))", "")
                .replace(" CODEC(NONE)", "")
                .replace(" CODEC(Delta, LZ4)", ""),
            from => COLUMNS.replace(from, to),
        };
        let make = vec![
            format!("CREATE TABLE {{data}}.{table} ({columns}) ENGINE = MergeTree PARTITION BY month ORDER BY (project, {order}) SETTINGS index_granularity = {rows}"),
            format!("INSERT INTO {{data}}.{table} SELECT * FROM {{data}}.feature_events"),
            format!("OPTIMIZE TABLE {{data}}.{table} FINAL"),
        ];
        Variant { name, size: on_disk(&table), unmake: drop_table(&table), of: table, make }
    });
    Group { name: "uses of features", questions: &QUESTIONS, variants: variants.collect() }
}
