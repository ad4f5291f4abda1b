//! The people behind each number of each report: every link leads to as many as it says.

use crate::browser::{Browser, text};
use crate::test_app::{Answer, TestApp};
use crate::{adoption, first_week, paths, retention, trend};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

/// The links behind numbers: the number, and where it leads to.
fn links(page: &Answer) -> Vec<(String, String)> {
    let links = page.body.split("<a class=\"behind\" href=\"").skip(1);
    let link = |rest: &str| {
        let (address, rest) = rest.split_once('"')?;
        let (value, _) = rest.split_once('>')?.1.split_once('<')?;
        Some((value.to_owned(), address.replace("&#38;", "&").replace("&amp;", "&")))
    };
    links.filter_map(link).collect()
}

/// How many a page says that there are: `3 people`, `1 account`.
fn total(page: &Answer) -> Result<u64> {
    let (_, rest) = page.body.split_once("<h2 id=\"behind-title\">").context("no list")?;
    let digits: String = rest.chars().take_while(|c| *c != '<' && *c != ' ').collect();
    Ok(digits.replace(',', "").parse()?)
}

/// Follows each link of a report: there are as many as the number says, on the page and in the file.
async fn lead_to_as_many(
    browser: &mut Browser<'_>,
    address: &str,
    n_links: usize,
) -> Result<Vec<String>> {
    let page = browser.get(address).await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    let links = links(&page);
    ensure!(links.len() == n_links, "{} links: {links:?}", links.len());
    let mut told = Vec::new();
    for (value, link) in links {
        let list = browser.get(&link).await?;
        ensure!(list.status == StatusCode::OK, "{link}: {list}");
        let n = total(&list)?;
        let number = value.trim_start_matches('−').replace(',', "");
        let number = number.split(' ').next().unwrap_or_default();
        ensure!(n > 0 && (value.ends_with('%') || number == n.to_string()), "{value}: {link}");
        let csv = browser.get(&link.replacen("/people?", "/people.csv?", 1)).await?;
        let lines = csv.body.lines().count() as u64;
        ensure!(lines == n + 1, "{lines} lines of {n}: {link}");
        let list = text(&list);
        let (_, list) = list.split_once("Back to the report\n").context("no way back")?;
        let (words, _) = list.split_once("\nAll as CSV").context("no file")?;
        told.push(format!("{value}: {}", words.replace('\n', ". ")));
    }
    Ok(told)
}

#[tokio::test]
async fn the_numbers_of_a_trend_lead_to_people_and_accounts() -> Result<()> {
    let Some(app) = trend::with_people("people_trend").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let address = format!("/projects/default/trend?{}", trend::QUERY);
    let told = lead_to_as_many(&mut browser, &address, 6).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
2: People who did “/orders/:id”. They did “/orders/:id” in the weeks of 2 Nov 2026 to 16 Nov 2026.
2: People who did “/orders/:id”. They did “/orders/:id” in the week of 2 Nov 2026.
1: People who did “/orders/:id”. They did “/orders/:id” in the week of 9 Nov 2026.
1: People who did “/orders/:id”. They did “/orders/:id” in the week of 16 Nov 2026.
1: People who did “/orders/:id”. They did “/orders/:id” in the week of 26 Oct 2026, the time before.
2: People who did “/orders/:id”. They did “/orders/:id” in the weeks of 2 Nov 2026 to 16 Nov 2026.
");
    let uses = address.replace("show=people", "show=uses");
    assert!(lead_to_as_many(&mut browser, &uses, 0).await?.is_empty());
    let trailing = address.replace("show=people", "show=people_7");
    let told = lead_to_as_many(&mut browser, &trailing, 4).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
1: People who did “/orders/:id”. They did “/orders/:id” from 16 Nov 2026 to 22 Nov 2026.
2: People who did “/orders/:id”. They did “/orders/:id” from 2 Nov 2026 to 8 Nov 2026.
1: People who did “/orders/:id”. They did “/orders/:id” from 9 Nov 2026 to 15 Nov 2026.
1: People who did “/orders/:id”. They did “/orders/:id” from 16 Nov 2026 to 22 Nov 2026.
");
    Ok(())
}

