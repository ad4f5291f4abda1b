//! The uses of features: filled from the past, kept with each batch, and the same either way.

use crate::derived::{n_different, write};
use crate::rows::{NOON, batch_id, event};
use anyhow::{Context, Result};
use serde::Deserialize;
use store::derived::fill::{FeatureVersion, Fill, Stage};
use store::derived::{self, NO_ELEMENT};
use store::{Connection, EventRow, FeatureElementRow, FeaturePageRow, Row, Statement, testing};

const MONTH: u32 = 202_611;
/// The latest moment that the table can hold.
const ALWAYS: i64 = 4_102_444_800_000;

#[derive(Row, Deserialize)]
struct Used {
    feature: String,
    version: u32,
    n: u64,
}

/// How many uses there are of each version of each feature, and how many events they are.
async fn used(connection: &Connection) -> Result<Vec<(String, u32, u64)>> {
    let sql = format!(
        "SELECT toString(feature) AS feature, version, count() AS n FROM {} \
         GROUP BY feature, version HAVING throwIf(n != uniqExact(event_id)) = 0 ORDER BY feature, version",
        connection.databases().feature_events()
    );
    let rows = connection.select::<Used>(&Statement::new(sql)).await?;
    Ok(rows.into_iter().map(|row| (row.feature, row.version, row.n)).collect())
}

fn version(feature: &str, version: u32) -> FeatureVersion {
    FeatureVersion { project: "p".to_owned(), feature: feature.to_owned(), version }
}

/// Says that an alternative of a feature means an element, always and on every page.
fn means(feature: &str, version: u32, alternative: u8, element_id: u64) -> FeatureElementRow {
    FeatureElementRow {
        project: "p".to_owned(),
        feature: feature.to_owned(),
        version,
        alternative,
        element_id,
        any_page: true,
        valid_to: protocol::Timestamp::from_millis(ALWAYS),
        ..FeatureElementRow::default()
    }
}

/// Clicks on elements 0 to 4, in two months.
fn clicks(batch: u8, n: u64) -> Vec<EventRow> {
    let row = |i: u64| EventRow {
        element_id: i % 5,
        page_id: 1 + i % 3,
        month: MONTH - u32::from(i.is_multiple_of(2)),
        app_version: if i % 4 < 2 { "4.2.1" } else { "4.20" }.to_owned(),
        ..event(batch_id(batch), u64::from(batch) * 10_000 + i)
    };
    (0..n).map(row).collect()
}

async fn fill(connection: &Connection, versions: &[FeatureVersion], month: u32) -> Result<()> {
    connection.end_fills().await?;
    connection.fill(&Fill { month, versions: versions.to_vec() }).await?;
    connection.note_stage(versions, Stage::Month(month), NOON).await?;
    Ok(())
}

#[tokio::test]
async fn the_past_is_filled_and_what_comes_is_derived() -> Result<()> {
    let Some(store) = testing::open("features").await? else { return Ok(()) };
    let connection = &store.connection;
    write(connection, batch_id(1), &clicks(1, 100)).await?;
    connection.insert_matches(&[means("f", 1, 0, 1), means("f", 1, 1, 1)], &[]).await?;
    let versions = [version("f", 1)];
    assert_eq!(used(connection).await?, []);

    // Between the fills of the two months, and before and after them, more comes.
    write(connection, batch_id(2), &clicks(2, 100)).await?;
    fill(connection, &versions, MONTH).await?;
    write(connection, batch_id(3), &clicks(3, 100)).await?;
    assert_eq!(n_different(connection).await?, 0);
    fill(connection, &versions, MONTH - 1).await?;
    connection.note_stage(&versions, Stage::Filled, NOON).await?;
    write(connection, batch_id(4), &clicks(4, 100)).await?;
    let new_month = EventRow { month: MONTH + 1, element_id: 1, ..event(batch_id(5), 60_000) };
    write(connection, batch_id(5), &[new_month]).await?;

    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 81)]);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_fill_that_was_cut_off_is_completed() -> Result<()> {
    let Some(store) = testing::open("cut_off").await? else { return Ok(()) };
    let connection = &store.connection;
    write(connection, batch_id(1), &clicks(1, 500)).await?;
    connection.insert_matches(&[means("f", 1, 0, 1), means("g", 1, 0, 2)], &[]).await?;
    let versions = [version("f", 1), version("g", 1)];
    connection.fill(&Fill { month: MONTH, versions: versions.to_vec() }).await?;
    let table = connection.databases().feature_events();
    // As after a kill in the middle: some blocks of it are there, and its stage is not reached.
    let cut = format!("DELETE FROM {table} WHERE feature = 'g' OR cityHash64(event_id) % 3 = 0");
    connection.execute(&Statement::new(cut)).await?;
    let left = used(connection).await?;
    assert!(left.len() == 1 && left[0].2 < 50, "{left:?}");
    write(connection, batch_id(2), &clicks(2, 100)).await?;

    fill(connection, &versions, MONTH).await?;
    write(connection, batch_id(3), &clicks(3, 100)).await?;
    let expected = [("f".to_owned(), 1, 70), ("g".to_owned(), 1, 70)];
    assert_eq!(used(connection).await?, expected);
    assert_eq!(n_different(connection).await?, 0);
    fill(connection, &versions, MONTH).await?;
    assert_eq!(used(connection).await?, expected);
    Ok(())
}

