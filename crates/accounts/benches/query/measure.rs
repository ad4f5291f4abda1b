//! Asks a question again and again, and prints what it took.

use crate::question::{Ask, Question};
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::time::Instant;
use store::testing::Cost;
use store::{Connection, Statement};

/// How often a question is asked; the first time does not count.
const RUNS: usize = 7;

/// What it took.
#[derive(Debug, Default)]
pub(crate) struct Figure {
    pub(crate) median_ms: f64,
    pub(crate) least_ms: f64,
    /// What the engine's threads took, whatever else runs on the machine.
    pub(crate) cpu_ms: f64,
    /// What our own took for it, on average: what is sent is received, and some of it is counted here.
    pub(crate) own_ms: f64,
    pub(crate) cost: Cost,
    /// The beginning of the answer.
    pub(crate) answer: String,
}

/// Asks so often that the median means something.
pub(crate) async fn measure(connection: &Connection, ask: &Ask) -> Result<Figure> {
    let (mut times, mut cpu) = (Vec::new(), Vec::new());
    let mut figure = Figure { cost: ask.cost(connection).await?, ..Figure::default() };
    let own = own_cpu_ms()?;
    for _ in 0..RUNS {
        let before = Counters::read(connection).await?;
        let started = Instant::now();
        figure.answer = ask.ask(connection).await?;
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        let spent = Counters::read(connection).await?.cpu_us - before.cpu_us;
        cpu.push(spent as f64 / 1_000.0);
    }
    figure.own_ms = (own_cpu_ms()? - own) / RUNS as f64;
    figure.median_ms = median(&mut times);
    figure.least_ms = times[0];
    figure.cpu_ms = median(&mut cpu);
    Ok(figure)
}

/// Asks all questions in their order and prints each; returns what each took.
pub(crate) async fn all(connection: &Connection, questions: &[Question]) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for question in questions {
        let figure =
            measure(connection, &question.ask).await.with_context(|| question.name.clone())?;
        let budget = question.budget_ms.map(f64::from);
        print(&json!({
            "name": question.name,
            "of": question.of.word(),
            "value": rounded(figure.median_ms),
            "unit": "ms",
            "least": rounded(figure.least_ms),
            "cpu_ms": rounded(figure.cpu_ms),
            "own_ms": rounded(figure.own_ms),
            "rows": figure.cost.rows,
            "bytes": figure.cost.bytes,
            "memory_bytes": figure.cost.memory_bytes,
            "budget_ms": question.budget_ms,
            "met": budget.map(|budget| figure.median_ms <= budget),
            "answer": figure.answer,
        }));
        figures.push(figure);
    }
    Ok(figures)
}

/// Prints a figure that nothing was asked for.
pub(crate) fn report(name: &str, value: f64, unit: &str) {
    print(&json!({"name": name, "value": rounded(value), "unit": unit}));
}

/// Prints a figure that has a budget: at most, or at least.
pub(crate) fn promised(name: &str, value: f64, unit: &str, budget: &str, met: bool) {
    print(&json!({
        "name": name, "value": rounded(value), "unit": unit, "budget": budget, "met": met,
    }));
}

pub(crate) fn print(figure: &serde_json::Value) {
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

/// The CPU time of this process so far; the engine is another one.
fn own_cpu_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("cannot read the own time")?;
    // The second field is a name in brackets, which may hold anything. Of those after it the twelfth
    // and the next are the times, in hundredths of a second on every Linux.
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 * 10.0)
}

/// What the engine did since it started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counters {
    pub(crate) cpu_us: u64,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Counters {
    pub(crate) async fn read(connection: &Connection) -> Result<Self> {
        let sql = "SELECT sumIf(value, event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')), \
                   sumIf(value, event = 'SelectedRows'), sumIf(value, event = 'SelectedBytes') FROM system.events";
        let (text, _) = connection.measured(&Statement::new(sql)).await?;
        let figures: Vec<u64> =
            text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let of = |n: usize| figures.get(n).copied().context("no counter");
        Ok(Self { cpu_us: of(0)?, rows: of(1)?, bytes: of(2)? })
    }
}

/// What a question of several statements costs: read by the engine's counters, and the most
/// memory that any statement had while it ran, looked at again and again.
pub(crate) async fn watched(
    connection: &Connection,
    asked: impl Future<Output = Result<String>>,
) -> Result<Cost> {
    let before = Counters::read(connection).await?;
    let mut memory_bytes = 0;
    let asked = std::pin::pin!(asked);
    tokio::select! {
        answer = asked => { answer?; }
        error = watch_memory(connection, &mut memory_bytes) => error?,
    }
    let after = Counters::read(connection).await?;
    Ok(Cost { rows: after.rows - before.rows, bytes: after.bytes - before.bytes, memory_bytes })
}

/// Looks until it fails.
async fn watch_memory(connection: &Connection, most: &mut u64) -> Result<()> {
    let sql = "SELECT max(peak_memory_usage) FROM system.processes WHERE query NOT LIKE '%system.processes%'";
    let statement = Statement::new(sql);
    loop {
        let (text, _) = connection.measured(&statement).await?;
        *most = (*most).max(text.trim().parse().unwrap_or(0));
    }
}
