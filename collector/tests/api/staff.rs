//! Who is whose as events come, and who is left out of reports.

use crate::browser::{Browser, field, text};
use crate::derived::sessions;
use crate::serve::relay;
use crate::test_app::{Answer, NOON, TestApp, batch, click, event_id};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use store::{Edit, Member, Role, Statement};
use tokio::net::TcpListener;

const STAFF: &str = "/v1/projects/default/staff";
const COUNTED: &str = "/projects/default/counted";

/// A batch of this browser and user, the user empty for nobody.
fn of(browser: &str, user: &str, events: &[String]) -> String {
    let named = batch(events).replace("anon-1", browser);
    match user {
        "" => named.replace(r#","user_id":"ann@example.com""#, ""),
        user => named.replace("ann@example.com\"}", &format!("{user}\"}}")),
    }
}

fn identify(n: u32, properties: &Value) -> String {
    format!(
        r#"{{"event_id":"{}","kind":"identify","timestamp":{NOON},"properties":{properties}}}"#,
        event_id(n)
    )
}

/// The people of today, as Delivery tells them.
async fn people(app: &TestApp) -> Result<u64> {
    let mut browser = Browser::signed_in(app).await?;
    people_of(&mut browser).await
}

async fn people_of(browser: &mut Browser<'_>) -> Result<u64> {
    let answer = browser.get("/v1/projects/default/outcomes").await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    answer["today"]["people"].as_u64().context("no people")
}

async fn send(browser: &Browser<'_>, app: &TestApp, body: &Value) -> Result<Answer> {
    let mut request = browser.request(Method::PUT, STAFF, Body::from(body.to_string()))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    app.send(request).await
}

#[tokio::test]
async fn who_signs_in_is_one_person_as_soon_as_it_is_written() -> Result<()> {
    let Some(app) = TestApp::start("signs_in").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for (n, (who, user, expected)) in [
        ("one", "", 1),
        ("two", "", 2),
        ("one", "eve", 2),
        // What was two browsers is one person, with all that they did before.
        ("two", "eve", 1),
        // Somebody else at the same browser takes nothing of it along.
        ("two", "bob", 2),
        ("two", "", 2),
    ]
    .into_iter()
    .enumerate()
    {
        app.post_batch(&of(who, user, &[click(u32::try_from(n)?, "")])).await?;
        app.written().await?;
        assert_eq!(people_of(&mut browser).await?, expected, "{n}");
    }
    assert_eq!(sessions(&app).await?, (6, 0));
    Ok(())
}

#[tokio::test]
async fn what_a_kill_leaves_of_the_mapping_is_made_good() -> Result<()> {
    let Some(mut app) = TestApp::start("mapping_kill").await? else { return Ok(()) };
    app.post_batch(&of("one", "", &[click(0, "")])).await?;
    app.written().await?;
    let table = app.store().databases().sessions();
    let rename = async |app: &TestApp, from: &str, to: &str| {
        let sql = format!("RENAME TABLE {from} TO {to}");
        app.store().execute(&store::Statement::new(sql)).await
    };
    // Parts of a batch are derived from the last to the first, and sessions are the first: what
    // is derived stops in the middle.
    rename(&app, &table, &format!("{table}_aside")).await?;
    app.post_batch(&of("one", "eve", &[click(1, ""), identify(2, &json!({"role": "x"}))])).await?;
    app.cut().await?;
    app.kill().await?;
    rename(&app, &format!("{table}_aside"), &table).await?;
    app.open().await?;
    app.written().await?;
    assert_eq!(people(&app).await?, 1);
    assert_eq!(sessions(&app).await?, (3, 0));
    Ok(())
}

#[tokio::test]
async fn rules_leave_out_the_past_too_and_are_kept_by_version() -> Result<()> {
    let Some(app) = TestApp::start("staff_rules").await? else { return Ok(()) };
    let told = identify(1, &json!({"email": "Ann@Own.Example", "role": "staff"}));
    app.post_batch(&of("one", "", &[click(0, "")])).await?;
    app.post_batch(&of("one", "u1", &[told])).await?;
    app.post_batch(&of("two", "u2", &[click(2, "")])).await?;
    app.post_batch(&of("three", "carl@own.example", &[click(3, "")])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    assert_eq!(people_of(&mut browser).await?, 3);

    let change = |version: u32, rules: Value| json!({"expected_version": version, "rules": rules});
    for (version, (rules, expected)) in [
        (json!({"email_domains": ["OWN.example"]}), 1),
        (json!({"user_properties": [{"name": "role", "value": "staff"}]}), 2),
        (json!({"users": ["u2"], "email_domains": ["own.example"]}), 0),
        (json!({}), 3),
        (json!({"users": ["u2"], "email_domains": ["own.example"]}), 0),
    ]
    .into_iter()
    .enumerate()
    {
        let version = u32::try_from(version)?;
        let answer = send(&browser, &app, &change(version, rules)).await?;
        assert_eq!(answer.to_string(), format!("200 OK\n{{\"version\":{}}}", version + 1));
        assert_eq!(people_of(&mut browser).await?, expected, "version {version}");
    }
    let late = send(&browser, &app, &change(1, json!({}))).await?;
    insta::assert_snapshot!(late, @r#"
    409 Conflict
    {"error":"somebody else changed the rules meanwhile: here they are as they are now"}
    "#);
    let wrong = send(&browser, &app, &change(5, json!({"email_domains": ["own"]}))).await?;
    insta::assert_snapshot!(wrong, @r#"
    400 Bad Request
    {"error":"`own` is no domain, such as `example.com`"}
    "#);
    insta::assert_snapshot!(browser.get(STAFF).await?, @r#"
    200 OK
    {"version":5,"author":"ada@example.com","written_at":1795348800000,"rules":{"users":["u2"],"email_domains":["own.example"],"user_properties":[],"accounts":[],"account_properties":[],"impersonated":false},"count_automated":false,"left_out":[{"rule":"automated","people":0,"events":0},{"rule":"users","people":1,"events":1},{"rule":"email_domains","people":2,"events":3},{"rule":"impersonated","people":0,"events":0}]}
    "#);
    // Of an address nothing but the domain is kept.
    let kept: Vec<Value> =
        app.ask("SELECT properties FROM {events} WHERE kind = 'identify'").await?;
    let kept = kept.first().context("no event")?["properties"].to_string();
    assert_eq!(kept, r#"{"email":"[email]","email_domain":"own.example","role":"staff"}"#);
    Ok(())
}

#[tokio::test]
async fn who_says_it_is_nobody_is_no_person_that_others_are_joined_with() -> Result<()> {
    let Some(app) = TestApp::start("nobody").await? else { return Ok(()) };
    for (n, (who, user)) in
        [("one", "undefined"), ("two", "Guest"), ("three", "0"), ("three", "eve")]
            .iter()
            .enumerate()
    {
        let answer = app.post_batch(&of(who, user, &[click(u32::try_from(n)?, "")])).await?;
        assert_eq!(answer.body.contains("identity_left_out"), *user != "eve", "{answer}");
    }
    app.written().await?;
    assert_eq!(people(&app).await?, 3);
    let users: Vec<Value> =
        app.ask("SELECT DISTINCT user_id FROM {events} ORDER BY user_id").await?;
    assert_eq!(Value::from(users), json!([{"user_id": ""}, {"user_id": "eve"}]));
    Ok(())
}

#[tokio::test]
async fn rules_hold_from_the_start_where_clickhouse_is_not_prepared_yet() -> Result<()> {
    let Some(mut app) = TestApp::start("staff_start").await? else { return Ok(()) };
    app.post_batch(&of("one", "u1", &[click(0, "")])).await?;
    app.post_batch(&of("two", "u2", &[click(1, "")])).await?;
    app.written().await?;
    let browser = Browser::signed_in(&app).await?;
    let change = json!({"expected_version": 0, "rules": {"users": ["u2"]}});
    assert_eq!(send(&browser, &app, &change).await?.status, StatusCode::OK);
    let cookies = browser.into_cookies();
    let server = app.target().url.clone();
    app.stop().await?;
    let place = TcpListener::bind("127.0.0.1:0").await?;
    let address = place.local_addr()?;
    drop(place);
    app.look_at(format!("http://{address}"));
    app.open().await?;
    // ClickHouse answers questions, and what a start does before it reads the rules never ends.
    let migrations = format!("{}.migrations", app.store().databases().control);
    let later =
        format!("INSERT INTO {migrations} (id, name, checksum) SELECT 99, '0099_later', 'x'");
    app.store().execute(&Statement::new(later)).await?;
    let there = tokio::spawn(relay(TcpListener::bind(address).await?, server));
    collector::delivery::look(app.app()?).await;
    assert_eq!(people_of(&mut Browser::with_cookies(&app, cookies)).await?, 1);
    there.abort();
    Ok(())
}

#[tokio::test]
async fn only_administrators_and_programs_change_the_rules() -> Result<()> {
    let Some(app) = TestApp::start("staff_who").await? else { return Ok(()) };
    let request = Request::builder().method(Method::GET).uri(STAFF).body(Body::empty())?;
    assert_eq!(app.send(request).await?.status, StatusCode::UNAUTHORIZED);
    let mut browser = Browser::signed_in(&app).await?;
    let members = app.store().members().await?;
    let mut member = members.into_iter().next().context("no member")?;
    member.value = Member { role: Role::Editor, ..member.value };
    let edit = Edit { expected_version: 1, author: String::new(), at: app.app()?.now() };
    app.store().put_member(&member.value, &edit).await?;
    app.pass(31_000);
    let change = json!({"expected_version": 0, "rules": {"users": ["u1"]}});
    insta::assert_snapshot!(send(&browser, &app, &change).await?, @r#"
    403 Forbidden
    {"error":"only an administrator changes who is counted and which accounts are one"}
    "#);
    let page = browser.get(COUNTED).await?;
    assert!(page.body.contains("Only an administrator changes these."), "{page}");
    assert!(!page.body.contains("<textarea"));
    Ok(())
}

#[tokio::test]
async fn the_form_keeps_rules_and_what_was_typed() -> Result<()> {
    let Some(app) = TestApp::start("staff_form").await? else { return Ok(()) };
    app.post_batch(&of("one", "u1", &[click(0, ""), click(1, "")])).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(COUNTED).await?;
    let (csrf, version) = (field(&page, "csrf")?, field(&page, "version")?);
    let form = |users, properties| {
        [
            ("csrf", csrf.as_str()),
            ("version", version.as_str()),
            ("users", users),
            ("user_properties", properties),
        ]
    };
    let wrong = browser.post(COUNTED, &form("u1\r\nu9", "role")).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&wrong).contains("“role” is no property, such as “role=staff”."), "{wrong}");
    assert!(wrong.body.contains(">u1\r\nu9</textarea>") && wrong.body.contains(">role</textarea>"));

    let good = browser.post(COUNTED, &form("u1\r\n\r\nu9", "role=staff")).await?;
    assert_eq!(good.headers[header::LOCATION], "/projects/default/counted?saved=rules");
    let page = browser.get(COUNTED).await?;
    assert!(page.body.contains("<th scope=\"row\">Users</th><td class=\"soft\">2 lines</td><td class=\"n\">1</td><td class=\"n\">2</td>"), "{page}");
    assert!(page.body.contains("Last changed by ada@example.com"));
    assert_eq!(people_of(&mut browser).await?, 0);

    let late = browser.post(COUNTED, &form("", "")).await?;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains(">u1\nu9</textarea>"), "{late}");
    let forged = browser.post(COUNTED, &[("csrf", "x"), ("version", "1")]).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    Ok(())
}
