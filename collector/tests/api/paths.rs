//! Paths on their screen, as CSV, as funnels and by the API: the same numbers.

use crate::browser::{Browser, text};
use crate::test_app::{NOON, TestApp, event_id};
use anyhow::Result;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};

const MINUTE_MS: i64 = 60_000;
const PATH: &str = "/projects/default/paths";
const PAGES: [&str; 4] = ["/home", "/orders/1042", "/orders/1042/edit", "/help"];

/// Views of pages by their numbers, by one person, each a minute after the one before.
fn visit(person: &str, first: u32, begins_min: i64, pages: &[usize]) -> String {
    let views = (0..).zip(pages).map(|(n, page)| {
        let at = NOON + (begins_min + i64::from(n)) * MINUTE_MS;
        let id = event_id(first + n as u32);
        format!(r#"{{"event_id":"{id}","kind":"page_view","page":{page},"timestamp":{at}}}"#)
    });
    let views: Vec<_> = views.collect();
    let known = PAGES
        .map(|path| format!(r#"{{"host":"app.example.com","path":"{path}","title":"Page"}}"#))
        .join(",");
    format!(
        r#"{{"sdk":"test/1","sent_at":{NOON},"context":{{"anonymous_id":"b-{person}","session_id":"s","user_id":"{person}"}},"elements":[],"pages":[{known}],"events":[{}]}}"#,
        views.join(",")
    )
}

/// Ann goes home, to the order and edits it, twice; Bob gets lost on the way; Cem reads help only.
pub(crate) async fn with_visits(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    for batch in [
        visit("ann", 1, -240, &[0, 1, 1, 2]),
        visit("ann", 11, -120, &[0, 1, 2]),
        visit("bob", 21, -200, &[0, 3, 1, 2]),
        visit("cem", 31, -180, &[3]),
    ] {
        app.post_batch(&batch).await?;
    }
    app.written().await?;
    Ok(Some(app))
}

#[tokio::test]
async fn what_came_after_what_is_read_as_tables_and_journeys() -> Result<()> {
    let Some(app) = with_visits("paths_page").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?start=page:/home&last=7d")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let shapes = ["<path class=\"band\"", "<rect class=\"ended\"", "class=\"start\""];
    let n_shapes = shapes.map(|shape| page.body.matches(shape).count());
    assert_eq!(n_shapes, [5, 2, 1], "{page}");
    let page = text(&page);
    let told = "3 visits of 2 people with “/home”, and what came after it. The second step was most often “/orders/:id”, in 66.7%; 0% ended before it.";
    assert!(page.contains(told), "{page}");
    for row in [
        "1\n/home\n3\n2\n100%\n–\nStart here",
        "3\n/orders/:id/edit\n2\n1\n66.7%\n2\nby\n1 person\nStart here",
        "1\n/home\n/orders/:id\n2\n1\n66.7%\n90 seconds\n",
    ] {
        assert!(page.contains(row), "{page}");
    }
    let (_, journeys) = page.split_once("Whole journeys\n").unwrap_or_default();
    let (journeys, _) = journeys.split_once("The same question").unwrap_or_default();
    insta::assert_snapshot!(journeys, @r#"
These are all of them.
A funnel of the same steps counts people and not visits, within a day, over as many visits as it takes, and other steps may lie between: so it counts as many people or more.
/home
›
, then
/orders/:id
›
, then
/orders/:id/edit
2 visits
by
1 person
· 66.7%
The funnel counts 2 people: 1 person more did it with other steps between, before or after.
Make it a funnel
/home
›
, then
/help
›
, then
/orders/:id
›
, then
/orders/:id/edit
1 visit
by
1 person
· 33.3%
The funnel counts the same 1 person.
Make it a funnel
"#);
    Ok(())
}

#[tokio::test]
async fn a_journey_becomes_the_funnel_of_its_steps() -> Result<()> {
    let Some(app) = with_visits("paths_funnel").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?last=7d")).await?;
    let funnel =
        page.body.split("href=\"").find(|rest| rest.starts_with("/projects/default/funnel?"));
    let funnel = funnel.and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let address = funnel.replace("&#38;", "&").replace("&amp;", "&");
    assert_eq!(
        address,
        "/projects/default/funnel?step=page%3A%2Fhome&step=page%3A%2Forders%2F%3Aid&step=page%3A%2Forders%2F%3Aid%2Fedit&window=1d&last=7d"
    );
    // Bob did it, too, with a look at the help in between.
    let told = "The funnel counts 2 people: 1 person more did it with other steps between, before or after.";
    assert!(text(&page).contains(told), "{}", text(&page));
    let funnel = text(&browser.get(&address).await?);
    assert!(funnel.contains("Went the whole way\n2\n"), "{funnel}");
    Ok(())
}

#[tokio::test]
async fn every_journey_says_what_its_funnel_counts() -> Result<()> {
    let Some(app) = with_visits("paths_every").await? else { return Ok(()) };
    let others: [&[usize]; 5] = [&[3, 0], &[2, 3], &[0, 2], &[1, 3, 1], &[0, 1, 0, 3]];
    for (n, pages) in (0..).zip(others) {
        app.post_batch(&visit(&format!("p{n}"), 100 + 10 * n, -100, pages)).await?;
    }
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?last=7d")).await?;
    let seen = text(&page);
    let (funnels, counts) = (seen.matches("Make it a funnel"), seen.matches("The funnel counts"));
    assert_eq!((funnels.count(), counts.count()), (7, 7), "{seen}");
    // Nobody else goes home, to the order and home again.
    assert!(seen.contains("The funnel counts the same 1 person."), "{seen}");
    Ok(())
}

#[tokio::test]
async fn the_same_numbers_come_as_csv() -> Result<()> {
    let Some(app) = with_visits("paths_csv").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let csv = browser.get(&format!("{PATH}.csv?end=page:/orders/:id&last=7d")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
step,from,to,transitions,people,share,mean_seconds
1,"/home","/orders/:id",2,1,0.6667,90.0
1,"/home","/help",1,1,0.3333,60.0
2,"/help","/orders/:id",1,1,0.3333,60.0
"#);
    Ok(())
}

#[tokio::test]
async fn a_member_asks_for_paths_by_the_api() -> Result<()> {
    let Some(app) = with_visits("paths_api").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let question = r#"{"report":"paths","start":{"page":"/help"},"date_range":{"last":"7d"}}"#;
    let address = "/v1/projects/default/query";
    let mut request = browser.request(Method::POST, address, Body::from(question))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    // The ids of pages are drawn from a secret of the project.
    let answer = app.send(request).await?.to_string();
    let ids = answer.split("\"node\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let ids: Vec<_> = ids.filter(|id| id.len() == 16).map(str::to_owned).collect();
    let answer = ids.iter().fold(answer, |answer, id| answer.replace(id.as_str(), "an id"));
    insta::assert_snapshot!(answer, @r#"
200 OK
{"report":"paths","start":"/help","end":null,"visits":2,"people":2,"positions":[{"position":1,"visits":2,"people":2,"nodes":[{"item":{"name":"/help","node":"start","kind":"start","step":"page:/help"},"visits":2,"people":2,"share":1.0,"ended":{"visits":1,"people":1},"goes_on":{"visits":0,"people":0}}]},{"position":2,"visits":1,"people":1,"nodes":[{"item":{"name":"/orders/:id","node":"an id","kind":"node","step":"page:/orders/:id"},"visits":1,"people":1,"share":0.5,"ended":{"visits":0,"people":0},"goes_on":{"visits":0,"people":0}}]},{"position":3,"visits":1,"people":1,"nodes":[{"item":{"name":"/orders/:id/edit","node":"an id","kind":"node","step":"page:/orders/:id/edit"},"visits":1,"people":1,"share":0.5,"ended":{"visits":1,"people":1},"goes_on":{"visits":0,"people":0}}]}],"edges":[{"position":1,"from":{"name":"/help","node":"start","kind":"start","step":"page:/help"},"to":{"name":"/orders/:id","node":"an id","kind":"node","step":"page:/orders/:id"},"transitions":1,"people":1,"share":0.5,"mean_seconds":60.0},{"position":2,"from":{"name":"/orders/:id","node":"an id","kind":"node","step":"page:/orders/:id"},"to":{"name":"/orders/:id/edit","node":"an id","kind":"node","step":"page:/orders/:id/edit"},"transitions":1,"people":1,"share":0.5,"mean_seconds":60.0}],"journeys":[{"items":[{"name":"/help","node":"start","kind":"start","step":"page:/help"}],"visits":1,"people":1,"share":0.5},{"items":[{"name":"/help","node":"start","kind":"start","step":"page:/help"},{"name":"/orders/:id","node":"an id","kind":"node","step":"page:/orders/:id"},{"name":"/orders/:id/edit","node":"an id","kind":"node","step":"page:/orders/:id/edit"}],"visits":1,"people":1,"share":0.5}],"computed_at":1795348800000}
"#);
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_told() -> Result<()> {
    let Some(app) = TestApp::start("paths_empty").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let empty = text(&browser.get(PATH).await?);
    assert!(empty.contains("No trail yet\nNothing was captured so far."), "{empty}");
    app.post_batch(&visit("ann", 1, -60, &[0, 1])).await?;
    app.written().await?;
    let nobody = text(&browser.get(&format!("{PATH}?start=page:/never&last=7d")).await?);
    assert!(nobody.contains("No visit went like that\n"), "{nobody}");
    assert!(nobody.contains("Look at the last 90 days"), "{nobody}");
    let unnamed = text(&browser.get(&format!("{PATH}?nodes=features")).await?);
    assert!(unnamed.contains("No feature has a name yet\n"), "{unnamed}");
    let bad = browser.get(&format!("{PATH}?nodes=events")).await?;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert!(text(&bad).contains("may be “pages”, “features” or “clicks”"), "{}", text(&bad));
    let many = browser.get(&format!("{PATH}?steps=99")).await?;
    assert_eq!(many.status, StatusCode::BAD_REQUEST);
    assert!(text(&many).contains("Paths have 2 to 10 steps"), "{}", text(&many));
    Ok(())
}

#[tokio::test]
async fn what_the_form_says_becomes_an_address() -> Result<()> {
    let Some(app) = TestApp::start("paths_form").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let form = "form=1&shown=6&last=28d&nodes=clicks&start=page:/home&end=&steps=4";
    let answer = browser.get(&format!("{PATH}?{form}")).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let to = "nodes=clicks&start=page%3A%2Fhome&steps=4&shown=6&last=28d";
    assert_eq!(answer.headers[header::LOCATION], format!("{PATH}?{to}"));
    Ok(())
}