#[tokio::test]
async fn a_fill_that_still_runs_is_ended() -> Result<()> {
    let Some(store) = testing::open("running_fill").await? else { return Ok(()) };
    let connection = &store.connection;
    write(connection, batch_id(1), &clicks(1, 100)).await?;
    connection.insert_matches(&[means("f", 1, 0, 1)], &[]).await?;
    // Slow, under the name of a fill.
    let database = &connection.databases().data;
    let slow = "SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1 FORMAT Null";
    let address = format!(
        "{}/?query_id={database}-fill-{MONTH}-0&function_sleep_max_microseconds_per_block=60000000",
        store.target.url
    );
    let request = reqwest::Client::new()
        .post(address)
        .basic_auth(&store.target.user, Some(&store.target.password))
        .body(slow);
    let running = tokio::spawn(request.send());
    let sql = format!(
        "SELECT count() AS n, '' AS feature, toUInt32(0) AS version FROM system.processes \
         WHERE startsWith(query_id, '{database}-fill-')"
    );
    let n_running = async || {
        let rows = connection.select::<Used>(&Statement::new(sql.as_str())).await?;
        anyhow::Ok(rows.first().context("no row")?.n)
    };
    while n_running().await? == 0 {
        tokio::task::yield_now().await;
    }
    connection.end_fills().await?;
    assert_eq!(n_running().await?, 0);
    drop(running.await?);
    Ok(())
}

#[tokio::test]
async fn a_rule_holds_on_its_pages_in_its_time_and_in_its_version() -> Result<()> {
    let Some(store) = testing::open("holds").await? else { return Ok(()) };
    let connection = &store.connection;
    let rows = clicks(1, 300);
    write(connection, batch_id(1), &rows).await?;
    // Both are clicks on the element that is meant: the first counts and the last does not.
    let (from, to) = (rows[41].timestamp, rows[201].timestamp);
    let elements = [
        FeatureElementRow { any_page: false, ..means("page", 1, 0, 1) },
        FeatureElementRow { valid_from: from, valid_to: to, ..means("time", 1, 0, 1) },
        FeatureElementRow { app_version: "4.2".to_owned(), ..means("app", 1, 0, 1) },
        // Another alternative of the same feature, on another page and of another element.
        FeatureElementRow { any_page: false, ..means("page", 1, 1, 2) },
    ];
    let page = |alternative, page_id| FeaturePageRow {
        project: "p".to_owned(),
        feature: "page".to_owned(),
        version: 1,
        alternative,
        page_id,
    };
    connection.insert_matches(&elements, &[page(0, 1), page(1, 2)]).await?;
    let versions = ["page", "time", "app"].map(|feature| version(feature, 1));
    fill(connection, &versions, MONTH).await?;
    fill(connection, &versions, MONTH - 1).await?;
    let count = |is_one: &dyn Fn(&EventRow) -> bool| rows.iter().filter(|row| is_one(row)).count();
    let is_on = |row: &EventRow, element, page| row.element_id == element && row.page_id == page;
    let expected = [
        ("app", count(&|row| row.element_id == 1 && row.app_version == "4.2.1")),
        ("page", count(&|row| is_on(row, 1, 1) || is_on(row, 2, 2))),
        ("time", count(&|row| row.element_id == 1 && from <= row.timestamp && row.timestamp < to)),
    ];
    let expected = expected.map(|(feature, n)| (feature.to_owned(), 1, n as u64));
    assert_eq!(used(connection).await?, expected);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn only_clicks_and_submits_are_uses() -> Result<()> {
    let Some(store) = testing::open("kinds").await? else { return Ok(()) };
    let connection = &store.connection;
    let kinds = ["click", "submit", "rage_click", "dead_click", "change", "page_view", "outbound"];
    let row = |(n, kind): (u64, &str)| EventRow {
        kind: kind.to_owned(),
        element_id: 1,
        ..event(batch_id(1), n)
    };
    let rows: Vec<_> = (0..).zip(kinds).map(row).collect();
    connection.insert_matches(&[means("f", 1, 0, 1)], &[]).await?;
    connection.note_stage(&[version("f", 1)], Stage::Filled, NOON).await?;
    write(connection, batch_id(1), &rows).await?;
    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 2)]);
    Ok(())
}

