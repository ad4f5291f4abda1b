//! Saved views: whose they are, what becomes of two who change one, and what is told of questions
//! that mean nothing any more.

use crate::browser::{Browser, field, text};
use crate::team::{join, json as as_json};
use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use store::Role;

const API: &str = "/v1/projects/default/views";
const SCREEN: &str = "/projects/default/views";
const SHOWN: &str = "period=day&followed=14&cohorts=first&returns=on&by=people&last=28d";
const QUESTION: &str = "step=page%3A%2Fa&step=page%3A%2Fb&window=7d&last=28d";

async fn api(
    app: &TestApp,
    browser: &Browser<'_>,
    method: Method,
    address: &str,
    body: &Value,
) -> Result<Answer> {
    let mut request = browser.request(method, address, Body::from(body.to_string()))?;
    as_json(&mut request)?;
    app.send(request).await
}

fn draft(name: &str, shared: bool) -> Value {
    json!({ "name": name, "report": "funnel", "query": QUESTION, "shared": shared })
}

async fn make(app: &TestApp, browser: &Browser<'_>, draft: &Value) -> Result<Value> {
    let answer = api(app, browser, Method::POST, API, draft).await?;
    anyhow::ensure!(answer.status == StatusCode::CREATED, "{answer}");
    Ok(serde_json::from_str(&answer.body)?)
}

/// The names that somebody sees.
async fn names(app: &TestApp, browser: &Browser<'_>) -> Result<Vec<String>> {
    let answer = api(app, browser, Method::GET, API, &Value::Null).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let views = answer["views"].as_array().context("no views")?;
    Ok(views.iter().filter_map(|view| view["name"].as_str().map(str::to_owned)).collect())
}

#[tokio::test]
async fn mine_are_seen_by_me_and_the_teams_by_all() -> Result<()> {
    let Some(app) = TestApp::start("views_whose").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    let mut ben = join(&app, &mut ada, "ben@example.com", Role::Editor).await?;
    let mut cy = join(&app, &mut ada, "cy@example.com", Role::Viewer).await?;
    let mine = make(&app, &ada, &draft("Mine", false)).await?;
    let team = make(&app, &ada, &draft("Ours", true)).await?;
    assert_eq!(names(&app, &ada).await?, ["Mine", "Ours"]);
    for other in [&ben, &cy] {
        assert_eq!(names(&app, other).await?, ["Ours"]);
    }
    // An admin sees no more of what is somebody's own.
    make(&app, &ben, &draft("Mine", false)).await?;
    assert_eq!(names(&app, &ada).await?, ["Mine", "Ours"]);
    for page in [ben.get(SCREEN).await?, cy.get(SCREEN).await?] {
        assert!(text(&page).contains("Ours"), "{}", text(&page));
        assert!(!page.body.contains(mine["id"].as_str().context("no id")?));
    }
    assert!(!cy.get(SCREEN).await?.body.contains("Delete"));

    // What is not seen can be neither changed nor deleted; the team's can, by an editor.
    let of = |view: &Value| format!("{API}/{}", view["id"].as_str().unwrap_or_default());
    let mut change = draft("Other", true);
    change["expected_version"] = json!(1);
    let refused = api(&app, &ben, Method::PUT, &of(&mine), &change).await?;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let address = format!("{}?expected_version=1", of(&mine));
    let refused = api(&app, &ben, Method::DELETE, &address, &Value::Null).await?;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let refused = api(&app, &cy, Method::PUT, &of(&team), &change).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let done = api(&app, &ben, Method::PUT, &of(&team), &change).await?;
    let done: Value = serde_json::from_str(&done.body)?;
    assert_eq!(
        (&done["author"], &done["owner"]),
        (&json!("ben@example.com"), &json!("ada@example.com"))
    );
    // He does not take it away from the others.
    change["expected_version"] = json!(2);
    change["shared"] = json!(false);
    let refused = api(&app, &ben, Method::PUT, &of(&team), &change).await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused}");
    Ok(())
}

