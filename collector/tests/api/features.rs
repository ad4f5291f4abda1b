//! Named features: over the API, in the writer, and after kills.

use crate::browser::{Browser, text};
use crate::derived::until;
use crate::test_app::{Answer, NOON, TestApp, batch, click};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use collector::config::server::FirstKey;
use serde::Deserialize;
use serde_json::{Value, json};
use store::derived::{Part, parts};
use store::{EventRow, Statement};

pub(crate) const KEY: &str = "sk_0123456789abcdefABCDEF0123456789";
pub(crate) const FEATURES: &str = "/v1/projects/default/features";

/// A click on the button of every [`batch`], on its page.
pub(crate) fn save(n: u32) -> String {
    click(n, r#","element":0,"page":0"#)
}

pub(crate) async fn start(test: &str) -> Result<Option<TestApp>> {
    let key = FirstKey::parse(KEY)?;
    TestApp::start_with(test, |config| config.server.private_key = Some(key)).await
}

/// Asks as a program does.
pub(crate) async fn call(
    app: &TestApp,
    method: Method,
    address: &str,
    body: &Value,
) -> Result<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))?;
    app.send(request).await
}

pub(crate) async fn get(app: &TestApp, address: &str) -> Result<Value> {
    let answer = call(app, Method::GET, address, &Value::Null).await?;
    anyhow::ensure!(answer.status == StatusCode::OK, "{answer}");
    Ok(serde_json::from_str(&answer.body)?)
}

pub(crate) fn draft() -> Value {
    json!({"name": "Save order", "kind": "output", "any_of": [{"page": {"path": "/orders/:id"}, "target": {"test_id": "save"}}]})
}

/// Makes a feature; returns its address.
pub(crate) async fn make(app: &TestApp, draft: &Value) -> Result<String> {
    let answer = call(app, Method::POST, FEATURES, draft).await?;
    anyhow::ensure!(answer.status == StatusCode::CREATED, "{answer}");
    let made: Value = serde_json::from_str(&answer.body)?;
    Ok(format!("{FEATURES}/{}", made["id"].as_str().context("no id")?))
}

