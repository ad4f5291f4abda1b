//! What is said of accounts: by programs, by files and by forms; and what reports see of it.

mod import;
mod reports;

use crate::browser::{Browser, field, text};
use crate::import::KEY;
use crate::team::join;
use crate::test_app::{Answer, TestApp};
use anyhow::{Result, ensure};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use collector::config::server::FirstKey;
use protocol::ProjectId;
use serde_json::{Value, json};
use store::Role;
use store::record::{Subject, Told};

const RECORDS: &str = "/v1/projects/default/accounts/records";
const RECORD: &str = "/projects/default/accounts/acme%2Fretail%201/record";
/// The id of that account, which needs marks in an address.
const ACME: &str = "acme/retail 1";

async fn with_key(name: &str) -> Result<Option<TestApp>> {
    let key = FirstKey::parse(KEY)?;
    TestApp::start_with(name, |config| config.server.private_key = Some(key)).await
}

/// What a program with a private key is answered.
async fn program(app: &TestApp, method: Method, path: &str, body: &Value) -> Result<Answer> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))?;
    app.send(request).await
}

async fn tell(app: &TestApp, records: Value) -> Result<Answer> {
    program(app, Method::POST, RECORDS, &json!({"records": records})).await
}

/// All that holds.
async fn told(app: &TestApp) -> Result<Vec<Told>> {
    Ok(app.store().told_last(&ProjectId::parse("default")?, &Subject::ALL).await?)
}

