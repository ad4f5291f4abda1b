//! Events that are there twice.

use crate::derived::{n_different, n_sessions, write};
use crate::inserts::count;
use crate::rows::{batch_id, event, events};
use crate::tables::texts;
use anyhow::Result;
use store::{Duplicates, EventRow, Statement, derived, testing};

const MONTH: u32 = 202_611;

#[tokio::test]
async fn copies_are_counted_and_taken_out() -> Result<()> {
    let Some(store) = testing::open("copies").await? else { return Ok(()) };
    let connection = &store.connection;
    let batch = batch_id(1);
    write(connection, batch, &events(batch, 0..100)).await?;
    let of = |n_rows, n_duplicates| Duplicates { n_rows, n_duplicates };
    assert_eq!(connection.duplicates(MONTH).await?, of(100, 0));
    assert_eq!(connection.duplicates(MONTH - 1).await?, of(0, 0));

    // A second batch brings thirty of them again, and a third ten of those, all later. Another
    // project may have an event of the same id, and another month is not touched.
    for (n, range) in [(2, 10..40), (3, 30..40)] {
        let again = |row: EventRow| EventRow {
            received_at: row.received_at.plus_millis(i64::from(n)),
            ..row
        };
        let rows: Vec<EventRow> = events(batch_id(n), range).into_iter().map(again).collect();
        write(connection, batch_id(n), &rows).await?;
    }
    let other = EventRow { project: "q".to_owned(), ..event(batch_id(4), 5) };
    let older = EventRow { month: MONTH - 1, ..event(batch_id(4), 500) };
    write(connection, batch_id(4), &[other, older.clone(), older]).await?;
    assert_eq!(connection.duplicates(MONTH).await?, of(141, 40));

    connection.rewrite_without_duplicates(MONTH).await?;
    assert_eq!(connection.duplicates(MONTH).await?, of(101, 0));
    assert_eq!(connection.duplicates(MONTH - 1).await?, of(2, 1));
    let first = format!("countIf(batch_id = unhex('{batch}'))");
    assert_eq!(count(connection, &first).await?, 100);

    assert!(n_different(connection).await? > 0);
    for part in derived::parts([MONTH]) {
        connection.rebuild(part).await?;
    }
    assert_eq!(n_different(connection).await?, 0);
    assert_eq!(n_sessions(connection, "sumIf(n_events, month = 202611)").await?, 101);
    Ok(())
}

#[tokio::test]
async fn what_an_ended_rewrite_left_behind_is_no_hindrance() -> Result<()> {
    let Some(store) = testing::open("left_behind").await? else { return Ok(()) };
    let connection = &store.connection;
    let batch = batch_id(1);
    connection.insert_events(batch, 0, &events(batch, 0..10)).await?;
    let table = connection.databases().events();
    let left = format!("CREATE TABLE {table}_rewritten AS {table}");
    connection.execute(&Statement::new(left)).await?;
    let half = format!("INSERT INTO {table}_rewritten SELECT * FROM {table} LIMIT 5");
    connection.execute(&Statement::new(half)).await?;
    connection.rewrite_without_duplicates(MONTH).await?;
    assert_eq!(count(connection, "count()").await?, 10);
    Ok(())
}

#[tokio::test]
async fn a_month_that_is_replaced_too_late_takes_nothing_with_it() -> Result<()> {
    let Some(store) = testing::open("too_late").await? else { return Ok(()) };
    let connection = &store.connection;
    let batch = batch_id(1);
    connection.insert_events(batch, 0, &events(batch, 0..10)).await?;
    connection.rewrite_without_duplicates(MONTH).await?;
    let table = connection.databases().events();
    let data = &connection.databases().data;
    let sql = format!(
        "SELECT name AS text FROM system.tables WHERE database = '{data}' AND name LIKE '%_rewritten%'"
    );
    let names = texts(connection, sql).await?;
    assert_eq!(names.len(), 1);
    // Its process is gone before the last statement is read by the server, and the next writes.
    let late = format!(
        "ALTER TABLE {table} REPLACE PARTITION {MONTH} FROM {}.{}",
        connection.databases().data,
        names[0]
    );
    assert_eq!(connection.end_rewrites().await?, [MONTH]);
    connection.insert_events(batch_id(2), 0, &events(batch_id(2), 10..15)).await?;
    let refused = connection.execute(&Statement::new(late)).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("UNKNOWN_TABLE")));
    assert_eq!(count(connection, "count()").await?, 15);
    assert!(connection.end_rewrites().await?.is_empty());
    Ok(())
}
