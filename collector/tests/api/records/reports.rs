//! What is said of an account is at once a filter and a breakdown, for all of the past.

use super::{program, tell, with_key};
use crate::browser::{Browser, text};
use crate::retention::with_plan;
use crate::test_app::{Answer, TestApp};
use anyhow::{Result, ensure};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

/// The reports whose question has conditions, each with one.
const CONDITIONS: [(&str, &str); 5] = [
    ("funnel", "step=page:/orders/:id{where}&step=page:/orders/:id&window=14d&last=28d"),
    (
        "retention",
        "start=page:/orders/:id{where}&return=&period=week&followed=3&cohorts=first&returns=on&by=people&last=28d",
    ),
    ("trend", "series=page:/orders/:id{where}&period=week&compare=none&last=28d&show=people"),
    ("stickiness", "activity=page:/orders/:id{where}&period=week&by=people&last=28d"),
    ("lifecycle", "activity=page:/orders/:id{where}&period=week&by=people&last=28d"),
];

/// The reports with a breakdown.
const BREAKDOWNS: [&str; 2] = ["funnel", "retention"];

fn address(report: &str, end: &str, query: &str, condition: &str) -> String {
    format!("/projects/default/{report}{end}?{}", query.replace("{where}", condition))
}

/// The answers of these reports to the same about accounts of a plan.
async fn of_plan(browser: &mut Browser<'_>, plan: &str) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    for (report, query) in CONDITIONS {
        let condition = format!("&where=account.plan&is={plan}");
        let answer = browser.get(&address(report, ".csv", query, &condition)).await?;
        ensure!(answer.status == StatusCode::OK, "{report}: {answer}");
        answers.push(answer.body);
    }
    Ok(answers)
}

async fn by_plan(browser: &mut Browser<'_>) -> Result<Vec<String>> {
    let mut answers = Vec::new();
    for (report, query) in CONDITIONS.into_iter().filter(|(it, _)| BREAKDOWNS.contains(it)) {
        let address = address(report, ".csv", query, "");
        let answer = browser.get(&format!("{address}&breakdown=account.plan")).await?;
        ensure!(answer.status == StatusCode::OK, "{report}: {answer}");
        answers.push(answer.body);
    }
    Ok(answers)
}

