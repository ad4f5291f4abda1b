//! What is proposed to somebody who names what she clicked: the rule that a person would choose, the
//! feature that it is already, and the page that she meant.

use crate::browser::{Browser, field, text};
use crate::features::{FEATURES, draft, filled, get, make, save, start};
use crate::test_app::{Answer, TestApp, batch};
use anyhow::{Context, Result};
use axum::http::{StatusCode, header};
use serde_json::json;

const PATH: &str = "/projects/default/features";

/// A batch whose only click is on this chain, on the page of this path.
fn clicked(n: u32, chain: &str, path: &str) -> String {
    let button = r#"[{"tag":"button","test_id":"save","name":"Save ann@example.com"}]"#;
    batch(&[save(n)]).replace(button, chain).replace("/orders/1042", path)
}

/// The elements of a list, in their order.
fn elements(page: &Answer) -> Vec<String> {
    let names = page.body.split("name=\"name-").skip(1);
    names.filter_map(|name| name.split('"').next()).map(str::to_owned).collect()
}

/// The word of the rule that is chosen.
fn chosen(page: &Answer) -> Option<&str> {
    let before = page.body.split(" checked").next()?;
    before.rsplit("value=\"").next()?.split('"').next()
}

#[tokio::test]
async fn a_link_of_the_navigation_is_meant_on_every_page_and_belongs_to_where_it_leads()
-> Result<()> {
    let Some(app) = start("guided_link").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let link = r#"[{"tag":"a","name":"Reports","href":"https://app.example.com/reports"},{"tag":"nav","name":"Modules"}]"#;
    for (n, path) in (1..).zip(["/orders", "/reports", "/team", "/orders"]) {
        app.post_batch(&clicked(n, link, path)).await?;
    }
    app.written().await?;
    let element = elements(&browser.get(&format!("{PATH}/clicked")).await?).remove(0);
    let page = browser.get(&format!("{PATH}/new?element={element}&path=/orders")).await?;
    let why = "“Anywhere in the product” is recommended: it stands in the navigation of 3 pages, and leads to the same place from each.";
    assert!(text(&page).contains(why), "{}", text(&page));
    assert_eq!(chosen(&page), Some("anywhere"));
    // The same outside of any navigation may be another thing on another page.
    let plain = link.replace(r#"{"tag":"nav","name":"Modules"}"#, r#"{"tag":"main"}"#);
    for (n, path) in (5..).zip(["/orders", "/team", "/team"]) {
        app.post_batch(&clicked(n, &plain, path)).await?;
    }
    app.written().await?;
    let other = elements(&browser.get(&format!("{PATH}/clicked")).await?);
    let other = other.into_iter().find(|one| *one != element).context("no other")?;
    let page = browser.get(&format!("{PATH}/new?element={other}&path=/orders")).await?;
    assert_eq!(chosen(&page), Some("this_one"));

    let target = json!({"role": "link", "href": "app.example.com/reports"});
    let rule = json!({"page": {"path": "/orders"}, "target": target});
    let made = make(&app, &json!({"name": "Reports", "any_of": [rule]})).await?;
    assert_eq!(get(&app, &made).await?["shown_in"], "reports");
    let elsewhere = json!({"role": "link", "href": "docs.example.com/guide"});
    let rule = json!({"page": {"path": "/orders"}, "target": elsewhere});
    let made = make(&app, &json!({"name": "Guide", "any_of": [rule]})).await?;
    assert_eq!(get(&app, &made).await?["shown_in"], "orders");
    Ok(())
}

#[tokio::test]
async fn a_click_on_what_has_a_name_shows_that_name() -> Result<()> {
    let Some(app) = start("guided_named").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let all = format!("{PATH}/point?whose=all");
    browser.get(&all).await?;
    app.post_batch(&batch(&[save(1)])).await?;
    app.written().await?;
    let new = browser.get(&all).await?;
    assert!(text(&new).contains("Name it\n") && !text(&new).contains("Counts for"), "{new}");
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?;
    let page = browser.get(&all).await?;
    let seen = text(&page);
    assert!(seen.contains("Counts for\nSave order\nName it anew"), "{seen}");
    assert!(page.body.contains(&format!("href=\"{PATH}/{id}\">Save order</a>")), "{page}");
    // Asked for anew the form is open, and else it is folded under the name.
    let rules = page.body.split("hx-get=\"").nth(1).and_then(|rest| rest.split('"').next());
    let rules = rules.context("no rules")?.replace("&#38;", "&");
    let open = browser.get(&rules).await?;
    assert!(rules.ends_with("&anew=yes") && !text(&open).contains("already"), "{open}");
    let folded = browser.get(&rules.replace("&anew=yes", "")).await?;
    assert!(text(&folded).contains("It counts for\nSave order\nalready."), "{folded}");
    assert!(folded.body.contains("Name it anew</summary>"), "{folded}");
    let element = field(&open, "element")?;
    let form = browser.get(&format!("{PATH}/new?element={element}&path=/orders/:id")).await?;
    assert!(text(&form).contains("It counts for\nSave order\nalready."), "{form}");
    Ok(())
}

#[tokio::test]
async fn what_is_called_as_a_feature_is_offered_to_count_for_it() -> Result<()> {
    let Some(app) = start("guided_twin").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let rule = json!({"target": {"test_id": "download"}});
    let address = make(&app, &json!({"name": "Export", "any_of": [rule]})).await?;
    let id = address.rsplit('/').next().context("no id")?;
    app.post_batch(&clicked(1, r#"[{"tag":"button","name":"Export"}]"#, "/charts")).await?;
    app.written().await?;
    let list = browser.get(&format!("{PATH}/clicked")).await?;
    let element = elements(&list).remove(0);
    let offer = "There is a feature “Export”. If this is a use of it, too:\nCount it as “Export”";
    let add = format!("{PATH}/{id}/add?element={element}&#38;path=%2Fcharts");
    let query = format!("element={element}&path=/charts");
    for page in ["clicked", &format!("new?{query}"), &format!("point/rules?{query}")] {
        let page = browser.get(&format!("{PATH}/{page}")).await?;
        assert!(text(&page).contains(offer), "{page}");
        assert!(page.body.contains(&format!("href=\"{add}\"")), "{page}");
    }
    let add = browser.get(&add.replace("&#38;", "&")).await?;
    assert!(text(&add).contains("Count it as “Export”, too"), "{add}");
    Ok(())
}

#[tokio::test]
async fn a_cell_is_named_as_its_row_and_once() -> Result<()> {
    let Some(app) = start("guided_row").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let cell = |class: &str| {
        format!(
            r#"[{{"tag":"td","classes":["{class}"]}},{{"tag":"tr","classes":["entry"]}},{{"tag":"table"}},{{"tag":"main","id":"main"}}]"#
        )
    };
    for (n, class) in (1..).zip(["title", "owner", "title"]) {
        app.post_batch(&clicked(n, &cell(class), "/boards")).await?;
    }
    app.written().await?;
    let page = browser.get(&format!("{PATH}/clicked")).await?;
    let seen = text(&page);
    assert!(seen.contains("Any part of a row") && seen.contains("on /boards"), "{seen}");
    assert!(seen.contains("It is a part of the row that is “Row of boards” above."), "{seen}");
    let element = elements(&page).remove(0);
    assert_eq!(field(&page, &format!("name-{element}"))?, "Row of boards");
    let (csrf, name) = (field(&page, "csrf")?, format!("name-{element}"));
    let form = [("csrf", csrf.as_str()), ("pick", &element), (name.as_str(), "Open a board")];
    let made = browser.post(&format!("{PATH}/clicked"), &form).await?;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made}");
    let features = get(&app, FEATURES).await?;
    assert_eq!(features["features"][0]["usage"]["uses"], 3, "{features}");
    Ok(())
}

async fn with_views(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    let view = save(1).replace(r#""click""#, r#""page_view""#).replace(r#","element":0"#, "");
    app.post_batch(&batch(&[view])).await?;
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn a_page_is_understood_as_it_is_typed_and_what_is_none_is_told_in_its_field() -> Result<()> {
    let Some(app) = with_views("guided_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    for typed in ["orders/7", "%20/orders/7%20", "app.example.com/orders/7"] {
        let page = browser.get(&format!("{PATH}/new?path={typed}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{page}");
        let seen = text(&page);
        assert!(seen.contains("The page /orders/:id") && !seen.contains("was ever seen"), "{seen}");
    }
    let answer = browser.get(&format!("{PATH}/new?path=the%20order%20page")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let back = answer.headers[header::LOCATION].to_str()?.to_owned();
    assert_eq!(back, format!("{PATH}?page=the+order+page#page"));
    let page = browser.get(&back.replace("#page", "")).await?;
    assert_eq!(field(&page, "path")?, "the order page");
    let why = "The address of a page is a path such as “/reports/:id”, or what the browser shows.";
    assert!(text(&page).contains(why), "{}", text(&page));
    let id = make(&app, &draft()).await?;
    let id = id.rsplit('/').next().context("no id")?;
    let page = browser.get(&format!("{PATH}/{id}/add?path=the%20order%20page")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    assert!(text(&page).contains(why), "{}", text(&page));
    Ok(())
}

#[tokio::test]
async fn the_app_is_linked_where_its_clicks_are_waited_for() -> Result<()> {
    let Some(app) = with_views("guided_app").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}/point")).await?;
    let link = r#"href="http://app.example.com/" target="_blank" rel="noopener noreferrer">Open app.example.com"#;
    assert!(page.body.contains(link), "{page}");
    Ok(())
}