/// Waits until the past of a feature is filled in.
pub(crate) async fn filled(app: &TestApp, address: &str) -> Result<()> {
    until("filled", async || Ok(get(app, address).await?["past"]["is_filled"] == true)).await
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Uses {
    n: u32,
    n_events: u32,
}

/// Rows of uses, and how many events they are, and rows that are not as they should be.
pub(crate) async fn uses(app: &TestApp) -> Result<(u32, u32, u64)> {
    let table = app.store().databases().feature_events();
    let sql = format!(
        "SELECT toUInt32(count()) AS n, toUInt32(uniqExact(feature, version, event_id)) AS n_events FROM {table}"
    );
    let rows: Vec<Uses> = app.ask(&sql).await?;
    let Uses { n, n_events } = rows.into_iter().next().context("no row")?;
    let mut n_different = 0;
    let of_uses = |part: &Part| !part.derived.has_all();
    for part in parts(MONTHS).into_iter().filter(of_uses) {
        n_different += app.store().n_different(part).await?;
    }
    Ok((n, n_events, n_different))
}

const MONTHS: std::ops::RangeInclusive<u32> = 202_601..=202_611;

#[tokio::test]
async fn a_feature_has_its_past_at_once_and_goes_on() -> Result<()> {
    let Some(app) = start("feature_past").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2), click(3, r#","page":0"#)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    let made = get(&app, &address).await?;
    assert_eq!(made["usage"]["uses"], 2);
    assert_eq!(made["shown_in"], "orders");
    filled(&app, &address).await?;
    app.post_batch(&batch(&[save(4)])).await?;
    // An element that was never seen, and that the rule means.
    let other = batch(&[save(5)]).replace(r#""tag":"button""#, r#""tag":"a""#);
    app.post_batch(&other).await?;
    app.written().await?;
    let feature = get(&app, &address).await?;
    assert_eq!(
        feature["usage"],
        json!({"uses": 4, "people": 1, "accounts": 0, "source": "feature_events"})
    );
    assert_eq!(feature["n_elements"], 2);
    assert_eq!(uses(&app).await?, (4, 4, 0));
    Ok(())
}

#[tokio::test]
async fn a_change_is_a_version_and_old_ones_are_kept() -> Result<()> {
    let Some(app) = start("feature_versions").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let mut change = draft();
    change["any_of"][0]["target"] = json!({"test_id": "other"});
    change["expected_version"] = json!(1);
    let answer = call(&app, Method::PUT, &address, &change).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer}");
    let changed: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((&changed["version"], &changed["usage"]["uses"]), (&json!(2), &json!(0)));
    // Somebody who saw the first version.
    insta::assert_snapshot!(call(&app, Method::PUT, &address, &change).await?, @r#"
409 Conflict
{"error":"the feature is at version 2 and not at 1: somebody changed it meanwhile; read it again"}
"#);
    let versions = get(&app, &format!("{address}/versions")).await?;
    let of = |n: usize| &versions["versions"][n];
    assert_eq!((&of(0)["version"], &of(1)["version"]), (&json!(2), &json!(1)));
    assert_eq!(of(1)["feature"]["any_of"], draft()["any_of"]);
    filled(&app, &address).await?;
    until("taken out", async || Ok(uses(&app).await? == (0, 0, 0))).await?;

    let version = format!("{address}?expected_version=2");
    let gone = call(&app, Method::DELETE, &version, &Value::Null).await?;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let answer = call(&app, Method::GET, &address, &Value::Null).await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // What is made under its name again is the same feature, and begins after its last version.
    let again = make(&app, &draft()).await?;
    assert_eq!(again, address);
    assert_eq!(get(&app, &again).await?["version"], 4);
    filled(&app, &again).await?;
    assert_eq!(uses(&app).await?, (2, 2, 0));
    Ok(())
}

#[tokio::test]
async fn an_alternative_holds_in_its_time() -> Result<()> {
    let Some(app) = start("feature_validity").await? else { return Ok(()) };
    let at = |n, ms: i64| save(n).replace(&format!("{NOON}"), &format!("{}", NOON + ms));
    app.post_batch(&batch(&[at(1, -60_000), at(2, -30_000), save(3)])).await?;
    app.written().await?;
    let mut draft = draft();
    draft["any_of"][0]["valid_from"] = json!(NOON - 30_000);
    draft["any_of"][0]["valid_to"] = json!(NOON);
    let address = make(&app, &draft).await?;
    assert_eq!(get(&app, &address).await?["usage"]["uses"], 1);
    filled(&app, &address).await?;
    assert_eq!(get(&app, &address).await?["usage"]["uses"], 1);
    assert_eq!(uses(&app).await?, (1, 1, 0));
    Ok(())
}

#[tokio::test]
async fn what_is_no_feature_is_refused_with_a_sentence() -> Result<()> {
    let Some(app) = start("feature_bad").await? else { return Ok(()) };
    let mut said = Vec::new();
    let target = json!({"test_id": "save"});
    for bad in [
        json!({"name": "", "any_of": [{"target": target}]}),
        json!({"name": "x", "any_of": []}),
        json!({"name": "x", "any_of": [{"target": {}}]}),
        json!({"name": "x", "any_of": [{"target": target}, {"target": {"nmae": "x"}}]}),
        json!({"name": "x", "list": "nth", "any_of": [{"target": target}]}),
        json!({"name": "x", "any_of": [{"target": target, "valid_from": 5, "valid_to": 5}]}),
        json!({"name": "x", "any_of": [{"target": target, "app_version": "4 2"}]}),
    ] {
        let answer = call(&app, Method::POST, FEATURES, &bad).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
        let preview = call(&app, Method::POST, &format!("{FEATURES}/preview"), &bad).await?;
        assert_eq!(preview.body, answer.body);
        said.push(answer.body);
    }
    insta::assert_snapshot!(said.join("\n"), @r#"
{"error":"a feature has a name of 1 to 100 characters, and a module has no more"}
{"error":"a feature has 1 to 32 alternatives, not 0"}
{"error":"alternative 1 has a node that says nothing"}
{"error":"alternative 2: unknown field `nmae`, expected one of `tag`, `id`, `test_id`, `role`, `name`, `field`, `type`, `href`, `classes` at line 1 column 28"}
{"error":"the feature cannot be read: unknown variant `nth`, expected `each` or `all` at line 1 column 54"}
{"error":"alternative 1 ends before it begins"}
{"error":"an app version has 1 to 64 characters without spaces, such as `4.2`"}
"#);
    make(&app, &draft()).await?;
    insta::assert_snapshot!(call(&app, Method::POST, FEATURES, &draft()).await?, @r#"
409 Conflict
{"error":"there is a feature `Save order` already"}
"#);
    let unknown = format!("{FEATURES}/0123456789abcdef");
    insta::assert_snapshot!(call(&app, Method::GET, &unknown, &Value::Null).await?, @r#"
404 Not Found
{"error":"there is no feature `0123456789abcdef` in this project"}
"#);
    let nobody = Request::builder().uri(FEATURES).body(Body::empty())?;
    assert_eq!(app.send(nobody).await?.status, StatusCode::UNAUTHORIZED);
    let query =
        json!({"report": "funnel", "steps": [{"feature": "0123456789abcdef"}, {"page": "/a"}]});
    let answer = call(&app, Method::POST, "/v1/projects/default/query", &query).await?;
    insta::assert_snapshot!(answer, @r#"
400 Bad Request
{"error":"there is no feature `0123456789abcdef` in this project"}
"#);
    Ok(())
}

#[tokio::test]
async fn a_rule_is_suggested_and_looked_at_before_it_is_saved() -> Result<()> {
    let Some(app) = start("feature_preview").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    make(&app, &draft()).await?;
    let ids: Vec<Value> =
        app.ask("SELECT lower(hex(element_id)) AS id FROM {elements} GROUP BY element_id").await?;
    let id = ids[0]["id"].as_str().context("no id")?;
    let found = get(&app, &format!("{FEATURES}/suggestions?element={id:0>16}")).await?;
    let first = &found["suggestions"][0];
    assert_eq!(first["scope"], "this_one");
    assert_eq!(first["grade"], "A");
    assert_eq!(first["preview"]["clicks"], 2);
    let rule = &first["rule"]["any_of"];
    let other = json!({"name": "Other", "any_of": rule});
    let seen = call(&app, Method::POST, &format!("{FEATURES}/preview"), &other).await?;
    let id = id.to_owned();
    insta::assert_snapshot!(seen.body.replace(&format!("{id:0>16}"), "ELEMENT"), @r#"{"n_elements":1,"n_pages":1,"elements":[{"element":"ELEMENT","label":"button “Save [email]”"}],"clicks":2,"people":1,"accounts":0,"samples":[{"at":1795348800000,"path":"/orders/1042","label":"button “Save [email]”"},{"at":1795348800000,"path":"/orders/1042","label":"button “Save [email]”"}],"overlaps":[{"feature":"2145694a4c9e88c8","name":"Save order","clicks":2}],"is_partial":false,"grade":"A","reason":"It has a test id, which engineers keep through every change."}"#);
    Ok(())
}

#[tokio::test]
async fn a_member_makes_features_and_a_form_of_another_page_does_not() -> Result<()> {
    let Some(app) = start("feature_member").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let request = || browser.request(Method::POST, FEATURES, Body::from(draft().to_string()));
    assert_eq!(app.send(request()?).await?.status, StatusCode::BAD_REQUEST);
    let mut request = request()?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    assert_eq!(app.send(request).await?.status, StatusCode::CREATED);
    Ok(())
}

#[tokio::test]
async fn a_feature_is_the_first_step_to_choose_and_the_screen_answers_as_the_api_does() -> Result<()>
{
    const FUNNEL: &str = "/projects/default/funnel";
    let Some(app) = start("feature_step").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let view = |n| click(n, r#","page":0"#).replace(r#""click""#, r#""page_view""#);
    app.post_batch(&batch(&[view(1), save(2)])).await?;
    let other = batch(&[view(3)]).replace("anon-1", "anon-2").replace("ann@", "bob@");
    app.post_batch(&other).await?;
    app.written().await?;
    let mut draft = draft();
    draft["module"] = json!("iOS");
    let id = make(&app, &draft).await?;
    let id = id.rsplit('/').next().context("no id")?;

    let page = browser.get(FUNNEL).await?;
    let (_, picks) = page.body.split_once("id=\"found\"").context("no list")?;
    let place = |value: &str| picks.find(&format!("name=\"add\" value=\"{value}"));
    let (feature, first_page) = (place(&format!("feature:{id}\"")), place("page:"));
    assert!(feature.is_some() && feature < first_page, "{picks}");
    assert!(
        text(&page).contains("Features\nuses in 30 days\nSave order\niOS\n1\n"),
        "{}",
        text(&page)
    );
    for (search, is_there) in [("ios", true), ("SAVE ORD", true), ("nothing like it", false)] {
        let search = search.replace(' ', "+");
        let page = browser.get(&format!("{FUNNEL}?search={search}")).await?;
        assert_eq!(page.body.contains(&format!("feature:{id}")), is_there, "{search}");
    }

    let added = format!("{FUNNEL}?form=1&step=page:/orders/7&window=1h&last=7d&add=feature:{id}");
    let added = browser.get(&added).await?;
    let address = added.headers[header::LOCATION].to_str()?.to_owned();
    let steps = format!("step=page%3A%2Forders%2F%3Aid&step=feature%3A{id}");
    assert_eq!(address, format!("{FUNNEL}?{steps}&window=1h&last=7d"));
    let page = browser.get(&address).await?;
    let seen = text(&page);
    assert!(seen.contains("Save order\nFeature in iOS\n"), "{seen}");
    let csv = browser.get(&address.replace("funnel?", "funnel.csv?")).await?;
    let query = json!({"report": "funnel", "steps": [{"page": "/orders/7"}, {"feature": id}],
        "window": "1h", "date_range": {"last": "7d"}});
    let told = call(&app, Method::POST, "/v1/projects/default/query", &query).await?;
    let told: Value = serde_json::from_str(&told.body)?;
    let rows =
        told["steps"].as_array().context("no steps")?.iter().map(|step| {
            format!("{} {}", step["name"].as_str().unwrap_or_default(), step["people"])
        });
    assert_eq!(rows.collect::<Vec<_>>(), ["/orders/:id 2", "Save order 1"], "{told}");
    let on_screen = "1. /orders/:id\n2\n100%\n–\n–\n–\n2. Save order\n1\n50%\n50%\n";
    assert!(seen.contains(on_screen), "{seen}");
    assert!(csv.body.contains("1,\"/orders/:id\",2,") && csv.body.contains("2,\"Save order\",1,"));

    // One that is gone is told, and there is something to choose in its place.
    let gone = browser.get(&address.replace(id, "0123456789abcdef")).await?;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST);
    assert!(text(&gone).contains("There is no feature “0123456789abcdef” in this project."));
    assert!(gone.body.contains(&format!("feature:{id}")), "{gone}");
    Ok(())
}

#[tokio::test]
async fn what_has_a_name_is_marked_with_it_and_comes_last() -> Result<()> {
    let Some(app) = start("feature_marked").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let other = batch(&[save(3)])
        .replace(r#""test_id":"save""#, r#""test_id":"keep""#)
        .replace("Save ann@example.com", "Keep");
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.post_batch(&other).await?;
    app.written().await?;
    let list = async |browser: &mut Browser<'_>| -> Result<String> {
        let page = text(&browser.get("/projects/default/features").await?);
        Ok(page.split_once("Find\n").context("no list")?.1.to_owned())
    };
    insta::assert_snapshot!(list(&mut browser).await?, @"
    Button “Save [email]”
    on /orders/:id
    2
    clicks
    Button “Keep”
    on /orders/:id
    1
    clicks
    Name several at once
    ");
    let address = make(&app, &draft()).await?;
    insta::assert_snapshot!(list(&mut browser).await?, @"
    Button “Keep”
    on /orders/:id
    1
    clicks
    Name several at once
    Named already
    Button “Save [email]”
    on /orders/:id
    Save order
    2
    clicks
    ");
    // Of another page it says nothing.
    let mut change = draft();
    change["any_of"][0]["page"]["path"] = json!("/invoices/*");
    change["expected_version"] = json!(1);
    assert_eq!(call(&app, Method::PUT, &address, &change).await?.status, StatusCode::OK);
    assert!(!list(&mut browser).await?.contains("Named already"));
    Ok(())
}

/// Writes clicks of the past, so many in each month, as they would have been.
async fn write_past(app: &TestApp, element_id: u64, page_id: u64, n: u32) -> Result<()> {
    for month in MONTHS {
        let batch = protocol::BatchId::from_bytes([u8::try_from(month % 100)?; 16]);
        let row = |n: u32| EventRow {
            project: "default".to_owned(),
            event_id: (u128::from(month) * 1_000_000 + u128::from(n)).to_be_bytes(),
            month,
            kind: "click".to_owned(),
            batch_id: *batch.as_bytes(),
            timestamp: protocol::Timestamp::from_millis(NOON - i64::from(n)),
            anonymous_id: format!("a{}", n % 100),
            element_id,
            page_id,
            ..EventRow::default()
        };
        let rows: Vec<EventRow> = (0..n).map(row).collect();
        app.store().insert_events(batch, 0, &rows).await?;
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_what_comes_and_by_kills_while_it_is_filled() -> Result<()> {
    const N: u32 = 3_000;
    let Some(mut app) = start("feature_kills").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(0)])).await?;
    app.written().await?;
    let ids: Vec<(u64, u64)> = app
        .ask::<Value>("SELECT element_id, page_id FROM {events} WHERE element_id != 0")
        .await?
        .iter()
        .filter_map(|row| Some((row["element_id"].as_u64()?, row["page_id"].as_u64()?)))
        .collect();
    write_past(&app, ids[0].0, ids[0].1, N).await?;
    let address = make(&app, &draft()).await?;
    let expected = |sent: u32| 11 * N + 1 + sent;
    let (mut sent, mut n_kills) = (0, 0);
    while get(&app, &address).await?["past"]["is_filled"] != true {
        sent += 2;
        app.post_batch(&batch(&[save(sent - 1), save(sent)])).await?;
        // Until it is filled, the events are asked.
        let counted = get(&app, &address).await?["usage"]["uses"].as_u64().context("no number")?;
        assert!((u64::from(11 * N + 1)..=u64::from(expected(sent))).contains(&counted));
        if n_kills < 6 {
            app.kill().await?;
            app.open().await?;
            n_kills += 1;
        }
    }
    sent += 1;
    app.post_batch(&batch(&[save(sent)])).await?;
    app.written().await?;
    assert_eq!(n_kills, 6);
    assert_eq!(uses(&app).await?, (expected(sent), expected(sent), 0));
    assert_eq!(get(&app, &address).await?["usage"]["uses"], expected(sent));
    Ok(())
}

#[tokio::test]
async fn a_kill_between_events_and_uses_is_made_good() -> Result<()> {
    let Some(mut app) = start("feature_between").await? else { return Ok(()) };
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let table = app.store().databases().feature_events();
    let aside = format!("{table}_aside");
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    app.store().execute(&rename(&table, &aside)).await?;
    app.post_batch(&batch(&[save(2), save(3)])).await?;
    until("events", async || {
        let rows: Vec<Value> = app.ask("SELECT toUInt32(count()) AS n FROM {events}").await?;
        Ok(rows[0]["n"] == 3)
    })
    .await?;
    app.kill().await?;
    app.store().execute(&rename(&aside, &table)).await?;
    app.open().await?;
    app.written().await?;
    assert_eq!(uses(&app).await?, (3, 3, 0));
    Ok(())
}

#[tokio::test]
async fn a_feature_is_made_changed_and_deleted_on_the_screen() -> Result<()> {
    let Some(app) = start("feature_screen").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    const PATH: &str = "/projects/default/features";
    assert!(browser.get(PATH).await?.body.contains("Nothing was clicked in the last thirty days"));
    app.post_batch(&batch(&[save(1), save(2)])).await?;
    app.written().await?;
    let list = browser.get(&format!("{PATH}?q=save")).await?.body;
    let link = list.split(&format!("{PATH}/new?")).nth(1).context("no element is offered")?;
    let link = link.split('"').next().context("no end")?.replace("&#38;", "&");
    let offer = browser.get(&format!("{PATH}/new?{link}")).await?;
    assert!(offer.body.contains("2 clicks · 1 person · 0 accounts"), "{offer}");
    let token = |page: &str| -> Result<String> {
        let token = page.split(r#"name="csrf" value=""#).nth(1).context("no token")?;
        Ok(token.split('"').next().context("no end")?.to_owned())
    };
    let csrf = token(&offer.body)?;
    let element = link.split(['=', '&']).nth(1).context("no element")?;
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("element", element),
        ("path", "/orders/:id"),
        ("scope", "this_one"),
        ("name", "Save <order>"),
        ("module", "Sales"),
        ("kind", "output"),
        ("step", "complete"),
    ];
    let made = browser.post(&format!("{PATH}/new"), &fields).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    // Under the same name, the form comes back and says why.
    let again = browser.post(&format!("{PATH}/new"), &fields).await?;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("There is a feature “Save &#60;order&#62;” already."), "{again}");
    fields[0].1 = "forged";
    assert_eq!(browser.post(&format!("{PATH}/new"), &fields).await?.status, StatusCode::FORBIDDEN);

    let address = made.headers[header::LOCATION].to_str()?.to_owned();
    let detail = browser.get(&address).await?.body;
    assert!(detail.contains("Element called “save” in the code on /orders/:id"), "{detail}");
    let change = [
        ("csrf", csrf.as_str()),
        ("version", "1"),
        ("name", "Keep"),
        ("module", ""),
        ("kind", "core"),
        ("step", "view"),
    ];
    assert_eq!(browser.post(&address, &change).await?.status, StatusCode::SEE_OTHER);
    let late = browser.post(&address, &change).await?;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "{late}");
    let accept = [("csrf", csrf.as_str()), ("version", "2"), ("element", element)];
    let accepted = browser.post(&format!("{address}/accept"), &accept).await?;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{accepted}");
    // What is meant already is no other alternative, and no other version.
    let detail = browser.get(&address).await?.body;
    assert!(detail.contains("Version 2: “Keep”, 1 alternative"), "{detail}");
    assert!(!detail.contains("Version 3"), "{detail}");
    let list = browser.get(PATH).await?.body;
    assert!(list.contains("Orders") && list.contains("Keep"), "{list}");
    let delete = [("csrf", csrf.as_str()), ("version", "2")];
    let deleted = browser.post(&format!("{address}/delete"), &delete).await?;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER);
    let list = browser.get(deleted.headers[header::LOCATION].to_str()?).await?;
    assert!(list.body.contains("The feature is deleted."), "{list}");
    assert_eq!(browser.get(&address).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}