#[tokio::test]
async fn of_two_who_change_a_view_the_later_is_told() -> Result<()> {
    let Some(app) = TestApp::start("views_conflict").await? else { return Ok(()) };
    let ada = Browser::signed_in(&app).await?;
    let view = make(&app, &ada, &draft("One", true)).await?;
    let address = format!("{API}/{}", view["id"].as_str().context("no id")?);
    let change = |name: &str, version: u32| {
        let mut change = draft(name, true);
        change["expected_version"] = json!(version);
        change
    };
    let delete = async |version: u32| {
        let address = format!("{address}?expected_version={version}");
        api(&app, &ada, Method::DELETE, &address, &Value::Null).await
    };
    let first = api(&app, &ada, Method::PUT, &address, &change("Two", 1)).await?;
    assert_eq!(first.status, StatusCode::OK, "{first}");
    let late = api(&app, &ada, Method::PUT, &address, &change("Three", 1)).await?;
    insta::assert_snapshot!(late, @r#"
    409 Conflict
    {"error":"somebody else changed this view meanwhile: look at it again"}
    "#);
    assert_eq!(delete(1).await?.status, StatusCode::CONFLICT);
    assert_eq!(names(&app, &ada).await?, ["Two"]);
    assert_eq!(delete(2).await?.status, StatusCode::NO_CONTENT);
    assert!(names(&app, &ada).await?.is_empty());
    // The name is free again, and its past stays.
    let again = make(&app, &ada, &draft("One", true)).await?;
    assert_ne!(again["id"], view["id"]);
    Ok(())
}

#[tokio::test]
async fn what_is_no_view_is_told() -> Result<()> {
    let Some(app) = TestApp::start("views_wrong").await? else { return Ok(()) };
    let ada = Browser::signed_in(&app).await?;
    make(&app, &ada, &draft("There", true)).await?;
    let mut told = String::new();
    for (key, value) in [
        ("name", json!(" ")),
        ("name", json!("two\nlines")),
        ("name", json!("There")),
        ("description", json!("x".repeat(301))),
        ("report", json!("../keys")),
        ("query", json!("step=nonsense")),
        ("owner", json!("ben@example.com")),
    ] {
        let mut draft = draft("New", true);
        draft[key] = value;
        let answer = api(&app, &ada, Method::POST, API, &draft).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
        told += &answer.body;
        told += "\n";
    }
    insta::assert_snapshot!(told, @r#"
    {"error":"a view has a name of 1 to 100 characters, on one line"}
    {"error":"a view has a name of 1 to 100 characters, on one line"}
    {"error":"there is a view `There` already"}
    {"error":"a description has at most 300 characters, on one line"}
    {"error":"there is no report `../keys`; there are look, accounts, trend, funnel, paths, retention, stickiness, lifecycle, adoption, first-week"}
    {"error":"the question cannot be read: step 1 is `nonsense`, and a step is `page:` and a path, `click:` and an element, `feature:` and a feature or `event:` and its name"}
    {"error":"the view cannot be read: unknown field `owner`, expected one of `name`, `description`, `report`, `query`, `shared` at line 1 column 21"}
    "#);
    assert_eq!(names(&app, &ada).await?, ["There"]);
    Ok(())
}

#[tokio::test]
async fn a_view_is_saved_where_its_answer_is_and_its_name_stands_there() -> Result<()> {
    let Some(app) = TestApp::start("views_screen").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    app.post_batch(&batch(&[click(1, "")])).await?;
    app.written().await?;
    let address = format!("/projects/default/retention?{SHOWN}");
    let page = ada.get(&address).await?;
    assert!(
        page.body.contains("Save view") && !page.body.contains("p class=\"view-name\""),
        "{page}"
    );
    let hostile = "<img src=x onerror=alert(1)>\"'";
    let csrf = field(&page, "csrf")?;
    let form = [
        ("csrf", csrf.as_str()),
        ("report", "retention"),
        ("query", SHOWN),
        ("name", hostile),
        ("of", "team"),
    ];
    let saved = ada.post(SCREEN, &form).await?;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved}");
    assert_eq!(saved.headers[header::LOCATION], address.as_str());
    for page in [ada.get(&address).await?, ada.get(SCREEN).await?] {
        assert!(!page.body.contains("<img src=x"), "{page}");
        assert!(page.body.contains("onerror=alert(1)"), "{page}");
    }
    assert!(ada.get(&address).await?.body.contains("p class=\"view-name\""));
    let other = ada.get(&address.replace("28d", "7d")).await?;
    assert!(!other.body.contains("onerror"), "{other}");

    // The same name again: what was typed stays.
    let again = ada.post(SCREEN, &form).await?;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&again).contains("already"), "{}", text(&again));
    assert_eq!(field(&again, "query")?, SHOWN.replace('&', "&#38;"));
    let without = ada.post(SCREEN, &form[1..]).await?;
    assert_eq!(without.status, StatusCode::FORBIDDEN);

    // A viewer sees the name, and is not offered to save.
    let mut cy = join(&app, &mut ada, "cy@example.com", Role::Viewer).await?;
    let page = cy.get(&address).await?;
    assert!(
        page.body.contains("p class=\"view-name\"") && !page.body.contains("Save view"),
        "{page}"
    );
    Ok(())
}

