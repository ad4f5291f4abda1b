//! Conservation on trial for as long as asked: prints how it goes on standard error, and at the
//! end a table of what happened on standard output.

use anyhow::{Result, ensure};
use clap::Parser;
use e2e::ledger::{Fate, Fault};
use e2e::seed;
use e2e::trial::{Settings, Summary, Trial};

/// Kills collector and engine under load, and compares what is stored with what was acknowledged.
#[derive(Debug, Parser)]
struct Arguments {
    /// Kills, and loads before them.
    #[arg(long, default_value_t = 500)]
    rounds: u32,
    /// Repeats what another run chose.
    #[arg(long)]
    seed: Option<u64>,
    /// ClickHouse is a server of its own, which is killed instead of the embedded engine.
    #[arg(long)]
    server: bool,
}

#[tokio::main]
#[allow(clippy::print_stderr, reason = "somebody waits for minutes and wants to know")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => seed()?,
    };
    eprintln!("seed {seed}");
    let Arguments { rounds, server: has_server, .. } = arguments;
    let (clients, load_ms, judge_every) = (4, 1_200, 25);
    let settings = Settings { rounds, seed, clients, load_ms, judge_every, has_server };
    let mut trial = Trial::begin(settings).await?;
    let summary = trial.run(|line| eprintln!("{line}")).await?;
    print(&summary);
    ensure!(summary.verdict.is_clean(), "{}", summary.verdict);
    Ok(())
}

#[allow(clippy::print_stdout, reason = "the table is what this program is run for")]
fn print(summary: &Summary) {
    let Summary { settings, kills, statuses, n_judged, verdict, n_months, took } = summary;
    let n_kills: u32 = kills.values().sum();
    println!("| what | figure |\n|---|---|");
    let line = |what: &str, figure: String| println!("| {what} | {figure} |");
    line("rounds", n_kills.to_string());
    for (kill, n) in kills {
        line(&format!("killed: {kill:?}"), n.to_string());
    }
    line("events acknowledged", verdict.n_of(Fate::Acknowledged).to_string());
    line("events refused", verdict.n_of(Fate::Refused).to_string());
    line("events never answered", verdict.n_of(Fate::Unanswered).to_string());
    line("of these stored", verdict.n_unanswered_stored.to_string());
    line("events sent again", verdict.n_resent.to_string());
    for (status, n) in statuses {
        let what = if *status == 0 {
            "requests without an answer".to_owned()
        } else {
            format!("requests answered {status}")
        };
        line(&what, n.to_string());
    }
    line("months", n_months.to_string());
    line("compared", format!("{n_judged} times"));
    let faults = [Fault::Lost, Fault::Doubled, Fault::Foreign, Fault::Changed, Fault::Risen];
    for fault in faults.into_iter().chain([Fault::Contradicted]) {
        line(&format!("{fault:?}").to_lowercase(), verdict.n(fault).to_string());
    }
    line("ClickHouse", if settings.has_server { "a server" } else { "embedded" }.to_owned());
    line("seed", settings.seed.to_string());
    line("duration", format!("{:.0} s", took.as_secs_f64()));
}
