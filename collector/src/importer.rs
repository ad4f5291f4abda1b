//! `sillage import`: sends a file of the past to a running collector.
//!
//! The file is hashed once; the hash is the id of the import. Then its lines go in chunks, one
//! after the other, while the next is being packed. Which lines are done is kept beside the file,
//! so that after any end, even by `kill -9`, the same command goes on where it was: what is sent
//! twice is there once, and the file of refused lines is cut back to what is known to be right.
//! When the collector has other data meanwhile, it begins anew.

mod client;
mod file;
mod pause;
mod progress;
mod reject;
mod state;

use anyhow::{Context, bail, ensure};
use client::{Client, Contact, FIRST_CONTACT, Replaced};
use file::{Chunk, Chunks};
use pause::{Pace, Stop};
use progress::Progress;
use protocol::{ImportId, ImportReceipt, Outcome};
use reject::{Reject, Rejects};
use state::State;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

/// The exit code when some lines were refused, by the collector or by ClickHouse.
const SOME_REFUSED: u8 = 2;

/// Sends a file of past events to a running collector, each line one event as JSON.
///
/// The same command goes on where an earlier one ended, and may be repeated: no event is there
/// twice. Refused lines are kept in FILE.rejects.jsonl, with the reason.
///
/// Ends with 0 when every line is in ClickHouse; with 2 when lines were refused, or ClickHouse has
/// refused events of the project since the import began, which are dead letters then (see the
/// dashboard), and everything else is in ClickHouse; with 1 when it could not finish.
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
    /// Sends the private key over `http://` to another machine, too, where everybody on the way
    /// can read it.
    #[arg(long)]
    insecure: bool,
}

/// Imports the file; blocks.
///
/// # Errors
/// When the file cannot be read, no collector answers at the address, it refuses the key, or the
/// command is stopped. A collector that has answered once is waited for when it is away.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let stop = Stop::by_signal()?;
    ensure!(args.file.as_os_str() != "-", "standard input cannot be read twice: give a file");
    let client = Client::new(&args.url, &key(args)?, args.insecure, stop)?;
    let Ended { state, n_buried, letters } = import(&args.file, &client)?;
    writeln!(io::stdout(), "{}", state.sentence(&args.file, n_buried, &letters))?;
    let is_whole = state.refused == 0 && n_buried == 0;
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::from(SOME_REFUSED) })
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

/// What came of an import.
struct Ended {
    state: State,
    /// How many events of the project ClickHouse refused meanwhile.
    n_buried: u64,
    /// Where they are.
    letters: String,
}

fn import(path: &Path, client: &Client) -> anyhow::Result<Ended> {
    let mut progress = Progress::new(path)?;
    file::check(path)?;
    let mut contact = client.first_contact(FIRST_CONTACT, &mut progress)?;
    let (import, n_bytes) = file::hash(path, client.stop(), &mut progress)?;
    loop {
        let run = Run { path, client, contact, import, n_bytes };
        match run.to_end(&mut progress) {
            // What is kept beside the file is of other data, and the next one says so.
            Err(error) if error.is::<Replaced>() => contact = client.contact(&mut progress)?,
            ended => return ended,
        }
    }
}

/// One import into one collector with one set of data.
struct Run<'a> {
    path: &'a Path,
    client: &'a Client,
    contact: Contact,
    import: ImportId,
    n_bytes: u64,
}

impl Run<'_> {
    /// Goes on where it was.
    fn to_end(&self, progress: &mut Progress) -> anyhow::Result<Ended> {
        let Self { path, client, contact, .. } = self;
        let address = client.address(&contact.project);
        let (mut state, replaced) = State::open(path, self.import, &address, contact)?;
        if replaced.is_some() {
            progress.say("the data of the collector was replaced: the file is sent anew");
        } else if state.next_line > 1 {
            progress.say(&format!("going on at line {}", state.next_line));
        }
        // Whose data it is stands there before the first line is sent.
        state.save()?;
        let done = self.send(&mut state, progress).and_then(|()| self.wait(&state, progress));
        let n_buried = done.map_err(|error| resumable(error, &state))?;
        state.is_complete = true;
        state.save()?;
        progress.end();
        Ok(Ended { state, n_buried, letters: client.dead_letters(&contact.project) })
    }

    /// Sends what is not done yet, one chunk after the other, while the next is being packed.
    fn send(&self, state: &mut State, progress: &mut Progress) -> anyhow::Result<()> {
        let mut rejects = Rejects::open(self.path, state.rejects_bytes)?;
        progress.begin(self.n_bytes, state);
        thread::scope(|scope| {
            let (sender, chunks) = mpsc::sync_channel::<anyhow::Result<Chunk>>(1);
            let mut packer = Chunks::open(self.path, self.n_bytes, state)?;
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
                let project = &self.contact.project;
                let receipt = self.client.send(project, &self.import, &chunk, progress)?;
                ensure!(state.is_of(&receipt.mark), Replaced);
                state.rejects_bytes = rejects.append(&refused(&chunk, &receipt))?;
                state.note(&chunk, &receipt);
                state.save()?;
                progress.show(state);
            }
            Ok(())
        })
    }

    /// Waits until everything is written; tells how many events ClickHouse refused.
    fn wait(&self, state: &State, progress: &mut Progress) -> anyhow::Result<u64> {
        // An empty file.
        if state.mark.is_empty() {
            return Ok(0);
        }
        progress.wait("everything is sent; waiting until it is written");
        let mut pace = Pace::UNTIL_WRITTEN;
        loop {
            let project = &self.contact.project;
            let told = self.client.written(project, &state.mark, state.began_at, progress)?;
            if told.written {
                return Ok(told.dead_letters);
            }
            self.client.stop().pause(pace.next())?;
        }
    }
}

/// Whatever stopped it, the same command goes on.
fn resumable(error: anyhow::Error, state: &State) -> anyhow::Error {
    let line = state.next_line;
    error.context(format!("not finished: the same command goes on at line {line}"))
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

#[cfg(test)]
mod tests;