/// Saves views that mean nothing, past all checks.
async fn spoil(app: &TestApp) -> Result<()> {
    let project = protocol::ProjectId::parse("default")?;
    let of = |name: &str, report: &str, query: &str| store::View {
        id: store::View::id_of(&project, "ada@example.com", name, 0),
        project: project.clone(),
        name: name.to_owned(),
        description: String::new(),
        report: report.to_owned(),
        query: query.to_owned(),
        owner: "ada@example.com".to_owned(),
        shared: true,
    };
    let at = app.app()?.now();
    let edit = store::Edit { expected_version: 0, author: "ada@example.com".to_owned(), at };
    let deleted = "start=feature%3A5b1c0000000000aa&period=day&last=28d";
    for view in [
        of("Unread", "funnel", "step=nonsense"),
        of("Gone", "constellations", ""),
        of("Deleted", "retention", deleted),
    ] {
        app.store().put_view(&view, &edit).await?;
    }
    app.app()?.definitions().refresh(app.store()).await?;
    Ok(())
}

#[tokio::test]
async fn a_view_whose_question_means_nothing_any_more_says_so() -> Result<()> {
    let Some(app) = TestApp::start("views_gone").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    make(&app, &ada, &draft("Whole", true)).await?;
    spoil(&app).await?;
    let mut cy = join(&app, &mut ada, "cy@example.com", Role::Viewer).await?;
    let page = cy.get(SCREEN).await?;
    assert_eq!(page.status, StatusCode::OK);
    insta::assert_snapshot!(text(&page), @"
    Views
    Trend
    Funnel
    Paths
    Retention
    Stickiness
    Life cycle
    Adoption
    First week
    Views
    Questions that were saved under a name. Each opens with today’s numbers.
    The team’s
    Deleted
    Retention · saved by ada@example.com,
    12:00:00
    No answer any more
    There is no feature “5b1c0000000000aa” in this project.
    Gone
    constellations · saved by ada@example.com,
    12:00:00
    No answer any more
    There is no such report here.
    Unread
    Funnel · saved by ada@example.com,
    12:00:00
    No answer any more
    Step 1 is “nonsense”, and a step is “page:” and a path, “click:” and an element, “feature:” and a feature or “event:” and its name.
    Whole
    Funnel · saved by ada@example.com,
    12:00:00
    Ask something new
    Look
    The accounts that fell, each with what may be behind it; those that are back, and those whose modules lie idle.
    Accounts
    What every account does, this week against the week before: who slips, who grows.
    Trend
    How much is used, and by how many, beside the time before.
    Funnel
    How many people go the whole way, and where the others leave it.
    Paths
    What people do one after the other, and where they leave.
    Retention
    How many of those who began come back, and for how long.
    Stickiness
    How regularly people are there: how many of them on how many days.
    Life cycle
    Who is new, who comes back, and who stays away.
    Adoption
    All features side by side: who uses them, who comes back to them, and who stays.
    First week
    Which feature, used how often in the first week, goes with coming back in the second.
    ");
    Ok(())
}

#[tokio::test]
async fn one_begins_at_setup_and_later_at_the_views() -> Result<()> {
    let Some(app) = TestApp::start("views_start").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    assert_eq!(ada.get("/").await?.headers[header::LOCATION], "/projects/default/setup");
    let none = ada.get(SCREEN).await?;
    assert!(text(&none).contains("Nothing saved yet"), "{}", text(&none));
    app.post_batch(&batch(&[click(1, "")])).await?;
    app.written().await?;
    assert_eq!(ada.get("/").await?.headers[header::LOCATION], SCREEN);
    Ok(())
}
