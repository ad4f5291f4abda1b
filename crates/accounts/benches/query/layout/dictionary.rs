//! Whose a browser is: joins, layouts of the dictionary, and numbers in place of texts.

use super::{Group, Variant};

const QUESTIONS: [(&str, &str); 3] = [
    ("people of all events, 90 days", "SELECT uniqExact({variant}) FROM {data}.bench_by_number AS e WHERE project = 'bench'"),
    ("funnel of 3 elements, 90 days", "SELECT count(), sum(level) FROM (
       SELECT {variant} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), element_id = {e5}, element_id = {e17}, element_id = {e3}) AS level
       FROM {data}.bench_by_number AS e WHERE project = 'bench' AND element_id IN ({e5}, {e17}, {e3}) GROUP BY person)"),
    ("funnel of 2 kinds, 90 days", "SELECT count(), sum(level) FROM (
       SELECT {variant} AS person, windowFunnel({window})(toUInt64(toUnixTimestamp64Milli(timestamp)), kind = 'page_view', kind = 'submit') AS level
       FROM {data}.bench_by_number AS e WHERE project = 'bench' AND kind IN ('page_view', 'submit') GROUP BY person)"),
];

/// The browsers and their first users, as the product's dictionary has them.
const SOURCE: &str = "SELECT project, anonymous_id, min(first_identified) AS earliest, earliest.3 AS first_user, \
    toUnixTimestamp64Milli(earliest.1) AS first_at FROM {data}.first_users GROUP BY project, anonymous_id";

/// By text: name, layout.
const BY_TEXT: [(&str, &str); 3] = [
    ("complex_key_hashed_array (as it is)", "COMPLEX_KEY_HASHED_ARRAY()"),
    ("complex_key_hashed", "COMPLEX_KEY_HASHED()"),
    ("complex_key_sparse_hashed", "COMPLEX_KEY_SPARSE_HASHED()"),
];

/// By a hash of 64 bits, which is not exact, or by the browser's number, which no event has: name,
/// layout, key.
const BY_NUMBER: [(&str, &str, &str); 5] = [
    ("hashed, by a hash of 64 bits", "HASHED()", "sipHash64(e.project, e.anonymous_id)"),
    (
        "hashed_array, by a hash of 64 bits",
        "HASHED_ARRAY()",
        "sipHash64(e.project, e.anonymous_id)",
    ),
    ("hashed, by the browser's number", "HASHED()", "toUInt64(e.browser_number)"),
    (
        "flat, by the browser's number",
        "FLAT(MAX_ARRAY_SIZE 50000000)",
        "toUInt64(e.browser_number)",
    ),
    (
        "flat, from the browser's number to the person's",
        "FLAT(MAX_ARRAY_SIZE 50000000)",
        "toUInt64(e.browser_number)",
    ),
];

/// The events with the number of their browser.
const EVENTS: [&str; 3] = [
    "CREATE TABLE {data}.bench_by_number (project LowCardinality(String), month UInt32, kind LowCardinality(String), timestamp DateTime64(3) CODEC(Delta, LZ4),
        anonymous_id String, user_id String, element_id UInt64, browser_number UInt32, user_number UInt32)
     ENGINE = MergeTree PARTITION BY month ORDER BY (project, anonymous_id, timestamp)",
    "INSERT INTO {data}.bench_by_number SELECT e.project, e.month, e.kind, e.timestamp, e.anonymous_id, e.user_id, e.element_id, b.browser + 1,
        if(e.user_id = '', 0, toUInt32(1000000 + b.browser * 7919 % 90000))
     FROM {data}.events AS e INNER JOIN {data}.bench_browsers AS b ON b.anonymous_id = e.anonymous_id",
    "OPTIMIZE TABLE {data}.bench_by_number FINAL",
];

pub(super) fn group() -> Group {
    let of_own = "if(e.user_id != '', e.user_id, e.anonymous_id)";
    let nothing = |make: &[&str]| Variant {
        name: "none: the event's own user, else the browser (another answer)",
        of: of_own.to_owned(),
        make: make.iter().map(|sql| (*sql).to_owned()).collect(),
        unmake: Vec::new(),
        size: "SELECT 0".to_owned(),
    };
    let mut variants = vec![nothing(&EVENTS)];
    for (n, (name, layout)) in BY_TEXT.iter().enumerate() {
        let dictionary = format!("bench_first_{n}");
        let of = format!(
            "if(e.user_id != '', e.user_id, dictGetOrDefault('{{data}}.{dictionary}', 'first_user', (toString(e.project), e.anonymous_id), e.anonymous_id))"
        );
        let columns = "project String, anonymous_id String, first_user String, first_at Int64";
        let make = made(&dictionary, columns, "project, anonymous_id", SOURCE, layout);
        variants.push(Variant {
            name,
            of,
            make,
            unmake: drop_dictionary(&dictionary),
            size: in_memory(&dictionary),
        });
    }
    for (n, (name, layout, key)) in BY_NUMBER.iter().enumerate() {
        let dictionary = format!("bench_number_{n}");
        let is_number = key.contains("browser_number");
        let is_person = name.ends_with("person's");
        let source = match (is_number, is_person) {
            (false, _) => format!(
                "SELECT sipHash64(toLowCardinality(project), anonymous_id) AS id, first_user AS person FROM ({SOURCE})"
            ),
            (true, false) => format!(
                "SELECT toUInt64(b.browser + 1) AS id, f.first_user AS person FROM ({SOURCE}) AS f INNER JOIN {{data}}.bench_browsers AS b ON b.anonymous_id = f.anonymous_id"
            ),
            (true, true) => format!(
                "SELECT toUInt64(b.browser + 1) AS id, toUInt32(1000000 + b.browser * 7919 % 90000) AS person FROM ({SOURCE}) AS f INNER JOIN {{data}}.bench_browsers AS b ON b.anonymous_id = f.anonymous_id"
            ),
        };
        let (own, browser, kind) = match is_person {
            true => ("user_number", "e.browser_number", "UInt32"),
            false => ("user_id", "e.anonymous_id", "String"),
        };
        let none = if is_person { "0" } else { "''" };
        let of = format!(
            "if(e.{own} != {none}, e.{own}, dictGetOrDefault('{{data}}.{dictionary}', 'person', {key}, {browser}))"
        );
        let make = made(&dictionary, &format!("id UInt64, person {kind}"), "id", &source, layout);
        variants.push(Variant {
            name,
            of,
            make,
            unmake: drop_dictionary(&dictionary),
            size: in_memory(&dictionary),
        });
    }
    Group { name: "whose a browser is", questions: &QUESTIONS, variants }
}

fn made(name: &str, columns: &str, key: &str, source: &str, layout: &str) -> Vec<String> {
    let source = source.replace('\'', "\\'");
    vec![
        format!(
            "CREATE DICTIONARY {{data}}.{name} ({columns}) PRIMARY KEY {key} SOURCE(CLICKHOUSE(USER '{{user}}' PASSWORD '{{password}}' QUERY '{source}')) LIFETIME(0) LAYOUT({layout})"
        ),
        format!("SYSTEM RELOAD DICTIONARY {{data}}.{name}"),
    ]
}

fn drop_dictionary(name: &str) -> Vec<String> {
    vec![format!("DROP DICTIONARY {{data}}.{name}")]
}

fn in_memory(name: &str) -> String {
    format!(
        "SELECT bytes_allocated FROM system.dictionaries WHERE database = '{{data}}' AND name = '{name}'"
    )
}
