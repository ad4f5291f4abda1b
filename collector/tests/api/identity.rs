//! Identity rules: who sets them, what is no rule, how pages are told, and what the screen shows.

use crate::browser::{Browser, field, text};
use crate::test_app::{Answer, TestApp, batch, click};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use store::{Edit, Role};

const RULES: &str = "/v1/projects/default/identity-rules";
const SCREEN: &str = "/projects/default/identity";

async fn json_request(browser: &Browser<'_>, app: &TestApp, body: &Value) -> Result<Answer> {
    let mut request = browser.request(Method::PUT, RULES, Body::from(body.to_string()))?;
    request.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse()?);
    request.headers_mut().insert(header::ACCEPT, "application/json".parse()?);
    app.send(request).await
}

fn rules(version: u32, rules: &Value) -> Value {
    json!({ "expected_version": version, "rules": rules })
}

fn meta(name: &str) -> Value {
    json!([{ "of": "user", "from": "meta", "name": name }])
}

async fn config(app: &TestApp, query: &str, tag: Option<&str>) -> Result<Answer> {
    let mut request = Request::builder()
        .uri(format!("/v1/config{query}"))
        .header(header::ORIGIN, "https://app.example.com");
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    app.send(request.body(Body::empty())?).await
}

/// Makes the one admin a plain member.
async fn demote(app: &TestApp) -> Result<()> {
    let admin = app.store().members().await?.pop().context("no member")?;
    let at = app.app()?.now();
    let edit = Edit { expected_version: admin.version, author: "ada@example.com".to_owned(), at };
    app.store().put_member(&store::Member { role: Role::Editor, ..admin.value }, &edit).await?;
    // What is remembered of a sign-in holds for half a minute.
    app.pass(30_000);
    Ok(())
}

