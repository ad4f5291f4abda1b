//! `sillage serve`: starts everything in order, and stops it in the other.
//!
//! The listener comes first, so that a taken port is known before anything else is done, and
//! goes first, so that nothing is accepted that has no time to become safe.

use crate::config::Config;
use crate::spool::Cursor;
use crate::writer::Writer;
use crate::{App, assets, data, delivery, env, prepare, run};
use anyhow::Context;
use engine::{Engine, library};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use store::{Connection, Databases, Target};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tracing_subscriber::EnvFilter;

/// How often the definitions are read again.
const REFRESH: Duration = Duration::from_secs(10);

/// Pause between two questions to a ClickHouse that is away at the start.
const AWAY: Duration = Duration::from_secs(2);

/// How long ClickHouse may take at the start before events are taken without it, where the
/// projects are known: one that accepts connections and never answers must not hold them up.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is looked whether ClickHouse answers, and counts are written that are new.
const NOTE: Duration = Duration::from_secs(5);

/// Runs `sillage serve` until it is stopped: logs on standard error, and what there is to know
/// at the start on standard output.
///
/// # Errors
/// As [`serve`].
pub fn run_to_end(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.server.log)
        .with_context(|| format!("the log filter `{}` cannot be read", config.server.log))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, |greeting| {
        let mut out = io::stdout();
        // Who does not read the greeting can still use the collector.
        drop(out.write_all(greeting.as_bytes()).and_then(|()| out.flush()));
    }))
}

/// Lets the process open as many files as it may ever: each connection is one, and what is kept
/// needs some of its own.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays at {:?}", limit.current);
    }
}

/// Serves until SIGTERM or SIGINT; calls `say` with what there is to say at the start, and with
/// the invitation of the first member when ClickHouse comes later.
///
/// # Errors
/// When something that it needs is missing, taken or locked: the sentence says what.
pub async fn serve(config: Config, say: impl Fn(&str)) -> anyhow::Result<()> {
    let _lock: File = data::lock(&config.server.data, data::LEAVING)?;
    let shutdown = shutdown()?;
    if let Err(sentence) = assets::check() {
        tracing::warn!("{sentence}");
    }
    let listen = config.server.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with `--listen`")
    })?;
    let (engine, target) = start_engine(&config).await?;
    let connection = Connection::new(target, Databases::default())?;
    let (app, cursor) = App::open(config, connection, env::clock())?;
    app.set_bound(listener.local_addr()?);
    let background = Background::start(app.clone(), cursor).await?;
    let invitation = match timeout(PATIENCE, invitation(&app)).await {
        Err(_) => None,
        Ok(Err(error)) if is_passing(&error) => None,
        Ok(invitation) => Some(invitation?),
    };
    say(&(greeting(&app) + invitation.as_deref().unwrap_or_default()));

    let stop_time = Duration::from_millis(app.config().server.stop_ms);
    let mut serving = pin!(until_stopped(&app, listener, shutdown, stop_time));
    let served = tokio::select! {
        served = &mut serving => served,
        line = invitation_at_last(&app, background.prepared()), if invitation.is_none() => {
            say(&line);
            serving.await
        }
    };
    background.stop(stop_time).await;
    let spool = app.spool().clone();
    tokio::task::spawn_blocking(move || spool.close()).await?;
    if let Some(engine) = engine {
        engine.stop().await.context("the engine did not stop as it should")?;
    }
    served
}

/// The embedded engine and where it answers, or the server that is configured instead.
async fn start_engine(config: &Config) -> anyhow::Result<(Option<Engine>, Target)> {
    if let Some(url) = &config.store.clickhouse {
        return Ok((None, url.parse()?));
    }
    let executable = std::env::current_exe().context("cannot find the own executable")?;
    let search = library::Search {
        flag: config.store.engine_library.clone(),
        beside: executable.parent().map(PathBuf::from),
        data_dir: Some(config.server.data.clone()),
        ..library::Search::default()
    };
    let engine = Engine::start(engine::Config {
        data_dir: config.server.data.join("clickhouse"),
        library: library::find(&search)?,
        executable,
        memory_bytes: config.store.engine_memory_bytes,
        readable: Databases::default().mappings(),
        hang_after: engine::HANG_AFTER,
    })
    .await?;
    let target = Target::from(engine.endpoint());
    Ok((Some(engine), target))
}

