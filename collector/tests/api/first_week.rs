//! The first-week threshold on its screen, as CSV and by the API: the same numbers.

use crate::browser::{Browser, text};
use crate::features::{call, draft, filled, make, save, start};
use crate::test_app::{NOON, TestApp, batch};
use anyhow::{Context, Result};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const PATH: &str = "/projects/default/first-week";
pub(crate) const NEW: u32 = 120;

/// Somebody long ago, and so many new people 15 days ago: every third saves four times in the first week, the others once
/// or never. Of those with four saves all but a few return in the second week, of the others few.
pub(crate) async fn with_people(name: &str, n_people: u32) -> Result<Option<TestApp>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    let long_ago = save(9_999).replace(&NOON.to_string(), &(NOON - 29 * DAY_MS).to_string());
    app.post_batch(&batch(&[long_ago])).await?;
    for person in 0..n_people {
        let event = |n: u32, days_ago: i64| {
            let at = (NOON - days_ago * DAY_MS).to_string();
            save(person * 10 + n).replace(&NOON.to_string(), &at)
        };
        let seen = event(0, 15).replace(r#","element":0"#, "").replace("click", "page_view");
        let is_keen = person % 3 == 0;
        let saves = if is_keen { 4 } else { person % 2 };
        let mut events = vec![seen];
        events.extend((1..=saves).map(|n| event(n, 15 - i64::from(n))));
        if is_keen == (person % 12 != 1 && person % 12 != 3) {
            events.push(event(9, 7).replace(r#","element":0"#, "").replace("click", "page_view"));
        }
        let own = batch(&events).replace("ann@example.com", &format!("user-{person}"));
        app.post_batch(&own.replace("anon-1", &format!("browser-{person}"))).await?;
    }
    app.written().await?;
    filled(&app, &make(&app, &draft()).await?).await?;
    Ok(Some(app))
}

#[tokio::test]
async fn what_of_the_first_week_goes_with_returning_is_read_as_a_sentence() -> Result<()> {
    let Some(app) = with_people("first_week_page", NEW).await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?most=4&last=91d")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let page = text(&page).replace('\n', " ");
    let (_, page) = page.split_once("Show these days").context(page.clone())?;
    let (page, _) = page.split_once("The same question").context(page.to_owned())?;
    let parts = [
        "Uses in the",
        "New people",
        "Every",
        "All features",
        "120 new",
        "The first week",
        "4 comb",
    ];
    let page = parts.iter().fold(page.trim().to_owned(), |page, part| {
        page.replacen(&format!(" {part}"), &format!("\n{part}"), 1)
    });
    insta::assert_snapshot!(page, @"
New people 120 Come back in the second week 33.3% of them 40 Do not 66.7% of them 80 Save order 0% 0 40 25% 1–2 40 75% 3+ 40
Uses in the first week, people below; of those with so many uses in the first week, the share that comes back in the second
New people who use “Save order” twice or more in their first week come back in the second week 75% of the time, others 12.5%. 33.3% of new people do so. The correlation of the two is 0.62, which is strong.
Every number of uses Uses People just so often Come back So often or more share of all Come back Others Correlation 0 40 0% −40 1 40 25% −30 66.7% 50% −40 0% −40 0.50 strong 2 0 – 33.3% 75% −10 12.5% −70 0.62 strong 3 0 – 33.3% 75% −10 12.5% −70 0.62 strong 4 or more 40 75% −10 33.3% 75% −10 12.5% −70 0.62 strong
All features, best first Correlation with the second week, by uses or more Feature 1 or more 2 or more 3 or more 4 or more Best Save order 0.50 0.62 0.62 0.62 2 or more
120 new people first seen on 7 to 8 November 2026, in UTC; 33.3% of them come back. As of 12:00:00.
The first week is the day somebody is first seen on and the six after it; the second is the seven days that follow. Who is first seen in the first 14 days of all events may have come before, and is not new. What fewer than 10% or more than 80% of new people do is left out.
4 combinations of a feature and a count were tried. Where none means anything, the greatest correlation of so many still comes to as much as 0.27 by chance: what is not above that is grey. The best of many looks better than it is; look at other weeks, too. Correlation: from 0.4 strong, from 0.3 moderate, from 0.2 weak. It is no proof that the use makes anybody come back: only a trial tells that.
    ");
    Ok(())
}

#[tokio::test]
async fn the_same_numbers_come_as_csv_and_by_the_api() -> Result<()> {
    let Some(app) = with_people("first_week_csv", NEW).await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let csv = browser.get(&format!("{PATH}.csv?most=5&last=91d")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
feature,uses_or_more,people,share,came,rate,other_people,other_came,other_rate,phi,sensitivity,specificity,left_out,may_be_chance,is_best
"Save order",1,80,0.6667,40,0.5000,40,0,0.0000,0.5000,1.0000,0.5000,,false,false
"Save order",2,40,0.3333,30,0.7500,80,10,0.1250,0.6250,0.7500,0.8750,,false,true
"Save order",3,40,0.3333,30,0.7500,80,10,0.1250,0.6250,0.7500,0.8750,,false,false
"Save order",4,40,0.3333,30,0.7500,80,10,0.1250,0.6250,0.7500,0.8750,,false,false
"Save order",5,0,0.0000,0,,120,40,0.3333,,0.0000,1.0000,rare,true,false
"#);
    let question = json!({"report": "threshold", "outcome": "activity:2", "most": 5});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &question).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    assert_eq!(answer["all"], json!({"people": 120, "came": 0, "rate": 0.0}), "{answer}");
    let unknown = json!({"report": "threshold", "outcome": "use:00000000000000aa"});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &unknown).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    assert!(answer.body.contains("there is no feature"), "{answer}");
    let bad = json!({"report": "threshold", "outcome": "fame"});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &bad).await?;
    assert!(answer.body.contains("an outcome is `return`"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn too_few_new_people_are_told_and_not_counted() -> Result<()> {
    let Some(app) = with_people("first_week_few", 7).await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get(PATH).await?);
    let told = "There were 7 new people in the last 30 of these days, and 100 are needed";
    assert!(page.contains("Not enough yet") && page.contains(told), "{page}");
    let form = "form=1&most=10&last=91d&by=accounts&outcome=activity%3A3";
    let answer = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let to = "outcome=activity%3A3&by=accounts&most=10&last=91d";
    assert_eq!(answer.headers[header::LOCATION], format!("{PATH}?{to}"));
    Ok(())
}
