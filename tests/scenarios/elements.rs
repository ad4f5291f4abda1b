//! The past that `load-gen` makes is of the same elements as clicks in Tidemark today.

use anyhow::{Result, ensure};
use e2e::relay::Relay;
use e2e::{DemoApp, Importer, Stage, tour};
use load_gen::catalogue::Golden;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/load-gen/elements.json")
}

#[tokio::test]
async fn elements_of_the_past_are_those_of_today() -> Result<()> {
    let stage = Stage::set().await?;
    let relay = Relay::start(stage.collector.address(), "").await?;
    let script = stage.collector.script().replace(stage.collector.address(), relay.address());
    let tidemark = DemoApp::start(&script).await?;
    let browser = stage.driver.browser().await?;
    let seen = tour::go(&browser, tidemark.address(), &relay).await?;
    if e2e::renews_golden() {
        fs::write(file(), serde_json::to_string_pretty(&seen)? + "\n")?;
        return Ok(());
    }
    let golden: Golden = serde_json::from_str(&fs::read_to_string(file())?)?;
    let sentence = "Tidemark has changed: renew elements.json with UPDATE_GOLDEN=1";
    ensure!(seen == golden, "{sentence}\n{}", difference(&seen, &golden));
    let host = tidemark.address().trim_start_matches("http://");
    same_ids(&stage, &golden, host).await
}

/// What the two do not share, as text.
fn difference(seen: &Golden, golden: &Golden) -> String {
    let lacks = |one: &Golden, other: &Golden| -> Vec<String> {
        let lacking = one.elements.iter().filter(|it| !other.elements.contains(it));
        lacking.map(|it| format!("{} on {}: {}", it.key, it.page, it.element)).collect()
    };
    format!(
        "seen:\n{}\nin the file:\n{}\npages: {:?} {:?}",
        lacks(seen, golden).join("\n"),
        lacks(golden, seen).join("\n"),
        seen.pages,
        golden.pages
    )
}

/// Imports one click on each element of the file, and compares their ids with those of the tour.
async fn same_ids(stage: &Stage, golden: &Golden, host: &str) -> Result<()> {
    let folder = tempfile::TempDir::with_prefix("e2e-elements-")?;
    let file = folder.path().join("past.jsonl");
    let lines: String = golden.elements.iter().map(|it| line(it, host)).collect();
    fs::write(&file, lines)?;
    let mut importer = Importer::start(stage.collector.address(), &file)?;
    ensure!(importer.ended().await? == 0, "{}", importer.output());
    let database = stage.database()?;
    let n = u64::try_from(golden.elements.len())?;
    database.wait_for_events("click", 2 * n).await?;
    let ids = |whose: &str| {
        let sql = format!(
            "SELECT DISTINCT toString(element_id) AS element, toString(page_id) AS page \
             FROM data.events WHERE kind = 'click' AND {whose} ORDER BY element, page"
        );
        let database = database.clone();
        async move { database.select(&sql).await }
    };
    let (past, live) = (ids("anonymous_id = 'past'").await?, ids("anonymous_id != 'past'").await?);
    let missing: Vec<&Value> = past.iter().filter(|row| !live.contains(row)).collect();
    ensure!(missing.is_empty(), "of the past only: {missing:?}; live: {live:?}");
    ensure!(past.len() > 30, "only {} elements", past.len());
    Ok(())
}

fn line(clicked: &load_gen::catalogue::Clicked, host: &str) -> String {
    let element = clicked.element.to_string().replace(load_gen::catalogue::HOST, host);
    let element: Value = serde_json::from_str(&element).unwrap_or_default();
    let path = clicked.page.replace(":id", "7");
    let line = json!({
        "timestamp": 1_735_689_600_000_u64, "kind": "click",
        "context": {"anonymous_id": "past"}, "page": {"host": host, "path": path},
        "element": element,
    });
    format!("{line}\n")
}
