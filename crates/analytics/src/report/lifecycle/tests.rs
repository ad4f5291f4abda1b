//! Questions in JSON and in addresses, the text of the statement, and how bad ones are refused.

use super::*;
use crate::feature::Features;
use crate::query::Scope;
use crate::{Query, compile};
use protocol::Timestamp;

/// 22 November 2026, a Sunday, at one in the morning in Zurich.
const NOW: Timestamp = Timestamp::from_millis(1_795_305_600_000);

fn sql(question: &str) -> Result<String, InvalidQuery> {
    let scope = Scope {
        project: protocol::ProjectId::parse("tidemark").unwrap(),
        time_zone: "Europe/Zurich".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        grouping: store::identity::Grouping::none(protocol::ProjectId::parse("tidemark").unwrap()),
    };
    let query = Query::from_json(&format!(r#"{{"report": "lifecycle"{question}}}"#))?;
    let databases = store::Databases::default();
    let statements = compile(&query, &Features::default(), &scope, &databases, NOW)?;
    let statements: Vec<_> = statements.iter().map(ToString::to_string).collect();
    Ok(statements.join("\n"))
}

#[test]
fn what_is_not_said_is_the_usual() {
    let query = Query::from_json(r#"{"report": "lifecycle"}"#).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"lifecycle","period":"week","by":"people","date_range":{"last":"28d"}}"#);
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(Query::from_json(&text).unwrap(), query);
    assert_eq!(Lifecycle::from_query_string("activity=&by=").unwrap(), Lifecycle::default());
}

#[test]
fn when_people_began_is_read_from_sessions() {
    insta::assert_snapshot!(sql(r#", "activity": {"page": "/a"}"#).unwrap(), @r#"
SELECT tupleElement(slot, 1) AS of, tupleElement(slot, 2) AS number, count() AS actors FROM (
SELECT arrayJoin(arrayConcat(
  arrayMap(n -> ('there', n), arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [there_0], range(1))))),
  arrayMap(n -> ('both', n), arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [bitAnd(there_0, bitOr(bitShiftLeft(there_0, 1), 0))], range(1))))),
  arrayMap(n -> ('new', n), arrayFilter(n -> n = first, arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [there_0], range(1)))))))) AS slot
FROM (
SELECT minIf(period, is_seen) AS first,
  groupBitOrIf(bit, NOT is_seen AND intDiv(period, 64) = 0) AS there_0
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS actor, if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32}, 7))) AS period,
  bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63))) AS bit, 1 AS is_seen
FROM (SELECT s.project AS project, s.anonymous_id AS anonymous_id, s.user_id AS user_id, s.account_id AS account_id, s.anonymous_hash AS anonymous_hash, s.user_hash AS user_hash, s.account_hash AS account_hash, s.is_automated AS is_automated, s.first_active AS timestamp, toUInt64(s.n_active) AS n_active FROM data.sessions AS s WHERE s.project = {project:String} AND toUnixTimestamp64Milli(s.first_active) > 0 AND s.quarter NOT IN (toInt32(intDiv({until:Int64}, 900000)))
UNION ALL
SELECT e.project AS project, e.anonymous_id AS anonymous_id, e.user_id AS user_id, e.account_id AS account_id, e.anonymous_hash AS anonymous_hash, e.user_hash AS user_hash, e.account_hash AS account_hash, e.is_automated AS is_automated, e.timestamp AS timestamp, toUInt64(1) AS n_active FROM data.events AS e WHERE e.project = {project:String} AND kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group') AND ((e.timestamp >= fromUnixTimestamp64Milli(toInt64(toInt32(intDiv({until:Int64}, 900000))) * 900000) AND e.timestamp < fromUnixTimestamp64Milli(toInt64((toInt32(intDiv({until:Int64}, 900000)) + 1)) * 900000)))) AS e
WHERE e.project = {project:String} AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND true AND e.is_automated <= {count_automated:Bool} AND true
UNION ALL
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS actor, if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32}, 7))) AS period,
  bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63))) AS bit, 0 AS is_seen
FROM data.events AS e
WHERE e.project = {project:String} AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64})
AND (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY actor
HAVING countIf(NOT is_seen) > 0
)
)
GROUP BY of, number
-- count_automated = false
-- project = "tidemark"
-- from = 1792360800000
-- until = 1795305600001
-- first_ms = 1792360800000
-- zone = "Europe/Zurich"
-- first_day = 20745
-- path_0 = "/a"
"#);
}
