//! Questions and answers by example: one folder each, `events.jsonl`, `query.json`,
//! `expected.json`.

use crate::history::{self, Happening, PROJECT, button_id};
use anyhow::{Context, Result, ensure};
use protocol::{Kind, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use std::fs;
use std::path::Path;
use store::testing;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/funnel");

/// A line of `events.jsonl`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: jiff::Timestamp,
    kind: Kind,
    #[serde(default)]
    anonymous_id: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    button: String,
    #[serde(default)]
    automated: bool,
    #[serde(default)]
    project: Option<String>,
}

/// What is in `query.json`. In the query, `button:Save` stands for the id of that button.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    now: jiff::Timestamp,
    time_zone: String,
    #[serde(default)]
    count_automated: bool,
    query: Value,
}

impl From<Line> for Happening {
    fn from(line: Line) -> Self {
        Self {
            project: line.project.unwrap_or_else(|| PROJECT.to_owned()),
            at: line.at.as_millisecond(),
            anonymous_id: line.anonymous_id,
            user_id: line.user_id,
            kind: line.kind,
            host: line.host.unwrap_or_else(|| "app.example.com".to_owned()),
            path: line.path,
            element: line.button,
            account_id: String::new(),
            is_automated: line.automated,
        }
    }
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

/// Asks what a folder asks, and compares.
async fn check(folder: &Path) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Some(store) = testing::open(&name).await? else { return Ok(()) };
    let lines = read(folder, "events.jsonl")?;
    let lines = lines.lines().map(serde_json::from_str::<Line>).collect::<Result<Vec<_>, _>>()?;
    let happenings: Vec<_> = lines.into_iter().map(Happening::from).collect();
    history::write(&store.connection, 1, &happenings).await?;

    let mut asked: Asked = serde_json::from_str(&read(folder, "query.json")?)?;
    for step in asked.query["steps"].as_array_mut().into_iter().flatten() {
        let button = step["click"].as_str().and_then(|click| click.strip_prefix("button:"));
        if let Some(id) = button.map(button_id) {
            step["click"] = id.to_string().into();
        }
    }
    let query = analytics::Query::from_json(&asked.query.to_string())?;
    let count_automated = asked.count_automated;
    let scope = analytics::Scope { count_automated, ..history::scope(&asked.time_zone)? };
    let now = Timestamp::from_millis(asked.now.as_millisecond());
    let answer = analytics::run(&store.connection, &scope, &query, now).await?;
    let answer = serde_json::to_string_pretty(&answer)? + "\n";
    let expected = read(folder, "expected.json")?;
    ensure!(answer == expected, "{name}: the answer is\n{answer}");
    Ok(())
}

#[tokio::test]
async fn every_folder_gives_what_is_expected() -> Result<()> {
    let mut folders: Vec<_> =
        fs::read_dir(FOLDER)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.sort();
    ensure!(!folders.is_empty(), "{FOLDER} is empty");
    for folder in folders {
        check(&folder).await?;
    }
    Ok(())
}
