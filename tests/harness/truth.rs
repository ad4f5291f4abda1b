//! What `load-gen` says is true of the past, against what the collector answers about it.

use crate::dashboard::Dashboard;
use crate::database::Database;
use crate::wait::{PATIENCE, until};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// How many days after the first time somebody has to come back.
const SIXTH: usize = 6;

/// Asks the API for each funnel of `truth`, as `load-gen --truth` printed it; gives its name and
/// how many people reach its steps.
///
/// # Errors
/// When the answer is another one.
pub async fn check_funnels(
    dashboard: &Dashboard,
    database: &Database,
    truth: &Value,
) -> Result<Vec<(String, Vec<u64>)>> {
    let mut checked = Vec::new();
    for funnel in truth["funnels"].as_array().context("no funnels")? {
        let name = funnel["name"].as_str().context("a funnel without a name")?;
        let mut steps = Vec::new();
        for step in funnel["steps"].as_array().context("no steps")? {
            steps.push(question(step, truth, database).await?);
        }
        let question = json!({
            "report": "funnel", "steps": steps, "window": funnel["window"],
            "date_range": {"from": truth["from"], "to": truth["to"]},
        });
        let answer = dashboard.ask(&question).await.with_context(|| name.to_owned())?;
        let people = numbers(&answer["steps"], |step| step["people"].as_u64());
        let expected = numbers(&funnel["people"], Value::as_u64);
        ensure!(!expected.is_empty() && people == expected, "{name}: {expected:?}, not {answer}");
        checked.push((name.to_owned(), people));
    }
    Ok(checked)
}

/// Who came back to a feature.
#[derive(Debug)]
pub struct CameBack {
    /// The feature.
    pub feature: String,
    /// Who completed it for the first time at least six days before the past ends.
    pub cohort: u64,
    /// Who of them did it again on the sixth day after that.
    pub on_sixth_day: u64,
}

/// Asks the API how many came back to each feature of `truth` on the sixth day.
///
/// # Errors
/// When the answer is another one.
pub async fn check_retention(
    dashboard: &Dashboard,
    database: &Database,
    truth: &Value,
) -> Result<Vec<CameBack>> {
    let mut checked = Vec::new();
    for feature in truth["feature_retention"].as_array().context("no retention")? {
        let name = feature["feature"].as_str().context("a feature without a name")?;
        let click = question(&json!({ "click": feature["element"] }), truth, database).await?;
        let question = json!({
            "report": "retention", "start": click, "returning": click, "period": "day",
            "followed": SIXTH, "cohorts": "first",
            "date_range": {"from": truth["from"], "to": truth["to"]},
        });
        let answer = dashboard.ask(&question).await.with_context(|| name.to_owned())?;
        let cohorts = answer["cohorts"].as_array().with_context(|| answer.to_string())?;
        // The sixth day of the last cohorts comes after the past ends.
        let over = &cohorts[..cohorts.len().saturating_sub(SIXTH)];
        let sum = |number: &dyn Fn(&Value) -> Option<u64>| over.iter().filter_map(number).sum();
        let of = CameBack {
            feature: name.to_owned(),
            cohort: sum(&|cohort| cohort["size"].as_u64()),
            on_sixth_day: sum(&|cohort| cohort["cells"][SIXTH]["people"].as_u64()),
        };
        let expected = [&feature["cohort"], &feature["on_sixth_day"]].map(Value::as_u64);
        ensure!(expected == [Some(of.cohort), Some(of.on_sixth_day)], "{feature}, not {of:?}");
        checked.push(of);
    }
    Ok(checked)
}

