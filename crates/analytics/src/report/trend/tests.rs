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
        staff: store::StaffRules::none(protocol::ProjectId::parse("tidemark").unwrap()),
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
    let address = "series=anything&series=click%3A00000000000000ff%40%2Fa&period=hour&compare=previous&from=2026-11-01&to=2026-11-02";
    let trend = Trend::from_query_string(address).unwrap();
    assert_eq!(trend.to_query_string(), address);
    assert_eq!(Trend::from_query_string("series=&compare=&period=").unwrap(), Trend::default());
    let refusal = |address| Trend::from_query_string(address).unwrap_err().to_string();
    let refusals = ["series=page:/a&series=b", "compare=next", "period=year", "last=x"];
    insta::assert_snapshot!(refusals.map(refusal).join("\n"), @r"
series 2 is `b`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name
`compare` is `next`, and may be `none` or `previous`
`period` is `year`, and may be `hour`, `day`, `working_day`, `week` or `month`
the date range is the last `x`, and it is a number of days such as `28d`, at most 3660d
");
}

#[test]
fn each_period_is_counted_once_with_its_people_as_a_set() {
    insta::assert_snapshot!(sql(r#", "series": [{"page": "/a"}, null], "compare": "previous""#).unwrap(), @r#"
SELECT number, [sum(uses_0), sum(uses_1)] AS uses, [uniqExactMerge(people_0), uniqExactMerge(people_1)] AS people, [uniqExactMerge(accounts_0), uniqExactMerge(accounts_1)] AS accounts FROM (
SELECT arrayJoin([period, if(period >= {begin:Int32}, -1, -2)]) AS number, * FROM (
SELECT period, countIf(is_0) AS uses_0, uniqExactStateIf(person, is_0) AS people_0, uniqExactStateIf(account, is_0 AND account != '') AS accounts_0,
  countIf(is_1) AS uses_1, uniqExactStateIf(person, is_1) AS people_1, uniqExactStateIf(account, is_1 AND account != '') AS accounts_1
FROM (
SELECT if(if(e.user_id != '', e.user_id, dictGetOrDefault('data.person_of', 'first_user', (toString(e.project), e.anonymous_id), '')) != '', if(e.user_id != '', e.user_id, dictGetOrDefault('data.person_of', 'first_user', (toString(e.project), e.anonymous_id), '')), e.anonymous_id) AS person, if(e.account_id != '', e.account_id, dictGetOrDefault('data.account_of', 'account_id', (toString(e.project), if(e.user_id != '', e.user_id, dictGetOrDefault('data.person_of', 'first_user', (toString(e.project), e.anonymous_id), ''))), toUnixTimestamp64Milli(e.timestamp), '')) AS account, if(toUnixTimestamp64Milli(e.timestamp) < {first_ms:Int64}, -1, toInt32(intDiv(toInt32(toDate32(e.timestamp, {zone:String})) - {first_day:Int32}, 7))) AS period, toUnixTimestamp64Milli(e.timestamp) AS ms,
  (kind = 'page_view' AND page_id IN (SELECT page_id FROM data.pages WHERE project = {project:String} AND pattern = {path_0:String})) AS is_0,
  (kind NOT IN ('identify', 'group')) AS is_1
FROM data.events AS e
WHERE e.project = {project:String}
AND e.timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND e.timestamp < fromUnixTimestamp64Milli({until:Int64}) AND (ms < {cut:Int64} OR ms >= {cut_end:Int64})
AND (is_0 OR is_1) AND e.is_automated <= {count_automated:Bool}
)
GROUP BY period
)
)
GROUP BY number
-- count_automated = false
-- project = "tidemark"
-- from = 1790546400000
-- until = 1795305600001
-- begin = 4
-- cut = 1792882800001
-- cut_end = 1792969200000
-- first_ms = 1790546400000
-- zone = "Europe/Zurich"
-- first_day = 20724
-- path_0 = "/a"
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
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
a trend has 1 to 5 series, and this one has 0
a trend has 1 to 5 series, and this one has 6
the question is not understood: series 2 names no page and no element
there is no feature `00000000000000ff` in this project
from 2026-10-26 to 2026-11-22 there are 650 periods, and one answer shows 400 at most; take longer periods or fewer days
the question is not understood: unknown variant `next`, expected `none` or `previous`
"#);
}
