//! `sillage import`: sends a file of the past to a running collector.
//!
//! The file is hashed once; the hash is the id of the import. Then its lines go in chunks, one
//! after the other, while the next is being packed. Which lines are done is kept beside the file,
//! so that after any end, even by `kill -9`, the same command goes on where it was: what is sent
//! twice is there once, and the file of refused lines is cut back to what is known to be right.

mod client;
mod file;
mod progress;
mod reject;
mod state;

use anyhow::{Context, bail, ensure};
use client::{Client, Stop};
use file::{Chunk, Chunks};
use progress::Progress;
use protocol::{ImportReceipt, Outcome};
use reject::{Reject, Rejects};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use state::State;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How often it is asked whether everything is written.
const ASK_EVERY: Duration = Duration::from_millis(250);

/// The exit code when some lines were refused.
const SOME_REFUSED: u8 = 2;

/// Sends a file of past events to a running collector, each line one event as JSON.
///
/// The same command goes on where an earlier one ended, and may be repeated: no event is there
/// twice. Refused lines are kept in FILE.rejects.jsonl, with the reason.
///
/// Ends with 0 when every line is stored, with 2 when some lines were refused and all others are
/// stored, with 1 when it could not finish.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file: one JSON object a line. It is read twice, so it cannot be a pipe.
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// The address of the collector: `https://collector.example.com`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The private key of the project. Better in the environment or in a file: what stands on
    /// the command line, other users of this machine can see.
    #[arg(long, env = "SILLAGE_PRIVATE_KEY", value_name = "KEY", hide_env_values = true)]
    key: Option<String>,
    /// A file that holds the private key, instead.
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    key_file: Option<PathBuf>,
}

/// Imports the file; blocks.
///
/// # Errors
/// When the file cannot be read, the collector refuses the key, or the command is stopped. A
/// collector that is away is waited for.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let stop = Stop::default();
    for signal in [SIGINT, SIGTERM] {
        // The second one ends it at once.
        flag::register_conditional_shutdown(signal, 130, stop.flag())?;
        flag::register(signal, stop.flag())?;
    }
    ensure!(args.file.as_os_str() != "-", "standard input cannot be read twice: give a file");
    let client = Client::new(&args.url, &key(args)?, stop)?;
    let totals = import(&args.file, &client)?;
    writeln!(io::stdout(), "{}", totals.sentence(&args.file))?;
    Ok(if totals.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_REFUSED) })
}

fn key(args: &Args) -> anyhow::Result<String> {
    match (&args.key_file, &args.key) {
        (Some(path), _) => {
            let key = fs::read_to_string(path);
            Ok(key.with_context(|| format!("cannot read {}", path.display()))?.trim().to_owned())
        }
        (None, Some(key)) => Ok(key.clone()),
        (None, None) => bail!(
            "no private key: set SILLAGE_PRIVATE_KEY, or give `--key-file` or `--key`; \
             an admin makes keys on the Setup page"
        ),
    }
}

fn import(path: &Path, client: &Client) -> anyhow::Result<State> {
    let mut progress = Progress::new(path)?;
    let (import, n_bytes) = file::hash(path, client.stop(), &mut progress)?;
    let project = client.project(&mut progress)?;
    let mut state = State::open(path, import, &client.address(&project))?;
    let mut rejects = Rejects::open(path, state.rejects_bytes)?;
    if state.next_line > 1 {
        progress.say(&format!("going on at line {}", state.next_line));
    }
    progress.begin(n_bytes, &state);
    let sent = thread::scope(|scope| {
        let (sender, chunks) = mpsc::sync_channel::<anyhow::Result<Chunk>>(1);
        let mut packer = Chunks::open(path, n_bytes, &state)?;
        scope.spawn(move || {
            // The receiver goes when the import is over, however it ends.
            while let Some(chunk) = packer.next().transpose() {
                if sender.send(chunk).is_err() {
                    return;
                }
            }
        });
        for chunk in chunks {
            let chunk = chunk?;
            let receipt = client.send(&project, &import, &chunk, &mut progress)?;
            state.rejects_bytes = rejects.append(&refused(&chunk, &receipt))?;
            state.note(&chunk, &receipt);
            state.save()?;
            progress.show(&state);
        }
        anyhow::Ok(())
    });
    sent.map_err(|error| resumable(error, &state))?;
    wait(client, &project, &state, &mut progress).map_err(|error| resumable(error, &state))?;
    state.is_complete = true;
    state.save()?;
    progress.end();
    Ok(state)
}

/// Whatever stopped it, the same command goes on.
fn resumable(error: anyhow::Error, state: &State) -> anyhow::Error {
    let line = state.next_line;
    error.context(format!("not finished: the same command goes on at line {line}"))
}

fn wait(
    client: &Client,
    project: &str,
    state: &State,
    progress: &mut Progress,
) -> anyhow::Result<()> {
    progress.wait("everything is sent; waiting until it is written");
    while !client.is_written(project, &state.mark, progress)? {
        client.stop().sleep(ASK_EVERY)?;
    }
    Ok(())
}

/// The lines of a chunk that are not kept.
fn refused(chunk: &Chunk, receipt: &ImportReceipt) -> Vec<Reject> {
    let lines: Vec<&[u8]> = protocol::import::lines(&chunk.text).collect();
    let told = receipt.results.iter().filter_map(|result| match result.outcome {
        Outcome::Dropped(reason) => {
            let text = usize::try_from(result.i).ok().and_then(|i| lines.get(i))?;
            let line = chunk.first_line + u64::from(result.i);
            Some(Reject::new(line, reason, &result.detail, text))
        }
        _ => None,
    });
    let mut refused: Vec<Reject> = told.chain(chunk.too_long.iter().cloned()).collect();
    refused.sort_by_key(|reject| reject.line);
    refused
}
