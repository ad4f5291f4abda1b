//! Questions in JSON, the text of the statement, and how bad questions are refused.

use super::*;
use crate::feature::{Features, Meant};
use crate::query::Scope;
use crate::{Query, compile};
use protocol::Timestamp;

/// 22 November 2026, a Sunday, at one in the morning in Zurich.
const NOW: Timestamp = Timestamp::from_millis(1_795_305_600_000);

fn sql(question: &str, features: &Features) -> Result<String, InvalidQuery> {
    let scope = Scope {
        project: protocol::ProjectId::parse("tidemark").unwrap(),
        time_zone: "Europe/Zurich".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(protocol::ProjectId::parse("tidemark").unwrap()),
    };
    let query = Query::from_json(&format!(r#"{{"report": "paths"{question}}}"#))?;
    let databases = store::Databases::default();
    let statements = compile(&query, features, &scope, &databases, NOW)?;
    Ok(statements.iter().map(ToString::to_string).collect())
}

/// Two features, of which the past of the first is filled in.
fn features() -> Features {
    let rule = serde_json::json!({"target": {"role": "button", "name": "Save"}});
    let meant = |id: &str, is_filled| {
        let rule = rule.as_object().cloned().unwrap();
        let any_of = vec![store::FeatureAlternative { rule, ..<_>::default() }];
        let feature = store::Feature {
            id: id.to_owned(),
            project: protocol::ProjectId::parse("tidemark").unwrap(),
            name: id.to_owned(),
            module: None,
            kind: Default::default(),
            step: Default::default(),
            list: Default::default(),
            any_of,
            rule_version: 1,
        };
        Meant { feature, definition: 1, version: 1, elements: Default::default(), is_filled }
    };
    Features::new([meant("00000000000000aa", true), meant("00000000000000bb", false)])
}

#[test]
fn what_is_not_said_is_the_usual() {
    let query = Query::from_json(r#"{"report": "paths"}"#).unwrap();
    assert_eq!(query, Query::Paths(Paths::default()));
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"paths","nodes":"pages","steps":5,"shown":6,"date_range":{"last":"28d"}}"#);
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(Query::from_json(&text).unwrap(), query);
}

#[test]
fn an_address_says_the_whole_question() {
    let address = "nodes=features&start=click%3A00000000000000ff%40%2Fa&end=feature%3A00000000000000aa&steps=7&shown=3&from=2026-11-01&to=2026-11-22";
    let paths = Paths::from_query_string(address).unwrap();
    assert_eq!(paths.to_query_string(), address);
    assert_eq!(Paths::from_query_string("start=&nodes=&steps=").unwrap(), Paths::default());
    let refusal = |address| Paths::from_query_string(address).unwrap_err().to_string();
    let refusals = ["start=b", "end=page:b", "nodes=events", "steps=-1", "last=x"].map(refusal);
    insta::assert_snapshot!(refusals.join("\n"), @r"
the start is `b`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name
the page of the end is `b`, and a path begins with `/`
`nodes` is `events`, and may be `pages`, `features` or `clicks`
`-1` is not a whole number
the date range is the last `x`, and it is a number of days such as `28d`, at most 3660d
");
}

#[test]
fn visits_are_cut_and_their_transitions_are_counted_once() {
    insta::assert_snapshot!(sql("", &Features::default()).unwrap(), @r#"
SELECT arrayConcat([toUInt64(person), last], arrayMap(element -> toUInt64(element), path), arrayMap(element -> toUInt64(toInt64(bitShiftRight(element, 64))), path)) AS numbers
FROM (
SELECT person, arraySlice(visit, 1, {steps:Int64}) AS path, toUInt64(if(length(visit) > length(path), 3, 0)) AS last
FROM (
SELECT person, visit FROM (
SELECT person, arrayFilter((element, after) -> toUInt64(element) != toUInt64(after), stay, arrayPushBack(arrayPopFront(stay), toUInt128(0))) AS visit
FROM (
SELECT person, arrayJoin(arraySplit((element, pause) -> pause >= {pause:Int64}, events, arrayDifference(arrayMap(element -> toInt64(bitShiftRight(element, 64)), events)))) AS stay
FROM (
SELECT toUInt32(rowNumberInAllBlocks()) AS person, events FROM (
SELECT arraySort(groupArray(bitOr(bitShiftLeft(toUInt128(at), 64), toUInt128(node)))) AS events
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS who, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at, toUInt64(page_id) AS node
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND ((kind = 'page_view' AND page_id != 0)) AND e.is_automated <= {count_automated:Bool}
)
GROUP BY who
)
)
)
)
)
)
LIMIT 3000001
-- count_automated = false
-- project = "tidemark"
-- from = 1792969200000
-- until = 1795305600001
-- pause = 1800000
-- steps = 5
-- half = 2
"#);
}

#[test]
fn between_two_ends_the_middle_is_left_out() {
    let between = r#", "start": {"page": "/a"}, "end": {"click": "00000000000000ff"}"#;
    let sql = sql(between, &Features::default()).unwrap();
    let (_, cut) = sql.split_once("SELECT person, if(").unwrap();
    let (cut, _) = cut.split_once("FROM (\nSELECT person, arrayFilter").unwrap();
    insta::assert_snapshot!(cut, @r"
length(arraySlice(visit, first, last_one - first + 1) AS whole) <= {steps:Int64}, whole, arrayConcat(arraySlice(whole, 1, {half:Int64}), [bitOr(bitShiftLeft(toUInt128(toInt64(bitShiftRight(whole[{half:Int64} + 1], 64))), 64), toUInt128(4))], arraySlice(whole, -{half:Int64}))) AS path, toUInt64(0) AS last
FROM (
SELECT person, visit, arrayFirstIndex(element -> toUInt64(element) = 1, visit) AS first, arrayFirstIndex((element, place) -> toUInt64(element) = 18446744073709551615 AND place > first, visit, arrayEnumerate(visit)) AS last_one
");
}

#[test]
fn features_are_read_from_where_they_are() {
    let started =
        r#", "nodes": "features", "start": {"page": "/a"}, "end": {"feature": "00000000000000aa"}"#;
    let sql = sql(started, &features()).unwrap();
    let (_, rows) = sql.rsplit_once("AS events").unwrap();
    insta::assert_snapshot!(rows, @r#"
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS who, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at, multiIf(e.feature = {end:String}, 18446744073709551615, toUInt64(reinterpretAsUInt64(reverse(unhex(e.feature))))) AS node
FROM data.feature_events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND feature IN ({feature_2:String}) AND version = transform(feature, [{feature_2:String}], [{version_2:UInt32}], toUInt32(0)) AND e.is_automated <= {count_automated:Bool}
UNION ALL
SELECT who, at, multiIf(which = {end:String}, 18446744073709551615, toUInt64(reinterpretAsUInt64(reverse(unhex(which))))) AS node FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS who, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at, arrayJoin(arrayFilter(id -> id != '', [if((kind IN ('click', 'submit') AND element_id != 0 OR kind = 'page_view' AND element_id = 0) AND ((element_id IN (SELECT element_id FROM data.feature_elements WHERE project = {project:String} AND feature = {feature_3:String} AND version = {version_3:UInt32} AND alternative = 0))), {feature_3:String}, '')])) AS which
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (kind IN ('click', 'submit') AND element_id != 0 OR kind = 'page_view' AND element_id = 0) AND e.is_automated <= {count_automated:Bool}
)
UNION ALL
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS who, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at, multiIf(kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String}), 1, toUInt64(0)) AS node
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND ((false) OR (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String}))) AND e.is_automated <= {count_automated:Bool}
)
GROUP BY who
HAVING countIf(node = 1) > 0 AND countIf(node = 18446744073709551615) > 0
)
)
)
)
WHERE first > 0 AND last_one > 0
)
)
LIMIT 3000001
-- count_automated = false
-- project = "tidemark"
-- end = "00000000000000aa"
-- feature_2 = "00000000000000aa"
-- version_2 = 1
-- feature_3 = "00000000000000bb"
-- version_3 = 1
-- path_0 = "/a"
-- from = 1792969200000
-- until = 1795305600001
-- pause = 1800000
-- steps = 5
-- half = 2
"#);
}

