//! Asks a question again and again, and prints what it took.

use crate::question::Question;
use anyhow::{Context, Result};
use serde_json::json;
use std::time::Instant;
use store::testing::Cost;
use store::{Connection, Statement};

/// How often a question is asked; the first time does not count.
const RUNS: usize = 5;

/// Asks and prints.
pub(crate) async fn measure(connection: &Connection, question: &Question) -> Result<()> {
    let (mut times, mut cpu, mut cost) = (Vec::new(), Vec::new(), Cost::default());
    let mut answer = String::new();
    connection.measured(&question.statement).await.with_context(|| question.name.to_owned())?;
    for _ in 0..RUNS {
        let before = cpu_us(connection).await?;
        let started = Instant::now();
        let (text, spent) = connection.measured(&question.statement).await?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        cpu.push((cpu_us(connection).await? - before) as f64 / 1_000.0);
        let memory_bytes = spent.memory_bytes.max(cost.memory_bytes);
        cost = Cost { memory_bytes, ..spent };
        answer = text;
    }
    let (median, least) = (median(&mut times), times[0]);
    print(&json!({
        "name": question.name,
        "value": rounded(median),
        "unit": "ms",
        "least": rounded(least),
        // What other programs of the machine take does not count here.
        "cpu_ms": rounded(self::median(&mut cpu)),
        "rows": cost.rows,
        "bytes": cost.bytes,
        "memory_bytes": cost.memory_bytes,
        "budget_ms": question.budget_ms,
        "met": question.budget_ms.map(|budget| median <= f64::from(budget)),
        "answer": answer.lines().next().unwrap_or("").chars().take(60).collect::<String>(),
    }));
    Ok(())
}

/// Prints a figure that nothing was asked for.
pub(crate) fn report(name: &str, value: f64, unit: &str) {
    print(&json!({"name": name, "value": rounded(value), "unit": unit}));
}

fn print(figure: &serde_json::Value) {
    #[allow(clippy::print_stdout, reason = "the figures are what a bench is for")]
    {
        println!("{figure}");
    }
}

fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

async fn cpu_us(connection: &Connection) -> Result<u64> {
    let sql = "SELECT sumIf(value, event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')) FROM system.events";
    let (text, _) = connection.measured(&Statement::new(sql)).await?;
    Ok(text.trim().parse()?)
}
