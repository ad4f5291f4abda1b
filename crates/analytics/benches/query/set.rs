//! Makes the set, inside the engine: nothing is sent but statements.

use crate::NOW_MS;
use crate::measure::report;
use anyhow::Result;
use std::time::Instant;
use store::testing::TestStore;
use store::{Connection, Statement};

/// Visits of one insert.
const VISITS: u64 = 100_000;

/// Events of a visit, on average.
const EVENTS_PER_VISIT: u64 = 10;

/// Fills the tables with about so many events and with all that is derived from them.
pub(crate) async fn fill(store: &TestStore, n_events: u64) -> Result<()> {
    let connection = &store.connection;
    let fill = Fill { store, n_sessions: (n_events / EVENTS_PER_VISIT).max(1) };
    fill.statements("fill browsers", include_str!("browsers.sql")).await?;
    let started = Instant::now();
    for first in (0..fill.n_sessions).step_by(usize::try_from(VISITS)?) {
        let count = (fill.n_sessions - first).min(VISITS);
        let sql = include_str!("events.sql").replace("{first}", &first.to_string());
        fill.run(&sql.replace("{count}", &count.to_string())).await?;
    }
    report("fill events", started.elapsed().as_secs_f64(), "s");
    fill.statements("fill dictionaries", include_str!("derived.sql")).await?;
    let started = Instant::now();
    for part in connection.underived_months().await? {
        connection.rebuild(part).await?;
    }
    report("fill what the writer derives", started.elapsed().as_secs_f64(), "s");
    fill.statements("back-fill of 200 features", include_str!("backfill.sql")).await?;
    fill.statements("fill weeks", include_str!("weeks.sql")).await?;
    let months = format!("SELECT DISTINCT month FROM {}", connection.databases().events());
    for month in connection.measured(&Statement::new(months)).await?.0.lines() {
        fill.run(&include_str!("peer.sql").replace("{month}", month)).await?;
    }
    // Merges would be counted with the questions, and the number of parts would differ by run.
    for table in ["events", "bench_feature_events", "bench_feature_weeks", "bench_peer"] {
        fill.run(&format!("OPTIMIZE TABLE {{data}}.{table} FINAL")).await?;
        size(connection, table).await?;
    }
    Ok(())
}

struct Fill<'a> {
    store: &'a TestStore,
    n_sessions: u64,
}

impl Fill<'_> {
    async fn statements(&self, name: &str, sql: &str) -> Result<()> {
        let started = Instant::now();
        for statement in sql.split(";\n").filter(|statement| !statement.trim().is_empty()) {
            self.run(statement).await?;
        }
        report(name, started.elapsed().as_secs_f64(), "s");
        Ok(())
    }

    async fn run(&self, sql: &str) -> Result<()> {
        let TestStore { connection, target } = self.store;
        let sql = sql
            .replace("{data}", &connection.databases().data)
            .replace("{now_ms}", &NOW_MS.to_string())
            .replace("{n_sessions}", &self.n_sessions.to_string())
            .replace("{user}", &target.user)
            .replace("{password}", &target.password);
        Ok(connection.execute_for_long(&Statement::new(sql)).await?)
    }
}

async fn size(connection: &Connection, table: &str) -> Result<()> {
    let sql = "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts \
               WHERE active AND database = {database:String} AND table = {table:String}";
    let statement = Statement::new(sql)
        .bind("database", connection.databases().data.as_str())
        .bind("table", table);
    let (text, _) = connection.measured(&statement).await?;
    let mut figures = text.split_whitespace();
    for unit in ["rows", "bytes"] {
        let value = figures.next().unwrap_or("0").parse()?;
        report(&format!("{table} on disk"), value, unit);
    }
    Ok(())
}