/// Ends with the first SIGTERM or SIGINT.
fn shutdown() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Serves until `shutdown`, and then no longer than `stop_time`: a page that follows events for
/// ever must not keep the collector.
async fn until_stopped(
    app: &App,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    stop_time: Duration,
) -> anyhow::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let of_server = app.clone();
    let shutdown = async move {
        shutdown.await;
        of_server.stop();
        // The receiver is below, and gone only when this is no longer needed.
        let _ = stopping.send(());
    };
    let late = async move {
        if stopped.await.is_ok() {
            sleep(stop_time).await;
        }
    };
    tokio::select! {
        served = run(app.clone(), listener, shutdown) => served.context("the listener failed"),
        () = late => Ok(()),
    }
}

/// What is printed when everything is ready.
fn greeting(app: &App) -> String {
    let origin = app.origin();
    let project = app.definitions().project(&app.config().server.project);
    let key = project.map(|project| project.definition.write_key.as_str().to_owned());
    let key = key.unwrap_or_default();
    format!(
        "Sillage is ready.\n  \
           Dashboard     {origin}/\n  \
           Script line   <script async src=\"{origin}/sdk.js\" data-write-key=\"{key}\"></script>\n"
    )
}

/// The line that invites the first member; empty when there is a member.
async fn invitation(app: &App) -> anyhow::Result<String> {
    let token = app.members().invite_first(app.now()).await?;
    Ok(token.map_or_else(String::new, |token| {
        format!("  First member  {}/welcome?token={token}\n", app.origin())
    }))
}

/// The same, when ClickHouse is there: before it is prepared it has no tables, maybe.
async fn invitation_at_last(app: &App, mut prepared: watch::Receiver<bool>) -> String {
    // An error: the writer, which prepares it, is stopped, and nobody is invited any more.
    if prepared.wait_for(|is_prepared| *is_prepared).await.is_err() {
        std::future::pending::<()>().await;
    }
    loop {
        match invitation(app).await {
            Ok(line) => return line,
            Err(error) => tracing::debug!(error = format!("{error:#}"), "nobody can be invited"),
        }
        before_asking_again().await;
    }
}

/// Waits a while. ClickHouse may be a server elsewhere, and even the embedded one is another
/// process: neither says when it is back, so asking again is the way to know.
async fn before_asking_again() {
    sleep(AWAY).await;
}

/// What goes on beside the requests: the writer, and reading the definitions. Dropped, it ends
/// at once, as in a crash.
#[derive(Debug)]
pub struct Background {
    stop: watch::Sender<bool>,
    writer: JoinHandle<()>,
    seen: JoinHandle<()>,
    refresh: JoinHandle<()>,
    notes: JoinHandle<()>,
    prepared: watch::Receiver<bool>,
    app: App,
}

impl Background {
    /// Prepares ClickHouse and starts. Where ClickHouse is away but the projects are known from
    /// before, events are taken meanwhile, and the rest waits.
    ///
    /// # Errors
    /// When ClickHouse refuses, or is away at the very first start.
    pub async fn start(app: App, cursor: Cursor) -> anyhow::Result<Self> {
        let is_known = app.definitions().project(&app.config().server.project).is_some();
        let is_prepared = match is_known {
            true => is_prepared_soon(&app).await?,
            false => prepare::prepare(&app).await.map(|()| true)?,
        };
        let (stop, stopped) = watch::channel(false);
        let writer = Writer::new(app.clone(), cursor);
        let seen = Arc::clone(app.seen()).keep(app.store().clone(), stopped.clone());
        let of_writer = app.clone();
        let (prepares, prepared) = watch::channel(is_prepared);
        let writer = tokio::spawn(async move {
            if !is_prepared {
                prepare_at_last(&of_writer).await;
            }
            prepares.send_replace(true);
            writer.run(stopped).await;
        });
        let (refresh, notes) =
            (tokio::spawn(refresh(app.clone())), tokio::spawn(note(app.clone())));
        Ok(Self { stop, writer, seen: tokio::spawn(seen), refresh, notes, prepared, app })
    }

