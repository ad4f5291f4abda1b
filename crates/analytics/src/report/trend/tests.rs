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
    let query = Query::from_json(&format!(r#"{{"report": "trend"{question}}}"#))?;
    let databases = store::Databases::default();
    let statements = compile(&query, &Features::default(), &scope, &databases, NOW)?;
    let statements: Vec<_> = statements.iter().map(ToString::to_string).collect();
    Ok(statements.join("\n"))
}

#[test]
fn what_is_not_said_is_the_usual() {
    let query = Query::from_json(r#"{"report": "trend"}"#).unwrap();
    assert_eq!(query, Query::Trend(Trend::default()));
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"trend","series":[null],"period":"week","compare":"none","date_range":{"last":"28d"}}"#);
    let two = r#"{"report":"trend","series":[{"page":"/a"},null],"period":"day","compare":"previous","date_range":{"last":"7d"}}"#;
    let query = Query::from_json(two).unwrap();
    assert_eq!(serde_json::to_string(&query).unwrap(), two);
}

#[test]
fn an_address_says_the_whole_question() {
    let address = "series=anything&series=click%3A00000000000000ff%40%2Fa&where=country&is=CH&is=DE&series=event%3Asaved&where=referrer&set=yes&period=day&compare=none&trailing=7&from=2026-11-01&to=2026-11-02";
    let trend = Trend::from_query_string(address).unwrap();
    assert_eq!(trend.to_query_string(), address);
    assert_eq!(Trend::from_query_string("series=&compare=&period=").unwrap(), Trend::default());
    let refusal = |address| Trend::from_query_string(address).unwrap_err().to_string();
    let refusals = ["series=page:/a&series=b", "compare=next", "period=year", "last=x"];
    insta::assert_snapshot!(refusals.map(refusal).join("\n"), @r"
series 2 is `b`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name
`compare` is `next`, and may be `none`, `previous` or `last_year`
`period` is `year`, and may be `hour`, `day`, `working_day`, `week` or `month`
the date range is the last `x`, and it is a number of days such as `28d`, at most 3660d
");
}

#[test]
fn each_period_is_counted_once_with_its_people_as_a_set() {
    insta::assert_snapshot!(sql(r#", "series": [{"page": "/a"}, null], "compare": "previous""#).unwrap(), @r#"
SELECT number, [sum(uses_0), sum(uses_1)] AS uses, [uniqExactMerge(people_0), uniqExactMerge(people_1)] AS people, [uniqExactMerge(accounts_0), uniqExactMerge(accounts_1)] AS accounts FROM (
SELECT arrayJoin(arrayConcat(if(period >= {begin:Int32}, [period - {begin:Int32}, -1], []), if(period < {before_end:Int32} AND NOT is_late, [-3 - (period - {first:Int32}), -2], []))) AS number, * FROM (
SELECT period, is_late, sumIf(times, is_0) AS uses_0, uniqExactStateIf(person, is_0) AS people_0, uniqExactStateIf(account, is_0 AND account != 0) AS accounts_0,
  sumIf(times, is_1) AS uses_1, uniqExactStateIf(person, is_1) AS people_1, uniqExactStateIf(account, is_1 AND account != 0) AS accounts_1
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS person, if(e.account_hash != 0, e.account_hash, dictGetOrDefault('data.account_hash_of', 'account_hash', if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), toUnixTimestamp64Milli(e.timestamp), toUInt64(0))) AS account, 1 AS times, if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32}, 7))) AS period, toUnixTimestamp64Milli(e.timestamp) AS ms, period = {before_end:Int32} - 1 AND ms >= {cut:Int64} AS is_late,
  (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AS is_0,
  (kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group')) AS is_1
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (is_0 OR is_1) AND e.is_automated <= {count_automated:Bool}
)
GROUP BY period, is_late
)
)
GROUP BY number
-- count_automated = false
-- project = "tidemark"
-- from = 1790546400000
-- until = 1795305600001
-- begin = 4
-- first = 0
-- before_end = 4
-- cut = 1792882800001
-- first_ms = 1790546400000
-- zone = "Europe/Zurich"
-- first_day = 20724
-- path_0 = "/a"
"#);
}