#[tokio::test]
async fn pages_are_told_and_told_again_only_of_changes() -> Result<()> {
    let Some(app) = TestApp::start("identity_config").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let key = format!("?k={}", app.write_key()?);
    let none = config(&app, &key, None).await?;
    insta::assert_snapshot!(none, @r#"
    200 OK
    {"version":0,"identity":[],"off":["copy","exposure"]}
    "#);
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("cache-control", "public, max-age=120"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(none.headers[name], value);
    }
    let tag = none.headers[header::ETAG].to_str()?.to_owned();
    let same = config(&app, &key, Some(&tag)).await?;
    assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(same.headers[header::ETAG], tag.as_str());
    assert_eq!(same.headers["access-control-allow-origin"], "*");

    let answer = json_request(&browser, &app, &rules(0, &meta("user-id"))).await?;
    insta::assert_snapshot!(answer, @r#"
    200 OK
    {"version":1}
    "#);
    let changed = config(&app, &key, Some(&tag)).await?;
    insta::assert_snapshot!(changed, @r#"
    200 OK
    {"version":1,"identity":[{"of":"user","from":"meta","name":"user-id"}],"off":["copy","exposure"]}
    "#);
    assert_ne!(changed.headers[header::ETAG], tag.as_str());

    for query in ["", "?k=wk_wrong"] {
        let refused = config(&app, query, None).await?;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers["access-control-allow-origin"], "*");
        assert!(refused.body.starts_with(r#"{"error":""#), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn rules_outlive_a_start_without_clickhouse() -> Result<()> {
    let Some(mut app) = TestApp::start("identity_snapshot").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    json_request(&browser, &app, &rules(0, &meta("user-id"))).await?;
    let key = format!("?k={}", app.write_key()?);
    app.stop().await?;
    app.look_at("http://127.0.0.1:9".to_owned());
    app.open().await?;
    assert!(config(&app, &key, None).await?.body.contains("user-id"));
    Ok(())
}

#[tokio::test]
async fn only_an_admin_sets_rules_and_only_what_is_one() -> Result<()> {
    let Some(app) = TestApp::start("identity_guards").await? else { return Ok(()) };
    let stranger = Browser::new(&app);
    let good = rules(0, &meta("user-id"));
    let answer = json_request(&stranger, &app, &good).await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let browser = Browser::signed_in(&app).await?;
    for (rule, expected) in [
        (json!({ "of": "user", "from": "global", "name": "alert(1)" }), "`alert(1)` is no path"),
        (json!({ "of": "user", "from": "global", "name": "document.cookie" }), "browser's own"),
        (json!({ "of": "user", "from": "global", "name": "name" }), "`name` is the browser's own"),
        (json!({ "of": "user", "from": "cookie", "name": "sid" }), "unknown variant `cookie`"),
        (json!({ "of": "user", "from": "meta", "name": "a".repeat(129) }), "1 to 128 characters"),
        (json!({ "of": "user", "from": "meta", "name": "a", "code": "x" }), "unknown field `code`"),
    ] {
        let answer = json_request(&browser, &app, &rules(0, &json!([rule]))).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(answer.body.contains(expected), "{answer}");
    }
    let many: Vec<Value> = (0..6).map(|_| meta("user-id")[0].clone()).collect();
    let answer = json_request(&browser, &app, &rules(0, &Value::from(many))).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    // A form of another page cannot be of the type that is asked for.
    let mut form = browser.request(Method::PUT, RULES, Body::from(good.to_string()))?;
    form.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse()?);
    assert_eq!(app.send(form).await?.status, StatusCode::BAD_REQUEST);

    assert_eq!(json_request(&browser, &app, &good).await?.status, StatusCode::OK);
    let late = json_request(&browser, &app, &good).await?;
    insta::assert_snapshot!(late, @r#"
    409 Conflict
    {"error":"somebody else changed the rules meanwhile: read them again"}
    "#);
    demote(&app).await?;
    let refused = json_request(&browser, &app, &rules(1, &meta("other"))).await?;
    insta::assert_snapshot!(refused, @r#"
    403 Forbidden
    {"error":"only an administrator changes how pages find out who is signed in"}
    "#);
    assert_eq!(app.store().identity_rules().await?[0].version, 1);
    Ok(())
}

#[tokio::test]
async fn each_change_is_kept_with_who_made_it_and_when() -> Result<()> {
    let Some(app) = TestApp::start("identity_audit").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for (version, name) in [(0, "user"), (1, "user-id")] {
        json_request(&browser, &app, &rules(version, &meta(name))).await?;
        app.pass(60_000);
    }
    json_request(&browser, &app, &rules(2, &json!([]))).await?;
    let told: Value = serde_json::from_str(&browser.get(RULES).await?.body)?;
    insta::assert_snapshot!(told, @r#"{"changes":[{"at":1795348920000,"author":"ada@example.com","rules":[],"version":3},{"at":1795348860000,"author":"ada@example.com","rules":[{"from":"meta","name":"user-id","of":"user"}],"version":2},{"at":1795348800000,"author":"ada@example.com","rules":[{"from":"meta","name":"user","of":"user"}],"version":1}],"rules":[],"version":3}"#);
    assert_eq!(
        browser.get("/v1/projects/other/identity-rules").await?.status,
        StatusCode::NOT_FOUND
    );
    Ok(())
}

#[tokio::test]
async fn the_screen_sets_rules_and_shows_what_came_of_them() -> Result<()> {
    let Some(app) = TestApp::start("identity_screen").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(SCREEN).await?;
    assert!(text(&page).contains("Nobody has set a rule yet."), "{}", text(&page));
    let csrf = field(&page, "csrf")?;
    let form = |version: &'static str, name: &'static str| {
        vec![
            ("csrf", csrf.clone()),
            ("version", version.to_owned()),
            ("user_from", "global".to_owned()),
            ("user_name", name.to_owned()),
            ("user_path", String::new()),
            ("account_from", "storage".to_owned()),
            ("account_name", "session".to_owned()),
            ("account_path", "account.id".to_owned()),
        ]
    };
    let mut send = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields.iter().map(|(key, value)| (*key, value.as_str())).collect();
        browser.post(SCREEN, &fields).await
    };
    let bad = send(form("0", "user()")).await?;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&bad).contains("“user()” is no path"), "{}", text(&bad));
    assert!(bad.body.contains(r#"name="user_name" value="user()""#), "what was typed is gone");
    let mut foreign = form("0", "app.user");
    foreign[0].1 = "guessed".to_owned();
    assert_eq!(send(foreign).await?.status, StatusCode::FORBIDDEN);
    let good = send(form("0", "app.user")).await?;
    assert_eq!(good.headers[header::LOCATION], "/projects/default/identity?saved=true");
    let late = send(form("0", "other")).await?;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains(r#"name="user_name" value="app.user""#), "what holds is not shown");

    let said = |letters: &str| format!(r#"{{"identity":"1:{letters}","#);
    for (n, letters) in (1..).zip(["fo", "fo", "ro"]) {
        let body = batch(&[click(n, "")]).replacen('{', &said(letters), 1);
        assert_eq!(app.post_batch(&body).await?.status, StatusCode::ACCEPTED);
    }
    app.written().await?;
    let page = browser.get(SCREEN).await?;
    let shown = text(&page);
    for line in [
        "Of 3 deliveries: gave an id in 2; refused what is nobody’s id in 1",
        "Of 3 deliveries: was not allowed by the script line in 3",
        "Person: Global variable, app.user\nCompany: localStorage, session, account.id",
        "ada@example.com\n22 Nov 2026, 12:00:00\nversion 1",
        "Of 3 live events:\ncarry a person\n100%\n3\nthe last one\nan•@•••••••.•••",
        "carry a company\n0%\n0\n",
    ] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    Ok(())
}

#[tokio::test]
async fn a_member_sees_the_rules_and_does_not_change_them() -> Result<()> {
    let Some(app) = TestApp::start("identity_member").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    json_request(&browser, &app, &rules(0, &meta("user-id"))).await?;
    demote(&app).await?;
    let page = browser.get(SCREEN).await?;
    assert!(text(&page).contains("Only an administrator changes them"), "{}", text(&page));
    assert!(!page.body.contains("<form class=\"rules\""), "a member is offered the form");
    let csrf = field(&page, "csrf")?;
    let answer = browser.post(SCREEN, &[("csrf", &csrf), ("version", "1")]).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(app.store().identity_rules().await?[0].version, 1);
    Ok(())
}
