//! All accounts side by side: on their screen, as CSV and by the API the same numbers.

use crate::browser::{Browser, text};
use crate::features::{call, draft, filled, make, save, start};
use crate::test_app::{NOON, TestApp, batch, event_id};
use anyhow::{Context, Result};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
pub(crate) const PATH: &str = "/projects/default/accounts";
pub(crate) const API: &str = "/v1/projects/default/accounts";
/// The columns that are asked for here.
const QUERY: &str = "column=core_actions&column=log_ins&column=pages_per_visit&column=engaged&column=account.plan&sort=core_actions.difference&order=rising";
/// An account whose id has to be written otherwise in a path and in CSV.
pub(crate) const ODD: &str = "Bär & \"Söhne\"/1";

/// The save with this number, so many days before Sunday noon.
fn saved(n: u32, days_ago: i64) -> String {
    save(n).replace(&NOON.to_string(), &(NOON - days_ago * DAY_MS).to_string())
}

fn event(n: u32, days_ago: i64, kind: &str, more: &str) -> String {
    let (id, at) = (event_id(n), NOON - days_ago * DAY_MS);
    format!(r#"{{"event_id":"{id}","kind":"{kind}","page":0,"timestamp":{at}{more}}}"#)
}

/// A batch of somebody of an account.
fn of(account: &str, who: &str, events: &[String]) -> String {
    let context = format!(r#""user_id":"{who}","account_id":"{account}""#);
    let batch = batch(events).replace(r#""user_id":"ann@example.com""#, &context);
    batch.replace("anon-1", &format!("browser of {who}")).replace("s-1", &format!("visit of {who}"))
}

/// Acme saves four times in the week before and once in this one, the odd one the other way round;
/// of Idle somebody only said that it is there.
pub(crate) async fn with_accounts(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    let told =
        |plan: &str, name: &str| format!(r#","properties":{{"plan":"{plan}","name":"{name}"}}"#);
    let acme = [
        saved(1, 8),
        saved(2, 9),
        saved(3, 10),
        saved(4, 10),
        saved(5, 2),
        event(6, 2, "page_view", ""),
        event(7, 2, "page_leave", r#","properties":{"engaged_ms":90000,"scroll_percent":40}"#),
        event(8, 2, "group", &told("Team", "Acme Retail")),
    ];
    app.post_batch(&of("acme", "ann", &acme)).await?;
    let odd = [saved(11, 8), saved(12, 1), saved(13, 1), saved(14, 1)];
    app.post_batch(&of(&ODD.replace('"', "\\\""), "bob", &odd)).await?;
    let idle = [event(21, 30, "group", &told("Free", "Idle"))];
    app.post_batch(&of("idle", "cy", &idle)).await?;
    app.written().await?;
    filled(&app, &make(&app, &draft()).await?).await?;
    Ok(Some(app))
}

/// What stands between the question and its JSON.
fn answer(page: &str) -> Result<String> {
    let (_, page) = page.split_once("Accounts side by side\n").context(page.to_owned())?;
    let (page, _) = page.split_once("The same question").context(page.to_owned())?;
    Ok(page.to_owned())
}

#[tokio::test]
async fn accounts_stand_side_by_side() -> Result<()> {
    let Some(app) = with_accounts("accounts_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?{QUERY}")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let odd = r#"href="/projects/default/accounts/B%C3%A4r%20%26%20%22S%C3%B6hne%22%2F1""#;
    assert!(page.body.contains(odd), "{page}");
    let page = answer(&text(&page))?;
    insta::assert_snapshot!(page, @r"
3 accounts, the most core actions lost first. None with 20 core actions or more the week before lost half of its core actions.
Account
By week
Core actions
change
Log-ins
change
Pages per visit
change
Engaged time
change
Plan
Acme Retail
acme
Core actions, week by week: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1
1
−75%
from 4
1
±0%
from 1
1.0
from 0
1.5 min
from 0
Team
Idle
idle
Core actions, week by week: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
0
0
–
0
Free
Bär &#38; &#34;Söhne&#34;/1
Core actions, week by week: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3
3
+200%
from 1
1
±0%
from 1
0.0
0
All that match
4
−20%
from 5
2
±0%
from 2
0.5
from 0
1.5 min
from 0
The week from 2026-11-16 so far, against the week from 2026-11-09 up to the same moment of the week. As of 12:00:00 in UTC. The line is core actions, week by week; its dashed end is not over.
Core actions: completions of the features that are marked as input, output, integration or core; of all features until any is marked.
Log-ins: visits of people of whom more is known than their browser.
Time: while the page was seen and something was done on it.
");
    same_as_csv_and_by_the_api(&app, &mut browser).await?;
    whatever_is_known_sorts_and_chooses(&mut browser).await
}

async fn same_as_csv_and_by_the_api(app: &TestApp, browser: &mut Browser<'_>) -> Result<()> {
    let csv = browser.get(&format!("{PATH}.csv?{QUERY}")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
account,name,core_actions,core_actions_before,core_actions_change,log_ins,log_ins_before,log_ins_change,pages_per_visit,pages_per_visit_before,pages_per_visit_change,engaged,engaged_before,engaged_change,"plan",core_actions_2026-08-17,core_actions_2026-08-24,core_actions_2026-08-31,core_actions_2026-09-07,core_actions_2026-09-14,core_actions_2026-09-21,core_actions_2026-09-28,core_actions_2026-10-05,core_actions_2026-10-12,core_actions_2026-10-19,core_actions_2026-10-26,core_actions_2026-11-02,core_actions_2026-11-09,core_actions_2026-11-16
"acme","Acme Retail",1,4,-0.75,1,1,0,1,0,,1.5,0,,"Team",0,0,0,0,0,0,0,0,0,0,0,0,4,1
"idle","Idle",0,0,,0,0,,,,,0,0,,"Free",0,0,0,0,0,0,0,0,0,0,0,0,0,0
"Bär & ""Söhne""/1","",3,1,2,1,1,0,0,0,,0,0,,"",0,0,0,0,0,0,0,0,0,0,0,0,1,3
"#);
    let question = json!({
        "report": "accounts", "columns": ["core_actions", "account.plan"],
        "filters": [{"property": "core_actions.change", "at_most": -50}],
    });
    let answer = call(app, Method::POST, API, &question).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((&answer["report"], &answer["n_accounts"]), (&json!("accounts"), &json!(3)));
    let rows = answer["accounts"].as_array().context("no accounts")?;
    assert_eq!(rows.len(), 1, "{answer}");
    assert_eq!((&rows[0]["account"], &rows[0]["name"]), (&json!("acme"), &json!("Acme Retail")));
    let cell = json!({"figure": "core_actions", "now": 1.0, "before": 4.0, "change": -0.75});
    assert_eq!(rows[0]["figures"], json!([cell]));
    assert_eq!(rows[0]["attributes"], json!({"plan": "Team"}));
    let bad = call(app, Method::POST, API, &json!({"columns": ["mood"]})).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(bad.body.contains("`mood` is neither a figure"), "{bad}");
    Ok(())
}

async fn whatever_is_known_sorts_and_chooses(browser: &mut Browser<'_>) -> Result<()> {
    let names = async |browser: &mut Browser<'_>, more: &str| -> Result<String> {
        let csv = browser.get(&format!("{PATH}.csv?column=visits&{more}")).await?;
        let lines = csv.body.lines().skip(1).map(|line| line.chars().skip(1).take(4).collect());
        Ok(lines.collect::<Vec<String>>().join(" "))
    };
    assert_eq!(names(browser, "sort=core_actions").await?, "Bär  acme idle");
    assert_eq!(names(browser, "sort=name&order=rising").await?, "acme Bär  idle");
    assert_eq!(names(browser, "where=account.plan&is=Free&is=Team").await?, "acme idle");
    assert_eq!(names(browser, "where=core_actions.before&at_least=2").await?, "acme");
    assert_eq!(names(browser, "q=retail").await?, "acme");
    assert_eq!(names(browser, "show=worst&n=5&sort=core_actions.change").await?, "acme Bär ");
    let full = "weeks=full&sort=core_actions&where=core_actions&at_least=1";
    assert_eq!(names(browser, full).await?, "acme Bär ");
    // As it was on a Monday the week that is over is looked at.
    let then = "on=2026-11-16&sort=core_actions";
    assert_eq!(names(browser, then).await?, "acme Bär  idle");
    let page = text(&browser.get(&format!("{PATH}?{then}")).await?);
    assert!(page.contains("As it was when 16 Nov 2026 began"), "{page}");
    assert!(page.contains("The week from 2026-11-09, against the week from 2026-11-02."), "{page}");
    for (day, why) in [("2027-01-01", "has not begun yet"), ("soon", "is no day such as")] {
        let bad = browser.get(&format!("{PATH}?on={day}")).await?;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        assert!(text(&bad).contains(why), "{}", text(&bad));
    }
    let nothing = text(&browser.get(&format!("{PATH}?q=nobody")).await?);
    assert!(nothing.contains("No such account"), "{nothing}");
    let bad = browser.get(&format!("{PATH}?sort=mood")).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(text(&bad).contains("“mood” is no figure"), "{}", text(&bad));
    // What was chosen and typed is still there beside what is wrong.
    let form = "form=1&sort=name&order=rising&column=people&where=account.plan&is=Team\
        &show=all&n=10&q=&add=account.plan&test=at_least&value=soon&value=&value=";
    let bad = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    for kept in [
        "“soon” is neither a number nor a day such as “2027-03-01”.",
        r#"value="people" checked"#,
        r#"name="where" value="account.plan""#,
        r#"<option value="account.plan" selected>"#,
        r#"<option value="at_least" selected>"#,
        r#"list="values" value="soon""#,
    ] {
        assert!(bad.body.contains(kept), "{kept}: {bad}");
    }
    Ok(())
}

#[tokio::test]
async fn columns_are_remembered_and_a_question_is_saved_as_a_view() -> Result<()> {
    let Some(app) = with_accounts("accounts_view").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let form = "form=1&sort=core_actions.difference&order=rising&column=people&column=account.plan&show=all&n=10&q=&add=account.plan&test=is&value=Team";
    let answer = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let query = "column=people&column=account.plan&sort=core_actions.difference&order=rising&where=account.plan&is=Team";
    assert_eq!(answer.headers[header::LOCATION], format!("{PATH}?{query}"));
    let page = text(&browser.get(PATH).await?);
    let (_, table) = page.split_once("Accounts side by side\n").context(page.clone())?;
    let heads: Vec<&str> = table.lines().skip_while(|line| *line != "Account").take(5).collect();
    assert_eq!(heads, ["Account", "By week", "People", "change", "Plan"]);
    assert!(table.contains("Idle"), "only the columns are kept: {table}");

    let token = crate::browser::field(&browser.get(PATH).await?, "csrf")?;
    let view = [
        ("csrf", token.as_str()),
        ("name", "Team plan"),
        ("report", "accounts"),
        ("query", query),
        ("of", "team"),
    ];
    let saved = browser.post("/projects/default/views", &view).await?;
    assert_eq!(saved.headers[header::LOCATION], format!("{PATH}?{query}"), "{saved}");
    let page = browser.get(&format!("{PATH}?{query}")).await?;
    let segment = format!(
        r#"<a href="{PATH}?{}" aria-current="true">Team plan</a>"#,
        query.replace('&', "&#38;")
    );
    assert!(page.body.contains(&segment), "{page}");
    let views = text(&browser.get("/projects/default/views").await?);
    assert!(views.contains("Team plan"), "{views}");
    Ok(())
}

#[tokio::test]
async fn without_accounts_one_is_told_where_they_come_from() -> Result<()> {
    let Some(app) = TestApp::start("accounts_none").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = text(&browser.get(PATH).await?);
    assert!(page.contains("No account yet"), "{page}");
    Ok(())
}

/// How often somebody of Acme saved, week by week, and when that was counted.
async fn by_week(app: &TestApp) -> Result<(Vec<u64>, [i64; 2])> {
    let question = json!({"report": "accounts", "columns": ["core_actions"], "search": "acme"});
    let answer = call(app, Method::POST, API, &question).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let weeks = answer["accounts"][0]["drawn"].as_array().context("no weeks")?;
    let weeks = weeks.iter().filter_map(|n| Some(n.as_f64()? as u64)).collect();
    let at = ["older_at", "computed_at"].map(|name| answer[name].as_i64().unwrap_or(0) - NOON);
    Ok((weeks, at))
}

#[tokio::test]
async fn of_many_accounts_older_weeks_are_some_minutes_old_and_no_rule_is() -> Result<()> {
    const MINUTE_MS: i64 = 60 * 1_000;
    let Some(app) = with_accounts("accounts_many").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let known = |n: u32| json!({"account": format!("of {n}"), "attributes": {"plan": "Free"}});
    let records = json!({"records": (0..1_000).map(known).collect::<Vec<_>>()});
    call(&app, Method::POST, "/v1/projects/default/accounts/records", &records).await?;
    let weeks = |older: u64, before: u64, now: u64| {
        let mut weeks = vec![0; 14];
        (weeks[9], weeks[12], weeks[13]) = (older, before, now);
        weeks
    };
    assert_eq!(by_week(&app).await?, (weeks(0, 4, 1), [0, 0]));

    // One comes of now, one of the week before, and one that is four weeks late.
    let late = [saved(31, 0), saved(32, 8), saved(33, 30)];
    app.post_batch(&of("acme", "ann", &late)).await?;
    app.written().await?;
    assert_eq!(by_week(&app).await?, (weeks(0, 4, 1), [0, 0]), "it holds for some seconds");
    app.pass(MINUTE_MS);
    assert_eq!(by_week(&app).await?, (weeks(0, 5, 2), [0, MINUTE_MS]));
    let page = text(&browser.get(PATH).await?);
    let told = "As of 12:01:00 in UTC. Weeks before that of 2026-11-09 as of 12:00:00.";
    assert!(page.contains(told), "{page}");
    app.pass(4 * MINUTE_MS);
    assert_eq!(by_week(&app).await?, (weeks(1, 5, 2), [5 * MINUTE_MS; 2]));

    // What a project says of who counts is said of every week at once.
    app.post_batch(&of("acme", "ann", &[saved(34, 30)])).await?;
    app.written().await?;
    let merge = json!({"from": ODD, "into": "acme"});
    let merged = call(&app, Method::POST, "/v1/projects/default/merges", &merge).await?;
    assert_eq!(merged.status, StatusCode::CREATED);
    assert_eq!(by_week(&app).await?, (weeks(2, 6, 5), [5 * MINUTE_MS; 2]));
    let rules = json!({"expected_version": 0, "rules": {"users": ["ann"]}});
    let staff = call(&app, Method::PUT, "/v1/projects/default/staff", &rules).await?;
    assert_eq!(staff.status, StatusCode::OK, "{staff}");
    assert_eq!(by_week(&app).await?, (weeks(0, 1, 3), [5 * MINUTE_MS; 2]));
    Ok(())
}
