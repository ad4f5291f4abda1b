//! What is derived from events: sessions, their rebuild, and what is asked of them.

use crate::rows::{NOON, batch_id, event, events};
use anyhow::{Context, Result};
use protocol::{BatchId, ProjectId};
use serde::Deserialize;
use serde_json::Value;
use store::derived::{self, Part};
use store::identity::{self, Grouping};
use store::{Activity, Connection, EventRow, Row, Statement, testing};

const MONTH: u32 = 202_611;
const MINUTE: i64 = 60_000;

#[derive(Row, Deserialize)]
struct Count {
    n: u64,
}

pub(crate) async fn n_sessions(connection: &Connection, what: &str) -> Result<u64> {
    let sql = format!("SELECT {what} AS n FROM {}", connection.databases().sessions());
    let rows = connection.select::<Count>(&Statement::new(sql)).await?;
    Ok(rows.first().context("no row")?.n)
}

/// Writes events, and what is derived from them.
pub(crate) async fn write(
    connection: &Connection,
    batch: BatchId,
    rows: &[EventRow],
) -> Result<()> {
    connection.insert_events(batch, 0, rows).await?;
    testing::derive(connection, batch).await
}

pub(crate) async fn n_different(connection: &Connection) -> Result<u64> {
    let mut n = 0;
    for part in derived::parts([MONTH - 1, MONTH]) {
        n += connection.n_different(part).await?;
    }
    Ok(n)
}

/// A view of `page` by `who`, so many minutes after noon.
fn view(batch: BatchId, n: u64, who: (&str, &str), page: u64, minutes: i64) -> EventRow {
    EventRow {
        kind: "page_view".to_owned(),
        anonymous_id: who.0.to_owned(),
        user_id: who.1.to_owned(),
        page_id: page,
        timestamp: NOON.plus_millis(minutes * MINUTE),
        ..event(batch, n)
    }
}

