//! The command `sillage`.

use clap::{Parser, Subcommand};
use collector::config::{Config, Flags, settings};
use collector::offline::SpoolCommand;
use collector::{fetch, importer, serve};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "sillage", version, about = "Product analytics without tracking code")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Takes events, answers questions and shows the dashboard.
    #[command(after_help = "All settings, with their defaults: --help", after_long_help = settings())]
    Serve(Box<Flags>),
    /// What is accepted and not yet in ClickHouse. Reads only, also beside a running collector.
    #[command(subcommand)]
    Spool(SpoolCommand),
    Import(importer::Args),
    /// The embedded ClickHouse.
    #[command(subcommand)]
    Engine(EngineCommand),
}

#[derive(Subcommand)]
enum EngineCommand {
    /// Downloads the library of the embedded ClickHouse, pinned and checked.
    Fetch {
        /// The folder to put it in.
        #[arg(long, value_name = "DIR", default_value = "sillage-data")]
        to: PathBuf,
    },
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|first| first == engine::child::ARGUMENT) {
        return engine::child::run(args);
    }
    // Not a setting: the crate reads FAILPOINTS itself, and only builds for tests have it.
    #[cfg(feature = "failpoints")]
    let _failpoints = fail::FailScenario::setup();
    let done = |()| ExitCode::SUCCESS;
    let ended = match Cli::parse().command {
        Command::Serve(flags) => Config::load(*flags).and_then(serve::run_to_end).map(done),
        Command::Import(args) => importer::run(&args),
        Command::Spool(command) => command.run(&mut io::stdout()).map(done),
        Command::Engine(EngineCommand::Fetch { to }) => fetch::run(&to).map(done),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            // There is nobody to tell if this fails.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
