//! The text of the statement by shape, and the answer drawn from its rows.

use super::predicate::Predicates;
use super::*;
use crate::feature::Features;
use crate::query::Scope;
use protocol::Timestamp;

fn sql(address: &str) -> String {
    let funnel = Funnel::from_query_string(address).unwrap();
    let scope = Scope {
        project: protocol::ProjectId::parse("tidemark").unwrap(),
        time_zone: "UTC".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(protocol::ProjectId::parse("tidemark").unwrap()),
    };
    let now = Timestamp::from_millis(1_795_305_600_000);
    statement(&funnel, &Features::default(), &scope, &store::Databases::default(), now)
        .unwrap()
        .to_string()
}

#[test]
fn steps_that_never_share_an_event_are_left_to_the_window_funnel() {
    insta::assert_snapshot!(sql("step=page:/a&step=click:00000000000000ff@app.example.com/a&last=7d"), @r#"
SELECT [people_1, people_2] AS people, n_open AS open FROM (
SELECT countIf(is_open) AS n_open, countIf(level >= 1) AS people_1, countIf(level >= 2) AS people_2 FROM (
SELECT person, windowFunnel({window:UInt64})(at, bitTest(matched, 0) AND at < {end:UInt64}, bitTest(matched, 1)) AS level, maxIf(at, bitTest(matched, 0) AND at < {end:UInt64}) AS last_entry, level < 2 AND last_entry >= {open_since:UInt64} AS is_open
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS person, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at,
  bitShiftLeft(toUInt64(kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})), 0)
  + bitShiftLeft(toUInt64(kind = 'click' AND element_id = {element_1:UInt64} AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_1:String} AND host = {host_1:String})), 1) AS matched
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({start:Int64}) AND e.timestamp <= fromUnixTimestamp64Milli({until:Int64})
AND matched > 0 AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY person
HAVING last_entry > 0
)
)
-- count_automated = false
-- project = "tidemark"
-- start = 1794787200000
-- until = 1795305600000
-- end = 1795392000000
-- window = 1209600000
-- open_since = 1794096000000
-- path_0 = "/a"
-- element_1 = 255
-- path_1 = "/a"
-- host_1 = "app.example.com"
"#);
}

#[test]
fn a_step_done_twice_is_folded() {
    insta::assert_snapshot!(sql("step=page:/a&step=page:h.example/a&step=page:/a&last=7d"), @r#"
SELECT [people_1, people_2, people_3] AS people, n_open AS open FROM (
SELECT countIf(is_open) AS n_open, countIf(level >= 1) AS people_1, countIf(level >= 2) AS people_2, countIf(level >= 3) AS people_3 FROM (
SELECT person, level, level < 3 AND last_entry >= {open_since:UInt64} AS is_open FROM (
SELECT *, greatest(level3, 1) AS level FROM (
SELECT *, arrayPushFront(arrayPopBack(f3), 0) AS b3, level2 + (f3[-1] > 0) AS level3 FROM (
SELECT *, arrayFill(begun -> begun > 0, arrayMap((begun, moment) -> if(begun > 0 AND moment - begun <= {window:UInt64}, begun, 0), arrayMap((l, moment, b1, b2) -> multiIf(l = 3, 0, l = 2, b2, l = 1, b1, moment), l3, moments, b1, b2), moments)) AS f3 FROM (
SELECT *, arrayMap((l, n0) -> greatest(l, [3, 2, 1, 0]::Array(UInt8)[least(n0, 3) + 1]), l2, n0) AS l3 FROM (
SELECT *, arrayPushFront(arrayPopBack(f2), 0) AS b2, level1 + (f2[-1] > 0) AS level2 FROM (
SELECT *, arrayFill(begun -> begun > 0, arrayMap((begun, moment) -> if(begun > 0 AND moment - begun <= {window:UInt64}, begun, 0), arrayMap((l, moment, b1) -> multiIf(l = 2, 0, l = 1, b1, moment), l2, moments, b1), moments)) AS f2 FROM (
SELECT *, arrayMap((l, n1, n0) -> greatest(l, [2, 0]::Array(UInt8)[least(n1, 1) + 1], [2, 1, 0]::Array(UInt8)[least(n0, 2) + 1]), l1, n1, n0) AS l2 FROM (
SELECT *, arrayPushFront(arrayPopBack(f1), 0) AS b1, level0 + (f1[-1] > 0) AS level1 FROM (
SELECT *, arrayFill(begun -> begun > 0, arrayMap((begun, moment) -> if(begun > 0 AND moment - begun <= {window:UInt64}, begun, 0), arrayMap((l, moment) -> multiIf(l = 1, 0, moment), l1, moments), moments)) AS f1 FROM (
SELECT *, arrayMap((l, n0) -> greatest(l, [1, 0]::Array(UInt8)[least(n0, 1) + 1]), l0, n0) AS l1 FROM (
SELECT *, arrayMap(moment -> toUInt8(moment >= {end:UInt64}), moments) AS l0, 0 AS level0 FROM (
SELECT *, arrayMap(instant -> bitShiftRight(instant[1], 20), instants) AS moments, arrayMap(instant -> arrayCount(event -> bitTest(event, 0), instant), instants) AS n0, arrayMap(instant -> arrayCount(event -> bitTest(event, 1), instant), instants) AS n1 FROM (
SELECT *, arraySplit((event, before) -> bitShiftRight(event, 20) != bitShiftRight(before, 20), packed, arrayPushFront(arrayPopBack(packed), 0)) AS instants FROM (
SELECT person, maxIf(at, bitTest(matched, 0) AND at < {end:UInt64}) AS last_entry, if(bitTest(groupBitOr(matched), 1), arraySort(groupArray(bitOr(bitShiftLeft(at, 20), matched))), [0]) AS packed
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS person, toUInt64(toUnixTimestamp64Milli(e.timestamp)) AS at,
  bitShiftLeft(toUInt64(kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})), 0)
  + bitShiftLeft(toUInt64(kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_1:String} AND host = {host_1:String})), 1) AS matched
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({start:Int64}) AND e.timestamp <= fromUnixTimestamp64Milli({until:Int64})
AND matched > 0 AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY person
HAVING last_entry > 0
)
)
)
)
)
)
)
)
)
)
)
)
)
)
)
)
-- count_automated = false
-- project = "tidemark"
-- start = 1794787200000
-- until = 1795305600000
-- end = 1795392000000
-- window = 1209600000
-- open_since = 1794096000000
-- path_0 = "/a"
-- path_1 = "/a"
-- host_1 = "h.example"
"#);
}

#[test]
fn only_steps_that_cannot_share_an_event_are_disjoint() {
    let check = |address: &str, expected: bool| {
        let funnel = Funnel::from_query_string(address).unwrap();
        assert_eq!(
            Predicates::of(&funnel.steps, &Features::default()).unwrap().are_disjoint(),
            expected,
            "{address}"
        );
    };
    let e = "00000000000000ff";
    check("step=page:/a&step=page:/b", true);
    check(&format!("step=page:/a&step=click:{e}@/a"), true);
    check("step=page:x.example/a&step=page:y.example/a", true);
    check(&format!("step=click:{e}@/a&step=click:{e}@/b"), true);
    check("step=page:/a&step=page:/a", false);
    check("step=page:/a&step=page:/b&step=page:/a", false);
    check("step=page:/a&step=page:x.example/a", false);
    check(&format!("step=click:{e}&step=click:{e}@/a"), false);
    check(&format!("step=click:{e}@x.example/a&step=click:{e}@/a"), false);
}