async fn with_accounts(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = with_key(name).await? else { return Ok(None) };
    for n in 1..=3 {
        app.post_batch(&with_plan(n)).await?;
    }
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn what_is_said_is_at_once_in_every_report_and_beats_what_pages_told() -> Result<()> {
    let Some(app) = with_accounts("records_reports").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let (first, nobody) =
        (of_plan(&mut browser, "p1").await?, of_plan(&mut browser, "Team").await?);
    for ((one, none), (report, _)) in first.iter().zip(&nobody).zip(CONDITIONS) {
        assert_ne!(one, none, "{report} says the same of one person and of nobody");
    }
    let offers = async |browser: &mut Browser<'_>| -> Result<Vec<&'static str>> {
        let mut offering = Vec::new();
        for (report, query) in CONDITIONS {
            let page = browser.get(&address(report, "", query, "")).await?;
            let n = page.body.matches("value=\"account.tier\"").count();
            let is_broken_down = BREAKDOWNS.contains(&report);
            if n > usize::from(is_broken_down) {
                offering.push(report);
            }
        }
        Ok(offering)
    };
    assert!(offers(&mut browser).await?.is_empty());
    let before = by_plan(&mut browser).await?;

    let said = json!([{"account": "a1", "attributes": {"plan": "Team", "tier": "KA"}}]);
    ensure!(tell(&app, said).await?.status == StatusCode::OK);
    assert_eq!(of_plan(&mut browser, "Team").await?, first);
    assert_eq!(of_plan(&mut browser, "p1").await?, nobody);
    assert_eq!(offers(&mut browser).await?, CONDITIONS.map(|(report, _)| report));
    let by = by_plan(&mut browser).await?;
    for (now, before) in by.iter().zip(&before) {
        assert!(before.contains("p1") && !before.contains("Team"), "{before}");
        assert!(now.contains("Team") && !now.contains("p1") && now.contains("p2"), "{now}");
    }

    // What is taken away here is again what pages tell.
    tell(&app, json!([{"account": "a1", "attributes": {"plan": null, "tier": null}}])).await?;
    assert_eq!(of_plan(&mut browser, "p1").await?, first);
    assert_eq!(by_plan(&mut browser).await?, before);
    assert!(offers(&mut browser).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_staff_rule_about_accounts_follows_what_is_said() -> Result<()> {
    let Some(app) = with_accounts("records_staff").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let plan = json!([{"name": "plan", "value": "internal"}]);
    let rules = json!({"expected_version": 0, "rules": {"account_properties": plan}});
    let answer = program(&app, Method::PUT, "/v1/projects/default/staff", &rules).await?;
    ensure!(answer.status == StatusCode::OK, "{answer}");
    let everybody = async |browser: &mut Browser<'_>| -> Result<Vec<String>> {
        let mut answers = Vec::new();
        for (report, query) in CONDITIONS {
            answers.push(browser.get(&address(report, ".csv", query, "")).await?.body);
        }
        Ok(answers)
    };
    let all = everybody(&mut browser).await?;
    let says = async |plan: Value| {
        tell(&app, json!([{"account": "a2", "attributes": {"plan": plan}}])).await
    };
    says(json!("internal")).await?;
    for ((now, all), (report, _)) in everybody(&mut browser).await?.iter().zip(&all).zip(CONDITIONS)
    {
        assert_ne!(now, all, "{report} counts an internal account");
    }
    says(json!("Team")).await?;
    assert_eq!(everybody(&mut browser).await?, all);
    Ok(())
}

/// Every report: the end of its address, and a question of it.
fn questions() -> [(&'static str, Value); 8] {
    let page = json!({"page": "/orders/:id"});
    let range = json!({"last": "28d"});
    [
        ("trend", json!({"report": "trend", "series": [page], "date_range": range})),
        ("funnel", json!({"report": "funnel", "steps": [page, page], "date_range": range})),
        ("paths", json!({"report": "paths", "date_range": range})),
        ("retention", json!({"report": "retention", "start": page, "date_range": range})),
        ("stickiness", json!({"report": "stickiness", "date_range": range})),
        ("lifecycle", json!({"report": "lifecycle", "date_range": range})),
        ("adoption", json!({"report": "adoption", "date_range": range})),
        ("first-week", json!({"report": "threshold", "date_range": range})),
    ]
}

async fn ask(app: &TestApp, question: &Value, among: Value) -> Result<Answer> {
    let mut question = question.clone();
    question["among"] = among;
    program(app, Method::POST, "/v1/projects/default/query", &question).await
}

async fn answer(app: &TestApp, question: &Value, among: Value) -> Result<Value> {
    let answer = ask(app, question, among).await?;
    ensure!(answer.status == StatusCode::OK, "{question}: {answer}");
    Ok(serde_json::from_str(&answer.body)?)
}

fn of(plan: &str) -> Value {
    json!({"where": [{"property": "account.plan", "is": [plan]}]})
}

#[tokio::test]
async fn every_report_can_be_about_some_and_be_told_apart() -> Result<()> {
    let Some(app) = with_accounts("records_among").await? else { return Ok(()) };
    let by = json!({"by": "account.plan"});
    for (report, question) in questions() {
        let of_one = answer(&app, &question, of("p1")).await?;
        assert_ne!(of_one, answer(&app, &question, of("Team")).await?, "{report}");
        // Of the first week there is too little of all of them to say more.
        if report != "first-week" {
            assert_ne!(of_one, answer(&app, &question, json!({})).await?, "{report}");
        }
        if BREAKDOWNS.contains(&report) {
            let refused = ask(&app, &question, by.clone()).await?;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST);
            assert!(refused.body.contains("by its `breakdown`"), "{refused}");
            continue;
        }
        let apart = &answer(&app, &question, by.clone()).await?["apart"];
        let told: Vec<_> = apart["parts"].as_array().into_iter().flatten().collect();
        let values: Vec<_> = told.iter().filter_map(|part| part["value"].as_str()).collect();
        assert_eq!((values.as_slice(), &apart["without"]), (&["p1", "p2", "p3"][..], &json!(0)));
        assert_eq!((&told[0]["answer"], &told[0]["people"]), (&of_one, &json!(1)), "{report}");
    }

    let said = json!([{"account": "a1", "attributes": {"plan": "Team"}}]);
    let before = answer(&app, &questions()[0].1, of("p1")).await?;
    ensure!(tell(&app, said).await?.status == StatusCode::OK);
    assert_eq!(answer(&app, &questions()[0].1, of("Team")).await?, before);

    for wrong in [
        json!({"where": [{"property": "country", "is": ["CH"]}]}),
        json!({"where": [{"property": "account", "contains": "a"}]}),
        json!({"by": "page"}),
    ] {
        let refused = ask(&app, &questions()[0].1, wrong).await?;
        assert!(refused.body.contains("whom a question is about is said by"), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn every_screen_says_and_changes_whom_it_is_about() -> Result<()> {
    let Some(app) = with_accounts("records_screens").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for (report, _) in questions() {
        let path = format!("/projects/default/{report}");
        let form = "form=1&last=28d&property-among=account.plan&test-among=is&value-among=p1";
        let go_to = browser.get(&format!("{path}?{form}&do=filter-among")).await?;
        assert_eq!(go_to.status, StatusCode::SEE_OTHER, "{report}: {go_to}");
        let address = location(&go_to).to_owned();
        assert!(address.contains("&among=account.plan&among_is=p1"), "{address}");

        let page = browser.get(&address).await?;
        assert!(page.body.contains("<span>plan of the account is p1</span>"), "{report}");
        let (_, query) = address.split_once('?').unwrap_or_default();
        let without = browser.get(&format!("{path}?form=1&{query}&do=unfilter-among-0")).await?;
        assert!(!location(&without).contains("among"), "{}", location(&without));

        if BREAKDOWNS.contains(&report) {
            assert!(!page.body.contains("name=\"among_by\""), "{report}");
            continue;
        }
        let (asked, _) = query.split_once("&among=").unwrap_or_default();
        let page = browser.get(&format!("{path}?{asked}&among_by=account.plan")).await?;
        let told = text(&page);
        assert!(told.contains("By plan of the account\n"), "{report}: {told}");
        assert!(page.body.contains("among=account.plan&#38;among_is=p2"), "{report}: {told}");
        assert!(page.body.contains(">p2</a>"), "{report}: {told}");
    }
    Ok(())
}

fn location(answer: &Answer) -> &str {
    answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default()
}
