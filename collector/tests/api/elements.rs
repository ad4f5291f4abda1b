//! Elements and pages: each once however many collectors write, and no more than a project may have.

use crate::browser::{Browser, text};
use crate::test_app::{NOON, TestApp, event_id};
use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use store::Statement;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A batch of clicks, each on an element and a page of its own, at a moment.
fn clicks(first_event: u32, names: &[&str], at: i64) -> String {
    let each = |form: &dyn Fn(usize, &str) -> String| {
        let all: Vec<_> = names.iter().enumerate().map(|(n, name)| form(n, name)).collect();
        all.join(",")
    };
    let elements = each(&|_, name| {
        format!(r#"{{"chain":[{{"tag":"button","name":"{name}"}},{{"tag":"main"}}]}}"#)
    });
    let pages = each(&|_, name| format!(r#"{{"host":"app.example.com","path":"/{name}"}}"#));
    let events = each(&|n, _| {
        let id = event_id(first_event + u32::try_from(n).unwrap_or(0));
        format!(r#"{{"event_id":"{id}","kind":"click","timestamp":{at},"element":{n},"page":{n}}}"#)
    });
    format!(
        r#"{{"sdk":"test/1","sent_at":{at},"context":{{"anonymous_id":"anon-1","session_id":"s-1"}},
        "elements":[{elements}],"pages":[{pages}],"events":[{events}]}}"#
    )
}

/// How many events each element and each page has, by name and pattern, as readers see it.
async fn seen(app: &TestApp) -> Result<BTreeMap<String, u32>> {
    #[derive(Deserialize)]
    struct Row {
        what: String,
        n: u32,
    }
    let mut seen = BTreeMap::new();
    for (table, id, name) in [("elements", "element_id", "name"), ("pages", "page_id", "pattern")] {
        let sql = format!(
            "SELECT d.what AS what, toUInt32(count()) AS n FROM {{events}} AS e JOIN \
             (SELECT {id}, any({name}) AS what FROM {{{table}}} GROUP BY project, {id}) AS d \
             ON d.{id} = e.{id} GROUP BY what"
        );
        seen.extend(app.ask::<Row>(&sql).await?.into_iter().map(|row| (row.what, row.n)));
    }
    Ok(seen)
}

fn at_most(n: usize) -> impl FnOnce(&mut collector::config::Config) {
    move |config| (config.store.max_elements, config.store.max_pages) = (n, n)
}

#[tokio::test]
async fn beyond_the_limit_new_ones_are_one_and_known_ones_go_on() -> Result<()> {
    let Some(mut app) = TestApp::start_with("too_many", at_most(3)).await? else { return Ok(()) };
    app.post_batch(&clicks(0, &["save", "open"], NOON)).await?;
    app.written().await?;
    app.post_batch(&clicks(10, &["open", "third", "fourth", "fifth"], NOON)).await?;
    app.written().await?;
    app.stop().await?;
    app.open().await?;
    app.post_batch(&clicks(20, &["save", "sixth"], NOON)).await?;
    app.written().await?;
    // Of `third`, `fourth` and `fifth`, seen at one moment, that of the lowest id is the third.
    let seen = seen(&app).await?;
    for (what, n) in [("save", 2), ("open", 2), ("other elements", 3), ("/save", 2), (":others", 3)]
    {
        assert_eq!(seen.get(what), Some(&n), "{what} in {seen:?}");
    }
    assert_eq!(seen.values().sum::<u32>(), 2 * 8);
    Ok(())
}

#[tokio::test]
async fn what_is_too_many_is_counted_and_shown() -> Result<()> {
    let Some(app) = TestApp::start_with("too_many_shown", at_most(1)).await? else { return Ok(()) };
    app.post_batch(&clicks(0, &["save"], NOON)).await?;
    app.written().await?;
    app.post_batch(&clicks(10, &["save", "Mail to ann@example.com"], NOON)).await?;
    app.written().await?;
    let mut browser = Browser::signed_in(&app).await?;
    let told = browser.get("/v1/projects/default/outcomes").await?;
    let told: Value = serde_json::from_str(&told.body)?;
    let today = &told["days"]["2026-11-22"];
    assert_eq!((&today["other_elements"], &today["other_pages"]), (&1.into(), &1.into()));
    let samples = told["samples"]["others"].as_array().into_iter().flatten();
    let sentences: Vec<_> = samples.filter_map(|sample| sample["sentence"].as_str()).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r"
    1 pages are there already: /:id (app.example.com/Mail to [email]) is kept under “other pages”.
    1 elements are there already: button “Mail to [email]” on /Mail to [email] is kept under “other elements”.
    ");
    let page = text(&browser.get("/projects/default/delivery").await?);
    assert!(page.contains("On elements beyond the limit\n1\nThe project has"), "{page}");
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Rows {
    n: u32,
    n_different: u32,
}

async fn rows(app: &TestApp, table: &str, id: &str) -> Result<(u32, u32)> {
    let sql = format!(
        "SELECT toUInt32(count()) AS n, toUInt32(uniqExact({id})) AS n_different FROM {{{table}}}"
    );
    let rows: Vec<Rows> = app.ask(&sql).await?;
    Ok(rows.first().map_or((0, 0), |rows| (rows.n, rows.n_different)))
}

#[tokio::test]
async fn two_collectors_with_kills_and_restarts_store_each_once() -> Result<()> {
    let Some(mut one) = TestApp::start("two_collectors").await? else { return Ok(()) };
    let tables = [one.store().databases().elements(), one.store().databases().pages()];
    // So that every row that was ever written can be counted.
    for table in &tables {
        one.store().execute(&Statement::new(format!("SYSTEM STOP MERGES {table}"))).await?;
    }
    let mut other = one.beside().await?;
    let names: Vec<String> =
        (b'a'..=b's').map(|letter| format!("name-{}", char::from(letter))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let n_rounds = 12;
    for round in 0..n_rounds {
        // Nearly all of it overlaps; the last round has all of them.
        let part = &names[..8 + round as usize];
        one.post_batch(&clicks(1_000 * round, part, NOON)).await?;
        other.post_batch(&clicks(1_000 * round + 500, part, NOON)).await?;
        match round % 4 {
            1 => {
                one.kill().await?;
                one.open().await?;
            }
            2 => {
                other.kill().await?;
                other.open().await?;
            }
            3 => {
                one.stop().await?;
                one.open().await?;
            }
            _ => {}
        }
    }
    one.written().await?;
    other.written().await?;
    let n = u32::try_from(names.len())?;
    for (table, id) in [("elements", "element_id"), ("pages", "page_id")] {
        let (n_rows, n_different) = rows(&one, table, id).await?;
        assert_eq!(n_different, n, "{table}");
        // What one of them has written, the other or a later run does not write again, unless both
        // were at it.
        assert!(n_rows <= 2 * n_different, "{table}: {n_rows} rows");
    }
    for table in &tables {
        for sql in [format!("SYSTEM START MERGES {table}"), format!("OPTIMIZE TABLE {table} FINAL")]
        {
            one.store().execute(&Statement::new(sql)).await?;
        }
    }
    for (table, id) in [("elements", "element_id"), ("pages", "page_id")] {
        assert_eq!(rows(&one, table, id).await?, (n, n), "{table} when merged");
    }
    Ok(())
}

#[tokio::test]
async fn when_it_was_seen_is_written_once_a_day_by_all_runs_together() -> Result<()> {
    let Some(mut app) = TestApp::start("seen_once_a_day").await? else { return Ok(()) };
    let table = app.store().databases().elements();
    app.store().execute(&Statement::new(format!("SYSTEM STOP MERGES {table}"))).await?;
    for (run, at) in [NOON, NOON, NOON + DAY_MS, NOON + DAY_MS].into_iter().enumerate() {
        let first = 100 * u32::try_from(run)?;
        if run == 2 {
            app.pass(DAY_MS);
        }
        app.post_batch(&clicks(first, &["save"], at)).await?;
        app.written().await?;
        app.stop().await?;
        app.open().await?;
    }
    assert_eq!(rows(&app, "elements", "element_id").await?, (2, 1));
    Ok(())
}
