//! "Click it in your app, name it here": the clicks as they arrive, and many named at once.

use crate::browser::{Browser, field, text};
use crate::features::{FEATURES, draft, filled, get, make, save, start};
use crate::test_app::{Answer, TestApp, batch};
use anyhow::{Context, Result, ensure};
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use store::Statement;
use tower::ServiceExt;

const PATH: &str = "/projects/default/features";

/// Sends a batch as a browser at this address does.
async fn send_from(app: &TestApp, address: &str, agent: &str, body: String) -> Result<()> {
    let address: SocketAddr = address.parse()?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/events?k={}&c=none", app.write_key()?));
    if !agent.is_empty() {
        request = request.header(header::USER_AGENT, agent);
    }
    let mut request = request.body(Body::from(body))?;
    request.extensions_mut().insert(ConnectInfo(address));
    let answer = app.send(request).await?;
    ensure!(answer.status == StatusCode::ACCEPTED, "{answer}");
    Ok(())
}

/// A batch whose button is called so; `n` makes its event another one.
fn knock(n: u32, name: &str) -> String {
    batch(&[save(n)])
        .replace(r#""test_id":"save","#, "")
        .replace("Save ann@example.com", name)
        .replace("anon-1", &format!("anon-{n}"))
        .replace(r#","user_id":"ann@example.com""#, "")
}

fn labels(page: &Answer) -> Vec<String> {
    let names = page.body.split("<li class=\"point\"").skip(1);
    let name = |line: &str| {
        let name = line.split_once("<span class=\"name\">")?.1.split_once("</span>")?.0;
        Some(name.to_owned())
    };
    names.filter_map(name).collect()
}

#[tokio::test]
async fn her_own_clicks_are_told_from_others_and_nothing_that_is_typed_is_shown() -> Result<()> {
    let Some(app) = start("point_whose").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let list = format!("{PATH}/point");
    let empty = browser.get(&list).await?;
    assert!(text(&empty).contains("Nothing clicked yet"), "{empty}");
    // Her browser does not say what program it is in this test.
    send_from(&app, "127.0.0.1:61000", "", knock(1, "Mine")).await?;
    send_from(&app, "127.0.0.1:61000", "Firefox", knock(2, "Another program")).await?;
    send_from(&app, "10.0.0.9:61000", "Firefox", knock(3, "bob@example.com, 4111111111111111"))
        .await?;
    assert_eq!(labels(&browser.get(&list).await?), ["Button “Mine”"]);
    let all = browser.get(&format!("{list}?whose=all")).await?;
    assert_eq!(
        labels(&all),
        ["Button “[email], [card]”", "Button “Another program”", "Button “Mine”"]
    );
    // One of the others can be chosen.
    let (before, _) = all.body.split_once("\">only this browser").context("none to choose")?;
    let only = before.rsplit("?whose=").next().context("no browser")?;
    let one = browser.get(&format!("{list}?whose={only}")).await?;
    assert_eq!(labels(&one), ["Button “[email], [card]”"]);
    Ok(())
}

#[tokio::test]
async fn nobody_who_does_not_look_has_clicks_kept_in_memory() -> Result<()> {
    let Some(app) = start("point_lease").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let all = format!("{PATH}/point?whose=all");
    app.post_batch(&knock(1, "Before")).await?;
    assert_eq!(labels(&browser.get(&all).await?), [""; 0]);
    app.post_batch(&knock(2, "While")).await?;
    assert_eq!(labels(&browser.get(&all).await?), ["Button “While”"]);
    app.pass(11 * 60 * 1_000);
    app.post_batch(&knock(3, "After")).await?;
    assert_eq!(labels(&browser.get(&all).await?), [""; 0]);
    Ok(())
}

/// The next line of a stream.
async fn next(
    body: &mut (impl StreamExt<Item = Result<Bytes, axum::Error>> + Unpin),
) -> Result<String> {
    let line = tokio::time::timeout(Duration::from_secs(20), body.next()).await?;
    Ok(String::from_utf8(line.context("the stream has ended")??.to_vec())?)
}

#[tokio::test]
async fn a_click_streams_once_and_those_before_it_come_first() -> Result<()> {
    let Some(app) = start("point_stream").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    browser.get(&format!("{PATH}/point")).await?;
    app.post_batch(&knock(1, "Early")).await?;
    let stream =
        browser.request(Method::GET, &format!("{PATH}/point/clicks?whose=all"), Body::empty())?;
    let mut body = app.router()?.oneshot(stream).await?.into_body().into_data_stream();
    let line = next(&mut body).await?;
    assert!(line.starts_with("event: point\n") && line.contains("Early"), "{line}");
    app.post_batch(&knock(2, "Late")).await?;
    let line = next(&mut body).await?;
    assert!(line.contains("Late") && !line.contains("Early"), "{line}");
    Ok(())
}

/// The address of the rules of the only line.
fn rules_of(page: &Answer) -> Result<String> {
    let (_, rest) = page.body.split_once("hx-get=\"").context("no line")?;
    Ok(rest.split('"').next().context("no end")?.replace("&#38;", "&"))
}

#[tokio::test]
async fn what_was_never_seen_before_is_named_at_once_and_its_past_is_there() -> Result<()> {
    let Some(app) = start("point_new").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let all = format!("{PATH}/point?whose=all");
    browser.get(&all).await?;
    app.post_batch(&knock(1, "Publish")).await?;
    // It is not written yet: the rules wait for it.
    let page = browser.get(&all).await?;
    let rules = browser.get(&rules_of(&page)?).await?;
    let seen = text(&rules);
    assert!(seen.contains("This one") && seen.contains("Anywhere"), "{rules}");
    assert!(seen.contains("1 click · 1 person · 0 accounts"), "{rules}");
    assert_eq!(field(&rules, "name")?, "Publish");
    let fields = ["csrf", "element", "path", "kind", "step", "name"];
    let values = fields.map(|name| field(&rules, name).unwrap_or_default());
    let mut form: Vec<_> = fields.iter().copied().zip(values.iter().map(String::as_str)).collect();
    form.push(("scope", "this_one"));
    let made = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let page = browser.get(made.headers[header::LOCATION].to_str()?).await?;
    let seen = text(&page);
    assert!(seen.contains("Uses\n1\nPeople\n1\nAccounts\n0"), "{seen}");
    assert!(seen.contains("22 Nov 2026: 1 use, 1 person"), "{seen}");
    assert!(seen.contains("Day\nUses\nPeople\n22 Nov 2026\nso far\n1\n1"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_written_is_a_sentence_that_comes_again() -> Result<()> {
    let Some(app) = start("point_away").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let all = format!("{PATH}/point?whose=all");
    browser.get(&all).await?;
    // What a feature means of a new element cannot be written, and so the element is not.
    let rule = json!({"role": "button", "name": ["Publish"]});
    make(&app, &json!({"name": "Old", "any_of": [{"target": rule}]})).await?;
    let table = app.store().databases().feature_elements();
    let aside = format!("{table}_aside");
    let rename = |from: &str, to: &str| Statement::new(format!("RENAME TABLE {from} TO {to}"));
    app.store().execute(&rename(&table, &aside)).await?;
    app.post_batch(&knock(1, "Publish")).await?;
    let address = rules_of(&browser.get(&all).await?)?;
    let rules = browser.get(&address).await?;
    assert_eq!(rules.status, StatusCode::OK);
    assert!(text(&rules).contains("is not written yet"), "{rules}");
    assert!(rules.body.contains("hx-trigger=\"load delay:2s, click\""), "{rules}");
    app.store().execute(&rename(&aside, &table)).await?;
    app.written().await?;
    let rules = browser.get(&address).await?;
    assert!(text(&rules).contains("Counts also for “Old”"), "{rules}");
    let unknown = format!("{PATH}/point/rules?element=0123456789abcdef&path=/x");
    let unknown = browser.get(&unknown).await?;
    assert!(
        text(&unknown).contains("was not seen on such a page in the last 90 days."),
        "{unknown}"
    );
    let wrong = browser.get(&format!("{PATH}/point/rules?element=x")).await?;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    Ok(())
}

/// Clicks on so many buttons; the `n`th is clicked once more than the one after it.
async fn click_many(app: &TestApp, n: u32) -> Result<()> {
    let word = |n: u32| ["Save", "Send", "Close", "Open", "Copy", "Move"][n as usize % 6];
    let mut id = 0;
    for button in 0..n {
        let name = format!("{} {}", word(button), char::from(b'a' + u8::try_from(button)?));
        for _ in button..n {
            id += 1;
            app.post_batch(&knock(id, &name)).await?;
        }
    }
    app.written().await
}

/// The elements of the rows, in order.
fn elements(page: &Answer) -> Vec<String> {
    let picks = page.body.split("name=\"pick\" value=\"").skip(1);
    picks.filter_map(|pick| pick.split('"').next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn many_are_named_at_once_and_a_fault_keeps_no_neighbour_from_it() -> Result<()> {
    let Some(app) = start("clicked_bulk").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    click_many(&app, 23).await?;
    let list = browser.get(PATH).await?;
    assert!(text(&list).contains("1 to 12 of 23 without a name"), "{list}");
    let clicked = format!("{PATH}/clicked");
    let first = browser.get(&clicked).await?;
    assert!(text(&first).contains("1 to 20 of 23"), "{first}");
    let rows = elements(&first);
    assert_eq!(rows.len(), 20);
    assert_eq!(field(&first, &format!("name-{}", rows[0]))?, "Save a");
    let second = browser.get(&format!("{clicked}?page=2")).await?;
    assert_eq!(elements(&second).len(), 3);
    assert_eq!(elements(&browser.get(&format!("{clicked}?q=send")).await?).len(), 4);

    let csrf = field(&first, "csrf")?;
    let nothing = browser.post(&clicked, &[("csrf", csrf.as_str())]).await?;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.body.contains("Choose at least one of them."), "{nothing}");
    let forged = browser.post(&clicked, &[("csrf", "forged"), ("pick", rows[0].as_str())]).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);

    let names = rows.iter().map(|element| format!("name-{element}")).collect::<Vec<_>>();
    let long = "x".repeat(101);
    let form = [
        ("csrf", csrf.as_str()),
        ("pick", rows[0].as_str()),
        ("pick", rows[1].as_str()),
        ("pick", rows[2].as_str()),
        (names[0].as_str(), "Save it"),
        (names[1].as_str(), &long),
        (names[2].as_str(), "save IT"),
        (names[3].as_str(), "Not chosen"),
    ];
    let answer = browser.post(&clicked, &form).await?;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let seen = text(&answer);
    assert!(seen.contains("1 feature is saved, with all of its past; 2 are not"), "{seen}");
    assert!(seen.contains("A feature has a name of 1 to 100 characters"), "{seen}");
    assert!(
        seen.contains("There is a feature “Save it” already.")
            || seen.contains("There is a feature “save IT” already."),
        "{seen}"
    );
    assert_eq!(elements(&answer).len(), 20);
    let features = get(&app, FEATURES).await?;
    let made = features["features"].as_array().context("none")?;
    assert_eq!(made.len(), 1, "{features}");
    assert_eq!(made[0]["usage"]["uses"], 23, "{features}");

    // What was wrong is corrected, and all of it is done.
    let left: Vec<_> = elements(&answer).into_iter().take(2).collect();
    let names = left.iter().map(|element| format!("name-{element}")).collect::<Vec<_>>();
    let form = [
        ("csrf", csrf.as_str()),
        ("pick", left[0].as_str()),
        ("pick", left[1].as_str()),
        (names[0].as_str(), "Send it"),
        (names[1].as_str(), "Close it"),
    ];
    let answer = browser.post(&clicked, &form).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let list = browser.get(answer.headers[header::LOCATION].to_str()?).await?;
    assert!(text(&list).contains("2 features are named, each with all of its past."), "{list}");
    assert!(
        text(&browser.get(&clicked).await?)
            .contains("1 to 20 of 20 · 3 elements are named already")
    );
    Ok(())
}

#[tokio::test]
async fn what_stands_on_many_pages_is_named_on_all_of_them() -> Result<()> {
    let Some(app) = start("clicked_anywhere").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    app.post_batch(&knock(1, "Help")).await?;
    app.post_batch(&knock(2, "Help").replace("/orders/1042", "/invoices")).await?;
    app.written().await?;
    let clicked = format!("{PATH}/clicked");
    let page = browser.get(&clicked).await?;
    let seen = text(&page);
    assert!(seen.contains("on 2 pages") && seen.contains("Button “Help” on any page"), "{seen}");
    let (csrf, element) = (field(&page, "csrf")?, elements(&page).remove(0));
    let name = format!("name-{element}");
    let form = [("csrf", csrf.as_str()), ("pick", &element), (name.as_str(), "Help")];
    assert_eq!(browser.post(&clicked, &form).await?.status, StatusCode::SEE_OTHER);
    let features = get(&app, FEATURES).await?;
    assert_eq!(features["features"][0]["usage"]["uses"], 2, "{features}");
    Ok(())
}

#[tokio::test]
async fn a_rule_that_means_nothing_is_not_proposed_and_says_why() -> Result<()> {
    let Some(app) = start("pick_nothing").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    app.post_batch(&knock(1, "Help").replace("/orders/1042", "/invoices")).await?;
    // On the other page nobody has used it whom reports count.
    let robot = knock(2, "Help").replace(r#""session_id""#, r#""automated":true,"session_id""#);
    app.post_batch(&robot).await?;
    app.written().await?;
    let ids: Vec<Value> =
        app.ask("SELECT lower(hex(element_id)) AS id FROM {elements} GROUP BY element_id").await?;
    let id = format!("{:0>16}", ids[0]["id"].as_str().context("no id")?);
    let page = browser.get(&format!("{PATH}/new?element={id}&path=/orders/1042")).await?;
    let seen = text(&page);
    assert!(
        seen.contains("Nothing.\nNobody whom reports count has used it on this page"),
        "{seen}"
    );
    let checked = page.body.split("checked").next().context("none is chosen")?;
    let scope = checked.rsplit("value=\"").next().context("no value")?;
    assert!(scope.starts_with("anywhere"), "{scope}");
    assert!(seen.contains("Button “Help”, on /orders/:id"), "{seen}");

    let nowhere = text(&browser.get(&format!("{PATH}/new?path=/nowhere")).await?);
    assert!(nowhere.contains("No page with this address was ever seen."), "{nowhere}");
    let id = "/orders/0198c3aa-77aa-7bbb-8ccc-0123456789ab";
    let page = text(&browser.get(&format!("{PATH}/new?path={id}")).await?);
    assert!(page.contains("The page /orders/:id"), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_deleted_feature_is_told_by_its_name() -> Result<()> {
    let Some(app) = start("deleted_name").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let address = make(&app, &draft()).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let gone = format!("{address}?expected_version=1");
    let gone = crate::features::call(&app, Method::DELETE, &gone, &Value::Null).await?;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone}");
    let page = browser.get(&format!("{PATH}/{id}")).await?;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(text(&page).contains("The feature “Save order” was deleted."), "{page}");
    let query = json!({"report": "usage", "features": [id]});
    let answer =
        crate::features::call(&app, Method::POST, "/v1/projects/default/query", &query).await?;
    assert!(answer.body.contains("the feature `Save order` was deleted"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn a_table_cell_is_called_so_and_engineers_are_told_to_name_it() -> Result<()> {
    let Some(app) = start("fragile_cell").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let cell = batch(&[save(1)]).replace(
        r#"[{"tag":"button","test_id":"save","name":"Save ann@example.com"}]"#,
        r#"[{"tag":"td"},{"tag":"tr"},{"tag":"table"},{"tag":"main","id":"people"}]"#,
    );
    app.post_batch(&cell).await?;
    app.written().await?;
    let page = browser.get(&format!("{PATH}/clicked")).await?;
    let seen = text(&page);
    assert!(seen.contains("Table cell in main #people"), "{seen}");
    let (csrf, element) = (field(&page, "csrf")?, elements(&page).remove(0));
    let name = format!("name-{element}");
    let form = [("csrf", csrf.as_str()), ("pick", &element), (name.as_str(), "Look at a person")];
    assert_eq!(
        browser.post(&format!("{PATH}/clicked"), &form).await?.status,
        StatusCode::SEE_OTHER
    );
    let found = get(&app, &format!("{FEATURES}/test_ids")).await?;
    let cell = &found["elements"][0];
    assert_eq!(cell["grade"], "C", "{found}");
    assert_eq!(cell["attribute"], "data-testid=\"look-at-a-person\"");
    let list = text(&browser.get(PATH).await?);
    assert!(list.contains("Add a test id to 1 element"), "{list}");
    Ok(())
}

#[tokio::test]
async fn a_page_feature_speaks_of_pages() -> Result<()> {
    let Some(app) = start("page_speaks").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let view =
        batch(&[save(1).replace(r#""click""#, r#""page_view""#).replace(r#","element":0"#, "")]);
    app.post_batch(&view).await?;
    app.written().await?;
    let page = json!({"name": "Orders", "any_of": [{"page": {"path": "/orders/:id"}}]});
    let address = make(&app, &page).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let seen = text(&browser.get(&format!("{PATH}/{id}")).await?);
    assert!(seen.contains("What it means\n1 page now."), "{seen}");
    assert!(seen.contains("22 Nov 2026: 1 use, 1 person"), "{seen}");
    Ok(())
}
