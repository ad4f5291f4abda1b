//! Questions in JSON, the text of the statement, and how bad questions are refused.

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
    let query = Query::from_json(&format!(r#"{{"report": "retention"{question}}}"#))?;
    let databases = store::Databases::default();
    let statements = compile(&query, &Features::default(), &scope, &databases, NOW)?;
    Ok(statements.iter().map(ToString::to_string).collect())
}

#[test]
fn what_is_not_said_is_the_usual() {
    let query = Query::from_json(r#"{"report": "retention", "period": "day"}"#).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"retention","period":"day","followed":14,"cohorts":"recurring","returns":"on","by":"people","date_range":{"last":"28d"}}"#);
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(Query::from_json(&text).unwrap(), query);
}

#[test]
fn an_address_says_the_whole_question() {
    let address = "start=click%3A00000000000000ff%40%2Fa&return=page%3A%2Fb&period=working_day&followed=5&cohorts=first&returns=on_or_after&by=accounts&from=2026-11-01&to=2026-11-22";
    let retention = Retention::from_query_string(address).unwrap();
    assert_eq!(retention.to_query_string(), address);
    assert_eq!(Retention::from_query_string("start=&period=&by=").unwrap().followed, 12);
    let refusal = |address| Retention::from_query_string(address).unwrap_err().to_string();
    let refusals =
        ["start=b", "return=page:b", "period=year", "followed=-1", "last=x"].map(refusal);
    insta::assert_snapshot!(refusals.join("\n"), @r"
the start is `b`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name
the page of the return is `b`, and a path begins with `/`
`period` is `year`, and may be `hour`, `day`, `working_day`, `week` or `month`
`-1` is not a whole number
the date range is the last `x`, and it is a number of days such as `28d`, at most 3660d
");
}

#[test]
fn recurring_cohorts_are_masks_of_periods() {
    insta::assert_snapshot!(sql(r#", "start": {"page": "/a"}, "returning": {"page": "/b"}, "date_range": {"last": "28d"}"#).unwrap(), @r#"
SELECT cohort, distance, sum(alike) AS people FROM (
SELECT *, arrayJoin(arrayPushFront(arrayFilter(d -> d > 0 AND d <= {followed:Int32}, arrayMap(period -> period - cohort, returns)), 0)) AS distance FROM (
SELECT *, arrayJoin(arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [start_0], range(1))))) AS cohort, arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [return_0], range(1)))) AS returns FROM (
SELECT start_0, return_0, count() AS alike FROM (
SELECT minIf(period, is_start) AS first,
  groupBitOrIf(bit, is_start AND period >= 0 AND period < {n:Int32} AND intDiv(period, 64) = 0) AS start_0,
  groupBitOrIf(bit, is_return AND period >= 0 AND intDiv(period, 64) = 0) AS return_0
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS actor, least(if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32}, 7))), {last:Int32}) AS period,
  bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63))) AS bit,
  (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AS is_start,
  (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_1:String})) AS is_return
FROM data.events AS e
WHERE e.project = {project:String} AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64})
AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (is_start OR is_return) AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY actor
HAVING countIf(is_start AND period >= 0 AND period < {n:Int32}) > 0
)
GROUP BY start_0, return_0
)
)
)
GROUP BY cohort, distance
-- count_automated = false
-- project = "tidemark"
-- from = 1792969200000
-- until = 1795305600001
-- last = 16
-- n = 4
-- followed = 12
-- first_ms = 1792969200000
-- zone = "Europe/Zurich"
-- first_day = 20752
-- path_0 = "/a"
-- path_1 = "/b"
"#);
}

#[test]
fn a_first_time_is_looked_for_before_the_range() {
    insta::assert_snapshot!(sql(r#", "cohorts": "first", "returns": "on_or_after", "period": "working_day", "by": "accounts""#).unwrap(), @r#"
SELECT cohort, distance, sum(alike) AS people FROM (
SELECT *, arrayJoin(range(toUInt32(least(greatest(arrayMax(returns) - cohort, 0), {followed:Int32}) + 1))) AS distance FROM (
SELECT *, arrayJoin([first]) AS cohort, arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + 64 * k, bitPositionsToArray(word)), [return_0], range(1)))) AS returns FROM (
SELECT first, return_0, count() AS alike FROM (
SELECT minIf(period, is_start) AS first,
  groupBitOrIf(bit, is_return AND period >= 0 AND intDiv(period, 64) = 0) AS return_0
FROM (
SELECT if(e.account_hash != 0, e.account_hash, dictGetOrDefault('data.account_hash_of', 'account_hash', if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), toUnixTimestamp64Milli(e.timestamp), toUInt64(0))) AS actor, least(if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv((toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32} + {offset:Int32}), 7) * 5 + (toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32} + {offset:Int32}) % 7 - {offset:Int32})), {last:Int32}) AS period,
  bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63))) AS bit,
  (kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group')) AS is_start,
  (kind NOT IN ('page_leave', 'download', 'outbound', 'rage_click', 'dead_click', 'error_click', 'error', 'web_vital', 'exposure', 'identify', 'group')) AS is_return
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp < fromUnixTimestamp64Milli({until:Int64}) AND toDayOfWeek(e.timestamp, 0, {zone:String}) <= 5
AND (is_start OR (is_return AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}))) AND e.is_automated <= {count_automated:Bool} AND actor != 0
)
GROUP BY actor
HAVING countIf(is_start) > 0 AND first >= 0 AND first < {n:Int32}
)
GROUP BY first, return_0
)
)
)
GROUP BY cohort, distance
-- count_automated = false
-- project = "tidemark"
-- from = 1792969200000
-- until = 1795305600001
-- last = 30
-- n = 20
-- followed = 10
-- first_ms = 1792969200000
-- zone = "Europe/Zurich"
-- first_day = 20752
-- offset = 0
"#);
}

#[test]
fn what_means_nothing_is_refused_with_a_sentence() {
    let refusal = |question: &str| sql(question).unwrap_err().to_string();
    let refusals = [
        refusal(r#", "followed": 0"#),
        refusal(r#", "followed": 101"#),
        refusal(r#", "period": "hour", "date_range": {"last": "28d"}"#),
        refusal(
            r#", "period": "working_day", "date_range": {"from": "2026-11-21", "to": "2026-11-22"}"#,
        ),
        refusal(r#", "start": {}"#),
        refusal(r#", "returning": {"page": "a"}"#),
        refusal(r#", "start": {"feature": "00000000000000ff"}"#),
        refusal(r#", "period": "fortnight""#),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r"
people are followed for 1 to 100 periods, and this asks for 0
people are followed for 1 to 100 periods, and this asks for 101
from 2026-10-26 to 2026-11-22 there are 650 periods, and one answer shows 400 at most; take longer periods or fewer days
from 2026-11-21 to 2026-11-22 there is no working day
the question is not understood: the start names no page and no element
the question is not understood: the page of the return is `a`, and a path begins with `/`
there is no feature `00000000000000ff` in this project
the question is not understood: unknown variant `fortnight`, expected one of `hour`, `day`, `working_day`, `week`, `month`
");
}
