//! What is derived from events, and the daily check of both.

use crate::test_app::{TestApp, batch, click, event_id};
use anyhow::{Context, Result};
use collector::audit::{Month, Report};
use collector::config::Config;
use protocol::{ProjectId, WriteKey};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::definition::Kind;
use store::{Definition, Edit, Statement, derived};

const MONTH: u32 = 202_611;

#[derive(Debug, Deserialize)]
struct Count {
    n: u32,
}

async fn ask(app: &TestApp, sql: &str) -> Result<u32> {
    let rows: Vec<Count> = app.ask(sql).await?;
    Ok(rows.first().context("no row")?.n)
}

/// Events as the sessions count them, and rows of sessions that are not as they should be.
pub(crate) async fn sessions(app: &TestApp) -> Result<(u32, u64)> {
    let n_events = ask(app, "SELECT toUInt32(sum(n_events)) AS n FROM {sessions}").await?;
    let mut n_different = 0;
    for part in derived::parts([MONTH]) {
        n_different += app.store().n_different(part).await?;
    }
    Ok((n_events, n_different))
}

async fn rename(app: &TestApp, from: &str, to: &str) -> Result<()> {
    let sql = format!("RENAME TABLE {from} TO {to}");
    Ok(app.store().execute(&Statement::new(sql)).await?)
}

pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so().await? {
        anyhow::ensure!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_kill_between_events_and_sessions_is_made_good() -> Result<()> {
    let Some(mut app) = TestApp::start("between").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(0, "")])).await?;
    app.written().await?;
    let table = app.store().databases().sessions();
    let aside = format!("{table}_aside");
    rename(&app, &table, &aside).await?;
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    let n_events = "SELECT toUInt32(count()) AS n FROM {events}";
    until("events", async || Ok(ask(&app, n_events).await? == 3)).await?;
    app.kill().await?;
    rename(&app, &aside, &table).await?;
    // What else is derived may be there or not.
    let (n_events_of_sessions, n_different) = sessions(&app).await?;
    assert!(n_events_of_sessions == 1 && n_different > 0, "{n_events_of_sessions} {n_different}");
    app.open().await?;
    app.written().await?;
    assert_eq!(sessions(&app).await?, (3, 0));
    assert_eq!(ask(&app, n_events).await?, 3);
    Ok(())
}

#[tokio::test]
async fn a_cut_whose_project_went_meanwhile_is_settled_all_the_same() -> Result<()> {
    let Some(mut app) = TestApp::start("went").await? else { return Ok(()) };
    let gone = ProjectId::parse("gone")?;
    let like = app.app()?.definitions().projects().remove(0).definition.clone();
    let write_key = WriteKey::parse("wk_0123456789abcdefghijklmnop")?;
    let project = store::Project { id: gone.clone(), write_key, ..like };
    let edit = Edit { expected_version: 0, author: String::new(), at: app.app()?.now() };
    app.store().put_project(&project, &edit).await?;
    app.app()?.definitions().refresh(app.store()).await?;
    let table = app.store().databases().sessions();
    let aside = format!("{table}_aside");
    rename(&app, &table, &aside).await?;
    let query = "k=wk_0123456789abcdefghijklmnop&c=none";
    app.post(query, batch(&[click(1, ""), click(2, "")])).await?;
    let n_events = "SELECT toUInt32(count()) AS n FROM {events}";
    until("events", async || Ok(ask(&app, n_events).await? == 2)).await?;
    app.kill().await?;
    rename(&app, &aside, &table).await?;
    let deleted = Definition {
        kind: Kind::Project,
        id: "gone".to_owned(),
        version: 2,
        body: "{}".to_owned(),
        author: String::new(),
        written_at: edit.at,
        deleted: true,
    };
    app.store().put(&deleted, 1).await?;
    app.open().await?;
    app.written().await?;
    assert_eq!(sessions(&app).await?, (2, 0));
    assert_eq!(ask(&app, n_events).await?, 2);
    Ok(())
}

#[tokio::test]
async fn sessions_that_are_newer_than_the_events_are_derived_at_the_start() -> Result<()> {
    let Some(mut app) = TestApp::start("newer").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.written().await?;
    app.kill().await?;
    let truncate = format!("TRUNCATE TABLE {}", app.store().databases().sessions());
    app.store().execute(&Statement::new(truncate)).await?;
    app.open().await?;
    until("sessions", async || Ok(sessions(&app).await? == (2, 0))).await
}

