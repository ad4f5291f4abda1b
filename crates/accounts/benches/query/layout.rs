//! What else was tried for the tables: each variant is stored beside the others, and all are asked
//! the same in turns, so that what else the machine does falls on each of them alike.
//!
//! Variants of the events hold the columns that the questions read, and none of the others.

mod dictionary;
mod event;
mod feature_event;

use crate::measure::{Counters, print};
use crate::question::written;
use crate::set::Set;
use anyhow::{Context, Result};
use serde_json::json;
use std::time::Instant;
use store::testing::Cost;
use store::{Connection, Statement};

/// How often each variant is asked each question; the first time does not count.
const ROUNDS: usize = 6;

/// Variants of one thing.
struct Group {
    name: &'static str,
    /// The table of the variant in the questions is `{variant}`.
    questions: &'static [(&'static str, &'static str)],
    variants: Vec<Variant>,
}

/// One way to store it.
struct Variant {
    name: &'static str,
    /// What stands in the questions in place of `{variant}`.
    of: String,
    /// The statements that make it.
    make: Vec<String>,
    /// The statements that take it away.
    unmake: Vec<String>,
    /// How many bytes it takes, as a question.
    size: String,
}

/// Stores all variants and prints what each takes.
pub(crate) async fn measure(connection: &Connection, set: &Set<'_>) -> Result<()> {
    for group in [feature_event::group(), dictionary::group(), event::group()] {
        for variant in &group.variants {
            make(connection, set, &group, variant).await?;
        }
        for (question, sql) in group.questions {
            ask(connection, &group, question, sql).await?;
        }
        for variant in &group.variants {
            for sql in &variant.unmake {
                set.run(sql).await?;
            }
        }
    }
    Ok(())
}

async fn make(
    connection: &Connection,
    set: &Set<'_>,
    group: &Group,
    variant: &Variant,
) -> Result<()> {
    let before = Counters::read(connection).await?;
    for sql in &variant.make {
        set.run(sql).await.with_context(|| variant.name)?;
    }
    let spent = Counters::read(connection).await?.cpu_us - before.cpu_us;
    let size = Statement::new(written(connection, &variant.size));
    let size: f64 = connection.measured(&size).await?.0.trim().parse()?;
    print(&json!({
        "name": group.name, "variant": variant.name, "value": (size / 1e5).round() / 10.0,
        "unit": "MB", "make_s": spent as f64 / 1e6,
    }));
    Ok(())
}

/// Asks all variants in turns and prints the least that each took.
async fn ask(connection: &Connection, group: &Group, question: &str, sql: &str) -> Result<()> {
    let mut least = vec![(f64::INFINITY, f64::INFINITY, Cost::default()); group.variants.len()];
    for round in 0..ROUNDS {
        for (variant, least) in group.variants.iter().zip(&mut least) {
            let sql = written(connection, &sql.replace("{variant}", &variant.of));
            let before = Counters::read(connection).await?;
            let started = Instant::now();
            let asked = connection.measured(&Statement::new(sql)).await;
            let (_, cost) = asked.with_context(|| variant.name)?;
            let ms = started.elapsed().as_secs_f64() * 1_000.0;
            let cpu = Counters::read(connection).await?.cpu_us - before.cpu_us;
            if round > 0 {
                *least = (least.0.min(ms), least.1.min(cpu as f64 / 1_000.0), cost);
            }
        }
    }
    for (variant, (ms, cpu_ms, cost)) in group.variants.iter().zip(least) {
        print(&json!({
            "name": group.name, "question": question, "variant": variant.name, "value": ms.round(),
            "unit": "ms", "cpu_ms": cpu_ms.round(), "rows": cost.rows, "bytes": cost.bytes,
            "memory_bytes": cost.memory_bytes,
        }));
    }
    Ok(())
}

/// Takes a table away.
fn drop_table(table: &str) -> Vec<String> {
    vec![format!("DROP TABLE {{data}}.{table} SYNC")]
}

/// Bytes of a table on disk, its projections and indices included.
fn on_disk(table: &str) -> String {
    format!(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = '{{data}}' AND table = '{table}'"
    )
}