#[tokio::test]
async fn a_program_says_what_it_knows_and_says_it_again() -> Result<()> {
    let Some(app) = with_key("records_program").await? else { return Ok(()) };
    let known = json!([
        {"account": ACME, "attributes": {
            "plan": "Team", "seats": 25, "renewal_date": "2027-06-21",
            "modules": ["Collection", "Analysis"], "is_pilot": true,
        }},
        {"account": ACME,
         "contacts": [{"name": "Analyst 1", "email": "a1@acme.example", "role": "daily_user", "user": "u1"}],
         "notes": [{"day": "2026-10-19", "kind": "intervention", "text": "Trained the new analyst", "told": ["analyst 1"]}]},
        {"account": "cobalt", "attributes": {"plan": "Free"}},
    ]);
    insta::assert_snapshot!(tell(&app, known.clone()).await?, @r#"
    200 OK
    {"accepted":3,"unchanged":0,"rejected":[]}
    "#);
    let before = told(&app).await?;
    app.pass(60_000);
    insta::assert_snapshot!(tell(&app, known).await?, @r#"
    200 OK
    {"accepted":0,"unchanged":3,"rejected":[]}
    "#);
    assert_eq!(told(&app).await?, before, "nothing was written");
    // What is wrong stops nothing that is right.
    let some_bad = json!([
        {"account": "", "attributes": {"plan": "Team"}},
        {"account": "..", "attributes": {"plan": "Team"}},
        {"account": ACME, "attributes": {"seats": "many"}},
        {"account": ACME, "attributes": {"plan": {"a": 1}}},
        {"account": ACME, "attributes": {"renewal_date": "2027-02-30"}},
        {"account": ACME, "contacts": [{"name": "Bo", "role": "boss"}]},
        {"account": ACME, "notes": [{"day": "2026-10-19", "text": "Called", "told": ["Nobody"]}]},
        {"account": ACME, "plan": "Team"},
        {"account": ACME, "attributes": {"plan": null, "seats": 30}},
        {"account": ACME, "attributes": {"seats": 31}},
    ]);
    insta::assert_snapshot!(tell(&app, some_bad).await?, @r#"
    200 OK
    {"accepted":1,"unchanged":0,"rejected":[{"i":0,"reason":"it says nothing of which account it is"},{"i":1,"reason":"`..` is no id of an account: no page can have its address"},{"i":2,"reason":"seats: `many` is no number, such as `12000` or `0.5`"},{"i":3,"reason":"a value is a text, a number, true, false, a list of texts, or null"},{"i":4,"reason":"renewal_date: `2027-02-30` is no day, such as `2027-06-21`"},{"i":5,"reason":"`boss` is no role of a contact: `daily_user`, `administrator`, `decision_maker`, `champion`, `other`"},{"i":6,"reason":"nobody is called `Nobody` among the contacts of this account"},{"i":7,"reason":"unknown field `plan`, expected one of `account`, `attributes`, `contacts`, `notes`"},{"i":9,"reason":"seats: `31` here, and `30` in what came before it"}]}
    "#);
    let path = "/v1/projects/default/accounts/acme%2Fretail%201/record";
    insta::assert_snapshot!(program(&app, Method::GET, path, &Value::Null).await?, @r#"
    200 OK
    {"account":"acme/retail 1","attributes":[{"name":"seats","value":"30","source":"api","author":"a program with a private key","told_at":1795348860000},{"name":"renewal_date","value":"2027-06-21","source":"api","author":"a program with a private key","told_at":1795348800000},{"name":"modules","value":"Collection, Analysis","source":"api","author":"a program with a private key","told_at":1795348800000},{"name":"is_pilot","value":"true","source":"api","author":"a program with a private key","told_at":1795348800000}],"contacts":[{"id":"04ca290492a00ef9","name":"Analyst 1","email":"a1@acme.example","role":"daily_user","user":"u1"}],"notes":[{"id":"58e9bb68d4a4883b","day":"2026-10-19","kind":"intervention","text":"Trained the new analyst","told":["Analyst 1"],"author":"a program with a private key","told_at":1795348800000}],"changes":[{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"attribute","id":"is_pilot","turns":[{"name":"is_pilot","before":"","after":"true"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"attribute","id":"modules","turns":[{"name":"modules","before":"","after":"Collection, Analysis"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"attribute","id":"plan","turns":[{"name":"plan","before":"","after":"Team"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"attribute","id":"renewal_date","turns":[{"name":"renewal_date","before":"","after":"2027-06-21"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"attribute","id":"seats","turns":[{"name":"seats","before":"","after":"25"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"contact","id":"04ca290492a00ef9","turns":[{"name":"email","before":"","after":"a1@acme.example"},{"name":"name","before":"","after":"Analyst 1"},{"name":"role","before":"","after":"daily_user"},{"name":"user","before":"","after":"u1"}]},{"told_at":1795348800000,"author":"a program with a private key","source":"api","subject":"note","id":"58e9bb68d4a4883b","turns":[{"name":"day","before":"","after":"2026-10-19"},{"name":"kind","before":"","after":"intervention"},{"name":"text","before":"","after":"Trained the new analyst"},{"name":"told","before":"","after":"[\"04ca290492a00ef9\"]"}]},{"told_at":1795348860000,"author":"a program with a private key","source":"api","subject":"attribute","id":"plan","turns":[{"name":"plan","before":"Team","after":""}]},{"told_at":1795348860000,"author":"a program with a private key","source":"api","subject":"attribute","id":"seats","turns":[{"name":"seats","before":"25","after":"30"}]}]}
    "#);
    // An account may have any other name.
    let import = json!([{"account": "import", "attributes": {"plan": "Team"}}]);
    assert_eq!(tell(&app, import).await?.status, StatusCode::OK);
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get("/projects/default/accounts/import").await?;
    assert!(text(&page).starts_with("import\n") || text(&page).contains("Team"), "{page}");
    let unknown = json!({"records": [], "more": 1});
    let answer = program(&app, Method::POST, RECORDS, &unknown).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer}");
    let many = tell(&app, json!(vec![0; 10_001])).await?;
    assert_eq!(many.status, StatusCode::PAYLOAD_TOO_LARGE, "{many}");
    Ok(())
}

/// Sends a form of the record.
async fn change(browser: &mut Browser<'_>, part: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    let page = browser.get(RECORD).await?;
    change_from(browser, &page, part, fields).await
}

/// Sends a form of the record as it was on a page.
async fn change_from(
    browser: &mut Browser<'_>,
    page: &Answer,
    part: &str,
    fields: &[(&str, &str)],
) -> Result<Answer> {
    let (csrf, seen) = (field(page, "csrf")?, seen(page, fields));
    let fields = [&[("csrf", csrf.as_str()), ("seen", seen.as_str())], fields].concat();
    browser.post(&format!("{RECORD}/{part}"), &fields).await
}

/// What a page says that it saw of the thing that these fields are of.
fn seen(page: &Answer, fields: &[(&str, &str)]) -> String {
    let id = fields.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| *id);
    let form = page.body.split_once(&format!("name=\"id\" value=\"{id}\""));
    let form = form.filter(|_| !id.is_empty()).map_or("", |(_, form)| form);
    let (_, seen) = form.split_once("name=\"seen\" value=\"").unwrap_or_default();
    seen.split('"').next().unwrap_or_default().to_owned()
}

/// What a page says of something between two headings.
fn part(page: &Answer, from: &str, to: &str) -> String {
    let seen = text(page);
    let (_, rest) = seen.split_once(from).unwrap_or_default();
    let (told, _) = rest.split_once(to).unwrap_or((rest, ""));
    told.trim().lines().collect::<Vec<_>>().join(" | ")
}

#[tokio::test]
async fn a_member_sets_changes_and_takes_away() -> Result<()> {
    let Some(app) = TestApp::start("records_member").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(RECORD).await?;
    ensure!(page.status == StatusCode::OK, "{page}");
    let seen = text(&page);
    assert!(seen.contains("No event names the account “acme/retail 1” yet."), "{seen}");
    assert!(seen.contains("Nothing was said here yet."), "{seen}");

    for (part, fields) in [
        ("attribute", &[("id", "renewal_date"), ("value", "2027-06-21")][..]),
        ("attribute", &[("name", "industry"), ("value", "Retail")]),
        ("contact", &[("name", "Ana"), ("role", "champion"), ("email", ""), ("user", "u1")]),
        ("contact", &[("name", "Ben"), ("role", "other"), ("email", ""), ("user", "")]),
    ] {
        let answer = change(&mut browser, part, fields).await?;
        ensure!(answer.status == StatusCode::SEE_OTHER, "{part}: {answer}");
        let to = answer.headers[header::LOCATION].to_str()?;
        assert!(to.starts_with(&format!("{RECORD}?saved=true#")), "{to}");
    }
    let note = [
        ("day", "2026-11-20"),
        ("kind", "intervention"),
        ("text", "Trained\r\nall"),
        ("told", "Ana"),
        ("told", "Ben"),
    ];
    change(&mut browser, "note", &note).await?;
    app.pass(60_000);
    let away = [("id", "industry"), ("value", "Retail"), ("remove", "yes")];
    change(&mut browser, "attribute", &away).await?;
    change(&mut browser, "attribute", &[("id", "renewal_date"), ("value", "2028-06-21")]).await?;
    let kept = told(&app).await?;
    let id = |name: &str, value: &str| {
        let found = kept.iter().find(|told| told.place.name == name && told.value == value);
        found.map(|told| told.place.id.clone()).unwrap_or_default()
    };
    change(
        &mut browser,
        "contact",
        &[("id", &id("name", "Ben")), ("name", "Ben"), ("remove", "yes")],
    )
    .await?;
    let later = [
        ("id", &*id("day", "2026-11-20")),
        ("day", "2026-11-21"),
        ("kind", "intervention"),
        ("text", "Trained\r\nall"),
        ("told", "Ana"),
        ("told", "Ben"),
    ];
    let answer = change(&mut browser, "note", &later).await?;
    ensure!(answer.status == StatusCode::SEE_OTHER, "{answer}");
    let page = browser.get(RECORD).await?;
    assert!(!page.body.contains("Industry"), "{page}");
    for shown in [
        "<span class=\"name\">Ana</span><span class=\"how\">Champion · user u1</span>",
        "<time datetime=\"2026-11-21\">2026-11-21</time> · <strong>Intervention</strong> · told Ana, Ben</span>",
        "<span class=\"said\">Trained\nall</span>",
    ] {
        assert!(page.body.contains(shown), "{shown}: {page}");
    }
    assert!(!page.body.contains("<span class=\"name\">Ben"), "{page}");
    insta::assert_snapshot!(part(&page, "History", "END"), @"When | Who | What | Before | After | 22 Nov 2026, 12:01:00 | ada@example.com | Note: day | 2026-11-20 | 2026-11-21 | 22 Nov 2026, 12:01:00 | ada@example.com | Ben: role | Other | – | 22 Nov 2026, 12:01:00 | ada@example.com | Renewal date | 2027-06-21 | 2028-06-21 | 22 Nov 2026, 12:01:00 | ada@example.com | industry | Retail | – | 22 Nov 2026, 12:00:00 | ada@example.com | Note: day | – | 2026-11-20 | 22 Nov 2026, 12:00:00 | ada@example.com | Note: kind | – | intervention | 22 Nov 2026, 12:00:00 | ada@example.com | Note: text | – | Trained all | 22 Nov 2026, 12:00:00 | ada@example.com | Note: who was told | – | Ana, Ben | 22 Nov 2026, 12:00:00 | ada@example.com | Ben: name | – | Ben | 22 Nov 2026, 12:00:00 | ada@example.com | Ben: role | – | Other | 22 Nov 2026, 12:00:00 | ada@example.com | Ana: name | – | Ana | 22 Nov 2026, 12:00:00 | ada@example.com | Ana: role | – | Champion | 22 Nov 2026, 12:00:00 | ada@example.com | Ana: user id | – | u1 | 22 Nov 2026, 12:00:00 | ada@example.com | Renewal date | – | 2027-06-21 | 22 Nov 2026, 12:00:00 | ada@example.com | industry | – | Retail");
    Ok(())
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing_and_what_was_typed_is_still_there() -> Result<()> {
    let Some(app) = TestApp::start("records_typed").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    change(&mut browser, "attribute", &[("id", "renewal_date"), ("value", "2027-06-21")]).await?;
    let before = told(&app).await?;
    for (part, fields, why) in [
        ("attribute", &[("id", "renewal_date"), ("value", "soon")][..], "“soon” is no day"),
        ("attribute", &[("id", "plan"), ("value", " ")], "An attribute has a value"),
        ("attribute", &[("name", " "), ("value", "soon")], "An attribute has a name"),
        (
            "contact",
            &[("name", "Cy"), ("role", "boss"), ("email", "cy@x.example")],
            "“boss” is no role",
        ),
        (
            "contact",
            &[("id", "gone"), ("name", "Cy"), ("role", "other")],
            "There is no such contact any more",
        ),
        (
            "note",
            &[("day", "2026-11-31"), ("kind", "note"), ("text", "Called")],
            "“2026-11-31” is not a day",
        ),
        (
            "note",
            &[("day", "2026-11-30"), ("kind", "note"), ("text", "Called"), ("told", "Zoe")],
            "Nobody is called “Zoe”",
        ),
    ] {
        let answer = change(&mut browser, part, fields).await?;
        ensure!(answer.status == StatusCode::UNPROCESSABLE_ENTITY, "{part}: {answer}");
        ensure!(answer.body.contains(why), "{why}: {}", text(&answer));
        let typed = fields.iter().find(|(name, _)| matches!(*name, "value" | "email" | "text"));
        let typed = typed.map_or("", |(_, value)| value.trim());
        // Somebody who is no contact any more has no form.
        ensure!(
            part == "contact" && fields[0].0 == "id" || answer.body.contains(typed),
            "{answer}"
        );
    }
    assert_eq!(told(&app).await?, before);
    let note = [("day", "2026-11-20"), ("kind", "note"), ("text", "Called")];
    let answer = browser.post(&format!("{RECORD}/note"), &note).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "without the token of the form: {answer}");
    Ok(())
}

/// A contact as a form says it.
const ANA: [(&str, &str); 4] =
    [("name", "Ana"), ("role", "champion"), ("email", ""), ("user", "u1")];

/// Sets an attribute, a contact and a note; returns what holds.
async fn set_some(app: &TestApp, browser: &mut Browser<'_>) -> Result<Vec<Told>> {
    for (part, fields) in [
        ("attribute", &[("id", "plan"), ("value", "Team")][..]),
        ("contact", &ANA),
        ("note", &[("day", "2026-11-20"), ("kind", "note"), ("text", "Called"), ("told", "Ana")]),
    ] {
        change(browser, part, fields).await?;
    }
    told(app).await
}

#[tokio::test]
async fn a_form_that_adds_changes_nothing_that_is_there() -> Result<()> {
    let Some(app) = TestApp::start("records_added").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let kept = set_some(&app, &mut browser).await?;
    // The same once more is no fault.
    for (part, fields, status, why) in [
        (
            "contact",
            &[("name", "ana"), ("role", "other")][..],
            StatusCode::UNPROCESSABLE_ENTITY,
            "“Ana” is a contact of this account already: change that one.",
        ),
        (
            "note",
            &[("day", "2026-11-20"), ("kind", "note"), ("text", "Called")],
            StatusCode::UNPROCESSABLE_ENTITY,
            "A note says this of that day already: change that one.",
        ),
        (
            "attribute",
            &[("name", "plan"), ("value", "Free")],
            StatusCode::CONFLICT,
            "nothing is saved yet",
        ),
        ("contact", &ANA, StatusCode::SEE_OTHER, ""),
        ("attribute", &[("name", "plan"), ("value", "Team")], StatusCode::SEE_OTHER, ""),
    ] {
        let answer = change(&mut browser, part, fields).await?;
        ensure!(answer.status == status, "{part}: {answer}");
        ensure!(answer.body.contains(why), "{why}: {}", text(&answer));
    }
    assert_eq!(told(&app).await?, kept);
    Ok(())
}

/// The fields of a form.
type Fields<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn a_form_changes_nothing_that_it_did_not_show() -> Result<()> {
    let Some(app) = TestApp::start("records_seen").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let kept = set_some(&app, &mut browser).await?;
    let id = |name: &str| {
        let found = kept.iter().find(|told| told.place.name == name);
        found.map(|told| told.place.id.clone()).unwrap_or_default()
    };
    let (contact, note) = (id("user"), id("day"));
    let things: [(&str, [Fields<'_>; 2]); 3] = [
        ("attribute", [&[("id", "plan"), ("value", "Free")], &[("id", "plan"), ("value", "Pro")]]),
        (
            "contact",
            [
                &[("id", &contact), ("name", "Ana"), ("role", "other"), ("email", "a@x.example")],
                &[("id", &contact), ("name", "Ana"), ("role", "champion"), ("user", "u2")],
            ],
        ),
        (
            "note",
            [
                &[("id", &note), ("day", "2026-11-20"), ("kind", "note"), ("text", "Trained")],
                &[("id", &note), ("day", "2026-11-20"), ("kind", "note"), ("text", "Wrote")],
            ],
        ),
    ];
    for (part, [first, later]) in things {
        let page = browser.get(RECORD).await?;
        let answer = change_from(&mut browser, &page, part, first).await?;
        ensure!(answer.status == StatusCode::SEE_OTHER, "{part}: {answer}");
        let holds = told(&app).await?;
        let answer = change_from(&mut browser, &page, part, later).await?;
        ensure!(answer.status == StatusCode::CONFLICT, "{part}: {answer}");
        assert!(text(&answer).contains("nothing is saved yet"), "{}", text(&answer));
        let (_, typed) = later[later.len() - 1];
        assert!(answer.body.contains(typed), "what was typed is still there: {answer}");
        assert_eq!(told(&app).await?, holds, "{part}");
        // Who has seen it now may save it.
        let answer = change_from(&mut browser, &answer, part, later).await?;
        ensure!(answer.status == StatusCode::SEE_OTHER, "{part}: {answer}");
        // The same from the first page again changes nothing, and so takes nobody by surprise.
        let answer = change_from(&mut browser, &page, part, later).await?;
        ensure!(answer.status == StatusCode::SEE_OTHER, "{part}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_viewer_looks_and_does_not_change() -> Result<()> {
    let Some(app) = TestApp::start("records_viewer").await? else { return Ok(()) };
    let mut admin = Browser::signed_in(&app).await?;
    change(&mut admin, "attribute", &[("id", "plan"), ("value", "Team")]).await?;
    let mut viewer = join(&app, &mut admin, "vi@example.com", Role::Viewer).await?;
    let page = viewer.get(RECORD).await?;
    assert!(text(&page).contains("Team\nada@example.com, 22 Nov 2026"), "{}", text(&page));
    // The way to the page of imports, where everybody reads, is in the navigation alone.
    let (_, content) = page.body.split_once("<h1").unwrap_or_default();
    for form in ["/record/attribute", "/record/contact", "/record/note", "/import"] {
        assert!(!content.contains(&format!("{form}\"")), "{form}: {content}");
    }
    assert!(page.body.contains("/projects/default/import\""), "{page}");
    let answer = viewer.post(&format!("{RECORD}/attribute"), &[("id", "plan")]).await?;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("Only an editor"), "{answer}");
    let import = viewer.get("/projects/default/import").await?;
    assert_eq!(import.status, StatusCode::OK);
    assert!(!import.body.contains("<textarea"), "{import}");
    let mut editor = join(&app, &mut admin, "ed@example.com", Role::Editor).await?;
    let answer = change(&mut editor, "attribute", &[("id", "plan"), ("value", "Free")]).await?;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
    Ok(())
}
