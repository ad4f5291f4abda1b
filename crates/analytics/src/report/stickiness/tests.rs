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
    let query = Query::from_json(&format!(r#"{{"report": "stickiness"{question}}}"#))?;
    let databases = store::Databases::default();
    let statements = compile(&query, &Features::default(), &scope, &databases, NOW)?;
    let statements: Vec<_> = statements.iter().map(ToString::to_string).collect();
    Ok(statements.join("\n"))
}

#[test]
fn what_is_not_said_is_the_usual() {
    let query = Query::from_json(r#"{"report": "stickiness"}"#).unwrap();
    insta::assert_snapshot!(serde_json::to_string(&query).unwrap(), @r#"{"report":"stickiness","period":"week","by":"people","date_range":{"last":"28d"}}"#);
    let text = serde_json::to_string(&query).unwrap();
    assert_eq!(Query::from_json(&text).unwrap(), query);
    assert_eq!(Stickiness::from_query_string("activity=&by=").unwrap(), Stickiness::default());
}

#[test]
fn people_are_masks_of_periods_and_days_make_weeks_and_months() {
    insta::assert_snapshot!(sql(r#", "activity": {"page": "/a"}, "period": "day""#).unwrap(), @r#"
SELECT 'periods' AS of, toInt32(bitCount(there_0)) AS number, count() AS actors FROM (
SELECT groupBitOrIf(bit, 1 AND intDiv(period, 64) = 0) AS there_0
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS actor, if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32})) AS period,
  bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63))) AS bit
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY actor
)
GROUP BY number
-- count_automated = false
-- project = "tidemark"
-- from = 1792969200000
-- until = 1795305600001
-- path_0 = "/a"
-- first_ms = 1792969200000
-- zone = "Europe/Zurich"
-- first_day = 20752
SELECT tupleElement(slot, 1) AS of, tupleElement(slot, 2) AS number, uniqExactMerge(actors) AS actors FROM (
SELECT arrayJoin([('day', day), ('week', toInt32(floor((day - {first_week:Int32}) / 7))), ('month', toInt32(toRelativeMonthNum(toDate32(day))) - {first_month:Int32})]) AS slot, actors FROM (
SELECT day, uniqExactState(actor) AS actors
FROM (
SELECT if(if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))) != 0, if(e.user_hash != 0, e.user_hash, dictGetOrDefault('data.person_hash_of', 'user_hash', e.anonymous_hash, toUInt64(0))), e.anonymous_hash) AS actor, toInt32(toDate32(e.timestamp, {zone:String})) AS day
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64})
AND (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AND e.is_automated <= {count_automated:Bool} AND true
)
GROUP BY day
)
)
GROUP BY of, number
-- count_automated = false
-- project = "tidemark"
-- from = 1790805600000
-- until = 1795305600001
-- path_0 = "/a"
-- zone = "Europe/Zurich"
-- first_week = 20752
-- first_month = 24322
"#);
}

#[test]
fn what_means_nothing_is_refused_with_a_sentence() {
    let refusal = |question: &str| sql(question).unwrap_err().to_string();
    let refusals = [
        refusal(r#", "activity": {}"#),
        refusal(r#", "activity": {"page": "a"}"#),
        refusal(r#", "by": "browsers""#),
        refusal(r#", "period": "day", "date_range": {"last": "3660d"}"#),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r"
the question is not understood: the activity names no page and no element
the question is not understood: the page of the activity is `a`, and a path begins with `/`
the question is not understood: unknown variant `browsers`, expected `people` or `accounts`
from 2016-11-15 to 2026-11-22 there are 3660 periods, and one answer shows 400 at most; take longer periods or fewer days
");
}
