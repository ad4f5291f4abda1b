//! What somebody runs into who names her first feature: a mistyped page, a name that is taken, a
//! second button that means the same, a row that is clicked anywhere.

use crate::browser::{Browser, field, text};
use crate::features::{FEATURES, filled, get, make, save, start};
use crate::team::join;
use crate::test_app::{TestApp, batch, click};
use anyhow::{Context, Result};
use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use store::Role;

const PATH: &str = "/projects/default/features";

/// Views of `/orders/:id`.
async fn view(app: &TestApp) -> Result<()> {
    let view = click(1, r#","page":0"#).replace(r#""click""#, r#""page_view""#);
    app.post_batch(&batch(&[view])).await?;
    app.written().await
}

/// A batch whose only element is this chain.
fn clicked(n: u32, chain: &str) -> String {
    let button = r#"[{"tag":"button","test_id":"save","name":"Save ann@example.com"}]"#;
    batch(&[save(n)]).replace(button, chain)
}

fn named(name: &str) -> String {
    format!(r#"[{{"tag":"button","name":"{name}"}},{{"tag":"form","id":"order"}}]"#)
}

/// Clicks each of these once, and waits until it is written.
async fn click_all(app: &TestApp, chains: &[String]) -> Result<()> {
    for (n, chain) in (1..).zip(chains) {
        app.post_batch(&clicked(n, chain)).await?;
    }
    app.written().await
}

/// The elements that were clicked, as a list names them.
async fn elements(browser: &mut Browser<'_>) -> Result<Vec<String>> {
    let page = browser.get(&format!("{PATH}/clicked")).await?;
    let picks = page.body.split("name=\"pick\" value=\"").skip(1);
    Ok(picks.filter_map(|pick| pick.split('"').next()).map(str::to_owned).collect())
}

/// The form for a new feature, as it is filled in.
fn form<'a>(csrf: &'a str, element: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("csrf", csrf),
        ("element", element),
        ("path", path),
        ("module", "Shop"),
        ("kind", "core"),
        ("step", "complete"),
    ]
}

async fn names(app: &TestApp) -> Result<Vec<String>> {
    let features = get(app, FEATURES).await?;
    let features = features["features"].as_array().context("no list")?.clone();
    Ok(features.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect())
}