#[test]
fn a_year_ago_is_the_same_days_of_the_week_and_nothing_between_is_read() {
    let sql = sql(r#", "compare": "last_year", "period": "day", "date_range": {"last": "2d"}"#);
    let sql = sql.unwrap();
    let (_, bound) = sql.split_once("-- project").unwrap_or_default();
    insta::assert_snapshot!(bound, @r#"
 = "tidemark"
-- from = 1763766000000
-- until = 1795305600001
-- begin = 364
-- first = 0
-- before_end = 2
-- cut = 1763856000001
-- gap = 1763938800000
-- gap_end = 1795215600000
-- first_ms = 1763766000000
-- zone = "Europe/Zurich"
-- first_day = 20414
"#);
    assert!(sql.contains("< fromUnixTimestamp64Milli({gap:Int64}) OR"), "{sql}");
}

#[test]
fn trailing_people_are_counted_by_when_they_come_and_cease() {
    let sql = sql(r#", "trailing": 7, "date_range": {"last": "14d"}"#).unwrap();
    let (_, trailing) = sql.split_once("SELECT is_account").unwrap_or_default();
    insta::assert_snapshot!(trailing, @r#"
, step.2 AS series, step.1 AS day, sum(step.3) AS change FROM (
SELECT is_account, arrayJoin(arrayConcat(arrayMap(day -> (toInt64(day), 0, 1), days_0),
  arrayMap((day, next) -> (toInt64(least(day + {days:Int32}, next)), 0, -1), days_0, arrayShiftLeft(days_0, 1, toInt32(2147483647))))) AS step FROM (
SELECT actor.1 AS is_account, actor.2 AS id, arraySort(groupUniqArrayIf(day, is_0)) AS days_0
FROM (
SELECT arrayJoin([(false, if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash)), (true, if(e.account_hash != 0, e.account_hash, dictGetOrDefault('data.account_hash_of', 'account_hash', if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), toUnixTimestamp64Milli(e.timestamp), toUInt64(0))))]) AS actor, toInt32(toDate32(e.timestamp, {day_zone:String})) - {day_first_day:Int32} AS day,
  (true) AS is_0
FROM (SELECT s.project AS project, s.anonymous_id AS anonymous_id, s.user_id AS user_id, s.account_id AS account_id, s.anonymous_hash AS anonymous_hash, s.user_hash AS user_hash, s.account_hash AS account_hash, s.is_automated AS is_automated, s.first_active AS timestamp, toUInt64(s.n_active) AS n_active FROM data.sessions AS s WHERE s.project = {project:String} AND toUnixTimestamp64Milli(s.first_active) > 0 AND s.quarter NOT IN (toInt32(intDiv({until:Int64}, 900000))) AND NOT (s.account_hash = 0 AND dictGetOrDefault('data.account_hash_of', 'is_steady', if(s.user_hash != 0, s.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', s.anonymous_hash, toUInt64(0))), toInt64(0), toUInt8(1)) = 0)
UNION ALL
SELECT e.project AS project, e.anonymous_id AS anonymous_id, e.user_id AS user_id, e.account_id AS account_id, e.anonymous_hash AS anonymous_hash, e.user_hash AS user_hash, e.account_hash AS account_hash, e.is_automated AS is_automated, e.timestamp AS timestamp, toUInt64(1) AS n_active FROM data.events AS e WHERE e.project = {project:String} AND kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group') AND ((e.timestamp >= fromUnixTimestamp64Milli(toInt64(toInt32(intDiv({until:Int64}, 900000))) * 900000) AND e.timestamp < fromUnixTimestamp64Milli(toInt64((toInt32(intDiv({until:Int64}, 900000)) + 1)) * 900000)))
UNION ALL
SELECT e.project AS project, e.anonymous_id AS anonymous_id, e.user_id AS user_id, e.account_id AS account_id, e.anonymous_hash AS anonymous_hash, e.user_hash AS user_hash, e.account_hash AS account_hash, e.is_automated AS is_automated, e.timestamp AS timestamp, toUInt64(1) AS n_active FROM data.events AS e WHERE e.project = {project:String} AND kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group') AND NOT ((e.timestamp >= fromUnixTimestamp64Milli(toInt64(toInt32(intDiv({until:Int64}, 900000))) * 900000) AND e.timestamp < fromUnixTimestamp64Milli(toInt64((toInt32(intDiv({until:Int64}, 900000)) + 1)) * 900000))) AND (SELECT count() FROM data.account_hash_of WHERE is_steady = 0) > 0 AND e.anonymous_id IN (SELECT s.anonymous_id FROM data.sessions AS s WHERE s.project = {project:String} AND s.account_hash = 0 AND dictGetOrDefault('data.account_hash_of', 'is_steady', if(s.user_hash != 0, s.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', s.anonymous_hash, toUInt64(0))), toInt64(0), toUInt8(1)) = 0) AND e.account_hash = 0 AND dictGetOrDefault('data.account_hash_of', 'is_steady', if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), toInt64(0), toUInt8(1)) = 0) AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (is_0) AND e.is_automated <= {count_automated:Bool}
)
WHERE NOT is_account OR id != 0
GROUP BY is_account, id
)
)
GROUP BY is_account, series, day
-- count_automated = false
-- project = "tidemark"
-- from = 1793660400000
-- until = 1795305600001
-- days = 7
-- day_first_ms = 1794178800000
-- day_zone = "Europe/Zurich"
-- day_first_day = 20766
-- first_ms = 1794178800000
-- zone = "Europe/Zurich"
-- first_day = 20766
"#);
}

#[test]
fn what_means_nothing_is_refused_with_a_sentence() {
    let refusal = |question: &str| sql(question).unwrap_err().to_string();
    let refusals = [
        refusal(r#", "series": []"#),
        refusal(r#", "series": [null, null, null, null, null, null]"#),
        refusal(r#", "series": [null, {}]"#),
        refusal(r#", "series": [{"feature": "00000000000000ff"}]"#),
        refusal(r#", "period": "hour", "date_range": {"last": "28d"}"#),
        refusal(r#", "compare": "next""#),
        refusal(r#", "trailing": 7, "period": "hour", "date_range": {"last": "1d"}"#),
        refusal(r#", "trailing": 91"#),
        refusal(r#", "trailing": 7, "compare": "last_year""#),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r"
a trend has 1 to 5 series, and this one has 0
a trend has 1 to 5 series, and this one has 6
the question is not understood: series 2 names no page and no element
there is no feature `00000000000000ff` in this project
from 2026-10-26 to 2026-11-22 there are 650 periods, and one answer shows 400 at most; take longer periods or fewer days
the question is not understood: unknown variant `next`, expected one of `none`, `previous`, `last_year`
people of the last days are told by the day or longer, and this asks by the hour
people of the last 1 to 90 days can be told, and this asks for 91
people of the last days are told alone, and this asks to compare them
");
}
