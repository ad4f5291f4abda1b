//! History re-groups: an account that is learnt late, a person who changes company, two accounts that
//! are one, staff, and staff who act as customers. Each changes the past of every report at once.
//!
//! What is asked of one collector, whose events came as they were known then, is asked of another one,
//! whose events say from the beginning what the first was told later: they answer the same.

use crate::browser::{Browser, field, text};
use crate::features::{call, draft, filled, make, start};
use crate::test_app::{Answer, NOON, TestApp, event_id};
use anyhow::{Context, Result, ensure};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const QUERY: &str = "/v1/projects/default/query";
const STAFF: &str = "/v1/projects/default/staff";
const MERGES: &str = "/v1/projects/default/merges";
const COUNTED: &str = "/projects/default/counted";

/// Something that somebody did, so many days ago.
#[derive(Clone, Copy)]
struct Fact {
    days_ago: i64,
    browser: &'static str,
    user: &'static str,
    account: &'static str,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    View,
    Save,
    /// The plan of the account.
    Group(&'static str),
    /// The user is known, and perhaps who acts as him.
    Identify(&'static str),
}

const fn fact(days_ago: i64, [browser, user, account]: [&'static str; 3], what: What) -> Fact {
    Fact { days_ago, browser, user, account, what }
}

use What::{Group, Identify, Save, View};

/// What was known when it happened.
const THEN: [Fact; 19] = [
    fact(20, ["a", "ann", "acme"], View),
    fact(20, ["a", "ann", "acme"], Group("Team")),
    fact(20, ["a", "ann", "acme"], Save),
    fact(14, ["a", "ann", "acme"], Save),
    fact(20, ["b", "bob", "bolt"], View),
    fact(20, ["b", "bob", "bolt"], Group("Starter")),
    fact(19, ["b", "bob", "bolt"], Save),
    fact(12, ["b", "bob", "bolt"], Save),
    fact(20, ["c", "cyd", ""], View),
    fact(19, ["c", "cyd", ""], Save),
    fact(20, ["d", "dan", "acme"], View),
    fact(20, ["d", "dan", "acme"], Save),
    fact(12, ["d", "dan", ""], Save),
    // One of the vendor's own acts as Ann, and then looks in as himself.
    fact(5, ["s", "ann", "acme"], Identify("tim")),
    fact(5, ["s", "ann", "acme"], View),
    fact(5, ["s", "ann", "acme"], Save),
    fact(4, ["t", "tim", "acme"], View),
    fact(4, ["t", "tim", "acme"], Save),
    fact(4, ["t", "tim", "acme"], Identify("")),
];

/// Cyd's account is learnt.
const LEARNT: Fact = fact(6, ["c", "cyd", "cobalt"], Save);
/// Dan is in another company.
const MOVED: Fact = fact(13, ["d", "dan", "dune"], Save);

/// What is known at the end, said by each event itself: Bolt is Acme.
const NOW: [Fact; 14] = [
    fact(20, ["a", "ann", "acme"], View),
    fact(20, ["a", "ann", "acme"], Group("Team")),
    fact(20, ["a", "ann", "acme"], Save),
    fact(14, ["a", "ann", "acme"], Save),
    fact(20, ["b", "bob", "acme"], View),
    fact(19, ["b", "bob", "acme"], Save),
    fact(12, ["b", "bob", "acme"], Save),
    fact(20, ["c", "cyd", "cobalt"], View),
    fact(19, ["c", "cyd", "cobalt"], Save),
    fact(6, ["c", "cyd", "cobalt"], Save),
    fact(20, ["d", "dan", "acme"], View),
    fact(20, ["d", "dan", "acme"], Save),
    fact(13, ["d", "dan", "dune"], Save),
    fact(12, ["d", "dan", "dune"], Save),
];

/// The fact as a batch of its own.
fn body(n: u32, it: Fact) -> String {
    let second = match it.what {
        Identify(_) => 0,
        View => 1,
        Group(_) => 2,
        Save => 3,
    };
    let at = NOON - it.days_ago * DAY_MS + second * 1_000;
    let (kind, element, properties) = match it.what {
        View => ("page_view", None, json!({})),
        Save => ("click", Some(0), json!({})),
        Group(plan) => ("group", None, json!({ "plan": plan })),
        Identify("") => ("identify", None, json!({"role": "staff"})),
        // The address of whoever acts is none of the user's.
        Identify(by) => {
            let by = format!("{by}@vendor.example");
            ("identify", None, json!({ "impersonated_by": by, "role": "staff" }))
        }
    };
    let mut event = json!({
        "event_id": event_id(n), "kind": kind, "timestamp": at, "page": 0, "properties": properties,
    });
    if let Some(element) = element {
        event["element"] = json!(element);
    }
    let mut context = json!({
        "anonymous_id": it.browser, "user_id": it.user,
        "session_id": format!("{}-{}", it.browser, it.days_ago),
    });
    if !it.account.is_empty() {
        context["account_id"] = json!(it.account);
    }
    json!({
        "sdk": "test/1", "sent_at": NOON, "context": context,
        "elements": [{"chain": [{"tag": "button", "test_id": "save", "name": "Save"}]}],
        "pages": [{"host": "app.example.com", "path": "/orders/1042", "title": "Order"}],
        "events": [event],
    })
    .to_string()
}

async fn tell(app: &TestApp, first: u32, facts: &[Fact]) -> Result<()> {
    for (n, it) in (first..).zip(facts) {
        let answer = app.post_batch(&body(n, *it)).await?;
        ensure!(answer.status == StatusCode::ACCEPTED, "{answer}");
    }
    app.written().await
}

async fn with(name: &str, facts: &[Fact]) -> Result<Option<(TestApp, String)>> {
    let Some(app) = start(name).await? else { return Ok(None) };
    tell(&app, 0, facts).await?;
    let address = make(&app, &draft()).await?;
    filled(&app, &address).await?;
    let id = address.rsplit('/').next().context("no id")?.to_owned();
    Ok(Some((app, id)))
}

/// Every report, by accounts where it can be.
fn questions(feature: &str) -> Vec<Value> {
    let (by, days) = (json!("accounts"), json!({"last": "28d"}));
    let save = json!({ "feature": feature });
    let funnel = |more: Value| {
        let mut funnel = json!({
            "report": "funnel", "steps": [{"page": "/orders/:id"}, save], "window": "7d", "date_range": days,
        });
        let more = more.as_object().into_iter().flatten();
        more.for_each(|(name, value)| funnel[name] = value.clone());
        funnel
    };
    let mut asked = funnel(json!({}));
    asked.as_object_mut().into_iter().for_each(|asked| drop(asked.remove("report")));
    let of_bolt = json!([{"property": "account", "is": ["bolt", "acme"]}]);
    vec![
        funnel(json!({ "by": by })),
        funnel(json!({"breakdown": "account"})),
        funnel(json!({"breakdown": "account.plan"})),
        json!({"report": "people", "list": {"of": "funnel", "question": asked, "who": {"number": "reached", "step": 1}}}),
        json!({"report": "retention", "start": save, "by": by, "date_range": days, "breakdown": "account"}),
        json!({"report": "trend", "series": [save, {"feature": feature, "where": of_bolt}], "date_range": days}),
        json!({"report": "stickiness", "by": by, "date_range": days}),
        json!({"report": "lifecycle", "by": by, "date_range": days}),
        json!({"report": "threshold", "by": by, "date_range": days}),
        json!({"report": "adoption", "date_range": days}),
        json!({"report": "usage", "date_range": days}),
        json!({"report": "paths", "nodes": "features", "date_range": days}),
    ]
}

async fn answers(app: &TestApp, feature: &str) -> Result<Vec<Value>> {
    let mut answers = Vec::new();
    for question in questions(feature) {
        let answer = call(app, Method::POST, QUERY, &question).await?;
        ensure!(answer.status == StatusCode::OK, "{question}: {answer}");
        answers.push(serde_json::from_str(&answer.body)?);
    }
    Ok(answers)
}

/// Which reports answer otherwise than before.
fn changed(before: &[Value], after: &[Value], feature: &str) -> Vec<String> {
    let reports = questions(feature).into_iter().zip(before.iter().zip(after));
    let changed = reports.filter(|(_, (before, after))| before != after);
    let name = |question: &Value| {
        let more = ["by", "breakdown"].map(|name| question[name].as_str().unwrap_or_default());
        [question["report"].as_str().unwrap_or_default(), more[0], more[1]]
            .join(" ")
            .trim()
            .to_owned()
    };
    changed.map(|(question, _)| name(&question)).collect()
}

async fn rule(app: &TestApp, version: u32, rules: Value) -> Result<()> {
    let change = json!({"expected_version": version, "rules": rules});
    let answer = call(app, Method::PUT, STAFF, &change).await?;
    ensure!(answer.status == StatusCode::OK, "{answer}");
    Ok(())
}

async fn merge(app: &TestApp, from: &str, into: &str) -> Result<Answer> {
    call(app, Method::POST, MERGES, &json!({"from": from, "into": into})).await
}

const BY_ACCOUNTS: [&str; 4] =
    ["funnel accounts", "funnel  account", "retention accounts account", "people"];

#[tokio::test]
async fn whatever_is_learnt_later_changes_all_of_the_past_in_every_report() -> Result<()> {
    let Some((app, feature)) = with("regroup_then", &THEN).await? else { return Ok(()) };
    let Some((truth, same)) = with("regroup_now", &NOW).await? else { return Ok(()) };
    assert_eq!(feature, same);
    let reports: Vec<String> = changed(&vec![json!(0); 12], &vec![json!(1); 12], &feature);
    let mut before = answers(&app, &feature).await?;

    // An account is learnt late, and a person changes company: what came before is theirs, too.
    let learnt = (LEARNT, BY_ACCOUNTS.as_slice(), 3);
    let moved = (MOVED, ["retention accounts account", "trend", "usage"].as_slice(), 4);
    for (n, (fact, reports, accounts)) in [learnt, moved].into_iter().enumerate() {
        tell(&app, 100 + u32::try_from(n)?, &[fact]).await?;
        let after = answers(&app, &feature).await?;
        let changed = changed(&before, &after, &feature);
        assert!(reports.iter().all(|it| changed.iter().any(|one| one == it)), "{n}: {changed:?}");
        assert_eq!(after[10]["features"][0]["accounts"], json!(accounts));
        before = after;
    }

    // Two accounts are one, and are two again, and are one.
    for is_merged in [true, false, true] {
        let answer = if is_merged {
            merge(&app, "bolt", "acme").await?
        } else {
            let undo = format!("{MERGES}/bolt?expected_version=1");
            call(&app, Method::DELETE, &undo, &Value::Null).await?
        };
        ensure!(answer.status.is_success(), "{answer}");
        let after = answers(&app, &feature).await?;
        let changed = changed(&before, &after, &feature);
        assert_eq!(changed.is_empty(), !is_merged, "{changed:?}");
        let also = ["funnel  account.plan", "usage", "adoption"];
        let is_one = |it: &&str| !is_merged || changed.iter().any(|one| one == it);
        assert!(BY_ACCOUNTS.iter().chain(&also).all(is_one), "{changed:?}");
        assert_eq!(after[10]["features"][0]["accounts"], json!(4 - u32::from(is_merged)));
        if !is_merged {
            before = after;
        }
    }
    before = answers(&app, &feature).await?;

    // Staff, and what they do as a customer: of each the rule alone changes every report, and what
    // is told while somebody acts as Ann does not make her one of them.
    let staff = json!({"user_properties": [{"name": "role", "value": "staff"}], "email_domains": ["vendor.example"]});
    let both = {
        let mut both = staff.clone();
        both["impersonated"] = json!(true);
        both
    };
    for (version, rules) in [staff, both].into_iter().enumerate() {
        rule(&app, u32::try_from(version)?, rules).await?;
        let after = answers(&app, &feature).await?;
        let changed = changed(&before, &after, &feature);
        let people = ["trend", "adoption", "usage", "paths"];
        assert!(people.iter().all(|it| changed.iter().any(|one| one == it)), "{changed:?}");
        before = after;
    }

    let told = answers(&truth, &feature).await?;
    for ((report, before), told) in reports.iter().zip(&before).zip(&told) {
        assert_eq!(before, told, "{report}");
    }
    Ok(())
}

#[tokio::test]
async fn accounts_are_merged_by_the_api_and_on_the_page() -> Result<()> {
    let Some(app) = start("merges").await? else { return Ok(()) };
    insta::assert_snapshot!(merge(&app, " bolt ", "acme").await?, @r#"
    201 Created
    {"from":"bolt","into":"acme","version":1,"author":"a program with a private key","written_at":1795348800000}
    "#);
    assert_eq!(merge(&app, "bolt", "acme").await?.status, StatusCode::OK);
    assert_eq!(merge(&app, "acme", "a/c&m e").await?.status, StatusCode::CREATED);
    for (from, into) in [("bolt", "cobalt"), ("a/c&m e", "bolt"), ("x", "x"), ("", "x")] {
        let answer = merge(&app, from, into).await?;
        let expected = match from {
            "bolt" => "409 Conflict\n{\"error\":\"`bolt` is merged into `acme`: undo that first\"}",
            "x" => "400 Bad Request\n{\"error\":\"`x` is one account already\"}",
            "" => "400 Bad Request\n{\"error\":\"an account has an id of 1 to 256 bytes\"}",
            _ => {
                "400 Bad Request\n{\"error\":\"`bolt` is merged into `a/c&m e`, so this would go in a circle\"}"
            }
        };
        assert_eq!(answer.to_string(), expected);
    }

    let mut browser = Browser::signed_in(&app).await?;
    let page = browser.get(COUNTED).await?;
    let words = text(&page);
    let (_, merges) = words.split_once("Accounts that are one\n").context(words.clone())?;
    assert!(merges.contains("acme\na/c&#38;m e\n") && merges.contains("bolt\nacme\n"), "{merges}");
    let csrf = field(&page, "csrf")?;
    let form = |from, into| [("csrf", csrf.as_str()), ("from", from), ("into", into)];
    let address = format!("{COUNTED}/merges");
    let circle = browser.post(&address, &form("a/c&m e", "bolt")).await?;
    assert_eq!(circle.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(circle.body.contains("so this would go in a circle."), "{circle}");
    assert!(circle.body.contains(r#"id="merge-into" name="into" value="bolt""#), "{circle}");
    let good = browser.post(&address, &form("dune", "cobalt")).await?;
    assert_eq!(good.headers[header::LOCATION], "/projects/default/counted?saved=merged");

    let undo = |version| [("csrf", csrf.as_str()), ("from", "acme"), ("version", version)];
    let late = browser.post(&format!("{address}/undo"), &undo("7")).await?;
    assert_eq!(late.status, StatusCode::CONFLICT);
    let undone = browser.post(&format!("{address}/undo"), &undo("1")).await?;
    assert_eq!(undone.headers[header::LOCATION], "/projects/default/counted?saved=undone");
    let gone = format!("{MERGES}/a%2Fc%26m%20e?expected_version=1");
    let gone = call(&app, Method::DELETE, &gone, &Value::Null).await?;
    insta::assert_snapshot!(gone, @r#"
    404 Not Found
    {"error":"the account `a/c&m e` is merged into no other"}
    "#);
    insta::assert_snapshot!(call(&app, Method::GET, MERGES, &Value::Null).await?, @r#"
    200 OK
    {"merges":[{"from":"bolt","into":"acme","version":1,"author":"a program with a private key","written_at":1795348800000},{"from":"dune","into":"cobalt","version":1,"author":"ada@example.com","written_at":1795348800000}]}
    "#);
    let forged = browser.post(&address, &[("csrf", "x"), ("from", "a"), ("into", "b")]).await?;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test]
async fn impersonation_is_shown_before_and_after_the_rule_that_leaves_it_out() -> Result<()> {
    let Some(app) = start("impersonated").await? else { return Ok(()) };
    let mut browser = Browser::signed_in(&app).await?;
    let row = "Staff acting as customers\n";
    let page = text(&browser.get(COUNTED).await?);
    assert!(!page.contains(row), "{page}");
    tell(&app, 0, &THEN[13..16]).await?;
    let page = browser.get(COUNTED).await?;
    let words = text(&page);
    let (_, words) = words.split_once(row).context(words.clone())?;
    assert!(words.starts_with("Counted, unless you leave them out below\n1\n3\n"), "{words}");
    let (csrf, version) = (field(&page, "csrf")?, field(&page, "version")?);
    let form = [("csrf", csrf.as_str()), ("version", version.as_str()), ("impersonated", "on")];
    let saved = browser.post(COUNTED, &form).await?;
    assert_eq!(saved.headers[header::LOCATION], "/projects/default/counted?saved=rules");
    let page = browser.get(COUNTED).await?;
    let words = text(&page);
    let (_, words) = words.split_once(row).context(words.clone())?;
    assert!(words.starts_with("Left out\n1\n3\n"), "{words}");
    assert!(page.body.contains(r#"name="impersonated" value="on" checked"#), "{page}");
    Ok(())
}
