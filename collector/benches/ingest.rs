//! CPU per event from the socket to the durable answer, beside the floor under it.
//!
//! The floor is the same HTTP server, inflation, parser and group commit, without authorisation,
//! admission, memory of repeats and counters. Both are processes of their own on one core; the
//! load comes from the other. Rounds alternate, so that a busy machine disturbs both alike, and
//! the median counts. Each figure is one JSON line.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use collector::config::Config;
use collector::serve::Background;
use collector::spool::{Bitmap, Cursor, Encoding, Head, Kind, Spool};
use collector::{App, env, inflate};
use flate2::Compression;
use flate2::write::GzEncoder;
use protocol::{EventId, ProjectId, WriteKey};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::borrow::Cow;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store::{Connection, Databases, Target, WeekStart};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep_until;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEY: &str = "wk_benchbenchbenchbenchbench";
const EVENTS: usize = 50;
const BATCHES: usize = 6_000;
const ROUNDS: usize = 5;
const CONNECTIONS: usize = 32;
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

fn main() -> Result<()> {
    let role = std::env::args().nth(1).unwrap_or_default();
    let is_server = matches!(role.as_str(), "collector" | "floor" | "writer");
    pin(if is_server { SERVER_CORE } else { LOAD_CORE });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match role.as_str() {
        "collector" => runtime.block_on(serve_collector()),
        "floor" => runtime.block_on(serve_floor()),
        "writer" => runtime.block_on(write()),
        _ => runtime.block_on(measure()),
    }
}

/// Keeps this process to one core, where the machine has two.
fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    // On one core both share it: the figures hold, the latencies do not.
    let _ = sched_setaffinity(None, &cores);
}

async fn measure() -> Result<()> {
    for shape in [Shape::Large, Shape::Sdk] {
        let load = Arc::new(Load::new(shape)?);
        let (mut collector, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floor.push(cpu_per_event("floor", &load).await?);
            collector.push(cpu_per_event("collector", &load).await?);
        }
        let (collector, floor) = (median(collector), median(floor));
        let name = shape.suffix();
        figure(&format!("ingest_json_bytes_per_event{name}"), load.bytes_per_event, "B")?;
        figure(&format!("floor_cpu_us_per_event{name}"), floor, "us")?;
        figure(&format!("collector_cpu_us_per_event{name}"), collector, "us")?;
        let per_second = 0.8 * 1e6 / (collector * EVENTS as f64);
        let p99 = latency("collector", &load, per_second).await?;
        figure(&format!("collector_p99_ms_at_80_percent{name}"), p99, "ms")?;
    }
    let writer = Command::new(std::env::current_exe()?).arg("writer").status()?;
    ensure!(writer.success(), "the writer failed");
    Ok(())
}

fn figure(name: &str, value: f64, unit: &str) -> Result<()> {
    let value = (value * 1_000.0).round() / 1_000.0;
    let line = serde_json::json!({ "name": name, "value": value, "unit": unit });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the batches look like.
#[derive(Clone, Copy)]
enum Shape {
    /// Events of about 400 bytes, most of it properties.
    Large,
    /// Clicks as the browser module sends them.
    Sdk,
}

impl Shape {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Large => "",
            Self::Sdk => "_sdk_shape",
        }
    }

    fn properties(self, n: usize) -> String {
        match self {
            Self::Sdk => String::new(),
            Self::Large => format!(
                r#","properties":{{"plan":"enterprise","module":"monitoring","view":"metric list","position":{},"total":{},"filter":"owner:team-{}","sorted_by":"last change, descending","is_first":{},"source":"keyboard shortcut","label":"Quarterly review of metric {n}"}}"#,
                n % 20,
                n * 31 % 977,
                n % 7,
                n.is_multiple_of(2),
            ),
        }
    }
}

/// Requests, ready to be written to a socket; each event is in one of them only.
struct Load {
    requests: Vec<Vec<u8>>,
    bytes_per_event: f64,
}