#[tokio::test]
async fn a_page_that_was_never_seen_is_saved_by_a_second_yes_alone() -> Result<()> {
    let Some(app) = start("naming_unseen").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    view(&app).await?;
    let page = browser.get(&format!("{PATH}/new?path=/oders/77")).await?;
    let seen = text(&page);
    assert!(
        seen.contains("No page with the address /oders/:id was ever seen. Do you mean one of these?\n/orders/:id"),
        "{seen}"
    );
    assert!(page.body.contains(r#"href="/projects/default/features/new?path=%2Forders%2F%3Aid""#));
    assert!(!page.body.contains("Save anyway"), "{page}");
    let csrf = field(&page, "csrf")?;
    let mut form = form(&csrf, "", "/oders/77");
    form.extend([("scope", "page"), ("name", "Look at an order")]);
    let asked = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{asked}");
    assert!(text(&asked).contains("Nothing is saved yet."), "{asked}");
    assert!(asked.body.contains(r#"name="anyway" value="yes">Save anyway"#), "{asked}");
    assert_eq!(field(&asked, "name")?, "Look at an order");
    assert!(names(&app).await?.is_empty());
    form.push(("anyway", "yes"));
    let made = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let page = browser.get(made.headers[header::LOCATION].to_str()?).await?;
    let seen = text(&page);
    assert!(seen.contains("Nothing that it means was ever seen"), "{seen}");
    assert!(!seen.contains("Its past is being filled in"), "{seen}");
    // A page that was seen is not asked for twice.
    form.retain(|(name, _)| !["anyway", "path", "name"].contains(name));
    form.extend([("path", "/orders/77"), ("name", "Look at one")]);
    let made = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    Ok(())
}

#[tokio::test]
async fn what_stands_for_any_in_an_address_is_said() -> Result<()> {
    let Some(app) = start("naming_ids").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    view(&app).await?;
    const SENTENCE: &str = "Numbers in addresses stand for any: /orders/:id.";
    for address in ["/orders/7", "https://app.example.com/orders/1042?tab=2"] {
        let page = text(&browser.get(&format!("{PATH}/new?path={address}")).await?);
        assert!(page.contains(SENTENCE), "{page}");
        assert!(page.contains("The page /orders/:id"), "{page}");
    }
    let page = text(&browser.get(&format!("{PATH}/new?path=/orders")).await?);
    assert!(!page.contains("stand for any"), "{page}");
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_taken_is_neither_proposed_nor_lost() -> Result<()> {
    let Some(app) = start("naming_taken").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let taken = json!({"name": "save", "any_of": [{"target": {"test_id": "other"}}]});
    make(&app, &taken).await?;
    click_all(&app, &[named("Save")]).await?;
    let element = elements(&mut browser).await?.remove(0);
    let page = browser.get(&format!("{PATH}/new?element={element}")).await?;
    assert_eq!(field(&page, "name")?, "Save, order");
    let rules = format!("{PATH}/point/rules?element={element}&path=/orders/1042");
    assert_eq!(field(&browser.get(&rules).await?, "name")?, "Save, order");

    let csrf = field(&page, "csrf")?;
    let mut form = form(&csrf, &element, "/orders/1042");
    form.extend([("scope", "anywhere"), ("name", "SAVE")]);
    let answer = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    let at_field = r#"aria-invalid="true" aria-describedby="name-fault""#;
    assert!(answer.body.contains(at_field), "{answer}");
    assert!(text(&answer).contains("There is a feature “SAVE” already."), "{answer}");
    let kept = ["name", "module"].map(|name| field(&answer, name).unwrap_or_default());
    assert_eq!(kept, ["SAVE", "Shop"]);
    assert!(answer.body.contains(r#"value="anywhere" checked"#), "{answer}");
    assert!(answer.body.contains(r#"value="core" selected"#), "{answer}");

    // The same where a feature gets another name.
    form.retain(|(name, _)| *name != "name");
    form.push(("name", "Save an order"));
    let made = browser.post(&format!("{PATH}/new"), &form).await?;
    let address = made.headers[header::LOCATION].to_str()?.to_owned();
    let change = |version, name| {
        let fixed = [("csrf", csrf.as_str()), ("module", "Shop"), ("kind", "core")];
        let fields = [("step", "view"), ("version", version), ("name", name)];
        fixed.into_iter().chain(fields).collect::<Vec<_>>()
    };
    let answer = browser.post(&address, &change("1", "Save")).await?;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
    assert!(answer.body.contains(at_field), "{answer}");
    assert!(answer.body.contains("<h1>Save an order</h1>"), "{answer}");
    assert_eq!(field(&answer, "name")?, "Save");
    assert!(answer.body.contains(r#"value="view" selected"#), "{answer}");
    let answer = browser.post(&address, &change("1", "Keep an order")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    // Who looked at the version before keeps what she typed, too.
    let late = browser.post(&address, &change("1", "Hold an order")).await?;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "{late}");
    assert!(text(&late).contains("Somebody else has changed this feature meanwhile"), "{late}");
    assert_eq!(
        (field(&late, "name")?, field(&late, "version")?),
        ("Hold an order".into(), "2".into())
    );
    Ok(())
}

#[tokio::test]
async fn something_else_is_counted_as_well_and_no_more() -> Result<()> {
    let Some(app) = start("naming_add").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let send = json!({"role": "button", "name": ["Send"]});
    let address = make(&app, &json!({"name": "Order", "any_of": [{"target": send}]})).await?;
    click_all(&app, &[named("Send"), named("Buy"), named("Buy")]).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let screen = format!("{PATH}/{id}");
    assert!(browser.get(&screen).await?.body.contains(&format!("{screen}/add\"")));
    let list = browser.get(&format!("{screen}/add")).await?;
    let seen = text(&list);
    assert!(seen.contains("“Buy”") && !seen.contains("“Send”"), "{seen}");
    let none = text(&browser.get(&format!("{screen}/add?q=Rent")).await?);
    assert!(none.contains("Nothing else like “Rent” was clicked."), "{none}");

    let (_, to) = list.body.split_once(&format!("{screen}/add?")).context("nothing to add")?;
    let to = to.split('"').next().context("no end")?.replace("&#38;", "&");
    let rules = browser.get(&format!("{screen}/add?{to}")).await?;
    let same =
        "“This one” and “Anywhere in the product” count the same today. “This one” is recommended:";
    assert!(text(&rules).contains(same), "{rules}");
    let fields = ["csrf", "version", "element", "path"];
    let values = fields.map(|name| field(&rules, name).unwrap_or_default());
    let mut form: Vec<_> = fields.iter().copied().zip(values.iter().map(String::as_str)).collect();
    form.push(("scope", "this_one"));
    let added = browser.post(&format!("{screen}/add"), &form).await?;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{added}");
    filled(&app, &address).await?;
    let feature = get(&app, &address).await?;
    assert_eq!(
        (&feature["usage"]["uses"], &feature["version"]),
        (&json!(3), &json!(2)),
        "{feature}"
    );
    // Twice is once, and who is late is told so.
    let again = browser.post(&format!("{screen}/add"), &form).await?;
    assert!(text(&again).contains("“Order” counts this already."), "{again}");
    form.retain(|(name, _)| *name != "scope");
    form.push(("scope", "anywhere"));
    let late = browser.post(&format!("{screen}/add"), &form).await?;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY, "{late}");
    assert!(text(&late).contains("somebody changed it meanwhile"), "{late}");
    let unseen = [
        ("csrf", values[0].as_str()),
        ("version", "2"),
        ("element", ""),
        ("path", "/nowhere"),
        ("scope", "page"),
    ];
    let unseen = browser.post(&format!("{screen}/add"), &unseen).await?;
    assert!(text(&unseen).contains("No page with the address /nowhere was ever seen"), "{unseen}");

    let page = browser.get(&screen).await?;
    assert!(
        text(&page).contains("Button “Buy” in the part called “order” in the code on /orders/:id"),
        "{page}"
    );
    let remove = |version, alternative| {
        [("csrf", values[0].as_str()), ("version", version), ("alternative", alternative)]
    };
    let removed = browser.post(&format!("{screen}/remove"), &remove("2", "0")).await?;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{removed}");
    filled(&app, &address).await?;
    assert_eq!(get(&app, &address).await?["usage"]["uses"], 2);
    let last = browser.post(&format!("{screen}/remove"), &remove("3", "0")).await?;
    assert_eq!(last.status, StatusCode::CONFLICT, "{last}");
    assert!(!browser.get(&screen).await?.body.contains("/remove\""));
    Ok(())
}

#[tokio::test]
async fn a_row_is_one_feature_wherever_in_it_somebody_clicks() -> Result<()> {
    let Some(app) = start("naming_row").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let row = r#"{"tag":"tr","classes":["board-row"]},{"tag":"tbody"},{"tag":"table","classes":["list"]},{"tag":"main","id":"main"}"#;
    let chains = [
        r#"{"tag":"td","index":3}"#,
        r#"{"tag":"td","classes":["main-cell"]}"#,
        r#"{"tag":"small"},{"tag":"td","classes":["main-cell"]}"#,
        r#"{"tag":"button","name":"Delete"},{"tag":"td"}"#,
    ];
    let chains = chains.map(|inner| format!("[{inner},{row}]"));
    click_all(&app, &chains).await?;
    let list = browser.get(&format!("{PATH}/clicked")).await?;
    // Which of those of equal use is offered for the row is left open: each leads to its own rules.
    let (_, after) = list.body.split_once("Table cell .main-cell in").context("no cell")?;
    let (_, element) = after.split_once("element=").context("no way to its rules")?;
    let cell = element.get(..16).context("no element")?.to_owned();
    let page = browser.get(&format!("{PATH}/new?element={cell}&path=/orders/1042")).await?;
    let seen = text(&page);
    assert!(seen.contains("“All like this” is recommended: wherever in a row"), "{seen}");
    assert!(seen.contains("Any part of a row in a table"), "{seen}");
    assert!(seen.contains("3 elements"), "{seen}");
    assert!(page.body.contains(r#"value="all_like_this" checked"#), "{page}");
    let csrf = field(&page, "csrf")?;
    let mut form = form(&csrf, &cell, "/orders/1042");
    form.extend([("scope", "all_like_this"), ("name", "Open a board")]);
    let made = browser.post(&format!("{PATH}/new"), &form).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let features: Value = get(&app, FEATURES).await?;
    let uses = &features["features"][0]["usage"]["uses"];
    assert_eq!(uses, 3, "{features}");
    // In the list all of them are named now; the button is not.
    let seen = text(&browser.get(&format!("{PATH}/clicked")).await?);
    assert!(seen.contains("1 to 1 of 1 · 3 elements are named already"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn who_may_only_look_is_offered_nothing_else_and_told_who_may() -> Result<()> {
    let Some(app) = start("naming_viewer").await? else { return Ok(()) };
    let mut ada = Browser::signed_in(&app).await?;
    click_all(&app, &[named("Save"), named("Send")]).await?;
    let two = json!([{"target": {"role": "button", "name": ["Save"]}}, {"target": {"tag": "a"}}]);
    let address = make(&app, &json!({"name": "Save", "any_of": two})).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let mut cy = join(&app, &mut ada, "cy@example.com", Role::Viewer).await?;
    let may = [
        (PATH.to_owned(), "An editor or an administrator names features"),
        (
            format!("{PATH}/{id}"),
            "Only an editor or an administrator changes or deletes a feature.",
        ),
        ("/projects/default/members".to_owned(), "An administrator removes the member and invites"),
    ];
    for (address, sentence) in &may {
        let page = cy.get(address).await?;
        assert!(text(&page).contains(sentence), "{page}");
        let main = page.body.split_once("<main").context("no main part")?.1;
        assert!(!main.contains("<form") && !main.contains("/add\""), "{page}");
        assert!(!text(&ada.get(address).await?).contains(sentence), "{sentence}");
    }
    Ok(())
}