#[tokio::test]
async fn views_of_a_page_are_uses_where_a_page_is_meant() -> Result<()> {
    let Some(store) = testing::open("views").await? else { return Ok(()) };
    let connection = &store.connection;
    let of_kind = |n: u64, kind: &str, element_id, page_id| EventRow {
        kind: kind.to_owned(),
        element_id,
        page_id,
        ..event(batch_id(1), n)
    };
    let rows = [
        of_kind(1, "page_view", NO_ELEMENT, 1),
        of_kind(2, "page_view", NO_ELEMENT, 2),
        // Neither a click beside everything nor a view that says an element is one.
        of_kind(3, "click", NO_ELEMENT, 1),
        of_kind(4, "page_view", 1, 1),
        of_kind(5, "click", 1, 1),
    ];
    let view = FeatureElementRow { any_page: false, ..means("f", 1, 0, NO_ELEMENT) };
    let page = FeaturePageRow {
        project: "p".to_owned(),
        feature: "f".to_owned(),
        version: 1,
        alternative: 0,
        page_id: 1,
    };
    connection.insert_matches(&[view], &[page]).await?;
    connection.note_stage(&[version("f", 1)], Stage::Filled, NOON).await?;
    write(connection, batch_id(1), &rows).await?;
    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 1)]);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_is_opened_again_keeps_its_uses_and_gets_what_is_missing() -> Result<()> {
    let Some(store) = testing::open("opened").await? else { return Ok(()) };
    let connection = &store.connection;
    let versions = [version("f", 1)];
    connection.insert_matches(&[means("f", 1, 0, 1), means("g", 1, 0, 2)], &[]).await?;
    connection.note_stage(&[version("f", 1), version("g", 1)], Stage::Filled, NOON).await?;
    write(connection, batch_id(1), &clicks(1, 100)).await?;
    connection.reopen(&versions, NOON).await?;
    write(connection, batch_id(2), &clicks(2, 100)).await?;
    let g = || ("g".to_owned(), 1, 40);
    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 20), g()]);
    let stages = connection.stages().await?;
    let of = |version: &FeatureVersion| stages.get(version).cloned().unwrap_or_default();
    assert!(!of(&versions[0]).is_matched && !of(&versions[0]).is_filled);
    assert!(of(&version("g", 1)).is_filled);

    connection.note_stage(&versions, Stage::Matched, NOON).await?;
    fill(connection, &versions, MONTH).await?;
    fill(connection, &versions, MONTH - 1).await?;
    connection.note_stage(&versions, Stage::Filled, NOON).await?;
    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 40), g()]);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_dropped_counts_no_longer_and_is_taken_out() -> Result<()> {
    let Some(store) = testing::open("dropped").await? else { return Ok(()) };
    let connection = &store.connection;
    connection.insert_matches(&[means("f", 1, 0, 1), means("f", 2, 0, 2)], &[]).await?;
    connection.note_stage(&[version("f", 1)], Stage::Filled, NOON).await?;
    write(connection, batch_id(1), &clicks(1, 100)).await?;
    connection.note_stage(&[version("f", 1)], Stage::Dropped, NOON).await?;
    connection.note_stage(&[version("f", 2)], Stage::Filled, NOON).await?;
    write(connection, batch_id(2), &clicks(2, 100)).await?;
    assert_eq!(used(connection).await?, [("f".to_owned(), 1, 20), ("f".to_owned(), 2, 20)]);
    connection.remove(&[version("f", 1)]).await?;
    connection.note_stage(&[version("f", 1)], Stage::Gone, NOON).await?;
    assert_eq!(used(connection).await?, [("f".to_owned(), 2, 20)]);
    let meant = format!(
        "SELECT toString(feature) AS feature, version, count() AS n FROM {} GROUP BY feature, version",
        connection.databases().feature_elements()
    );
    let meant = connection.select::<Used>(&Statement::new(meant)).await?;
    assert_eq!(meant.iter().map(|row| row.version).collect::<Vec<_>>(), [2]);
    let stages = connection.stages().await?;
    let of = |n| stages.get(&version("f", n)).cloned().unwrap_or_default();
    assert!(of(1).is_dropped && of(1).is_gone && of(2).is_filled && !of(2).is_dropped);
    Ok(())
}

#[tokio::test]
async fn a_rebuild_finds_the_same_uses() -> Result<()> {
    let Some(store) = testing::open("uses_rebuilt").await? else { return Ok(()) };
    let connection = &store.connection;
    connection.insert_matches(&[means("f", 1, 0, 1), means("g", 1, 0, 1)], &[]).await?;
    connection.note_stage(&[version("f", 1), version("g", 1)], Stage::Filled, NOON).await?;
    write(connection, batch_id(1), &clicks(1, 100)).await?;
    let before = used(connection).await?;
    let lose = format!("TRUNCATE TABLE {}", connection.databases().feature_events());
    connection.execute(&Statement::new(lose)).await?;
    assert_eq!(n_different(connection).await?, 40);
    for part in derived::parts([MONTH - 1, MONTH]) {
        connection.rebuild(part).await?;
    }
    assert_eq!(used(connection).await?, before);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}