    /// Follows whether ClickHouse is prepared.
    fn prepared(&self) -> watch::Receiver<bool> {
        self.prepared.clone()
    }

    /// Lets the writer write what it can within `time`, notes which events came, and ends.
    pub async fn stop(mut self, time: Duration) {
        self.stop.send_replace(true);
        if timeout(time, &mut self.writer).await.is_err() {
            tracing::warn!("what is left in the spool is written at the next start");
        }
        if timeout(time, &mut self.seen).await.is_err() {
            tracing::warn!("which events came last is read from the spool at the next start");
        }
        save_counts(&self.app).await;
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.writer.abort();
        self.seen.abort();
        self.refresh.abort();
        self.notes.abort();
    }
}

/// Whether it may be better later.
fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(store::Error::is_retryable)
}

/// Prepares ClickHouse if it is there and answers.
async fn is_prepared_soon(app: &App) -> anyhow::Result<bool> {
    let why = match timeout(PATIENCE, prepare::prepare(app)).await {
        Ok(Ok(())) => return Ok(true),
        Ok(Err(error)) if is_passing(&error) => format!("{error:#}"),
        Ok(Err(error)) => return Err(error),
        Err(_) => format!("it does not answer within {} s", PATIENCE.as_secs()),
    };
    tracing::warn!(error = why, "ClickHouse is away; events are kept");
    Ok(false)
}

async fn prepare_at_last(app: &App) {
    while let Err(error) = prepare::prepare(app).await {
        note_away(app, &error);
        before_asking_again().await;
    }
    app.obstacle().set(None);
    tracing::info!("ClickHouse is there");
}

fn note_away(app: &App, error: &anyhow::Error) {
    let sentence = format!("{error:#}");
    if is_passing(error) {
        app.obstacle().set(None);
        tracing::warn!(error = sentence, "ClickHouse is still away");
    } else if app.obstacle().set(Some(sentence.clone())) {
        tracing::error!(error = sentence, "ClickHouse is there and cannot be used");
    }
}

/// Notes how ClickHouse is, and keeps the counts.
async fn note(app: App) {
    loop {
        tokio::join!(delivery::look(&app), save_counts(&app));
        sleep(NOTE).await;
    }
}

async fn save_counts(app: &App) {
    let outcomes = Arc::clone(app.outcomes());
    let saved = tokio::task::spawn_blocking(move || outcomes.save()).await;
    if let Err(error) = saved.map_err(anyhow::Error::from).flatten() {
        tracing::warn!(error = format!("{error:#}"), "the counts cannot be written");
    }
}

async fn refresh(app: App) {
    loop {
        sleep(REFRESH).await;
        if let Err(error) = app.definitions().refresh(app.store()).await {
            tracing::warn!(error = format!("{error:#}"), "definitions cannot be read");
        }
        if let Err(error) = app.features().refresh(app.store(), app.now()).await {
            tracing::warn!(error = format!("{error:#}"), "features cannot be read");
        }
        expire(&app).await;
    }
}

async fn expire(app: &App) {
    let (letters, now) = (app.letters().clone(), app.now());
    let expired = tokio::task::spawn_blocking(move || letters.expire(now)).await;
    if let Err(error) = expired.map_err(anyhow::Error::from).and_then(|expired| Ok(expired?)) {
        tracing::warn!(error = format!("{error:#}"), "old dead letters stay for now");
    }
}
