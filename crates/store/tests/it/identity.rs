//! Who is whose, by the one rule.

use crate::derived::write;
use crate::rows::{batch_id, event};
use anyhow::Result;
use serde::Deserialize;
use store::{Connection, EventRow, Row, Statement, identity, testing};

#[derive(Row, Deserialize)]
struct Person {
    person: String,
}

/// Writes events of (anonymous id, user id) in this order and returns the person of each.
async fn people(connection: &Connection, visits: &[(&str, &str)]) -> Result<Vec<String>> {
    let row = |(n, (anonymous_id, user_id)): (usize, &(&str, &str))| EventRow {
        anonymous_id: (*anonymous_id).to_owned(),
        user_id: (*user_id).to_owned(),
        ..event(batch_id(1), n as u64)
    };
    let rows: Vec<EventRow> = visits.iter().enumerate().map(row).collect();
    write(connection, batch_id(1), &rows).await?;
    let databases = connection.databases();
    let sql = format!(
        "SELECT {} AS person FROM {} AS e WHERE e.project = {{project:String}} ORDER BY e.timestamp",
        identity::person(databases, "e"),
        databases.events(),
    );
    let rows = connection.select::<Person>(&Statement::new(sql).bind("project", "p")).await?;
    Ok(rows.into_iter().map(|row| row.person).collect())
}

#[tokio::test]
async fn signing_in_takes_the_past_along() -> Result<()> {
    let Some(store) = testing::open("past").await? else { return Ok(()) };
    let visits = [("a1", ""), ("a1", "ana"), ("a1", ""), ("a2", "")];
    assert_eq!(people(&store.connection, &visits).await?, ["ana", "ana", "ana", "a2"]);
    Ok(())
}

#[tokio::test]
async fn two_users_on_one_device_stay_two() -> Result<()> {
    let Some(store) = testing::open("two_users").await? else { return Ok(()) };
    let visits = [("a1", ""), ("a1", "ana"), ("a1", "bob"), ("a1", "")];
    assert_eq!(people(&store.connection, &visits).await?, ["ana", "ana", "bob", "ana"]);
    Ok(())
}

#[tokio::test]
async fn one_user_on_two_devices_is_one() -> Result<()> {
    let Some(store) = testing::open("two_devices").await? else { return Ok(()) };
    let visits = [("a1", ""), ("a2", ""), ("a1", "ana"), ("a2", "ana"), ("a3", "")];
    assert_eq!(people(&store.connection, &visits).await?, ["ana", "ana", "ana", "ana", "a3"]);
    Ok(())
}

#[tokio::test]
async fn another_project_s_sign_in_says_nothing() -> Result<()> {
    let Some(store) = testing::open("projects").await? else { return Ok(()) };
    let other = EventRow {
        project: "other".to_owned(),
        anonymous_id: "a1".to_owned(),
        user_id: "eve".to_owned(),
        ..event(batch_id(2), 50)
    };
    write(&store.connection, batch_id(2), &[other]).await?;
    assert_eq!(people(&store.connection, &[("a1", ""), ("", "")]).await?, ["a1", ""]);
    Ok(())
}
