//! Trend, stickiness and life cycle on their screens and as CSV: the same numbers.

use crate::browser::{Browser, field, text};
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
+100% on the 3 weeks before
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
"/orders/:id",2026-11-02,true,2,2,0,2026-10-12,0,0,0,
"/orders/:id",2026-11-09,true,1,1,0,2026-10-19,0,0,0,
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
    assert!(csv.body.contains(r#",1,1,0,2026-10-19,0,0,0,"Version 4.2""#), "{csv}");

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
