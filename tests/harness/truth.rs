//! What `load-gen` says is true of the past, against what the collector answers about it.

use crate::dashboard::Dashboard;
use crate::database::Database;
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
