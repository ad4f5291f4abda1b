//! Migrations, and rows there and back.

use crate::rows::{NOON, batch_id, event};
use anyhow::{Context, Result};
use serde::Deserialize;
use store::schema::{
    account_times, elements, engaged, events, feature_events, first_users, pages, records,
    sessions, traits, user_accounts,
};
use store::{
    Connection, Databases, ElementRow, Error, EventRow, PageRow, Row, Statement, migrate, testing,
};

#[derive(Row, Deserialize)]
struct Text {
    text: String,
}

pub(crate) async fn texts(connection: &Connection, sql: String) -> Result<Vec<String>> {
    let rows = connection.select::<Text>(&Statement::new(sql)).await?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}

#[tokio::test]
async fn migrations_are_applied_once() -> Result<()> {
    let Some(store) = testing::open("migrations").await? else { return Ok(()) };
    let again = migrate(&store.connection).await?;
    assert_eq!((again.n_before, again.n_now), (7, 0));
    let table = format!("{}.migrations", store.connection.databases().control);
    let names = texts(&store.connection, format!("SELECT name AS text FROM {table} ORDER BY id"));
    assert_eq!(
        names.await?,
        [
            "0001_events",
            "0002_control",
            "0003_sessions",
            "0004_people",
            "0005_features",
            "0006_records",
            "0007_engaged"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn two_that_start_together_end_with_the_same_tables() -> Result<()> {
    let Some(store) = testing::open("together").await? else { return Ok(()) };
    let databases = Databases::with_prefix("together_two_");
    let one = Connection::new(store.target.clone(), databases.clone())?;
    let two = Connection::new(store.target, databases)?;
    let (first, second) = tokio::join!(migrate(&one), migrate(&two));
    // Each was applied by one of them, or by both.
    assert!(first?.n_now + second?.n_now >= 4);
    assert_eq!(migrate(&one).await?.n_now, 0);
    one.insert_events(batch_id(1), 0, &[event(batch_id(1), 1)]).await?;
    Ok(())
}

#[tokio::test]
async fn a_migration_of_a_later_build_is_refused() -> Result<()> {
    let Some(store) = testing::open("later").await? else { return Ok(()) };
    let table = format!("{}.migrations", store.connection.databases().control);
    let record = format!("INSERT INTO {table} (id, name, checksum) SELECT 99, '0099_later', 'x'");
    store.connection.execute(&Statement::new(record)).await?;
    let error = migrate(&store.connection).await.err().context("it was accepted")?;
    assert!(matches!(error, Error::MigrationAhead { found: 99, .. }), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_schema_names_the_columns_as_they_are() -> Result<()> {
    let Some(store) = testing::open("columns").await? else { return Ok(()) };
    let data = &store.connection.databases().data;
    let columns = |table: &str| {
        let sql = format!(
            "SELECT name AS text FROM system.columns WHERE database = '{data}' AND table = '{table}' \
             AND default_kind = '' ORDER BY position"
        );
        texts(&store.connection, sql)
    };
    let computed = |table: &str| {
        let sql = format!(
            "SELECT name AS text FROM system.columns WHERE database = '{data}' AND table = '{table}' \
             AND default_kind = 'MATERIALIZED' ORDER BY position"
        );
        texts(&store.connection, sql)
    };
    assert_eq!(columns(events::TABLE).await?, EventRow::COLUMN_NAMES);
    assert_eq!(columns(elements::TABLE).await?, ElementRow::COLUMN_NAMES);
    assert_eq!(columns(pages::TABLE).await?, PageRow::COLUMN_NAMES);
    assert_eq!(columns(sessions::TABLE).await?, sessions::COLUMNS);
    assert_eq!(columns(engaged::TABLE).await?, engaged::COLUMNS);
    assert_eq!(columns(first_users::TABLE).await?, first_users::COLUMNS);
    assert_eq!(columns(user_accounts::TABLE).await?, user_accounts::COLUMNS);
    assert_eq!(columns(account_times::TABLE).await?, account_times::COLUMNS);
    let hashes = [events::ANONYMOUS_HASH, events::USER_HASH, events::ACCOUNT_HASH];
    for table in [events::TABLE, sessions::TABLE, engaged::TABLE, feature_events::TABLE] {
        assert_eq!(computed(table).await?, hashes, "{table}");
    }
    assert_eq!(columns(traits::TABLE).await?, traits::COLUMNS);
    assert_eq!(columns(records::TABLE).await?, records::COLUMNS);
    assert_eq!(columns(feature_events::TABLE).await?, feature_events::COLUMNS);
    let source = include_str!("../../src/schema.rs");
    let tables = [EventRow::COLUMN_NAMES, ElementRow::COLUMN_NAMES, PageRow::COLUMN_NAMES];
    for column in tables.concat() {
        assert!(source.contains(&format!(": &str = \"{column}\";")), "`{column}` has no name");
    }
    Ok(())
}

#[tokio::test]
async fn an_event_comes_back_as_it_was() -> Result<()> {
    let Some(store) = testing::open("event").await? else { return Ok(()) };
    let full = EventRow {
        name: "naïve \0 'quoted' \\".to_owned(),
        user_id: "u".to_owned(),
        account_id: "acme".to_owned(),
        page_id: u64::MAX,
        element_id: 1,
        path: "/orders/12".to_owned(),
        referrer: "example.org".to_owned(),
        campaign_source: "news".to_owned(),
        campaign_medium: "mail".to_owned(),
        campaign_name: "spring".to_owned(),
        device: "desktop".to_owned(),
        browser: "Firefox".to_owned(),
        os: "Linux".to_owned(),
        country: "DE".to_owned(),
        language: "de-DE".to_owned(),
        app_version: "1.2".to_owned(),
        is_automated: true,
        properties: vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())],
        timestamp: NOON.plus_millis(-1),
        ..event(batch_id(1), 1)
    };
    let rows = vec![full, event(batch_id(1), 2)];
    store.connection.insert_events(batch_id(1), 0, &rows).await?;
    let sql = format!("SELECT * FROM {} ORDER BY event_id", store.connection.databases().events());
    assert_eq!(store.connection.select::<EventRow>(&Statement::new(sql)).await?, rows);
    Ok(())
}

#[tokio::test]
async fn an_element_and_a_page_written_again_stay_one() -> Result<()> {
    let Some(store) = testing::open("dictionary").await? else { return Ok(()) };
    let element = ElementRow {
        project: "p".to_owned(),
        element_id: 9,
        canonical: "{}".to_owned(),
        tag: "button".to_owned(),
        role: "button".to_owned(),
        name: "Save".to_owned(),
        test_id: "save".to_owned(),
        first_seen: NOON,
        last_seen: NOON,
    };
    let page = PageRow {
        project: "p".to_owned(),
        page_id: 8,
        host: "app.example.com".to_owned(),
        pattern: "/orders/:id".to_owned(),
        title: "Order".to_owned(),
        first_seen: NOON,
        last_seen: NOON,
    };
    for ms in [0, 5_000, -5_000] {
        let at = NOON.plus_millis(ms);
        let element = ElementRow { first_seen: at, last_seen: at, ..element.clone() };
        store.connection.insert_elements(&[element.clone(), element]).await?;
        store
            .connection
            .insert_pages(&[PageRow { first_seen: at, last_seen: at, ..page.clone() }])
            .await?;
    }
    let (first_seen, last_seen) = (NOON.plus_millis(-5_000), NOON.plus_millis(5_000));
    let databases = store.connection.databases();
    let sql = format!("SELECT * FROM {} FINAL", databases.elements());
    let elements = store.connection.select::<ElementRow>(&Statement::new(sql)).await?;
    assert_eq!(elements, [ElementRow { first_seen, last_seen, ..element }]);
    let sql = format!("SELECT * FROM {} FINAL", databases.pages());
    let pages = store.connection.select::<PageRow>(&Statement::new(sql)).await?;
    assert_eq!(pages, [PageRow { first_seen, last_seen, ..page }]);
    Ok(())
}

#[tokio::test]
async fn values_are_never_part_of_the_text() -> Result<()> {
    let Some(store) = testing::open("values").await? else { return Ok(()) };
    let hostile = "'; DROP TABLE events; -- ? {x:String} \\ \t\n é";
    let statement = Statement::new(
        "SELECT {text:String} AS text, {ids:Array(UInt64)} AS ids, {texts:Array(String)} AS texts, \
         {n:Int64} AS n, {is:Bool} AS is, fromUnixTimestamp64Milli({at:Int64}) AS at",
    )
    .bind("text", hostile)
    .bind("ids", vec![0, u64::MAX])
    .bind("texts", vec![hostile.to_owned(), String::new()])
    .bind("n", i64::MIN)
    .bind("is", true)
    .bind("at", NOON);
    let rows = store.connection.json::<serde_json::Value>(&statement).await?;
    let expected = serde_json::json!({
        "text": hostile, "ids": [0, u64::MAX], "texts": [hostile, ""],
        "n": i64::MIN, "is": true, "at": "2026-11-22 12:00:00.000",
    });
    assert_eq!(rows, [expected]);
    Ok(())
}

#[tokio::test]
async fn a_question_cannot_write() -> Result<()> {
    let Some(store) = testing::open("question").await? else { return Ok(()) };
    let drop = format!("DROP TABLE {}", store.connection.databases().events());
    let error = store.connection.json::<serde_json::Value>(&Statement::new(drop)).await;
    assert!(matches!(error, Err(Error::Refused { code: 164, .. })), "{error:?}");
    let error = store.connection.execute(&Statement::new("SELEC 1")).await.err().context("done")?;
    assert!(matches!(error, Error::Refused { code: 62, .. }) && !error.is_retryable(), "{error}");
    Ok(())
}