/// Has the writer check what is there.
async fn audit(app: &TestApp) -> Result<Arc<Report>> {
    let audits = app.app()?.audits();
    let before = audits.last();
    audits.want();
    until("an audit", async || Ok(audits.last() != before)).await?;
    audits.last().context("no report")
}

#[tokio::test]
async fn an_audit_takes_out_what_is_doubled_and_mends_sessions() -> Result<()> {
    let Some(app) = TestApp::start("audit").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, ""), click(3, "")])).await?;
    app.written().await?;
    let all_well = Month { month: MONTH, n_events: 3, n_duplicates: 0, n_different: 0 };
    let report = audit(&app).await?;
    assert_eq!((report.months.as_slice(), &report.failure), (&[all_well][..], &None));

    // What was checked and not written to since is not checked again.
    app.pass(1);
    assert_eq!(audit(&app).await?.months, []);

    let table = app.store().databases().events();
    let double = format!(
        "INSERT INTO {table} SELECT * FROM {table} WHERE event_id < unhex('{}')",
        event_id(3).replace('-', "")
    );
    app.store().execute(&Statement::new(double)).await?;
    app.post_batch(&batch(&[click(4, "")])).await?;
    app.written().await?;
    app.pass(1);
    let found = Month { month: MONTH, n_events: 6, n_duplicates: 2, n_different: 0 };
    assert_eq!(audit(&app).await?.months, [found]);
    assert_eq!(ask(&app, "SELECT toUInt32(count()) AS n FROM {events}").await?, 4);
    assert_eq!(sessions(&app).await?, (4, 0));
    Ok(())
}

#[tokio::test]
async fn a_month_whose_mending_was_interrupted_is_checked_after_the_next_start() -> Result<()> {
    let Some(mut app) = TestApp::start("interrupted").await? else { return Ok(()) };
    app.post_batch(&batch(&[click(1, ""), click(2, "")])).await?;
    app.written().await?;
    app.kill().await?;
    // Events were written anew, and sessions not yet: they count an event too many.
    let (events, sessions) = (app.store().databases().events(), app.store().databases().sessions());
    for sql in [
        format!(
            "INSERT INTO {sessions} SELECT * REPLACE (n_events + 1 AS n_events) FROM {sessions}"
        ),
        format!("CREATE TABLE {events}_rewritten_0a AS {events}"),
        format!("INSERT INTO {events}_rewritten_0a SELECT * FROM {events}"),
    ] {
        app.store().execute(&Statement::new(sql)).await?;
    }
    // By now it is another month.
    app.pass(40 * 24 * 60 * 60 * 1_000);
    app.open().await?;
    let report = audit(&app).await?;
    let months: Vec<_> =
        report.months.iter().map(|month| (month.month, month.n_different)).collect();
    assert_eq!(months, [(MONTH, 1), (202_701, 0)]);
    assert_eq!(self::sessions(&app).await?, (2, 0));
    let left = "SELECT toUInt32(count()) AS n FROM system.tables WHERE name LIKE '%_rewritten_0a'";
    assert_eq!(ask(&app, left).await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_audit_comes_of_itself_once_a_day_where_it_may() -> Result<()> {
    let forbid = |config: &mut Config| config.store.audit = Some(false);
    for (may, set) in [(true, None), (false, Some(forbid))] {
        let set = |config: &mut Config| set.map_or((), |set| set(config));
        let Some(app) = TestApp::start_with("daily", set).await? else { return Ok(()) };
        let audits = app.app()?.audits();
        let mut n = 0;
        for day in 0..3 {
            app.pass(24 * 60 * 60 * 1_000);
            let before = audits.last();
            // The writer looks before and after each cut.
            app.post_batch(&batch(&[click(day, "")])).await?;
            app.written().await?;
            app.post_batch(&batch(&[click(100 + day, "")])).await?;
            app.written().await?;
            n += u32::from(audits.last() != before);
        }
        assert_eq!(n, if may { 3 } else { 0 });
    }
    Ok(())
}
