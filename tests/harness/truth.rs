//! What `load-gen` says is true of the past, against what the collector answers about it.

use crate::dashboard::Dashboard;
use crate::database::Database;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

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
