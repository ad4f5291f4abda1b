//! Accounts that are one are one account on every screen: in the table, on the page of the account and
//! of its record, in reports and by the API, from either address; and two again when it is undone.

use crate::accounts::{API, ODD, PATH, with_accounts};
use crate::browser::{Browser, field, text};
use crate::features::{call, get};
use crate::test_app::TestApp;
use anyhow::{Context, Result, ensure};
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

/// The segment of the address of the account that is merged.
const OLD: &str = "B%C3%A4r%20%26%20%22S%C3%B6hne%22%2F1";
const QUERY: &str = "/v1/projects/default/query";
const RECORDS: &str = "/v1/projects/default/accounts/records";

async fn say(app: &TestApp) -> Result<()> {
    let note = |day: &str, text: &str, told: &str| json!({"day": day, "kind": "intervention", "text": text, "told": [told]});
    let records = json!({"records": [
        {"account": "acme", "attributes": {"tier": "top"},
         "contacts": [{"name": "Ana", "role": "champion"}], "notes": [note("2026-11-02", "Called Ana", "Ana")]},
        {"account": ODD, "attributes": {"tier": "low", "region": "north", "name": "Bears"},
         "contacts": [{"name": "Zoe", "role": "administrator"}], "notes": [note("2026-11-10", "Trained Zoe", "Zoe")]},
    ]});
    let answer = call(app, Method::POST, RECORDS, &records).await?;
    ensure!(answer.body == r#"{"accepted":2,"unchanged":0,"rejected":[]}"#, "{answer}");
    Ok(())
}

/// What is known of the two by every way of asking.
async fn seen(app: &TestApp, browser: &mut Browser<'_>) -> Result<Vec<String>> {
    let mut seen = Vec::new();
    for account in ["acme", OLD] {
        let record = get(app, &format!("/v1/projects/default/accounts/{account}/record")).await?;
        seen.push(record.to_string());
    }
    seen.push(get(app, "/v1/projects/default/look").await?.to_string());
    let columns = json!(["core_actions", "account.tier", "account.region", "account.name"]);
    let table = json!({"report": "accounts", "columns": columns});
    seen.push(call(app, Method::POST, API, &table).await?.body);
    seen.push(north(app).await?.to_string());
    for address in ["acme", "acme/record"] {
        seen.push(text(&browser.get(&format!("{PATH}/{address}")).await?));
    }
    Ok(seen)
}

/// How much was saved in accounts of the North.
async fn north(app: &TestApp) -> Result<u64> {
    let features = get(app, crate::features::FEATURES).await?;
    let save = features["features"][0]["id"].as_str().context("no feature")?.to_owned();
    let is_north = json!([{"property": "account.region", "is": ["north"]}]);
    let question = json!({
        "report": "trend", "series": [{"feature": save, "where": is_north}], "date_range": {"last": "28d"},
    });
    let answer = call(app, Method::POST, QUERY, &question).await?;
    ensure!(answer.status == StatusCode::OK, "{answer}");
    let answer: Value = serde_json::from_str(&answer.body)?;
    answer["series"][0]["total"]["uses"].as_u64().context("no series")
}

#[tokio::test]
async fn accounts_that_are_merged_are_one_everywhere_until_it_is_undone() -> Result<()> {
    let Some(app) = with_accounts("merged").await? else { return Ok(()) };
    say(&app).await?;
    let mut browser = Browser::signed_in(&app).await?;
    let before = seen(&app, &mut browser).await?;
    assert_eq!(north(&app).await?, 4);

    let merges = "/v1/projects/default/merges";
    let merge = json!({"from": ODD, "into": "acme"});
    assert_eq!(call(&app, Method::POST, merges, &merge).await?.status, StatusCode::CREATED);
    let after = seen(&app, &mut browser).await?;

    // By either id the record is that of both; what is said of the one itself holds.
    assert_eq!(after[0], after[1]);
    let record: Value = serde_json::from_str(&after[0])?;
    let held = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("name"), text("value"), text("merged_from"))
    };
    let all = record["attributes"].as_array().context("no attributes")?;
    let all: Vec<_> = all.iter().map(held).collect();
    assert_eq!(
        all,
        ["plan Team ", "tier top ", &format!("region north {ODD}"), &format!("name Bears {ODD}")]
    );
    let names = |of: &str, name: &str| {
        let all = record[of].as_array().into_iter().flatten();
        all.map(|it| it[name].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!((&record["account"], &*names("contacts", "name")), (&json!("acme"), "Ana, Zoe"));
    assert_eq!(names("notes", "text"), "Called Ana, Trained Zoe");

    // So it is in the table, in reports and on the pages.
    let table: Value = serde_json::from_str(&after[3])?;
    let rows = table["accounts"].as_array().context("no accounts")?;
    let acme = rows.iter().find(|it| it["account"] == "acme").context("no acme")?;
    assert_eq!(rows.len(), 2, "{table}");
    assert_eq!(acme["attributes"], json!({"tier": "top", "region": "north", "name": "Bears"}));
    assert_eq!(acme["figures"][0]["now"], 4.0);
    assert_eq!(north(&app).await?, 9);
    for (page, words) in
        [(5, ["Trained Zoe", "Called Ana", "north"]), (6, ["Trained Zoe", "Zoe", ", of Bär"])]
    {
        for word in words {
            assert!(
                after[page].contains(word)
                    && !(word.contains("Zoe") && before[page].contains(word)),
                "{word}: {}",
                after[page]
            );
        }
    }

    old_addresses_lead_to_the_one(&mut browser).await?;
    let undone =
        call(&app, Method::DELETE, &format!("{merges}/{OLD}?expected_version=1"), &Value::Null)
            .await?;
    ensure!(undone.status == StatusCode::NO_CONTENT, "{undone}");
    // All but the seats, which were said of the one that remained.
    let undone = seen(&app, &mut browser).await?;
    for n in 1..5 {
        assert_eq!(undone[n], before[n]);
    }
    assert!(undone[0].contains("seats") && undone[5].contains("12") && !undone[5].contains("Zoe"));
    Ok(())
}

async fn old_addresses_lead_to_the_one(browser: &mut Browser<'_>) -> Result<()> {
    for rest in [
        "",
        "?weeks=26",
        "/record",
        "/record?all=true",
        "/people?from=2026-11-01&to=2026-11-02",
        "/days.csv",
    ] {
        let answer = browser.get(&format!("{PATH}/{OLD}{rest}")).await?;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer}");
        assert_eq!(answer.headers[header::LOCATION], format!("{PATH}/acme{rest}"));
    }
    // What is sent to it, on a page that was open before, is said of the one.
    let csrf = field(&browser.get(&format!("{PATH}/acme/record")).await?, "csrf")?;
    let form = [("csrf", csrf.as_str()), ("id", "seats"), ("value", "12")];
    let saved = browser.post(&format!("{PATH}/{OLD}/record/attribute"), &form).await?;
    assert_eq!(
        saved.headers[header::LOCATION],
        format!("{PATH}/acme/record?saved=true#attributes")
    );
    Ok(())
}
