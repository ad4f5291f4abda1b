//! What every report says of a project in which nothing ever happened, and of one in which one
//! thing did: its whole shape, of zeros and of what is unknown.

use crate::history::{self, Happening, PROJECT, feature_id};
use analytics::Query;
use anyhow::{Context, Result, ensure};
use protocol::{Kind, Timestamp};
use serde_json::{Value, json};
use store::{Connection, testing};

/// Noon of 22 November 2026, UTC.
const NOW_MS: i64 = 1_795_348_800_000;
/// Noon of Tuesday, 17 November 2026.
const THEN_MS: i64 = NOW_MS - 5 * 86_400_000;

/// A question of each report, of the two weeks from 9 November on; those about one feature where
/// there is one.
fn questions(feature: Option<&str>) -> Vec<Value> {
    let steps = json!([{"page": "/a"}, {"page": "/b"}]);
    let funnel = json!({"steps": steps, "times": true, "breakdown": "country"});
    let mut all = vec![
        json!({"report": "funnel", "steps": steps, "times": true, "breakdown": "country"}),
        json!({"report": "funnel", "steps": steps, "by": "accounts"}),
        json!({"report": "people", "list": {"of": "funnel", "question": funnel, "who": {"number": "reached", "step": 1}}}),
        json!({"report": "adoption", "after": 1}),
        json!({"report": "paths", "nodes": "pages"}),
        json!({"report": "paths", "nodes": "features"}),
        json!({"report": "paths", "nodes": "clicks", "start": {"page": "/a"}, "end": {"page": "/b"}}),
        json!({"report": "retention", "followed": 1}),
        json!({"report": "retention", "followed": 1, "cohorts": "first", "by": "accounts"}),
        json!({"report": "trend", "compare": "previous"}),
        json!({"report": "stickiness"}),
        json!({"report": "stickiness", "by": "accounts"}),
        json!({"report": "lifecycle"}),
        json!({"report": "lifecycle", "by": "accounts"}),
        json!({"report": "threshold", "most": 1}),
        json!({"report": "usage"}),
    ];
    if let Some(id) = feature {
        all.extend([
            json!({"report": "trend", "series": [{"feature": id}]}),
            json!({"report": "retention", "followed": 1, "start": {"feature": id}}),
            json!({"report": "threshold", "most": 1, "outcome": format!("use:{id}")}),
        ]);
    }
    let range = json!({"from": "2026-11-09", "to": "2026-11-22"});
    for one in &mut all {
        match one["report"].as_str() {
            Some("people") => one["list"]["question"]["date_range"] = range.clone(),
            _ => one["date_range"] = range.clone(),
        }
    }
    all
}

/// What is answered to each of them, a line each, without when it was computed.
async fn answers(connection: &Connection, feature: Option<&str>) -> Result<String> {
    let scope = history::scope("UTC")?;
    let mut told = String::new();
    for question in questions(feature) {
        let query = Query::from_json(&question.to_string())?;
        let now = Timestamp::from_millis(NOW_MS);
        let answer = analytics::run(connection, &scope, &query, now).await;
        let answer = answer.with_context(|| question.to_string())?;
        let shown = format!("{answer:?}");
        // In JSON they would be nothing.
        ensure!(!shown.contains("NaN") && !shown.contains("inf"), "{question}: {shown}");
        let mut answer = serde_json::to_value(&answer)?;
        answer.as_object_mut().and_then(|fields| fields.remove("computed_at"));
        told += &format!("{answer}\n");
    }
    Ok(told)
}

/// Line by line, so that what differs is seen.
fn is_as_expected(told: &str, expected: &str) -> Result<()> {
    for (told, expected) in told.lines().zip(expected.lines()) {
        ensure!(told == expected, "told     {told}\nexpected {expected}");
    }
    ensure!(told.lines().count() == expected.lines().count(), "as many answers as questions");
    Ok(())
}

#[tokio::test]
async fn nothing_at_all_is_told_as_zeros_and_unknowns() -> Result<()> {
    let Some(store) = testing::open("empty").await? else { return Ok(()) };
    let told = answers(&store.connection, None).await?;
    is_as_expected(&told, include_str!("../golden/empty/nothing.jsonl"))
}

#[tokio::test]
async fn a_feature_that_nobody_used_is_told_as_zeros_and_unknowns() -> Result<()> {
    let Some(store) = testing::open("empty_feature").await? else { return Ok(()) };
    history::define(&store.connection, &[("e", &["E"], None)]).await?;
    let told = answers(&store.connection, Some(feature_id("e").as_str())).await?;
    is_as_expected(&told, include_str!("../golden/empty/unused.jsonl"))
}

/// One person clicks once, in a project with a feature.
async fn one_click(name: &str) -> Result<Option<Connection>> {
    let Some(store) = testing::open(name).await? else { return Ok(None) };
    let click = Happening {
        project: PROJECT.to_owned(),
        at: THEN_MS,
        anonymous_id: "browser".to_owned(),
        user_id: "ann".to_owned(),
        kind: Kind::Click,
        host: "app.example".to_owned(),
        path: "/a".to_owned(),
        element: "E".to_owned(),
        account_id: "acme".to_owned(),
        is_automated: false,
    };
    history::write(&store.connection, 1, &[click]).await?;
    history::define(&store.connection, &[("e", &["E"], None)]).await?;
    Ok(Some(store.connection))
}

#[tokio::test]
async fn one_click_of_one_person_is_told_as_one() -> Result<()> {
    let Some(connection) = one_click("one_event").await? else { return Ok(()) };
    let told = answers(&connection, Some(feature_id("e").as_str())).await?;
    is_as_expected(&told, include_str!("../golden/empty/one_click.jsonl"))
}

#[tokio::test]
async fn who_stays_is_asked_for_as_many_periods_as_people_are_followed() -> Result<()> {
    let Some(connection) = one_click("staying").await? else { return Ok(()) };
    let scope = history::scope("UTC")?;
    for after in [1, 12, 13, 63, 64, 65, 100] {
        let question = json!({
            "report": "adoption", "period": "day", "after": after,
            "date_range": {"from": "2026-11-09", "to": "2026-11-22"},
        });
        let query = Query::from_json(&question.to_string())?;
        let answer =
            analytics::run(&connection, &scope, &query, Timestamp::from_millis(NOW_MS)).await;
        let answer = serde_json::to_value(answer.with_context(|| question.to_string())?)?;
        let of = &answer["features"][0]["staying"]["with"]["of"];
        // The click is on the ninth of fourteen days, of which thirteen are over.
        ensure!(*of == json!(u32::from(after <= 4)), "{question}: {of}");
    }
    Ok(())
}