#[tokio::test]
async fn the_plans_without_a_curve_of_their_own_lead_to_their_people() -> Result<()> {
    let Some(app) = TestApp::start("people_other_plans").await? else { return Ok(()) };
    for n in 1..=7 {
        app.post_batch(&retention::with_plan(n)).await?;
    }
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let query = format!("{}&breakdown=account.plan", retention::QUERY);
    let page = browser.get(&format!("/projects/default/retention?{query}")).await?;
    let links: Vec<_> =
        links(&page).into_iter().filter(|(_, link)| link.contains("who.others=true")).collect();
    ensure!(!links.is_empty(), "{page}");
    for (value, link) in links {
        let list = browser.get(&link).await?;
        ensure!(total(&list)?.to_string() == value.trim_start_matches('−'), "{value}: {link}");
        let list = text(&list);
        let is_said = list.contains("Plan of the account: one that has no curve of its own.");
        ensure!(is_said && list.contains("p7@example.com"), "{list}");
        ensure!(!list.contains("p5@example.com"), "{list}");
    }
    Ok(())
}

#[tokio::test]
async fn a_feature_leads_to_who_used_it() -> Result<()> {
    let Some(app) = adoption::with_people("people_feature").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let told = lead_to_as_many(&mut browser, "/projects/default/features", 1).await?;
    insta::assert_snapshot!(told.join("\n"), @"2: People who did “Save order”. They did “Save order” from 24 Oct 2026 to 22 Nov 2026.");
    let adoption = browser.get(&format!("/projects/default/adoption?{}", adoption::QUERY)).await?;
    let (_, rest) = adoption.body.split_once("/projects/default/features/").context("none")?;
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    let page = format!("/projects/default/features/{id}");
    let n_links = links(&browser.get(&page).await?).len();
    ensure!(n_links > 1, "the people of the last days, and those of a period");
    lead_to_as_many(&mut browser, &page, n_links).await?;
    Ok(())
}

#[tokio::test]
async fn the_cells_of_retention_lead_to_who_came_back_and_who_did_not() -> Result<()> {
    let Some(app) = retention::with_people("people_retention").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let address = format!("/projects/default/retention?{}", retention::QUERY);
    let told = lead_to_as_many(&mut browser, &address, 5).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
2: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026.
2: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026.
1: People who came back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and came back in the week of 9 Nov 2026.
−1: People who did not come back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and did not come back in the week of 9 Nov 2026.
1: People who came back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and came back in the week of 16 Nov 2026.
");
    let page = browser.get(&address).await?;
    let (_, away) = links(&page).into_iter().find(|(value, _)| value == "−1").context("none")?;
    let list = browser.get(&away).await?;
    let list = text(&list);
    let (_, list) = list.split_once("1 person\n").context(list.clone())?;
    insta::assert_snapshot!(list.replace('\n', " | "), @"the latest first | Person | Account | First | Last | Times | bob@example.com | – | 8 Nov 2026, 12:00:00 | 8 Nov 2026, 12:00:00 | 1 | The first and the last time that they began in that period, in UTC. As of 22 Nov 2026, 12:00:00.");
    Ok(())
}