#[tokio::test]
async fn a_session_says_where_it_came_from_and_where_it_went() -> Result<()> {
    let Some(store) = testing::open("session").await? else { return Ok(()) };
    let batch = batch_id(1);
    let rows = [
        EventRow { timestamp: NOON.plus_millis(3 * MINUTE), ..event(batch, 1) },
        EventRow {
            kind: "identify".to_owned(),
            campaign_source: "mail".to_owned(),
            ..view(batch, 0, ("a1", ""), 0, 0)
        },
        EventRow {
            referrer: "news.example".to_owned(),
            campaign_source: "mail".to_owned(),
            ..view(batch, 2, ("a1", ""), 7, 1)
        },
        view(batch, 3, ("a1", ""), 9, 2),
    ];
    write(&store.connection, batch, &rows).await?;
    let sql =
        format!("SELECT * EXCEPT (batch_id) FROM {}", store.connection.databases().sessions());
    let rows: Vec<Value> = store.connection.json(&Statement::new(sql)).await?;
    insta::assert_snapshot!(serde_json::to_string_pretty(&rows)?, @r#"
[
  {
    "account_id": "",
    "anonymous_id": "a1",
    "browser": "",
    "campaign_medium": "",
    "campaign_name": "",
    "campaign_source": "mail",
    "country": "",
    "device": "",
    "entry_at": "2026-11-22 12:01:00.000",
    "entry_page_id": 7,
    "exit_at": "2026-11-22 12:02:00.000",
    "exit_page_id": 9,
    "first_active": "2026-11-22 12:01:00.000",
    "first_seen": "2026-11-22 12:00:00.000",
    "is_automated": false,
    "last_seen": "2026-11-22 12:03:00.000",
    "month": 202611,
    "n_active": 3,
    "n_clicks": 1,
    "n_events": 4,
    "n_page_views": 2,
    "os": "",
    "project": "p",
    "quarter": 1994832,
    "referrer": "",
    "session_id": "s",
    "user_id": ""
  }
]
"#);
    assert_eq!(n_different(&store.connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn engaged_time_is_what_the_leaves_of_pages_say() -> Result<()> {
    let Some(store) = testing::open("engaged").await? else { return Ok(()) };
    let connection = &store.connection;
    let leave = |batch, n, who, minutes, told: &str| EventRow {
        kind: "page_leave".to_owned(),
        properties: vec![("engaged_ms".to_owned(), told.to_owned())],
        ..view(batch, n, who, 7, minutes)
    };
    let (one, two, ana) = (batch_id(1), batch_id(2), ("a1", "ana"));
    let day = 24 * 60 * MINUTE;
    let rows = [
        view(one, 1, ana, 7, 0),
        leave(one, 2, ana, 1, "31000"),
        leave(one, 3, ana, 2, "2000"),
        leave(one, 4, ("a1", ""), 3, "4000"),
        // What is no number is none, and nobody is engaged for longer than a day.
        leave(one, 5, ana, 4, "long"),
        leave(one, 6, ana, 16, "99999999999999999999"),
        leave(one, 7, ana, 16, "9999999999"),
        EventRow { session_id: "s2".to_owned(), ..leave(one, 8, ana, 17, "800") },
        EventRow { kind: "click".to_owned(), ..leave(one, 9, ana, 17, "800") },
    ];
    write(connection, one, &rows).await?;
    assert!(connection.underived(one).await?.iter().all(|part| part.derived.table != "engaged"));
    write(connection, two, &[leave(two, 10, ana, 2, "500")]).await?;
    let sql = format!(
        "SELECT quarter - 1994832 AS quarter, user_id AS user, session_id AS session, toString(first_seen) AS at, toInt64(engaged_ms) AS ms, \
         user_hash = if(user_id = '', 0, sipHash64('p', 'ana')) AS is_hash FROM {} \
         ORDER BY quarter, user, session, ms",
        connection.databases().engaged()
    );
    let rows: Vec<Value> = connection.json(&Statement::new(sql)).await?;
    let row = |quarter: i64, user: &str, session: &str, at: &str, ms: i64| {
        serde_json::json!({
            "quarter": quarter, "user": user, "session": session,
            "at": format!("2026-11-22 12:{at}:00.000"), "ms": ms, "is_hash": 1,
        })
    };
    assert_eq!(
        rows,
        [
            row(0, "", "s", "03", 4_000),
            row(0, "ana", "s", "02", 500),
            row(0, "ana", "s", "01", 33_000),
            row(1, "ana", "s", "16", day),
            row(1, "ana", "s2", "17", 800),
        ]
    );
    assert_eq!(n_different(connection).await?, 0);
    let lose = format!("TRUNCATE TABLE {}", connection.databases().engaged());
    connection.execute(&Statement::new(lose)).await?;
    assert_eq!(n_different(connection).await?, 5);
    for part in connection.underived_months().await? {
        connection.derive_month(part).await?;
    }
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn only_what_is_missing_of_a_batch_is_derived() -> Result<()> {
    let Some(store) = testing::open("underived").await? else { return Ok(()) };
    let connection = &store.connection;
    let batch = batch_id(1);
    let month = |n: u64| EventRow { month: MONTH - u32::from(n < 40), ..event(batch, n) };
    let rows: Vec<EventRow> = (0..100).map(month).collect();
    assert!(connection.underived(batch).await?.is_empty());
    connection.insert_events(batch, 0, &rows).await?;
    write(connection, batch_id(2), &events(batch_id(2), 200..220)).await?;

    let mut parts = connection.underived(batch).await?;
    parts.sort_by_key(|part| part.month);
    assert_eq!(parts.iter().map(|part| part.month).collect::<Vec<_>>(), [MONTH - 1, MONTH]);
    connection.derive(batch, 0, parts[1]).await?;
    let left = connection.underived(batch).await?;
    assert_eq!(left.iter().map(|part| part.month).collect::<Vec<_>>(), [MONTH - 1]);
    connection.derive(batch, 1, left[0]).await?;
    assert!(connection.underived(batch).await?.is_empty());
    assert_eq!(n_sessions(connection, "sum(n_events)").await?, 120);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn what_is_derived_of_a_month_is_one_part() -> Result<()> {
    let Some(store) = testing::open("one_part").await? else { return Ok(()) };
    let batch = batch_id(1);
    let row = |n: u64| EventRow { anonymous_id: format!("a{n}"), ..event(batch, n) };
    let rows: Vec<EventRow> = (0..150_000).map(row).collect();
    write(&store.connection, batch, &rows).await?;
    assert_eq!(n_sessions(&store.connection, "count()").await?, 150_000);
    assert_eq!(n_sessions(&store.connection, "uniqExact(_part)").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_rebuild_mends_what_is_missing_doubled_and_changed() -> Result<()> {
    let Some(store) = testing::open("rebuild").await? else { return Ok(()) };
    let connection = &store.connection;
    for n in 1..=3 {
        let first = u64::from(n) * 100;
        write(connection, batch_id(n), &events(batch_id(n), first..first + 70)).await?;
    }
    let before = n_sessions(connection, "count()").await?;
    assert_eq!((before, n_different(connection).await?), (21, 0));

    let sessions = connection.databases().sessions();
    let double = format!(
        "INSERT INTO {sessions} SELECT * FROM {sessions} WHERE batch_id = unhex('{}')",
        batch_id(1)
    );
    connection.execute(&Statement::new(double)).await?;
    let lose = format!("DELETE FROM {sessions} WHERE batch_id = unhex('{}')", batch_id(2));
    connection.execute(&Statement::new(lose)).await?;
    let change = format!(
        "ALTER TABLE {sessions} UPDATE n_clicks = 0 WHERE batch_id = unhex('{}') AND anonymous_id = 'a1' \
         SETTINGS mutations_sync = 2",
        batch_id(3)
    );
    connection.execute(&Statement::new(change)).await?;
    // Seven twice, seven gone, and one another: missing as it was and too much as it is.
    assert_eq!(n_different(connection).await?, 16);

    for part in derived::parts([MONTH]) {
        connection.rebuild(part).await?;
    }
    assert_eq!(n_sessions(connection, "count()").await?, before);
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn who_is_whose_is_repeated_without_harm_and_rebuilt() -> Result<()> {
    let Some(store) = testing::open("mappings").await? else { return Ok(()) };
    let connection = &store.connection;
    let batch = batch_id(1);
    let told = vec![("role".to_owned(), "x".to_owned())];
    let row = |n: u64| EventRow {
        kind: if n.is_multiple_of(3) { "identify" } else { "group" }.to_owned(),
        user_id: format!("u{}@example.com", n % 11),
        account_id: format!("c{}", n % 5),
        month: MONTH - u32::from(n < 40),
        properties: told.clone(),
        ..event(batch, n)
    };
    let rows: Vec<EventRow> = (0..100).map(row).collect();
    write(connection, batch, &rows).await?;
    assert_eq!(n_different(connection).await?, 0);
    // Sessions carry their batch, no page is left, and there is no feature. What carries none is
    // never known to be there, and written again.
    let parts = connection.underived(batch).await?;
    assert_eq!(parts.len(), 2 * (derived::ALL.len() - 3));
    for part in parts {
        connection.derive(batch, 1, part).await?;
    }
    assert_eq!(n_different(connection).await?, 0);

    let databases = connection.databases();
    for table in databases.mappings().into_iter().chain([databases.traits()]) {
        let lose =
            format!("ALTER TABLE {table} DELETE WHERE month = 202610 SETTINGS mutations_sync = 2");
        connection.execute(&Statement::new(lose)).await?;
        assert!(n_different(connection).await? > 0, "{table}");
        let add =
            format!("INSERT INTO {table} SELECT * REPLACE ('nobody' AS project) FROM {table}");
        connection.execute(&Statement::new(add)).await?;
        for part in derived::parts([MONTH - 1, MONTH]) {
            connection.rebuild(part).await?;
        }
        assert_eq!(n_different(connection).await?, 0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn a_dictionary_is_filled_again_only_for_what_it_does_not_say() -> Result<()> {
    let Some(store) = testing::open("changed").await? else { return Ok(()) };
    let connection = &store.connection;
    use store::Dictionary::{AccountHashOf, AccountOf, PersonHashOf, PersonOf};
    let (person, account_of) = ([PersonOf, PersonHashOf], [AccountOf, AccountHashOf]);
    let seen = |user: &str, account: &str| (user.to_owned(), account.to_owned());
    for (n, ((user, account), minutes, expected)) in [
        (seen("", ""), 0, vec![]),
        (seen("", "c1"), 0, vec![]),
        (seen("ana", "c1"), 10, [person, account_of].concat()),
        (seen("ana", "c1"), 5, vec![]),
        (seen("ana", "c1"), 15, vec![]),
        (seen("ana", "c2"), 20, account_of.to_vec()),
        (seen("ana", "c1"), 12, vec![]),
        (seen("ana", "c1"), 21, account_of.to_vec()),
        (seen("bob", ""), 30, vec![]),
        (seen("bob", ""), 1, person.to_vec()),
        (seen("ana", ""), 0, person.to_vec()),
        // At the same moment, and with the lower id.
        (seen("cyd", ""), 0, person.to_vec()),
    ]
    .into_iter()
    .enumerate()
    {
        let batch = batch_id(u8::try_from(n)? + 1);
        let row = EventRow {
            account_id: account,
            ..view(batch, 100 - n as u64, ("a1", &user), 1, minutes)
        };
        connection.insert_events(batch, 0, &[row]).await?;
        for part in connection.underived(batch).await? {
            connection.derive(batch, 0, part).await?;
        }
        let changed = connection.changed_by(batch, &[MONTH]).await?;
        assert_eq!(changed, expected, "{n}");
        for dictionary in changed {
            connection.reload(dictionary).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_month_whose_events_are_gone_is_rebuilt_to_nothing() -> Result<()> {
    let Some(store) = testing::open("nothing").await? else { return Ok(()) };
    let connection = &store.connection;
    write(connection, batch_id(1), &events(batch_id(1), 0..10)).await?;
    let events = connection.databases().events();
    connection.execute(&Statement::new(format!("TRUNCATE TABLE {events}"))).await?;
    for part in derived::parts([MONTH]) {
        connection.rebuild(part).await?;
    }
    assert_eq!(n_sessions(connection, "count()").await?, 0);
    Ok(())
}

#[tokio::test]
async fn months_from_before_a_table_are_found() -> Result<()> {
    let Some(store) = testing::open("older").await? else { return Ok(()) };
    let connection = &store.connection;
    assert!(connection.underived_months().await?.is_empty());
    connection.insert_events(batch_id(1), 0, &events(batch_id(1), 0..10)).await?;
    let parts: Vec<Part> = connection.underived_months().await?;
    assert_eq!(parts.iter().map(|part| part.month).collect::<Vec<_>>(), [MONTH]);
    connection.rebuild(parts[0]).await?;
    assert!(connection.underived_months().await?.is_empty());
    assert_eq!(n_different(connection).await?, 0);
    Ok(())
}

#[tokio::test]
async fn activity_is_what_the_events_say() -> Result<()> {
    let Some(store) = testing::open("activity").await? else { return Ok(()) };
    let connection = &store.connection;
    let (one, two) = (batch_id(1), batch_id(2));
    let robot = EventRow { is_automated: true, ..view(one, 6, ("a9", ""), 1, 5) };
    let session = |row: EventRow, id: &str| EventRow { session_id: id.to_owned(), ..row };
    let rows = [
        view(one, 1, ("a1", ""), 1, -1),
        view(one, 2, ("a1", ""), 1, 0),
        view(one, 3, ("a1", "ana"), 2, 14),
        session(view(one, 4, ("a2", "ana"), 2, 14), "s2"),
        session(view(one, 5, ("a3", ""), 2, 29), ""),
        robot,
    ];
    write(connection, one, &rows).await?;
    write(connection, two, &[view(two, 7, ("a1", "ana"), 3, 29), event(two, 8)]).await?;
    let project = ProjectId::parse("p")?;
    let nobody = Grouping::none(project.clone());
    for (from, to, is_counted) in [(0, 30, false), (0, 30, true), (-15, 15, false), (30, 60, true)]
    {
        let (from, to) = (NOON.plus_millis(from * MINUTE), NOON.plus_millis(to * MINUTE));
        let activity = connection.activity(&project, from, to, &nobody, is_counted).await?;
        let databases = connection.databases();
        let naive = format!(
            "SELECT uniqExact({person}) AS people, uniqExactIf((anonymous_id, session_id), session_id != '') AS sessions, \
             count() AS events, countIf(kind = 'page_view') AS page_views FROM {events} AS e \
             WHERE project = {{project:String}} AND timestamp >= fromUnixTimestamp64Milli({{from:Int64}}) \
             AND timestamp < fromUnixTimestamp64Milli({{to:Int64}}) AND (NOT is_automated OR {{all:Bool}})",
            person = identity::person(databases, "e"),
            events = databases.events(),
        );
        let naive = Statement::new(naive)
            .bind("project", "p")
            .bind("from", from)
            .bind("to", to)
            .bind("all", is_counted);
        let naive = connection.select::<Activity>(&naive).await?;
        assert_eq!([activity], naive.as_slice());
    }
    let quarter = |n: i64| NOON.plus_millis(n * 15 * MINUTE);
    let activity = connection.activity(&project, quarter(0), quarter(2), &nobody, false).await?;
    assert_eq!(activity, Activity { people: 2, sessions: 2, events: 6, page_views: 5 });
    assert_eq!(connection.first_event(&project).await?, Some(quarter(-1)));
    assert_eq!(connection.first_event(&ProjectId::parse("empty")?).await?, None);
    Ok(())
}