/// Asks how many people there are, which are those who saw the first page of all; gives how many.
/// Automated browsers are among them if `with_automated`.
///
/// # Errors
/// When the answer is another one than `truth` says.
pub async fn check_people(
    dashboard: &Dashboard,
    truth: &Value,
    with_automated: bool,
) -> Result<u64> {
    // A funnel has two steps at least.
    let question = json!({
        "report": "funnel", "steps": [{ "page": "/sign-in" }, { "page": "/upgrade" }], "window": "7d",
        "date_range": {"from": truth["from"], "to": truth["to"]},
    });
    let answer = dashboard.ask(&question).await?;
    let number = |of: &str| truth[of].as_u64().with_context(|| format!("no {of}"));
    let expected = number("people")? + if with_automated { number("automated")? } else { 0 };
    let people = answer["steps"][0]["people"].as_u64();
    ensure!(people == Some(expected), "{expected} people, not {answer}");
    Ok(expected)
}

/// Features that an element's test id names, by that element.
const FEATURES: [&str; 4] = ["watch", "save-chart", "export-file", "save-group"];

/// Makes features by the API and asks for their uses, people and accounts: of all of the past, and
/// of the part of it in which no page named one of the accounts. Gives both answers of each.
///
/// # Errors
/// When an answer is another one than `truth` says, before the features' past is filled in or
/// after it.
pub async fn check_usage(dashboard: &Dashboard, truth: &Value) -> Result<Vec<(String, [u64; 3])>> {
    let mut ids = Vec::new();
    for element in FEATURES {
        let rule = json!({ "name": element, "any_of": [{ "target": { "test_id": element } }] });
        let feature = dashboard.make_feature(&rule).await?;
        ids.push(feature["id"].as_str().context("no id")?.to_owned());
    }
    let late = &truth["learnt_late"];
    let mut checked = Vec::new();
    for (when, to, usage) in [
        ("", &truth["to"], &truth["usage"]),
        (", before an account was named", &late["to"], &late["usage"]),
    ] {
        let range = json!({ "from": truth["from"], "to": to });
        let question = json!({ "report": "usage", "features": ids, "date_range": range });
        let expected = FEATURES.iter().map(|element| expected_usage(usage, element));
        let expected = expected.collect::<Result<Vec<_>>>()?;
        until("the past of the features is filled in", PATIENCE, async || {
            let answer = dashboard.ask(&question).await?;
            let answer = answer["features"].as_array().context("no features")?;
            for (name, numbers) in &expected {
                let it = answer.iter().find(|it| it["name"] == name.as_str());
                let it = it.with_context(|| format!("no {name}"))?;
                ensure!(usage_of(it) == Some(*numbers), "{name}{when}: {numbers:?}, not {it}");
            }
            Ok(answer.iter().all(|it| it["source"] == "feature_events").then_some(()))
        })
        .await?;
        checked.extend(expected.into_iter().map(|(name, of)| (format!("{name}{when}"), of)));
    }
    Ok(checked)
}

fn expected_usage(usage: &Value, element: &str) -> Result<(String, [u64; 3])> {
    let it = usage.as_array().into_iter().flatten().find(|it| it["element"] == element);
    let numbers = it.and_then(usage_of).with_context(|| format!("no use of {element}"))?;
    Ok((element.to_owned(), numbers))
}

/// Uses, people and accounts.
fn usage_of(it: &Value) -> Option<[u64; 3]> {
    Some([it["uses"].as_u64()?, it["people"].as_u64()?, it["accounts"].as_u64()?])
}

fn numbers(list: &Value, number: impl Fn(&Value) -> Option<u64>) -> Vec<u64> {
    list.as_array().into_iter().flatten().filter_map(number).collect()
}

/// A step as the API takes it. The id of an element is that of a click on it.
async fn question(step: &Value, truth: &Value, database: &Database) -> Result<Value> {
    let Some(key) = step["click"].as_str() else { return Ok(json!({ "page": step["page"] })) };
    let sample = truth["samples"][key].as_str().with_context(|| format!("no click on {key}"))?;
    let sql = format!(
        "SELECT lower(hex(element_id)) AS id FROM data.events WHERE event_id = unhex('{}')",
        sample.replace('-', "")
    );
    let rows = database.select(&sql).await?;
    let id = rows.first().and_then(|row| row["id"].as_str());
    let id = id.with_context(|| format!("the click {sample} on {key} is not there"))?;
    Ok(json!({ "click": format!("{id:0>16}") }))
}
