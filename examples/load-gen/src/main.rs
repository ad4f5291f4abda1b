//! `load-gen`: writes Tidemark's past, sends its present, or tells what is true of it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks on its standard streams"
)]

use anyhow::{Context, Result, bail};
use clap::Parser;
use load_gen::calendar::Day;
use load_gen::catalogue::Catalogue;
use load_gen::{World, live, output, record, truth};
use protocol::Timestamp;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tidemark's people: half a year of them, made from a seed, with a known truth.
///
/// With `--out` it writes the past as lines for `sillage import`; with `--truth` it prints what is
/// true of the past as JSON, with `--records` what is known of its accounts besides; with `--live` it sends the present to a collector until it is stopped.
#[derive(Debug, Parser)]
struct Arguments {
    /// The day that is today, such as 2026-11-22: the past ends with the day before.
    #[arg(long, value_name = "DATE")]
    anchor: String,
    /// What all choices come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tidemark's host and port, as browsers know it.
    #[arg(long, default_value = "127.0.0.1:4000")]
    host: String,
    /// Writes the past into this file.
    #[arg(long, value_name = "FILE.jsonl")]
    out: Option<PathBuf>,
    /// Prints what is true of the past, as JSON.
    #[arg(long)]
    truth: bool,
    /// Prints what is known of the accounts besides, as the collector takes it.
    #[arg(long)]
    records: bool,
    /// Sends the present to the collector at this address.
    #[arg(long, value_name = "URL", requires = "key")]
    live: Option<String>,
    /// The write key for what is live.
    #[arg(long, value_name = "wk_…")]
    key: Option<String>,
    /// How many visits begin in a minute of what is live.
    #[arg(long, default_value_t = 1, value_name = "N")]
    rate: u32,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let anchor = Day::parse(&arguments.anchor)?;
    let world = World::new(anchor, arguments.seed);
    let catalogue = Catalogue::of(&arguments.host)?;
    if let Some(file) = &arguments.out {
        write(&world, &catalogue, file)?;
    }
    if arguments.truth {
        let truth = truth::compute(&world, &catalogue)?;
        println!("{}", serde_json::to_string_pretty(&truth)?);
    }
    if arguments.records {
        println!("{}", serde_json::to_string_pretty(&record::records(&world))?);
    }
    if let (Some(url), Some(key)) = (&arguments.live, &arguments.key) {
        let target = live::Target { url, key, rate: arguments.rate };
        let stopped = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&stopped))?;
        }
        let goes_on = || !stopped.load(Ordering::Relaxed);
        let of = (&world, &catalogue);
        return live::run(of, &target, &now, &goes_on, &mut |it| println!("{it}"));
    }
    if arguments.out.is_none() && !arguments.truth && !arguments.records {
        bail!("nothing to do: give --out, --truth, --records or --live");
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads a clock")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(0))
}

/// How many lines are written between two words about it.
const TOLD_EVERY: u64 = 100_000;

fn write(world: &World, catalogue: &Catalogue, path: &Path) -> Result<()> {
    let shown = path.display();
    let file = File::create(path).with_context(|| format!("cannot write {shown}"))?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    let (began, mut n) = (Instant::now(), 0_u64);
    world.tell(catalogue, &mut |it| {
        n += 1;
        if n % TOLD_EVERY == 0 {
            eprintln!("{n} events, up to {}", Day::of(it.at).text());
        }
        output::write_line(&mut file, it)
    })?;
    file.flush().with_context(|| format!("cannot write {shown}"))?;
    let seconds = began.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "a speed is about")]
    let speed = n as f64 / seconds.max(0.001);
    eprintln!("{n} events in {shown}: {seconds:.1} s, {speed:.0} a second");
    Ok(())
}
