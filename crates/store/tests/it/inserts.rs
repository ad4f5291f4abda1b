//! Repeats of an insert, and inserts of several months.

use crate::rows::{batch_id, event, events};
use anyhow::{Context, Result};
use serde::Deserialize;
use store::{Connection, Error, EventRow, Row, Statement, testing};

#[derive(Row, Deserialize)]
struct Count {
    n: u64,
}

pub(crate) async fn count(connection: &Connection, what: &str) -> Result<u64> {
    let sql = format!("SELECT {what} AS n FROM {}", connection.databases().events());
    let rows = connection.select::<Count>(&Statement::new(sql)).await?;
    Ok(rows.first().context("no row")?.n)
}

#[tokio::test]
async fn the_same_attempt_again_writes_nothing_twice() -> Result<()> {
    let Some(store) = testing::open("attempt").await? else { return Ok(()) };
    let batch = batch_id(1);
    let rows = events(batch, 0..100);
    for _ in 0..3 {
        store.connection.insert_events(batch, 0, &rows).await?;
    }
    assert_eq!(count(&store.connection, "count()").await?, 100);
    store.connection.insert_events(batch, 1, &rows).await?;
    assert_eq!(count(&store.connection, "count()").await?, 200);
    assert_eq!(count(&store.connection, "uniqExact(event_id)").await?, 100);
    Ok(())
}

#[tokio::test]
async fn other_rows_under_one_attempt_are_not_lost() -> Result<()> {
    let Some(store) = testing::open("other_rows").await? else { return Ok(()) };
    let batch = batch_id(1);
    store.connection.insert_events(batch, 0, &events(batch, 0..10)).await?;
    store.connection.insert_events(batch, 0, &events(batch, 10..20)).await?;
    assert_eq!(count(&store.connection, "count()").await?, 20);
    Ok(())
}

#[tokio::test]
async fn another_process_with_the_same_attempt_is_not_dropped() -> Result<()> {
    let Some(store) = testing::open("process").await? else { return Ok(()) };
    let batch = batch_id(1);
    let rows = events(batch, 0..10);
    let databases = store.connection.databases().clone();
    let after_restart = Connection::new(store.target, databases)?;
    store.connection.insert_events(batch, 0, &rows).await?;
    // It would have settled first; what it then inserts must go in.
    after_restart.insert_events(batch, 0, &rows).await?;
    assert_eq!(count(&after_restart, "count()").await?, 20);
    Ok(())
}

#[tokio::test]
async fn each_month_is_one_part() -> Result<()> {
    let Some(store) = testing::open("months").await? else { return Ok(()) };
    let batch = batch_id(1);
    let row =
        |n: u64| EventRow { month: 202_609 + u32::try_from(n % 3).unwrap_or(0), ..event(batch, n) };
    let rows: Vec<EventRow> = (0..50_000).map(row).collect();
    store.connection.insert_events(batch, 0, &rows).await?;
    assert_eq!(count(&store.connection, "count()").await?, 50_000);
    assert_eq!(count(&store.connection, "uniqExact(_part)").await?, 3);
    assert_eq!(count(&store.connection, "uniqExact(_partition_id)").await?, 3);
    Ok(())
}

#[tokio::test]
async fn nothing_is_written_of_no_rows() -> Result<()> {
    let Some(store) = testing::open("empty").await? else { return Ok(()) };
    store.connection.insert_events(batch_id(1), 0, &[]).await?;
    store.connection.insert_elements(&[]).await?;
    store.connection.insert_pages(&[]).await?;
    assert_eq!(count(&store.connection, "count()").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_table_of_another_form_is_no_fault_of_a_row() -> Result<()> {
    // Nor are the bytes of one type ever read as those of another.
    for (change, lacks) in [
        ("MODIFY COLUMN page_id Int64", "no column `page_id` of type `UInt64`"),
        ("MODIFY COLUMN sent_at DateTime64(6)", "no column `sent_at` of type `DateTime64(3)`"),
        ("DROP COLUMN country", "no column `country` of type `LowCardinality(String)`"),
    ] {
        let Some(store) = testing::open("form").await? else { return Ok(()) };
        let change = format!("ALTER TABLE {} {change}", store.connection.databases().events());
        store.connection.execute(&Statement::new(change)).await?;
        let rows = events(batch_id(1), 0..1);
        let written = store.connection.insert_events(batch_id(1), 0, &rows).await;
        let error = written.err().context("it was accepted")?;
        assert!(matches!(error, Error::Columns { .. }) && !error.is_retryable(), "{error:?}");
        assert!(error.to_string().contains(lacks), "{error}");
        assert_eq!(count(&store.connection, "count()").await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_table_with_more_columns_is_written_to() -> Result<()> {
    let Some(store) = testing::open("more").await? else { return Ok(()) };
    let table = store.connection.databases().events();
    let add = format!("ALTER TABLE {table} ADD COLUMN own String DEFAULT 'x' AFTER project");
    store.connection.execute(&Statement::new(add)).await?;
    store.connection.insert_events(batch_id(1), 0, &events(batch_id(1), 0..10)).await?;
    assert_eq!(count(&store.connection, "countIf(own = 'x' AND kind = 'click')").await?, 10);
    Ok(())
}

#[tokio::test]
async fn what_keeps_a_row_out_names_itself() -> Result<()> {
    let Some(store) = testing::open("constraint").await? else { return Ok(()) };
    let table = store.connection.databases().events();
    let keep = format!("ALTER TABLE {table} ADD CONSTRAINT short CHECK length(path) < 10");
    store.connection.execute(&Statement::new(keep)).await?;
    let long = EventRow { path: "/".repeat(10), ..event(batch_id(1), 1) };
    let written = store.connection.insert_events(batch_id(1), 0, &[long]).await;
    assert!(matches!(written, Err(Error::Refused { code: 469, .. })), "{written:?}");
    store.connection.insert_events(batch_id(1), 1, &[event(batch_id(1), 2)]).await?;
    Ok(())
}
