//! How long funnels take on ten million events, by either way of counting.
//!
//! Prints one line of JSON per figure. `SILLAGE_BENCH_EVENTS` sets another number of events.

use analytics::report::funnel::{Counting, levels};
use analytics::{Funnel, Scope};
use anyhow::{Context, Result};
use protocol::{ProjectId, Timestamp};
use serde::Deserialize;
use std::time::Instant;
use store::{Connection, PageRow, Statement, testing};

const NOW_MS: i64 = 1_795_305_600_000;
const RUNS: usize = 5;
/// Events of one insert.
const CHUNK: usize = 1_000_000;

/// What is timed: a name, the way of counting, and the funnel as an address.
const FUNNELS: [(&str, Counting, &str); 5] = [
    (
        "3_steps_30d_window_funnel",
        Counting::WindowFunnel,
        "step=page:/p/x&step=click:0000000000000006&step=click:000000000000000a&last=30d",
    ),
    (
        "3_steps_30d_fold",
        Counting::Fold,
        "step=page:/p/x&step=click:0000000000000006&step=click:000000000000000a&last=30d",
    ),
    (
        "3_steps_90d_window_funnel",
        Counting::WindowFunnel,
        "step=page:/p/x&step=click:0000000000000006&step=click:000000000000000a&last=91d",
    ),
    (
        "3_steps_90d_fold",
        Counting::Fold,
        "step=page:/p/x&step=click:0000000000000006&step=click:000000000000000a&last=91d",
    ),
    (
        "10_steps_90d_fold",
        Counting::Fold,
        "step=page:/p/x&step=click:0000000000000001&step=page:/p/x&step=click:0000000000000002&step=page:/p/x&step=click:0000000000000001&step=page:/p/x&step=click:0000000000000002&step=page:/p/x&step=click:0000000000000001&last=91d",
    ),
];

#[derive(Deserialize)]
struct Counters {
    rows: u64,
    bytes: u64,
    cpu_us: u64,
}

#[derive(Deserialize)]
struct Row {
    people: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let Some(store) = testing::open("bench").await? else { return Ok(()) };
    let connection = store.connection;
    let n_events = match std::env::var_os("SILLAGE_BENCH_EVENTS") {
        Some(n) => n.to_string_lossy().parse().context("SILLAGE_BENCH_EVENTS is no number")?,
        None => 10_000_000,
    };
    let started = Instant::now();
    fill(&connection, n_events).await?;
    report("fill", started.elapsed().as_secs_f64(), "s");
    let scope = Scope {
        project: ProjectId::parse("bench")?,
        time_zone: "UTC".to_owned(),
        week_start: store::WeekStart::Monday,
        count_automated: false,
        staff: store::StaffRules::none(ProjectId::parse("bench")?),
    };
    for (name, counting, address) in FUNNELS {
        let funnel = Funnel::from_query_string(address)?;
        let now = Timestamp::from_millis(NOW_MS);
        let levels = levels(Some(counting), &funnel, &scope, connection.databases(), now)?;
        time(&connection, name, &count(&levels)).await?;
    }
    Ok(())
}

/// The same with one row as its answer, so that the way of the rows is not timed.
fn count(levels: &Statement) -> Statement {
    let sql = format!("SELECT countIf(level > 1) AS people FROM ({})", levels.sql());
    let params = levels.params().iter();
    params.fold(Statement::new(sql), |statement, (name, value)| {
        statement.bind(name.as_str(), value.clone())
    })
}

async fn time(connection: &Connection, name: &str, statement: &Statement) -> Result<()> {
    let before = counters(connection).await?;
    let mut seconds = Vec::new();
    let mut people = 0;
    for _ in 0..RUNS {
        let started = Instant::now();
        let rows = connection.json::<Row>(statement).await?;
        seconds.push(started.elapsed().as_secs_f64());
        people = rows.first().context("no row")?.people;
    }
    let after = counters(connection).await?;
    seconds.sort_by(f64::total_cmp);
    report(name, seconds[RUNS / 2] * 1_000.0, "ms");
    report(&format!("{name}_least"), seconds[0] * 1_000.0, "ms");
    // What other programs of the machine take does not count here.
    let cpu_us = (after.cpu_us - before.cpu_us) / RUNS as u64;
    report(&format!("{name}_cpu"), cpu_us as f64 / 1_000.0, "ms");
    report(&format!("{name}_rows"), ((after.rows - before.rows) / RUNS as u64) as f64, "rows");
    report(&format!("{name}_read"), ((after.bytes - before.bytes) / RUNS as u64) as f64, "bytes");
    report(&format!("{name}_past_step_1"), people as f64, "people");
    Ok(())
}

async fn counters(connection: &Connection) -> Result<Counters> {
    let sql = "SELECT sumIf(value, event = 'SelectedRows') AS rows, sumIf(value, event = 'SelectedBytes') AS bytes, sumIf(value, event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')) AS cpu_us FROM system.events";
    connection.json(&Statement::new(sql)).await?.pop().context("no counters")
}

async fn fill(connection: &Connection, n_events: u64) -> Result<()> {
    let page = |n: u64| PageRow {
        project: "bench".to_owned(),
        page_id: n,
        host: "app.example.com".to_owned(),
        pattern: if n == 1 { "/p/x".to_owned() } else { format!("/p/{n}") },
        ..PageRow::default()
    };
    connection.insert_pages(&(1..=40).map(page).collect::<Vec<_>>()).await?;
    let sql = include_str!("events.sql")
        .replace("{events}", &connection.databases().events())
        .replace("{now_ms}", &NOW_MS.to_string());
    for first in (0..n_events).step_by(CHUNK) {
        let count = (n_events - first).min(CHUNK as u64);
        let sql = sql.replace("{first}", &first.to_string());
        let sql = sql.replace("{count}", &count.to_string());
        connection.execute(&Statement::new(sql)).await?;
    }
    // Who is whose, as the writer derives it.
    for part in connection.underived_months().await? {
        connection.rebuild(part).await?;
    }
    // Merges would be counted with the questions.
    let stop = format!("SYSTEM STOP MERGES {}", connection.databases().events());
    Ok(connection.execute(&Statement::new(stop)).await?)
}

fn report(name: &str, value: f64, unit: &str) {
    #[allow(clippy::print_stdout, reason = "the figures are what a bench is for")]
    {
        println!("{}", serde_json::json!({"name": name, "value": value, "unit": unit}));
    }
}