#[tokio::test]
async fn stickiness_and_life_cycle_lead_to_lists() -> Result<()> {
    let Some(app) = trend::with_people("people_sticky").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let stickiness = "/projects/default/stickiness?period=week&by=people&last=21d";
    let told = lead_to_as_many(&mut browser, stickiness, 5).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
1: People there in 1 week. They came in exactly 1 week, 2 to 22 November 2026.
2: People there in 1 week or more. They came in 1 week or more, 2 to 22 November 2026.
1: People there in 2 weeks or more. They came in 2 weeks or more, 2 to 22 November 2026.
1: People there in 3 weeks. They came in exactly 3 weeks, 2 to 22 November 2026.
1: People there in 3 weeks or more. They came in 3 weeks or more, 2 to 22 November 2026.
");
    let lifecycle = "/projects/default/lifecycle?period=week&by=people&last=28d";
    let told = lead_to_as_many(&mut browser, lifecycle, 12).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
1: Returning people. They came in the week of 9 Nov 2026, and in the week of 2 Nov 2026, too.
1: People who stayed away. They came in the week of 2 Nov 2026, and not in the week of 9 Nov 2026.
1: People who were there. They came in the week of 26 Oct 2026.
1: New people. They came in the week of 26 Oct 2026, and they were never seen before.
2: People who were there. They came in the week of 2 Nov 2026.
1: New people. They came in the week of 2 Nov 2026, and they were never seen before.
1: Returning people. They came in the week of 2 Nov 2026, and in the week of 26 Oct 2026, too.
1: People who were there. They came in the week of 9 Nov 2026.
1: Returning people. They came in the week of 9 Nov 2026, and in the week of 2 Nov 2026, too.
1: People who stayed away. They came in the week of 2 Nov 2026, and not in the week of 9 Nov 2026.
1: People who were there. They came in the week of 16 Nov 2026.
1: Returning people. They came in the week of 16 Nov 2026, and in the week of 9 Nov 2026, too.
");
    Ok(())
}

#[tokio::test]
async fn features_lead_to_who_used_them_and_who_did_not() -> Result<()> {
    let Some(app) = adoption::with_people("people_adoption").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let address = format!("/projects/default/adoption?{}", adoption::QUERY);
    app.post_batch(&adoption::others()).await?;
    app.written().await?;
    let told = lead_to_as_many(&mut browser, &address, 9).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
2: People who used “Save order”. They used it, 26 October to 22 November 2026.
−1: People who did not use “Save order”. They were there, 26 October to 22 November 2026, and did not use it.
1: People who came back to “Save order”. They used it for the first time, 26 October to 22 November 2026, and used it again exactly 6 days later.
2: People who began with “Save order”. They used it for the first time, 26 October to 22 November 2026, so long ago that it is known who used it again 6 days later.
2: People who used “Save order” 1 week ago or more. They used it in a week, 26 October to 22 November 2026, and what they did 1 week later is known. Who did so in several weeks is listed once, with how many they are.
100%: People who did not use “Save order”, and stayed. They were there in a week, 26 October to 22 November 2026, and did not use it then, and were in the product 1 week later. Who did so after several weeks is listed once, with how many they are.
1: People who did not use “Save order” 1 week ago or more. They were there in a week, 26 October to 22 November 2026, and did not use it then, and what they did 1 week later is known. Who did so in several weeks is listed once, with how many they are.
−3: People who did not use “Never, &#34;used&#34;”. They were there, 26 October to 22 November 2026, and did not use it.
3: People who were there. They did something, 26 October to 22 November 2026.
");
    Ok(())
}

