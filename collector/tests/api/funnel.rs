//! Funnels by the API and on their screen: times, accounts, breakdowns, conditions, own events, and
//! the people behind each number.

use crate::browser::{Browser, text};
use crate::test_app::{Answer, NOON, TestApp, batch, event_id};
use anyhow::{Context, Result};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

const PATH: &str = "/projects/default/funnel";
const QUERY: &str = "step=page%3A%2Forders%2F%3Aid&step=event%3Apaid&window=1h&last=7d";

/// Everybody views the order. Ann and Bob of Acme pay after 20 and 40 seconds, Ann with gold; Cy of
/// Bolt does not, nor does someone without a name.
async fn with_buyers(name: &str) -> Result<Option<TestApp>> {
    let Some(app) = TestApp::start(name).await? else { return Ok(None) };
    let view = |n: u32, after: i64| {
        let (id, at) = (event_id(n), NOON + after * 1_000);
        format!(r#"{{"event_id":"{id}","kind":"page_view","page":0,"timestamp":{at}}}"#)
    };
    let paid = |n: u32, after: i64, card: &str| {
        let (id, at) = (event_id(n), NOON + after * 1_000);
        format!(
            r#"{{"event_id":"{id}","kind":"custom","name":"paid","page":0,"timestamp":{at},"properties":{{"card":"{card}"}}}}"#
        )
    };
    let of = |user: &str, account: &str, events: &[String]| {
        let named = format!(r#","user_id":"{user}@example.com","account_id":"{account}""#);
        batch(events)
            .replace(r#","user_id":"ann@example.com""#, &named)
            .replace("anon-1", &format!("anon-{user}"))
    };
    app.post_batch(&of("ann", "acme", &[view(1, 0), paid(2, 20, "gold")])).await?;
    app.post_batch(&of("bob", "acme", &[view(3, 1), paid(4, 41, "blue")])).await?;
    app.post_batch(&of("cy", "bolt", &[view(5, 2)])).await?;
    let nobody = batch(&[view(6, 3)]).replace(r#","user_id":"ann@example.com""#, "");
    app.post_batch(&nobody.replace("anon-1", "anon-nobody")).await?;
    app.pass(60_000);
    app.written().await?;
    Ok(Some(app))
}

async fn ask(app: &TestApp, browser: &Browser<'_>, question: &Value) -> Result<Answer> {
    let body = Body::from(question.to_string());
    let mut request = browser.request(Method::POST, "/v1/projects/default/query", body)?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    app.send(request).await
}

fn funnel(more: &Value) -> Value {
    let steps = json!([{"page": "/orders/7"}, {"event": "paid"}]);
    let mut funnel =
        json!({"report": "funnel", "steps": steps, "window": "1h", "date_range": {"last": "7d"}});
    for (name, value) in more.as_object().into_iter().flatten() {
        funnel[name] = value.clone();
    }
    funnel
}

#[tokio::test]
async fn times_accounts_and_values_are_asked_for_in_json() -> Result<()> {
    let Some(app) = with_buyers("funnel_json").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let asked = funnel(&json!({"times": true, "breakdown": "account"}));
    insta::assert_snapshot!(ask(&app, &browser, &asked).await?, @r#"
200 OK
{"report":"funnel","by":"people","steps":[{"name":"/orders/:id","people":4,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"event “paid”","people":2,"conversion_rate":0.5,"step_rate":0.5,"drop_off":2,"times":{"mean_seconds":30.0,"median_seconds":30.0}}],"entered":4,"converted":2,"open":2,"times":{"mean_seconds":30.0,"median_seconds":30.0},"histogram":{"bounds_seconds":[20,25,30,40,50],"bins":[1,0,0,1]},"series":[{"value":"acme","is_others":false,"steps":[{"name":"/orders/:id","people":2,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"event “paid”","people":2,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0,"times":{"mean_seconds":30.0,"median_seconds":30.0}}],"entered":2,"converted":2,"open":0,"times":{"mean_seconds":30.0,"median_seconds":30.0}},{"value":"bolt","is_others":false,"steps":[{"name":"/orders/:id","people":1,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"event “paid”","people":0,"conversion_rate":0.0,"step_rate":0.0,"drop_off":1}],"entered":1,"converted":0,"open":1},{"value":"","is_others":false,"steps":[{"name":"/orders/:id","people":1,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"event “paid”","people":0,"conversion_rate":0.0,"step_rate":0.0,"drop_off":1}],"entered":1,"converted":0,"open":1}],"computed_at":1795348860000}
"#);
    let asked = funnel(&json!({"by": "accounts", "times": true}));
    insta::assert_snapshot!(ask(&app, &browser, &asked).await?, @r#"
200 OK
{"report":"funnel","by":"accounts","steps":[{"name":"/orders/:id","people":2,"conversion_rate":1.0,"step_rate":1.0,"drop_off":0},{"name":"event “paid”","people":1,"conversion_rate":0.5,"step_rate":0.5,"drop_off":1,"times":{"mean_seconds":19.0,"median_seconds":19.0}}],"entered":2,"converted":1,"open":1,"times":{"mean_seconds":19.0,"median_seconds":19.0},"histogram":{"bounds_seconds":[15,20],"bins":[1]},"computed_at":1795348860000}
"#);
    let gold = json!([{"page": "/orders/7"},
        {"event": "paid", "where": [{"property": "event.card", "is": ["gold", "black"]}]}]);
    let answer = ask(&app, &browser, &funnel(&json!({"steps": gold}))).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    assert_eq!((&answer["entered"], &answer["converted"]), (&json!(4), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn the_people_behind_a_number_are_asked_for_in_json() -> Result<()> {
    let Some(app) = with_buyers("funnel_people_json").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let mut asked = funnel(&json!({}));
    asked.as_object_mut().context("an object")?.remove("report");
    let people = |more: Value| {
        let mut people = json!({"report": "people", "list": {"of": "funnel", "question": asked}});
        for (name, value) in more.as_object().into_iter().flatten() {
            match name.as_str() {
                "who" => people["list"]["who"] = value.clone(),
                _ => people[name] = value.clone(),
            }
        }
        people
    };
    let lost = people(json!({"who": {"number": "lost", "step": 2}}));
    insta::assert_snapshot!(ask(&app, &browser, &lost).await?, @r#"
200 OK
{"report":"people","total":2,"people":[{"person":"anon-nobody","is_user":false,"account":"","entered_at":1795348803000,"last_at":1795348803000,"n":1},{"person":"cy@example.com","is_user":true,"account":"bolt","entered_at":1795348802000,"last_at":1795348802000,"n":1}],"next":null,"computed_at":1795348860000}
"#);
    let first = people(json!({"who": {"number": "reached", "step": 1}, "limit": 3}));
    let first: Value = serde_json::from_str(&ask(&app, &browser, &first).await?.body)?;
    let next = people(
        json!({"who": {"number": "reached", "step": 1}, "limit": 3, "after": first["next"]}),
    );
    let next: Value = serde_json::from_str(&ask(&app, &browser, &next).await?.body)?;
    let listed = |page: &Value| {
        let people = page["people"].as_array().into_iter().flatten();
        people.map(|one| one["person"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&first), ["anon-nobody", "cy@example.com", "bob@example.com"]);
    assert_eq!((listed(&next), &next["next"]), (vec!["ann@example.com".to_owned()], &Value::Null));
    for (more, told) in [
        (json!({"who": {"number": "lost", "step": 1}}), "of which the first loses nobody"),
        (json!({"who": {"number": "reached", "step": 3}}), "and this funnel has 2 steps"),
        (json!({"who": {"number": "reached", "step": 1, "value": "x"}}), "is not broken down"),
        (json!({"who": {"number": "reached", "step": 1}, "limit": 0}), "1 to 1000 people"),
        (json!({"who": {"number": "reached", "step": 1}, "after": "x"}), "no place in a list"),
    ] {
        let refused = ask(&app, &browser, &people(more)).await?;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused}");
        assert!(refused.body.contains(told), "{refused}");
    }
    Ok(())
}

/// Lines of a page as one, for those of many short ones.
fn in_one_line(lines: &str) -> String {
    lines.trim().lines().collect::<Vec<_>>().join(" | ")
}

#[tokio::test]
async fn the_screen_shows_times_values_and_links_to_the_people() -> Result<()> {
    let Some(app) = with_buyers("funnel_screen").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(&format!("{PATH}?{QUERY}&breakdown=account")).await?;
    assert_eq!(page.status, StatusCode::OK, "{page}");
    let seen = text(&page);
    let answer = seen.split_once("Entered").context("no answer")?.1;
    insta::assert_snapshot!(in_one_line(answer), @"4 | Went the whole way | 2 | Conversion | 50% | Time it takes | the median | 30 seconds | Still open | less than 1 hour so far | 2 | 2 of 4 people went the whole way: 50%. Most are lost between “/orders/:id” and event “paid”: 2 people, 50% of those who had come that far. | First steps of 16 to 22 November 2026, days in UTC. 2 entries are still open: they have had less than 1 hour so far. As of 12:01:00. | Step by step | Step | People | Of the first | Of the step before | Median time | Lost | 1. /orders/:id | 4 | 100% | – | – | – | 2. Event “paid” | 2 | 50% | 50% | 30 seconds | mean 30 seconds | 2 | The same question for the API | { &#34;report&#34;: &#34;funnel&#34;, &#34;steps&#34;: [ { &#34;page&#34;: &#34;/orders/:id&#34; }, { &#34;event&#34;: &#34;paid&#34; } ], &#34;window&#34;: &#34;1h&#34;, &#34;date_range&#34;: { &#34;last&#34;: &#34;7d&#34; }, &#34;times&#34;: true, &#34;breakdown&#34;: &#34;account&#34; } | Copy | POST it to | http://127.0.0.1:8080/v1/projects/default/query | , signed in. | By account | each counted once, under the account of the first entry | Account | 1. /orders/:id | 2. Event “paid” | Median time | acme | 2 | 100% | 2 | 100% | 30 seconds | bolt | 1 | 100% | 0 | 0% | – | (none) | 1 | 100% | 0 | 0% | – | How long it takes | Half of 2 people took 30 seconds or less; the mean is 30 seconds. | 1 | 20 s | 0 | 25 s | 0 | 30 s | 1 | 40 s | From the first step to the last, of the first attempt that went the whole way. Below each bar stands where it begins; the later, the longer the time that a bar holds. | The same as a table | It took | People | 20 s to 25 s | 1 | 25 s to 30 s | 0 | 30 s to 40 s | 0 | 40 s to 50 s | 1");
    let csv = browser.get(&format!("{PATH}.csv?{QUERY}&breakdown=account")).await?;
    insta::assert_snapshot!(csv.body.replace("\r\n", "\n"), @r#"
value,step,name,people,of_first,of_previous,lost,median_seconds,mean_seconds
"(all)",1,"/orders/:id",4,1.0000,1.0000,0,,
"(all)",2,"event “paid”",2,0.5000,0.5000,2,30.000,30.000
"acme",1,"/orders/:id",2,1.0000,1.0000,0,,
"acme",2,"event “paid”",2,1.0000,1.0000,0,30.000,30.000
"bolt",1,"/orders/:id",1,1.0000,1.0000,0,,
"bolt",2,"event “paid”",0,0.0000,0.0000,1,,
"(none)",1,"/orders/:id",1,1.0000,1.0000,0,,
"(none)",2,"event “paid”",0,0.0000,0.0000,1,,
"#);

    let links: Vec<_> =
        page.body.split("href=\"").filter_map(|rest| rest.split('"').next()).collect();
    let link = |what: &str| {
        let found = links.iter().find(|link| link.contains("/people?") && link.contains(what));
        found.map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
    };
    let lost =
        browser.get(&link("who.number=lost").context("no link to those who are lost")?).await?;
    assert_eq!(lost.status, StatusCode::OK, "{lost}");
    let list = text(&lost);
    let list = list.split_once("Back to the report").context("no list")?.1;
    insta::assert_snapshot!(in_one_line(list), @"People lost at step 2 | They did “/orders/:id” and not event “paid” in time; some may still have time. | All as CSV | 2 people | the latest first | Person | Account | Entered | Last step | At | anon-nobody | – | 22 Nov 2026, 12:00:03 | /orders/:id | 22 Nov 2026, 12:00:03 | cy@example.com | bolt | 22 Nov 2026, 12:00:02 | /orders/:id | 22 Nov 2026, 12:00:02 | Times of the first attempt that got this far, in UTC. As of 22 Nov 2026, 12:01:00.");
    let acme = browser.get(&link("who.value=acme").context("no link to those of a value")?).await?;
    assert!(text(&acme).contains("2 people\n") && text(&acme).contains("Only those of “acme”."));
    let bar = browser.get(&link("who.took_from=40").context("no link to those of a bar")?).await?;
    let bar = text(&bar);
    assert!(bar.contains("People who took 40 s to 50 s") && bar.contains("1 person\n"), "{bar}");
    Ok(())
}

#[tokio::test]
async fn a_list_is_paged_and_comes_whole_as_csv() -> Result<()> {
    let Some(app) = TestApp::start("funnel_list").await? else { return Ok(()) };
    let view = |n: u32| {
        let (id, at) = (event_id(n), NOON + i64::from(n / 2));
        format!(r#"{{"event_id":"{id}","kind":"page_view","page":0,"timestamp":{at}}}"#)
    };
    for n in 0..120 {
        let batch = batch(&[view(n)]).replace("ann@", &format!("person-{n}@"));
        app.post_batch(&batch.replace("anon-1", &format!("anon-{n}"))).await?;
    }
    app.pass(60_000);
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let mut address = format!("{PATH}/people?{QUERY}&who.number=lost&who.step=2");
    let mut listed = Vec::new();
    for rows in [50, 50, 20] {
        let page = browser.get(&address).await?;
        assert_eq!(page.status, StatusCode::OK, "{page}");
        assert!(text(&page).contains("120 people"), "{}", text(&page));
        let names = page.body.split("<th scope=\"row\">person-").skip(1);
        let names: Vec<_> = names.filter_map(|rest| rest.split('@').next()).collect();
        assert_eq!(names.len(), rows);
        listed.extend(names.into_iter().map(str::to_owned));
        let next = page.body.split("href=\"").filter_map(|rest| rest.split('"').next());
        let next = next.filter(|link| link.contains("place=")).last().unwrap_or_default();
        address = next.replace("&#38;", "&").replace("&amp;", "&");
    }
    let csv = browser.get(&format!("{PATH}/people.csv?{QUERY}&who.number=lost&who.step=2")).await?;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = csv.headers[header::CONTENT_DISPOSITION].to_str()?;
    assert_eq!(name, "attachment; filename=\"funnel-people-default.csv\"");
    let mut lines = csv.body.lines();
    insta::assert_snapshot!(lines.by_ref().take(3).collect::<Vec<_>>().join("\n"), @r#"
person,is_user,account,entered_at,last_step_at,steps,last_step
"person-118@example.com",true,"",2026-11-22T12:00:00.059Z,2026-11-22T12:00:00.059Z,1,"/orders/:id"
"person-119@example.com",true,"",2026-11-22T12:00:00.059Z,2026-11-22T12:00:00.059Z,1,"/orders/:id"
"#);
    let all: Vec<_> = csv.body.lines().skip(1).collect();
    let of = |line: &str| Some(line.strip_prefix("\"person-")?.split('@').next()?.to_owned());
    assert_eq!(all.iter().filter_map(|line| of(line)).collect::<Vec<_>>(), listed);
    assert_eq!(listed.len(), 120);
    for bad in [
        "who.number=lost&who.step=9",
        "who.number=lost&who.step=x",
        "who.number=reached&who.step=1&place=x",
        "who.number=reached&who.step=1&who.value=x",
        "",
    ] {
        let page = browser.get(&format!("{PATH}/people?{QUERY}&{bad}")).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn a_condition_is_added_and_removed_by_the_form() -> Result<()> {
    let Some(app) = with_buyers("funnel_condition").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let empty = browser.get(PATH).await?;
    assert!(empty.body.contains("value=\"event:paid\""), "{}", text(&empty));
    let form =
        format!("{PATH}?form=1&{QUERY}&do=filter-1&property-1=event.card&test-1=is&value-1=gold");
    let answer = browser.get(&form).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    let address = answer.headers[header::LOCATION].to_str()?.to_owned();
    assert!(address.contains("&where=event.card&is=gold&window=1h"), "{address}");
    let page = browser.get(&address).await?;
    let seen = text(&page);
    assert!(seen.contains("card of the event is gold"), "{seen}");
    assert!(seen.contains("1 of 4 people went the whole way: 25%."), "{seen}");
    let without = address.replace("funnel?", "funnel?form=1&do=unfilter-1-0&");
    let answer = browser.get(&without).await?;
    assert_eq!(answer.headers[header::LOCATION].to_str()?, format!("{PATH}?{QUERY}"));
    Ok(())
}