#[test]
fn without_a_feature_there_is_nothing_to_ask() {
    assert_eq!(sql(r#", "nodes": "features""#, &Features::default()).unwrap(), "");
}

#[test]
fn what_means_nothing_is_refused_with_a_sentence() {
    let refusal = |question: &str| sql(question, &Features::default()).unwrap_err().to_string();
    let refusals = [
        refusal(r#", "steps": 1"#),
        refusal(r#", "steps": 11"#),
        refusal(r#", "shown": 0"#),
        refusal(r#", "shown": 21"#),
        refusal(r#", "start": {}"#),
        refusal(r#", "end": {"page": "a"}"#),
        refusal(r#", "end": {"feature": "00000000000000ff"}"#),
        refusal(r#", "nodes": "features", "start": {"feature": "00000000000000ff"}"#),
        refusal(r#", "nodes": "events""#),
        refusal(r#", "date_range": {"from": "2026-11-22", "to": "2026-11-01"}"#),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r"
paths have 2 to 10 steps, and this asks for 1
paths have 2 to 10 steps, and this asks for 11
each position shows 1 to 20 by name, and this asks for 0
each position shows 1 to 20 by name, and this asks for 21
the question is not understood: the start names no page and no element
the question is not understood: the page of the end is `a`, and a path begins with `/`
there is no feature `00000000000000ff` in this project
there is no feature `00000000000000ff` in this project
the question is not understood: unknown variant `events`, expected one of `pages`, `features`, `clicks`
the date range goes from 2026-11-22 to 2026-11-01, which is before it
");
}
