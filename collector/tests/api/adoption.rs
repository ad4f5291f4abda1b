//! Features side by side on their screen, as CSV and by the API: the same numbers.

use crate::browser::{Browser, text};
use crate::features::{call, draft, filled, make, save, start};
use crate::test_app::{NOON, TestApp, batch, event_id};
use anyhow::{Context, Result};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const PATH: &str = "/projects/default/adoption";
pub(crate) const QUERY: &str = "back_period=day&back_after=6&cohorts=first&after=1&last=28d";

/// A use of Save, so many days ago.
fn saved(n: u32, days_ago: i64) -> String {
    save(n).replace(&NOON.to_string(), &(NOON - days_ago * DAY_MS).to_string())
}

/// Ann saves and saves again on the sixth day; Bob once. Nobody ever does the other thing.
pub(crate) async fn with_people(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    app.post_batch(&batch(&[saved(1, 20), saved(2, 14)])).await?;
    let bob = batch(&[saved(3, 20)]).replace("ann@", "bob@").replace("anon-1", "b");
    app.post_batch(&bob).await?;
    app.written().await?;
    filled(&app, &make(&app, &draft()).await?).await?;
    let other = json!({"name": "Never, \"used\"", "any_of": [{"target": {"test_id": "never"}}]});
    filled(&app, &make(&app, &other).await?).await?;
    Ok(Some(app))
}

/// Dan comes in the first week in which somebody saves and in the next one, and does not save.
pub(crate) fn others() -> String {
    let view = |n: u32, days_ago: i64| {
        let at = NOON - days_ago * DAY_MS;
        format!(r#"{{"event_id":"{}","kind":"page_view","page":0,"timestamp":{at}}}"#, event_id(n))
    };
    batch(&[view(41, 20), view(42, 13)]).replace("ann@", "dan@").replace("anon-1", "d")
}

#[tokio::test]
async fn features_stand_side_by_side() -> Result<()> {
    let Some(app) = with_people("adoption_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?{QUERY}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(page.body.contains("<polyline points=\""), "{page}");
    let page = text(&page);
    let (_, page) = page.split_once("Features side by side\n").context(page.clone())?;
    let (page, _) = page.split_once("The same question").context(page.to_owned())?;
    insta::assert_snapshot!(page, @r"
“Save order” is used by most: 100% of 2 people.
Feature
People
share of all
Accounts
share of all
Trend
people by the week
Comes back
after 6 days
Stays
after 1 week, points
Save order
Orders ·
First week
100%
2
0%
0
people by week: 0, 2, 0, 0
−100%
*
0 from 2 a week
50%
*
1
of
2
–
Never, &#34;used&#34;
Everywhere ·
First week
0%
0
−2
0%
0
people by week: 0, 0, 0, 0
–
–
–
Everybody, whatever they used
2
0
people by week: 0, 2, 0, 0
−100%
*
0 from 2 a week
* of fewer than 30 people, and not ranked with the others
Weeks of 26 October to 22 November 2026, whole ones, in UTC. As of 12:00:00. The events do not reach back to the 3 weeks before these, so the change is within them: people in the last week that is over, against those in the week before it. The dashed end is not over.
Below each share: how many used it, and, with a minus, how many were there and did not.
Comes back: used it again exactly 6 days after the first use ever, if that lies in these days; only where that is over.
Stays: of the weeks in which people used it, the share after which they were in the product 1 week later, less the same share of those who were there and did not use it. People who stay anyway use more: it is no proof that the feature makes them stay.
");
    Ok(())
}

#[tokio::test]
async fn one_searches_and_sorts_by_the_address() -> Result<()> {
    let Some(app) = with_people("adoption_sort").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let names = async |browser: &mut Browser<'_>, more: &str| -> Result<String> {
        let csv = browser.get(&format!("{PATH}.csv?{QUERY}{more}")).await?;
        let lines = csv.body.lines().skip(1).map(|line| line.chars().take(5).collect::<String>());
        Ok(lines.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(names(&mut browser, "&sort=people").await?, "\"Save \"Neve");
    assert_eq!(names(&mut browser, "&sort=name").await?, "\"Neve \"Save");
    assert_eq!(names(&mut browser, "&sort=name&order=turned").await?, "\"Save \"Neve");
    assert_eq!(names(&mut browser, "&q=save").await?, "\"Save");
    assert_eq!(names(&mut browser, "&module=Orders").await?, "\"Save");
    let nothing = text(&browser.get(&format!("{PATH}?{QUERY}&q=nothing")).await?);
    assert!(nothing.contains("No such feature"), "{nothing}");
    let bad = browser.get(&format!("{PATH}?back_after=0")).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(text(&bad).contains("1 to 100 periods"), "{}", text(&bad));
    let form = format!("form=1&{}&sort=people&q=", QUERY.replace("back_after=6", "back_after=3"));
    let answer = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let to = "period=week&after=1&back_period=day&back_after=3&cohorts=first&last=28d&sort=people";
    assert_eq!(answer.headers[header::LOCATION], format!("{PATH}?{to}"));
    Ok(())
}

#[tokio::test]
async fn the_same_numbers_come_as_csv_and_by_the_api() -> Result<()> {
    let Some(app) = with_people("adoption_csv").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let csv = browser.get(&format!("{PATH}.csv?{QUERY}")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
feature,module,uses,people,share_of_people,accounts,share_of_accounts,people_now,people_before,people_earlier_half,people_later_half,change,followed_people,followed,came_back,retention,with_people,with_periods,with_stayed,with_rate,without_people,without_periods,without_stayed,without_rate,difference,people_2026-10-26,people_2026-11-02,people_2026-11-09,people_2026-11-16
"Save order","Orders",3,2,1.0000,0,0.0000,2,,2,0,-1.0000,2,2,1,0.5000,2,2,0,0.0000,0,0,0,,,0,2,0,0
"Never, ""used""","Everywhere",0,0,0.0000,0,0.0000,0,,0,0,,0,0,0,,0,0,0,,2,2,0,0.0000,,0,0,0,0
"#);
    let question = json!({
        "report": "adoption", "after": 1, "date_range": {"last": "28d"},
        "retention": {"period": "day", "after": 6, "cohorts": "first"},
    });
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &question).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let saved = &answer["features"][0];
    assert_eq!(saved["retention"], json!({"people": 2, "of": 2, "came": 1, "rate": 0.5}));
    assert_eq!((&saved["people"], &saved["share_of_people"]), (&json!(2), &json!(1.0)));
    Ok(())
}

#[tokio::test]
async fn without_features_one_is_led_to_them() -> Result<()> {
    let Some(app) = TestApp::start("adoption_none").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get(PATH).await?);
    assert!(page.contains("No feature yet"), "{page}");
    Ok(())
}
