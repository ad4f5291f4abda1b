//! Trend, stickiness and life cycle on their screens and as CSV: the same numbers.

use crate::browser::{Browser, field, report_form, text};
use crate::import;
use crate::test_app::{Answer, NOON, TestApp, batch, event_id};
use anyhow::Result;
use axum::http::{StatusCode, header};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
const TREND: &str = "/projects/default/trend";
pub(crate) const QUERY: &str =
    "series=page%3A%2Forders%2F%3Aid&period=week&compare=previous&last=21d&show=people";

/// Ann comes in each of the last three weeks and in the fifth before, Bob in the first of them.
pub(crate) async fn with_people(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    let view = |n: u32, weeks_ago: i64| {
        format!(
            r#"{{"event_id":"{}","kind":"page_view","page":0,"timestamp":{}}}"#,
            event_id(n),
            NOON - weeks_ago * WEEK_MS
        )
    };
    app.post_batch(&batch(&[view(5, 3), view(1, 2), view(2, 1), view(3, 0)])).await?;
    let bob = batch(&[view(4, 2)]).replace("ann@", "bob@").replace("anon-1", "b");
    app.post_batch(&bob).await?;
    app.written().await?;
    Ok(Some(app))
}

/// What stands between the question and the API, without what is drawn.
fn answer(mut page: Answer) -> String {
    if let Some((before, rest)) = page.body.split_once("<div class=\"drawing\"") {
        let after = rest.rsplit_once("</svg>").map_or(rest, |(_, after)| after);
        page.body = format!("{before}{after}");
    }
    let page = text(&page);
    let begin = page.rfind("alone\n").map_or(0, |at| at + 6);
    let begin = begin.max(page.rfind("Month by month\n").map_or(0, |at| at + 15));
    let end = page.find("The same question").unwrap_or(page.len());
    page[begin..end].to_owned()
}

