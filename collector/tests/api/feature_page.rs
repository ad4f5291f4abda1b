//! A page as a feature: each view of it is a use.

use crate::browser::{Browser, field};
use crate::features::{FEATURES, call, filled, get, make, save, start, uses};
use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use store::Statement;

/// A view of the page of every [`batch`].
fn view(n: u32) -> String {
    click(n, r#","page":0"#).replace(r#""click""#, r#""page_view""#)
}

/// The same batch on another page.
fn elsewhere(events: &[String], path: &str) -> String {
    batch(events).replace("/orders/1042", path)
}

/// Views of two pages, clicks on one of them with and without an element.
async fn visit(app: &TestApp) -> Result<()> {
    app.post_batch(&batch(&[view(1), view(2), save(3), click(4, r#","page":0"#)])).await?;
    app.post_batch(&elsewhere(&[view(5)], "/orders")).await?;
    app.written().await
}

#[tokio::test]
async fn a_page_is_a_feature_by_the_api() -> Result<()> {
    let Some(app) = start("page_api").await? else { return Ok(()) };
    visit(&app).await?;
    let found = get(&app, &format!("{FEATURES}/suggestions?path=/orders/77")).await?;
    let page = &found["suggestions"][0];
    assert_eq!(page["rule"], json!({"any_of": [{"page": {"path": "/orders/:id"}}]}));
    assert_eq!((&page["scope"], &page["preview"]["clicks"]), (&json!("page"), &json!(2)));
    assert_eq!(page["preview"]["n_elements"], 0);
    let draft = json!({"name": "Look at an order", "any_of": page["rule"]["any_of"]});
    let address = make(&app, &draft).await?;
    let made = get(&app, &address).await?;
    assert_eq!((&made["step"], &made["usage"]["uses"]), (&json!("view"), &json!(2)), "{made}");
    assert_eq!(made["shown_in"], "orders");
    filled(&app, &address).await?;
    // What comes is counted with its batch, on a page that was never seen too.
    app.post_batch(&batch(&[view(6), save(7)])).await?;
    let host = elsewhere(&[view(8)], "/orders/9").replace("app.example.com", "new.example.com");
    app.post_batch(&host).await?;
    app.post_batch(&elsewhere(&[view(9)], "/orders")).await?;
    app.written().await?;
    let made = get(&app, &address).await?;
    assert_eq!(
        made["usage"],
        json!({"uses": 4, "people": 1, "accounts": 0, "source": "feature_events"})
    );
    assert_eq!(made["n_elements"], 0);
    assert_eq!(uses(&app).await?, (4, 4, 0));

    let id = address.rsplit('/').next().context("no id")?;
    let funnel = json!({"report": "funnel", "steps": [{"feature": id}, {"page": "/orders"}]});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &funnel).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    let neither = call(&app, Method::GET, &format!("{FEATURES}/suggestions"), &Value::Null).await?;
    assert_eq!(neither.status, StatusCode::BAD_REQUEST, "{neither}");
    Ok(())
}

#[tokio::test]
async fn a_page_and_an_element_are_one_feature() -> Result<()> {
    let Some(app) = start("page_both").await? else { return Ok(()) };
    visit(&app).await?;
    // Nothing can be noted as filled, so the events are asked.
    let stages = app.store().databases().feature_stages();
    let run = async |sql: String| app.store().execute(&Statement::new(sql)).await;
    let held = "CONSTRAINT held CHECK stage NOT IN ('month', 'filled')";
    run(format!("ALTER TABLE {stages} ADD {held}")).await?;
    let both = json!([{"page": {"path": "/orders"}}, {"target": {"test_id": "save"}}]);
    let address = make(&app, &json!({"name": "Orders", "any_of": both})).await?;
    let made = get(&app, &address).await?;
    assert_eq!((&made["step"], &made["usage"]["uses"]), (&json!("complete"), &json!(2)), "{made}");
    assert_eq!(made["usage"]["source"], "events");
    let id = address.rsplit('/').next().context("no id")?;
    let funnel = json!({"report": "funnel", "steps": [{"feature": id}, {"page": "/orders"}]});
    let entered = async || {
        let answer = call(&app, Method::POST, "/v1/projects/default/query", &funnel).await?;
        anyhow::ensure!(answer.status == StatusCode::OK, "{answer}");
        Ok(serde_json::from_str::<Value>(&answer.body)?)
    };
    let of_events = entered().await?;
    assert!(of_events["steps"].is_array(), "{of_events}");
    run(format!("ALTER TABLE {stages} DROP CONSTRAINT held")).await?;
    filled(&app, &address).await?;
    let filled = get(&app, &address).await?;
    assert_eq!(filled["usage"]["source"], "feature_events");
    assert_eq!(filled["usage"]["uses"], 2);
    assert_eq!(entered().await?["steps"], of_events["steps"]);
    assert_eq!(uses(&app).await?, (2, 2, 0));
    Ok(())
}

#[tokio::test]
async fn one_view_is_one_step_of_a_funnel() -> Result<()> {
    let Some(app) = start("page_step").await? else { return Ok(()) };
    visit(&app).await?;
    let orders = json!([{"page": {"path": "/orders"}}]);
    let address = make(&app, &json!({"name": "Orders", "any_of": orders})).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let steps = json!([{"feature": id}, {"page": "/orders"}]);
    let funnel = json!({"report": "funnel", "steps": steps});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &funnel).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let people = [0, 1].map(|n| &answer["steps"][n]["people"]);
    assert_eq!(people, [&json!(1), &json!(0)], "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_page_is_a_feature_on_the_screen() -> Result<()> {
    const PATH: &str = "/projects/default/features";
    let Some(app) = start("page_screen").await? else { return Ok(()) };
    visit(&app).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let list = browser.get(PATH).await?;
    assert!(list.body.contains(r#"<option value="/orders/:id">"#), "{list}");
    // A page that is typed without its first slash is meant all the same.
    let typed = browser.get(&format!("{PATH}/new?path=orders/1042")).await?;
    assert!(typed.body.contains("View of /orders/:id"), "{typed}");
    let form = browser.get(&format!("{PATH}/new?path=/orders/1042")).await?;
    for said in ["View of /orders/:id", "2 views · 1 person", "1 page", r#"value="view" selected"#]
    {
        assert!(form.body.contains(said), "{said}: {form}");
    }
    let csrf = field(&form, "csrf")?;
    let fields = [
        ("csrf", csrf.as_str()),
        ("element", ""),
        ("path", "/orders/1042"),
        ("scope", "page"),
        ("name", "Look at an order"),
        ("module", ""),
        ("kind", "other"),
        ("step", "view"),
    ];
    let made = browser.post(&format!("{PATH}/new"), &fields).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let address = made.headers[header::LOCATION].to_str()?.to_owned();
    let detail = browser.get(&address).await?;
    assert!(detail.body.contains("View of /orders/:id"), "{detail}");
    Ok(())
}
