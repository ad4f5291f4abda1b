//! Retention on its screen, as CSV and by the API: the same numbers.

use crate::browser::{Browser, text};
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
−1
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