impl Load {
    fn new(shape: Shape) -> Result<Self> {
        let (mut requests, mut n_bytes) = (Vec::with_capacity(BATCHES), 0);
        for n in 0..BATCHES {
            let body = batch(shape, n)?;
            n_bytes += body.len();
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body.as_bytes())?;
            let body = encoder.finish()?;
            let mut request = format!(
                "POST /v1/events?k={KEY}&c=gzip HTTP/1.1\r\nHost: localhost\r\n\
                 User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
                 Accept: */*\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\
                 Origin: https://app.example.com\r\nSec-Fetch-Mode: cors\r\n\r\n",
                body.len()
            )
            .into_bytes();
            request.extend_from_slice(&body);
            requests.push(request);
        }
        Ok(Self { requests, bytes_per_event: n_bytes as f64 / (BATCHES * EVENTS) as f64 })
    }
}

fn batch(shape: Shape, n: usize) -> Result<String> {
    let now = (env::clock())();
    let element = |n: usize| {
        format!(
            r#"{{"chain":[{{"tag":"button","classes":["btn","btn-primary"],"test_id":"action-{n}","name":"Save changes {n}","type":"button"}},{{"tag":"form","id":"metric-form","name":"Metric"}},{{"tag":"section","classes":["panel"]}},{{"tag":"main","role":"main"}}]}}"#
        )
    };
    let elements: Vec<_> = (0..5).map(element).collect();
    let mut events = Vec::with_capacity(EVENTS);
    for i in 0..EVENTS {
        let at = now.plus_millis(-i64::try_from((EVENTS - i) * 200)?);
        let id = EventId::new(at, env::random()?);
        events.push(format!(
            r#"{{"event_id":"{id}","kind":"click","timestamp":{},"page":{},"element":{}{}}}"#,
            at.as_millis(),
            i % 2,
            i % 5,
            shape.properties(n * EVENTS + i)
        ));
    }
    Ok(format!(
        r#"{{"sdk":"sillage-web/0.1.0","sent_at":{},"attempt":0,"context":{{"anonymous_id":"a-{n:08}","user_id":"user-{n:06}","account_id":"account-{:03}","session_id":"s-{n:08}","language":"en-GB","screen":"1440x900"}},"elements":[{}],"pages":[{{"host":"app.example.com","path":"/monitoring/metrics/{n}","title":"Metric"}},{{"host":"app.example.com","path":"/monitoring","title":"Monitoring"}}],"events":[{}]}}"#,
        now.as_millis(),
        n % 200,
        elements.join(","),
        events.join(",")
    ))
}

/// A server in a process of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(role: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("the server has no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let port = line.trim().parse().with_context(|| format!("no port from the {role}"))?;
        Ok(Self { child, port })
    }

    /// User and system time so far of all its threads.
    fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }
}

fn cpu_of(process: u32) -> Result<Duration> {
    let mut total = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        total += text.split(' ').next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input; what is left to do is to wait.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

async fn cpu_per_event(role: &str, load: &Arc<Load>) -> Result<f64> {
    let server = Server::start(role)?;
    // What only happens once is not counted.
    let warm = BATCHES / 10;
    drive(server.port, load, 0..warm, None).await?;
    let before = server.cpu()?;
    drive(server.port, load, warm..BATCHES, None).await?;
    let spent = server.cpu()? - before;
    Ok(spent.as_secs_f64() * 1e6 / ((BATCHES - warm) * EVENTS) as f64)
}

/// The 99th of a hundred latencies, in ms, when requests come evenly.
async fn latency(role: &str, load: &Arc<Load>, per_second: f64) -> Result<f64> {
    let server = Server::start(role)?;
    let warm = BATCHES / 10;
    drive(server.port, load, 0..warm, None).await?;
    let mut latencies = drive(server.port, load, warm..BATCHES, Some(per_second)).await?;
    latencies.sort_unstable();
    Ok(latencies[latencies.len() * 99 / 100].as_secs_f64() * 1e3)
}

/// Sends some of the requests, as fast as they are answered or at a rate; returns how long each
/// took from the moment when it was due.
async fn drive(
    port: u16,
    load: &Arc<Load>,
    range: std::ops::Range<usize>,
    per_second: Option<f64>,
) -> Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(range.start));
    let start = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (load, next, range) = (Arc::clone(load), Arc::clone(&next), range.clone());
            tokio::spawn(async move {
                let mut connection = Connected::new(port).await?;
                let mut latencies = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= range.end {
                        return anyhow::Ok(latencies);
                    }
                    let mut due = Instant::now();
                    if let Some(rate) = per_second {
                        let after = (n - range.start) as f64 / rate;
                        due = start + Duration::from_secs_f64(after);
                        sleep_until(due.into()).await;
                    }
                    connection.exchange(&load.requests[n]).await?;
                    latencies.push(due.elapsed());
                }
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(range.len());
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(latencies)
}

struct Connected {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connected {
    async fn new(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 4_096] })
    }

    /// Answers are small, come whole, and end as they all do.
    async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        let mut n = 0;
        loop {
            let n_read = self.stream.read(&mut self.buffer[n..]).await?;
            ensure!(n_read > 0, "the server hung up");
            n += n_read;
            let answer = &self.buffer[..n];
            if answer.ends_with(b"]}") || answer.ends_with(b"done") {
                ensure!(answer.starts_with(b"HTTP/1.1 202"), "{}", answer.escape_ascii());
                return Ok(());
            }
        }
    }
}

/// Becomes ready when the process that measures lets go of this one.
fn end_of_input() -> impl Future<Output = ()> + Send + 'static {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _sender = sender;
        std::io::stdin().lines().last()
    });
    async {
        // An error is the end, and so is anything else.
        let _ = receiver.await;
    }
}

async fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
    Ok(listener)
}

/// Beside the binaries, so that it is on the disk and not in memory.
fn folder() -> Result<tempfile::TempDir> {
    let beside = std::env::current_exe()?;
    Ok(tempfile::tempdir_in(beside.parent().unwrap_or(Path::new(".")))?)
}

/// A data folder that knows the project.
fn data_folder() -> Result<tempfile::TempDir> {
    let data = folder()?;
    let project = store::Project {
        id: ProjectId::parse("bench")?,
        name: "Bench".to_owned(),
        write_key: WriteKey::parse(KEY)?,
        id_key: [1; 16],
        time_zone: "UTC".to_owned(),
        week_start: WeekStart::Monday,
        count_automated: false,
    };
    std::fs::write(data.path().join("definitions.json"), serde_json::to_vec(&[project])?)?;
    Ok(data)
}

/// The collector as it is. Nothing is written to ClickHouse, which is another figure.
async fn serve_collector() -> Result<()> {
    let data = data_folder()?;
    let mut config = Config::default();
    config.server.data = data.path().to_owned();
    let target: Target = "http://127.0.0.1:1".parse()?;
    let connection = Connection::new(target, Databases::default())?;
    let (app, _) = App::open(config, connection, env::clock())?;
    let listener = listen().await?;
    collector::run(app, listener, end_of_input()).await?;
    Ok(())
}

async fn serve_floor() -> Result<()> {
    let data = folder()?;
    let config = Config::default();
    let (spool, _, _) = Spool::open(data.path(), &config.spool, [0; 16], env::clock())?;
    let router = Router::new().route("/v1/events", post(floor)).with_state(spool);
    axum::serve(listen().await?, router).with_graceful_shutdown(end_of_input()).await?;
    Ok(())
}

async fn floor(State(spool): State<Spool>, body: Bytes) -> (StatusCode, &'static str) {
    let parsed = inflate::with(&body, |text| protocol::parse_batch(text).is_ok());
    let Ok(true) = parsed else { return (StatusCode::BAD_REQUEST, "bad") };
    let Ok(ticket) = spool.append(0, Kind::Batch, &[], &body) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "full");
    };
    match ticket.await {
        Ok(()) => (StatusCode::ACCEPTED, "done"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "not safe"),
    }
}

/// From the spool to ClickHouse: the writer's own CPU per row, and rows per second with the
/// engine on the same core.
async fn write() -> Result<()> {
    let Some(store) = store::testing::open("bench").await? else { return Ok(()) };
    let data = data_folder()?;
    let mut config = Config::default();
    config.server.data = data.path().to_owned();
    config.server.project = ProjectId::parse("bench")?;
    let (app, cursor) = App::open(config, store.connection.clone(), env::clock())?;
    let (bitmap, mut tickets) = (all_admitted(), Vec::new());
    for n in 0..BATCHES / 3 {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(batch(Shape::Sdk, n)?.as_bytes())?;
        let head = head(&app, &bitmap)?.encode();
        tickets.push(app.spool().append(0, Kind::Batch, &head, &encoder.finish()?)?);
    }
    for ticket in tickets {
        ticket.await?;
    }
    let end = *app.spool().end().borrow();
    let project = app.definitions().projects().remove(0).definition.clone();
    let edit = store::Edit { expected_version: 0, author: "bench".to_owned(), at: app.now() };
    store.connection.put_project(&project, &edit).await?;

    let (before, start) = (cpu_of(std::process::id())?, Instant::now());
    let background = Background::start(app, cursor).await?;
    let deadline = Instant::now() + Duration::from_secs(300);
    loop {
        let saved = std::fs::read(data.path().join("spool/cursor"))?;
        let cursor: Cursor = serde_json::from_slice(&saved)?;
        if cursor.cut.is_none() && cursor.done >= end {
            break;
        }
        ensure!(Instant::now() < deadline, "the writer does not get there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (spent, time) = (cpu_of(std::process::id())? - before, start.elapsed());
    background.stop(Duration::from_secs(5)).await;
    let n_rows = (BATCHES / 3 * EVENTS) as f64;
    figure("writer_cpu_us_per_row", spent.as_secs_f64() * 1e6 / n_rows, "us")?;
    figure("writer_rows_per_second", n_rows / time.as_secs_f64(), "rows/s")
}

fn all_admitted() -> Bitmap {
    let mut bitmap = Bitmap::zeros(EVENTS);
    (0..EVENTS).for_each(|i| bitmap.set(i));
    bitmap
}

fn head<'a>(app: &App, admitted: &'a Bitmap) -> Result<Head<'a>> {
    Ok(Head {
        request_id: env::random()?,
        network: "192.0.2.0/24".to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        encoding: Encoding::Gzip,
        admitted: Cow::Borrowed(admitted),
        ..Head::new(Cow::Owned(ProjectId::parse("bench")?), app.now())
    })
}