#[tokio::test]
async fn steps_and_transitions_lead_to_whose_visits_they_were() -> Result<()> {
    let Some(app) = paths::with_visits("people_paths").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let told = lead_to_as_many(&mut browser, "/projects/default/paths?shown=1&last=7d", 18).await?;
    insta::assert_snapshot!(told.join("\n"), @r"
2: People at step 1. Step 1 of visits of theirs was “/home”.
1: People at step 1. Step 1 of visits of theirs was one that has no name of its own here.
1 person: People whose visit ended at step 1. Step 1 of visits of theirs was one that has no name of its own here, and the visit ended there.
1: People at step 2. Step 2 of visits of theirs was “/orders/:id”.
1: People at step 2. Step 2 of visits of theirs was one that has no name of its own here.
1: People at step 3. Step 3 of visits of theirs was “/orders/:id/edit”.
1 person: People whose visit ended at step 3. Step 3 of visits of theirs was “/orders/:id/edit”, and the visit ended there.
1: People at step 3. Step 3 of visits of theirs was one that has no name of its own here.
1: People at step 4. Step 4 of visits of theirs was “/orders/:id/edit”.
1 person: People whose visit ended at step 4. Step 4 of visits of theirs was “/orders/:id/edit”, and the visit ended there.
1: People from step 1 to step 2. Step 1 of visits of theirs was “/home”, and the next one was “/orders/:id”.
1: People from step 2 to step 3. Step 2 of visits of theirs was “/orders/:id”, and the next one was “/orders/:id/edit”.
1: People from step 1 to step 2. Step 1 of visits of theirs was “/home”, and the next one was one that has no name of its own here.
1: People from step 2 to step 3. Step 2 of visits of theirs was one that has no name of its own here, and the next one was one that has no name of its own here.
1: People from step 3 to step 4. Step 3 of visits of theirs was one that has no name of its own here, and the next one was “/orders/:id/edit”.
1 person: People of a journey. Visits of theirs went just so, as far as is looked at: “/home”, then “/orders/:id”, then “/orders/:id/edit”.
1 person: People of a journey. Visits of theirs went just so, as far as is looked at: “/help”.
1 person: People of a journey. Visits of theirs went just so, as far as is looked at: “/home”, then “/help”, then “/orders/:id”, then “/orders/:id/edit”.
");
    Ok(())
}

#[tokio::test]
async fn the_cohorts_of_a_plan_lead_to_those_who_are_counted_under_it() -> Result<()> {
    let Some(app) = retention::with_plans("people_plans").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let query = format!("{}&breakdown=account.plan", retention::QUERY);
    let told =
        lead_to_as_many(&mut browser, &format!("/projects/default/retention?{query}"), 19).await?;
    insta::assert_snapshot!(told[3..11].join("\n"), @r"
3: People who began. They did “/orders/:id” for the first time in these days.
1: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026. Plan of the account: pro.
1: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026. Plan of the account: pro.
1: People who came back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and came back in the week of 9 Nov 2026. Plan of the account: pro.
1: People who came back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and came back in the week of 16 Nov 2026. Plan of the account: pro.
1: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026. Plan of the account: team.
1: People who began. They did “/orders/:id” for the first time in the week of 2 Nov 2026. Plan of the account: team.
−1: People who did not come back. They did “/orders/:id” for the first time in the week of 2 Nov 2026, and did not come back in the week of 9 Nov 2026. Plan of the account: team.
");
    Ok(())
}

#[tokio::test]
async fn the_first_week_leads_to_who_used_it_so_often() -> Result<()> {
    let people = first_week::with_people("people_first_week", first_week::NEW).await?;
    let Some(app) = people else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let address = "/projects/default/first-week?most=4&last=91d";
    let told = lead_to_as_many(&mut browser, address, 30).await?;
    insta::assert_snapshot!(told[..12].join("\n"), @r"
120: New people. Their second week is over.
40: New people. They were there in their second week.
80: New people. They were not there in their second week.
40: New people by uses of “Save order”. They did not use it in their first week.
−40: New people by uses of “Save order”. They did not use it in their first week, and were not there in their second week.
40: New people by uses of “Save order”. They used it just once in their first week.
25%: New people by uses of “Save order”. They used it just once in their first week, and were there in their second week.
−30: New people by uses of “Save order”. They used it just once in their first week, and were not there in their second week.
66.7%: New people by uses of “Save order”. They used it once or more in their first week.
50%: New people by uses of “Save order”. They used it once or more in their first week, and were there in their second week.
−40: New people by uses of “Save order”. They used it once or more in their first week, and were not there in their second week.
−40: New people by uses of “Save order”. They did not use it in their first week, and were not there in their second week.
");
    insta::assert_snapshot!(told[28..].join("\n"), @r"
12.5%: New people by uses of “Save order”. They used it fewer than 4 times in their first week, and were there in their second week.
−70: New people by uses of “Save order”. They used it fewer than 4 times in their first week, and were not there in their second week.
");
    Ok(())
}

/// Sends JSON as a member does.
async fn send(
    app: &TestApp,
    browser: &Browser<'_>,
    (method, address): (Method, &str),
    body: &Value,
) -> Result<Answer> {
    let mut request = browser.request(method, address, Body::from(body.to_string()))?;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    app.send(request).await
}

async fn ask(app: &TestApp, browser: &Browser<'_>, list: &Value) -> Result<Answer> {
    let body = json!({"report": "people", "list": list, "limit": 1});
    send(app, browser, (Method::POST, "/v1/projects/default/query"), &body).await
}

#[tokio::test]
async fn lists_are_asked_for_in_json_and_a_number_that_is_not_there_is_refused() -> Result<()> {
    let Some(app) = retention::with_people("people_json").await? else { return Ok(()) };
    let browser = Browser::signed_in(&app).await?;
    let question = json!({"start": {"page": "/orders/:id"}, "followed": 3, "cohorts": "first",
        "date_range": {"last": "28d"}});
    let list = |who: Value| json!({"of": "retention", "question": question, "who": who});
    insta::assert_snapshot!(ask(&app, &browser, &list(json!({"cohort": 2}))).await?, @r#"
200 OK
{"report":"people","total":2,"people":[{"person":"ann@example.com","is_user":true,"account":"","entered_at":1794139200000,"last_at":1794139200000,"n":1}],"next":"1794139200000.ann@example.com","computed_at":1795348800000}
"#);
    for (list, told) in [
        (list(json!({"cohort": 9})), "the people of cohort 9 are asked for"),
        (list(json!({"cohort": 2, "later": 3})), "the people of 3 periods later are asked for"),
        (list(json!({"cohort": 2, "later": 0, "came": false})), "the people of 0 periods later"),
        (list(json!({"cohort": 2, "until": 3})), "unknown field `until`"),
        (json!({"of": "trend", "question": {}, "who": {"series": 2}}), "the people of series 2"),
        (json!({"of": "usage", "question": {}, "who": {}}), "unknown variant `usage`"),
    ] {
        let refused = ask(&app, &browser, &list).await?;
        ensure!(refused.status == StatusCode::BAD_REQUEST, "{list}: {refused}");
        ensure!(refused.body.contains(told), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn who_is_left_out_of_a_report_is_left_out_of_its_lists() -> Result<()> {
    let Some(app) = trend::with_people("people_staff").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let staff = json!({"expected_version": 0, "rules": {"users": ["bob@example.com"]}});
    let staff_of = (Method::PUT, "/v1/projects/default/staff");
    let answer = send(&app, &browser, staff_of, &staff).await?;
    ensure!(answer.status == StatusCode::OK, "{answer}");
    let address = format!("/projects/default/trend?{}", trend::QUERY);
    let told = lead_to_as_many(&mut browser, &address, 6).await?;
    ensure!(told.iter().all(|told| told.starts_with("1: ")), "{told:?}");
    let (_, link) = links(&browser.get(&address).await?).pop().context("no link")?;
    let list = browser.get(&link).await?;
    ensure!(list.body.contains("ann@example.com") && !list.body.contains("bob@"), "{list}");
    // Another project's lists are not there, and an odd number is said to be one.
    let elsewhere = browser.get(&link.replacen("/default/", "/other/", 1)).await?;
    ensure!(elsewhere.status == StatusCode::NOT_FOUND, "{elsewhere}");
    for bad in ["who.series=9", "who.series=x", "who.period=1", "who.series=1&who.odd=1"] {
        let page = browser.get(&format!("{}/people?{bad}", "/projects/default/trend")).await?;
        ensure!(page.status == StatusCode::BAD_REQUEST, "{bad}: {page}");
    }
    let nobody = "series=page%3A%2Fnever&period=week&last=21d&who.series=1";
    let page = browser.get(&format!("/projects/default/trend/people?{nobody}")).await?;
    ensure!(text(&page).contains("0 people\n") && text(&page).contains("\nNobody."), "{page}");
    ensure!(!page.body.contains("All as CSV"), "{page}");
    Ok(())
}