#[tokio::test]
async fn a_trend_is_told_beside_the_time_before() -> Result<()> {
    let Some(app) = with_people("trend_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{TREND}?{QUERY}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains(r#"<polyline class="line open s0""#), "{page}");
    assert!(page.body.contains(r#"<polyline class="line s0 before""#), "{page}");
    insta::assert_snapshot!(answer(page), @r"
/orders/:id, people
2
Copy
POST it to
http://127.0.0.1:8080/v1/projects/default/query
, signed in.
Mark a release or a note
It stands in the chart at its day, for everybody. A release pipeline does the same with a private key, by POST to
/v1/projects/default/annotations
.
Day
Kind
Release
Note
What happened
Mark it
");
    let csv = browser.get(&format!("{TREND}.csv?{QUERY}")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations
"/orders/:id",2026-11-02,true,2,2,0,,,,,
"/orders/:id",2026-11-09,true,1,1,0,,,,,
"/orders/:id",2026-11-16,false,1,1,0,2026-10-26,1,1,0,
"#);
    Ok(())
}

#[tokio::test]
async fn a_release_stands_at_its_day_until_it_is_removed() -> Result<()> {
    let Some(app) = with_people("trend_release").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let address = format!("{TREND}?{QUERY}");
    let csrf = field(&browser.get(&address).await?, "csrf")?;
    let new = [
        ("csrf", csrf.as_str()),
        ("next", &address),
        ("day", "2026-11-11"),
        ("kind", "release"),
        ("text", "Version 4.2"),
    ];
    let answer = browser.post("/projects/default/annotations", &new).await?;
    assert_eq!(answer.headers[header::LOCATION], address, "{answer}");
    let page = browser.get(&address).await?;
    let told = text(&page);
    assert!(told.contains("Version 4.2\nrelease of 11 Nov 2026, by ada@example.com"), "{told}");
    assert!(told.contains("9 Nov 2026\n1: Version 4.2 (release)"), "{told}");
    assert!(page.body.contains(r#"<circle class="flag""#), "{page}");
    let csv = browser.get(&format!("{TREND}.csv?{QUERY}")).await?;
    assert!(csv.body.contains(r#",1,1,0,,,,,"Version 4.2""#), "{csv}");

    let (_, seen) = page.body.split_once(r#"name="annotation" value=""#).unwrap_or_default();
    let seen = seen.split('"').next().unwrap_or_default();
    let remove = [("csrf", csrf.as_str()), ("next", &address), ("annotation", seen)];
    let answer = browser.post("/projects/default/annotations/remove", &remove).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    assert!(!text(&browser.get(&address).await?).contains("Version 4.2"));

    let strange = [("csrf", "no"), ("next", &address), ("text", "x")];
    let answer = browser.post("/projects/default/annotations", &strange).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer}");
    Ok(())
}

#[tokio::test]
async fn how_regularly_people_come_is_read_as_a_table() -> Result<()> {
    let Some(app) = with_people("stickiness_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let path = "/projects/default/stickiness";
    let page = browser.get(&format!("{path}?period=week&by=people&last=28d")).await?;
    insta::assert_snapshot!(answer(page), @r"
DAU/WAU
of a week’s people, on a mean day
14.3%
DAU/MAU
of a month’s people, on a mean day
–
WAU/MAU
of a month’s people, in a mean week
–
Copy
POST it to
http://127.0.0.1:8080/v1/projects/default/query
, signed in.
");
    let csv = browser.get(&format!("{path}.csv?period=week&by=people&last=28d")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r"
periods,exactly,or_more
1,1,2
2,0,1
3,0,1
4,1,1
");
    assert!(text(&browser.get(path).await?).contains("in one day only"));
    let accounts = text(&browser.get(&format!("{path}?by=accounts")).await?);
    assert!(accounts.contains("Nobody was there"), "{accounts}");
    Ok(())
}

#[tokio::test]
async fn conditions_are_added_to_what_people_do_to_be_there() -> Result<()> {
    let Some(app) = with_people("activity_condition").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for report in ["stickiness", "lifecycle"] {
        let path = format!("/projects/default/{report}");
        let asked = "period=week&by=people&last=28d&activity=page:/orders/7";
        let add = "form=1&do=filter-0&property-0=page&test-0=contains&value-0=orders";
        let to = browser.get(&format!("{path}?{asked}&{add}")).await?;
        assert_eq!(to.status, StatusCode::SEE_OTHER, "{to}");
        let to = to.headers[header::LOCATION].to_str()?.to_owned();
        let with = "activity=page%3A%2Forders%2F%3Aid&where=page&contains=orders&period=week";
        assert_eq!(to, format!("{path}?{with}&by=people&last=28d"));
        let page = browser.get(&to).await?;
        let seen = text(&page);
        assert!(seen.contains("Page contains “orders”") && !seen.contains("Nobody was"), "{seen}");
        assert!(page.body.contains(r#"name="where" value="page""#), "{page}");
        // The condition holds: on other pages nobody was.
        let other = to.replace("contains=orders", "contains=invoices");
        assert!(text(&browser.get(&other).await?).contains("Nobody was there"), "{other}");
        let gone = to.replace("?", "?form=1&do=unfilter-0-0&");
        let gone = browser.get(&gone).await?;
        let without = to.replace("&where=page&contains=orders", "");
        assert_eq!(gone.headers[header::LOCATION].to_str()?, without);
    }
    Ok(())
}

#[tokio::test]
async fn who_comes_and_goes_is_read_as_a_table() -> Result<()> {
    let Some(app) = with_people("lifecycle_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let path = "/projects/default/lifecycle";
    let page = browser.get(&format!("{path}?period=week&by=people&last=28d")).await?;
    insta::assert_snapshot!(answer(page), @r"
New
first seen ever
0
Returning
there the week before, too
1
Resurrecting
back after an absence
0
Dormant
there the week before, not now
1
Copy
POST it to
http://127.0.0.1:8080/v1/projects/default/query
, signed in.
");
    let csv = browser.get(&format!("{path}.csv?period=week&by=people&last=28d")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r"
period,is_complete,new,returning,resurrecting,dormant
2026-10-26,true,1,0,0,0
2026-11-02,true,1,1,0,0
2026-11-09,true,0,1,0,1
2026-11-16,false,0,1,0,
");
    let form = "form=1&last=28d&by=people&activity=&period=month";
    let to = browser.get(&format!("{path}?{form}")).await?;
    assert_eq!(to.headers[header::LOCATION], format!("{path}?period=month&by=people&last=28d"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_on_the_screen() -> Result<()> {
    let Some(app) = TestApp::start("trend_empty").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for place in ["trend", "stickiness", "lifecycle"] {
        let path = format!("/projects/default/{place}");
        let empty = text(&browser.get(&path).await?);
        assert!(empty.contains("No trail yet"), "{empty}");
        let bad = browser.get(&format!("{path}?period=fortnight")).await?;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        assert!(text(&bad).contains("“period” is “fortnight”"), "{}", text(&bad));
        let to_come = browser.get(&format!("{path}?from=2030-01-01&to=2030-02-01")).await?;
        assert_eq!(to_come.status, StatusCode::OK, "{to_come}");
    }
    let many = "series=anything&".repeat(6);
    let bad = browser.get(&format!("{TREND}?{many}")).await?;
    assert!(text(&bad).contains("A trend has 1 to 5 series"), "{}", text(&bad));
    Ok(())
}

/// A view of an order by somebody, so many days and hours before noon, to be imported.
fn earlier(n: i64, days_ago: i64, hours: i64) -> String {
    let at = NOON - (days_ago * 24 + hours) * 3_600_000;
    format!(
        r#"{{"timestamp":{at},"kind":"page_view","context":{{"anonymous_id":"anon-{n}","session_id":"s"}},"page":{{"host":"app.example.com","path":"/orders/{n}"}}}}"#
    )
}

/// The last lines of a page's table, and what stands below its chart.
async fn told(browser: &mut Browser<'_>, query: &str) -> Result<String> {
    let page = browser.get(&format!("{TREND}?{query}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let page = text(&page);
    let (_, told) = page.rsplit_once("\nIn ").unwrap_or_default();
    let (told, _) = told.split_once("The same question").unwrap_or_default();
    Ok(told.trim().lines().collect::<Vec<_>>().join(" | "))
}

#[tokio::test]
async fn last_year_is_told_as_far_as_there_was_one() -> Result<()> {
    let Some(app) = import::start("trend_last_year", |_| {}).await? else { return Ok(()) };
    let query = "series=anything&period=week&compare=last_year&last=14d&show=people";
    let view = format!(
        r#"{{"event_id":"{}","kind":"page_view","page":0,"timestamp":{NOON}}}"#,
        event_id(1)
    );
    app.post_batch(&batch(&[view])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    insta::assert_snapshot!(told(&mut browser, query).await?, @"these 2 weeks, 1 person came. | Whole weeks, 9 to 22 November 2026, in UTC. Who came in several weeks is one of the total. There is nothing to compare with: the first event is of 22 Nov 2026, 12:00, after the same 2 weeks last year. The last week is not over. As of 12:00:00. | People, week by week | * not over yet | By the week | Anything | 9 Nov 2026 | 0 | 16 Nov 2026 | * | 1 | All together | 1");
    let previous = query.replace("last_year", "previous");
    insta::assert_snapshot!(told(&mut browser, &previous).await?, @"these 2 weeks, 1 person came. | Whole weeks, 9 to 22 November 2026, in UTC. Who came in several weeks is one of the total. There is nothing to compare with: the first event is of 22 Nov 2026, 12:00, after the 2 weeks before. The last week is not over. As of 12:00:00. | People, week by week | * not over yet | By the week | Anything | 9 Nov 2026 | 0 | 16 Nov 2026 | * | 1 | All together | 1");

    // Three came in the second of these weeks a year ago, one of them later in the day than now.
    let last_year = [earlier(1, 364, 0), earlier(2, 365, 0), earlier(3, 364, -1)];
    import::import_first(&app, &last_year).await?;
    import::known_as_written(&app).await?;
    insta::assert_snapshot!(told(&mut browser, query).await?, @"these 2 weeks, 1 person came. | Whole weeks, 9 to 22 November 2026, in UTC. Who came in several weeks is one of the total. Of the same 2 weeks last year only a part is known, since the first event is of 22 Nov 2025, 12:00: the totals are not compared. The last week is not over: it is compared with the same part of its counterpart, up to 23 Nov 2025, 12:00. As of 12:00:00. | People, week by week | * not over yet | By the week | Anything | Anything, | last year | Anything, | change | 9 Nov 2026 | 0 | – | – | 16 Nov 2026 | * | 1 | 2 | – | All together | 1");
    let csv = browser.get(&format!("{TREND}.csv?{query}")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations
"anything",2026-11-09,true,0,0,0,,,,,
"anything",2026-11-16,false,1,1,0,2025-11-17,2,2,0,
"#);
    import::import_first(&app, &[earlier(5, 380, 0)]).await?;
    import::known_as_written(&app).await?;
    insta::assert_snapshot!(told(&mut browser, query).await?, @"these 2 weeks, 1 person came, 50% less than in the same 2 weeks last year. | Whole weeks, 9 to 22 November 2026, in UTC. Who came in several weeks is one of the total. The last week is not over: it is compared with the same part of its counterpart, up to 23 Nov 2025, 12:00. As of 12:00:00. | People, week by week | * not over yet | By the week | Anything | Anything, | last year | Anything, | change | 9 Nov 2026 | 0 | 0 | the same | 16 Nov 2026 | * | 1 | 2 | −50% | All together | 1 | 2 | −50%");
    Ok(())
}

#[tokio::test]
async fn shares_are_of_uses_and_people_are_not_stacked() -> Result<()> {
    let Some(app) = with_people("trend_shares").await? else { return Ok(()) };
    let saved = |n: u32| {
        format!(
            r#"{{"event_id":"{}","kind":"custom","name":"saved","page":0,"timestamp":{NOON},"properties":{{"colour":"red"}}}}"#,
            event_id(n)
        )
    };
    app.post_batch(&batch(&[saved(11), saved(12), saved(13)])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let asked = "series=page%3A%2Forders%2F%3Aid&series=event%3Asaved&where=event.colour&is=red&period=week&compare=none&last=14d&show=uses&chart=share";
    let page = browser.get(&format!("{TREND}?{asked}")).await?;
    assert!(page.body.contains(r#"<rect class="column s1 open""#), "{page}");
    assert!(page.body.contains(">100%</text>"), "{page}");
    insta::assert_snapshot!(told(&mut browser, asked).await?, @"these 2 weeks, “/orders/:id” was done 2 times; event “saved” was done 3 times. | Whole weeks, 9 to 22 November 2026, in UTC. 100% is all times that one of these was done. The last week is not over. As of 12:00:00. | Times, week by week | * not over yet | By the week | /orders/:id | event “saved” | 9 Nov 2026 | 1 | 100% | 0 | 0% | 16 Nov 2026 | * | 1 | 25% | 3 | 75% | All together | 2 | 40% | 3 | 60%");
    let csv = browser.get(&format!("{TREND}.csv?{asked}")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations,share_of_uses
"/orders/:id",2026-11-09,true,1,1,0,,,,,,1.0000
"/orders/:id",2026-11-16,false,1,1,0,,,,,,0.2500
"event “saved”",2026-11-09,true,0,0,0,,,,,,0.0000
"event “saved”",2026-11-16,false,3,1,0,,,,,,0.7500
"#);

    let to = browser.get(&format!("{TREND}?{}", report_form(&page))).await?;
    assert_eq!(to.headers[header::LOCATION], format!("{TREND}?{asked}"));
    let less = browser.get(&format!("{TREND}?{}&do=unfilter-1-0", report_form(&page))).await?;
    let without = asked.replace("&where=event.colour&is=red", "");
    assert_eq!(less.headers[header::LOCATION], format!("{TREND}?{without}"));

    let people = browser.get(&format!("{TREND}?{}", asked.replace("uses", "people"))).await?;
    assert!(text(&people).contains("People and accounts are not stacked"), "{people}");
    assert!(people.body.contains(r#"<polyline class="line open s1""#), "{people}");
    let anything = asked.replace("event%3Asaved&where=event.colour&is=red", "anything");
    let anything = browser.get(&format!("{TREND}?{anything}")).await?;
    assert!(text(&anything).contains("“Anything” holds the others"), "{anything}");
    Ok(())
}

#[tokio::test]
async fn people_of_the_last_days_look_back_before_the_range() -> Result<()> {
    let Some(app) = with_people("trend_trailing").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let asked = "series=anything&period=day&compare=previous&last=3d&show=people_30";
    insta::assert_snapshot!(told(&mut browser, asked).await?, @"the last 30 days of these, 2 people came. | Whole days, 20 to 22 November 2026, in UTC. Each day tells who came in the 30 days that end with it, or with today; they look back before the first. The last day is not over. As of 12:00:00. | People of 30 days, day by day | * not over yet | By the day | Anything | 20 Nov 2026 | 2 | 21 Nov 2026 | 2 | 22 Nov 2026 | * | 2");
    let csv = browser.get(&format!("{TREND}.csv?{asked}")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
series,period,is_complete,uses,people,accounts,period_before,uses_before,people_before,accounts_before,annotations,people_of_30_days,accounts_of_30_days
"anything",2026-11-20,true,0,0,0,,,,,,2,0
"anything",2026-11-21,true,0,0,0,,,,,,2,0
"anything",2026-11-22,false,1,1,0,,,,,,2,0
"#);
    let hours = browser.get(&format!("{TREND}?{}", asked.replace("day", "hour"))).await?;
    assert_eq!(hours.status, StatusCode::BAD_REQUEST);
    assert!(text(&hours).contains("are told by the day or longer"), "{hours}");
    Ok(())
}
