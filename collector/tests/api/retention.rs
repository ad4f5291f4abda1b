//! Retention on its screen, as CSV and by the API: the same numbers.

use crate::browser::{Browser, report_form, text};
use crate::test_app::{NOON, TestApp, batch, event_id};
use anyhow::Result;
use axum::http::{StatusCode, header};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
const PATH: &str = "/projects/default/retention";
pub(crate) const QUERY: &str = "start=page%3A%2Forders%2F%3Aid&followed=3&cohorts=first&last=28d";

/// Ann comes in each of the last three weeks, Bob in the first of them.
pub(crate) async fn with_people(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    let view = |n: u32, weeks_ago: i64| {
        format!(
            r#"{{"event_id":"{}","kind":"page_view","page":0,"timestamp":{}}}"#,
            event_id(n),
            NOON - weeks_ago * WEEK_MS
        )
    };
    app.post_batch(&batch(&[view(1, 2), view(2, 1), view(3, 0)])).await?;
    let bob = batch(&[view(4, 2)]).replace("ann@", "bob@").replace("anon-1", "b");
    app.post_batch(&bob).await?;
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn who_comes_back_is_read_as_a_table() -> Result<()> {
    let Some(app) = with_people("retention_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?{QUERY}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let page = text(&page);
    let (_, page) = page.split_once("Month by month\n").unwrap_or_default();
    let (page, _) = page.split_once("The same question").unwrap_or_default();
    insta::assert_snapshot!(page, @r"
1 week later
50%
3 weeks later
–
50%
1
2 people did “/orders/:id” for the first time. Of those for whom it is over, 50% came back one week later.
Weeks that begin from 26 Oct 2026 to 16 Nov 2026, whole ones, in UTC. The means are of what is over. As of 12:00:00.
Cohort by cohort
* not over yet · − did not come back
Began, by the week
People
weeks later:
0
weeks later:
1
weeks later:
2
weeks later:
3
26 Oct 2026
0
–
0
–
0
–
0
–
*
0
2 Nov 2026
2
100%
2
50%
1
−1
50%
*
1
9 Nov 2026
0
–
0
–
*
0
16 Nov 2026
0
–
*
0
Mean of what is over
100%
50%
");
    Ok(())
}

#[tokio::test]
async fn the_same_numbers_come_as_csv() -> Result<()> {
    let Some(app) = with_people("retention_csv").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let csv = browser.get(&format!("{PATH}.csv?{QUERY}")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r"
cohort,size,later,came_back,share,is_complete
2026-10-26,0,0,0,0.0000,true
2026-10-26,0,1,0,0.0000,true
2026-10-26,0,2,0,0.0000,true
2026-10-26,0,3,0,0.0000,false
2026-11-02,2,0,2,1.0000,true
2026-11-02,2,1,1,0.5000,true
2026-11-02,2,2,1,0.5000,false
2026-11-09,0,0,0,0.0000,true
2026-11-09,0,1,0,0.0000,false
2026-11-16,0,0,0,0.0000,false
");
    Ok(())
}

#[tokio::test]
async fn without_a_question_new_people_are_followed_by_what_suits_the_age_of_the_project()
-> Result<()> {
    let Some(app) = with_people("retention_first").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get(PATH).await?);
    let told = "2 people came for the first time. Of those for whom it is over, 0% came back one day later, and 0% 13 days later.";
    assert!(page.contains(told), "{page}");
    let weekly = text(&browser.get(&format!("{PATH}?cohorts=first&period=week&last=28d")).await?);
    let told = "2 people came for the first time. Of those for whom it is over, 50% came back one week later";
    assert!(weekly.contains(told), "{weekly}");
    let nobody = text(&browser.get(&format!("{PATH}?start=page:/never&last=28d")).await?);
    assert!(nobody.contains("Nobody began with that in these days."), "{nobody}");
    let to_come = browser.get(&format!("{PATH}?from=2030-01-01&to=2030-02-01")).await?;
    assert_eq!(to_come.status, StatusCode::OK, "{to_come}");
    let hours = text(&browser.get(&format!("{PATH}?period=hour&last=3d")).await?);
    assert!(hours.contains("1 day\n3 days\n7 days\n"), "{hours}");
    let bad = browser.get(&format!("{PATH}?period=fortnight")).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(text(&bad).contains("“fortnight”, and may be “hour”, “day”"), "{}", text(&bad));
    Ok(())
}

/// The project is some days old here: by the day, as its selected field says.
#[tokio::test]
async fn the_other_screens_too_begin_with_days_while_a_project_is_young() -> Result<()> {
    let Some(app) = with_people("retention_young").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for report in ["retention", "trend", "lifecycle", "stickiness"] {
        let page = browser.get(&format!("/projects/default/{report}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{report}");
        assert!(page.body.contains("<option value=\"day\" selected>"), "{report}: {page}");
    }
    Ok(())
}

#[tokio::test]
async fn what_the_form_says_becomes_an_address() -> Result<()> {
    let Some(app) = with_people("retention_form").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let form = "form=1&last=28d&by=people&start=&cohorts=first&return=&returns=on&period=day";
    let answer = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let to = "period=day&followed=14&cohorts=first&returns=on&by=people&last=28d";
    assert_eq!(answer.headers[header::LOCATION], format!("{PATH}?{to}"));
    Ok(())
}

/// Ann of Acme, on the plan pro, comes in each of the last three weeks; Bob of Bolt, on the plan
/// team, and Cy, of nobody, in the first of them only.
pub(crate) async fn with_plans(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    let event = |n: u32, kind: &str, weeks_ago: i64, more: &str| {
        format!(
            r#"{{"event_id":"{}","kind":"{kind}","page":0,"timestamp":{}{more}}}"#,
            event_id(n),
            NOON - weeks_ago * WEEK_MS
        )
    };
    let of = |user: &str, account: &str, events: &[String]| {
        let named = format!(r#","user_id":"{user}@example.com","account_id":"{account}""#);
        batch(events).replace(r#","user_id":"ann@example.com""#, &named).replace("anon-1", user)
    };
    let plan =
        |n, plan: &str| event(n, "group", 2, &format!(r#","properties":{{"plan":"{plan}"}}"#));
    let view = |n, weeks_ago| event(n, "page_view", weeks_ago, "");
    let saved = event(9, "custom", 1, r#","name":"saved","properties":{"colour":"red"}"#);
    let ann = [view(1, 2), view(2, 1), view(3, 0), plan(4, "pro"), saved];
    app.post_batch(&of("ann", "acme", &ann)).await?;
    app.post_batch(&of("bob", "bolt", &[view(5, 2), plan(6, "team")])).await?;
    app.post_batch(&of("cy", "", &[view(7, 2)])).await?;
    app.written().await?;
    Ok(Some(app))
}

/// Somebody who begins two weeks ago, in an account whose plan nobody else has, and comes back.
pub(crate) fn with_plan(n: u32) -> String {
    let event = |at: u32, kind: &str, weeks_ago: i64, more: &str| {
        let (id, at) = (event_id(10 * n + at), NOON - weeks_ago * WEEK_MS);
        format!(r#"{{"event_id":"{id}","kind":"{kind}","page":0,"timestamp":{at}{more}}}"#)
    };
    let plan = format!(r#","properties":{{"plan":"p{n}"}}"#);
    let named = format!(r#","user_id":"p{n}@example.com","account_id":"a{n}""#);
    let events =
        [event(1, "page_view", 2, ""), event(2, "group", 2, &plan), event(3, "page_view", 1, "")];
    batch(&events)
        .replace(r#","user_id":"ann@example.com""#, &named)
        .replace("anon-1", &format!("p{n}"))
}

#[tokio::test]
async fn each_plan_has_its_curve_and_its_cohorts() -> Result<()> {
    let Some(app) = with_plans("retention_plan").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?{QUERY}&breakdown=account.plan")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains(r#"<polyline class="line s1""#), "{page}");
    let seen = text(&page);
    let (_, told) = seen.split_once("By plan of the account: ").unwrap_or_default();
    let (told, _) = told.split_once("Cohort by cohort").unwrap_or_default();
    insta::assert_snapshot!(told.trim().lines().collect::<Vec<_>>().join(" | "), @"the share that came back, by weeks later | 0% | 25% | 50% | 75% | 100% | 1 | 3 | 2 | 1 | 1 week later 1. pro: 100% 2. team: 0% 3. (none): 0% | 0% | 25% | 50% | 75% | 100% | 1 | 3 | 2 | 1 | 1 week later 1. pro: 100% 2. team: 0% 3. (none): 0% | 1 | pro | 2 | team | 3 | (none) | 3 people did “/orders/:id” for the first time. Of those for whom it is over, 33.3% came back one week later. | Weeks that begin from 26 Oct 2026 to 16 Nov 2026, whole ones, in UTC. The means are of what is over. As of 12:00:00. | By plan of the account | each counted once, under the first that is known of the beginnings in these days | Plan of the account | People | weeks later: | 0 | weeks later: | 1 | weeks later: | 2 | weeks later: | 3 | 1. pro | 1 | 100% | 100% | 2. team | 1 | 100% | 0% | 3. (none) | 1 | 100% | 0% | All together | 3 | 100% | 33.3% | Means of what is over, by how many began. | 1. pro, cohort by cohort | Began, by the week | People | weeks later: | 0 | weeks later: | 1 | weeks later: | 2 | weeks later: | 3 | 26 Oct 2026 | 0 | – | 0 | – | 0 | – | 0 | – | * | 0 | 2 Nov 2026 | 1 | 100% | 1 | 100% | 1 | 100% | * | 1 | 9 Nov 2026 | 0 | – | 0 | – | * | 0 | 16 Nov 2026 | 0 | – | * | 0 | Mean of what is over | 100% | 100% | 2. team, cohort by cohort | Began, by the week | People | weeks later: | 0 | weeks later: | 1 | weeks later: | 2 | weeks later: | 3 | 26 Oct 2026 | 0 | – | 0 | – | 0 | – | 0 | – | * | 0 | 2 Nov 2026 | 1 | 100% | 1 | 0% | 0 | −1 | 0% | * | 0 | 9 Nov 2026 | 0 | – | 0 | – | * | 0 | 16 Nov 2026 | 0 | – | * | 0 | Mean of what is over | 100% | 0% | 3. (none), cohort by cohort | Began, by the week | People | weeks later: | 0 | weeks later: | 1 | weeks later: | 2 | weeks later: | 3 | 26 Oct 2026 | 0 | – | 0 | – | 0 | – | 0 | – | * | 0 | 2 Nov 2026 | 1 | 100% | 1 | 0% | 0 | −1 | 0% | * | 0 | 9 Nov 2026 | 0 | – | 0 | – | * | 0 | 16 Nov 2026 | 0 | – | * | 0 | Mean of what is over | 100% | 0%");
    let csv = browser.get(&format!("{PATH}.csv?{QUERY}&breakdown=account.plan")).await?;
    let of_november =
        csv.body.lines().filter(|line| line.contains("value") || line.contains("11-02"));
    insta::assert_snapshot!(of_november.collect::<Vec<_>>().join("\n"), @r#"
value,cohort,size,later,came_back,share,is_complete
"(all)",2026-11-02,3,0,3,1.0000,true
"(all)",2026-11-02,3,1,1,0.3333,true
"(all)",2026-11-02,3,2,1,0.3333,false
"pro",2026-11-02,1,0,1,1.0000,true
"pro",2026-11-02,1,1,1,1.0000,true
"pro",2026-11-02,1,2,1,1.0000,false
"team",2026-11-02,1,0,1,1.0000,true
"team",2026-11-02,1,1,0,0.0000,true
"team",2026-11-02,1,2,0,0.0000,false
"(none)",2026-11-02,1,0,1,1.0000,true
"(none)",2026-11-02,1,1,0,0.0000,true
"(none)",2026-11-02,1,2,0,0.0000,false
"#);
    Ok(())
}

#[tokio::test]
async fn conditions_and_own_events_stay_in_the_form() -> Result<()> {
    let Some(app) = with_plans("retention_conditions").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let asked = "start=page%3A%2Forders%2F%3Aid&where=account.plan&is=pro&return=event%3Asaved&where=event.colour&contains=RED&period=week&followed=3&cohorts=first&returns=on&by=people&last=28d";
    let page = browser.get(&format!("{PATH}?{asked}")).await?;
    let seen = text(&page);
    for told in ["plan of the account is pro", "colour of the event contains “RED”", "saved"] {
        assert!(seen.contains(told), "{told}\n{seen}");
    }
    assert!(seen.contains("1 person did “/orders/:id” for the first time. Of those for whom it is over, 100% did event “saved” one week later"), "{seen}");
    let form = report_form(&page);
    let to = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(to.headers[header::LOCATION], format!("{PATH}?{asked}"));
    let less = browser.get(&format!("{PATH}?{form}&do=unfilter-0-0")).await?;
    let without = asked.replace("&where=account.plan&is=pro", "");
    assert_eq!(less.headers[header::LOCATION], format!("{PATH}?{without}"));
    Ok(())
}
