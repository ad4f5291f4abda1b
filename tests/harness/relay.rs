//! A relay before the collector: keeps what browsers send, and holds back what it is told to.
//!
//! It speaks just enough HTTP: one request per connection, with the length in its head.

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Request line and header lines.
    pub head: String,
    /// The body, as it was sent.
    pub body: Vec<u8>,
}

impl Request {
    /// Path and query.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The body as text, inflated if it was compressed.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if GzDecoder::new(self.body.as_slice()).read_to_string(&mut text).is_err() {
            text = String::from_utf8_lossy(&self.body).into_owned();
        }
        text
    }

    /// Reads one request; nothing when the connection ends before it begins.
    pub(crate) async fn read(from: &mut TcpStream) -> Result<Option<Self>> {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if from.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        };
        let mut body = bytes.split_off(head_end);
        let head = String::from_utf8(bytes).context("a head that is no text")?;
        let length = header(&head, "content-length").map_or(Ok(0), str::parse)?;
        while body.len() < length {
            let n = from.read_buf(&mut body).await?;
            anyhow::ensure!(n > 0, "the connection ended within a body");
        }
        Ok(Some(Self { head, body }))
    }
}

pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    address: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What becomes of requests that are held back, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    Shut,
    Open,
    /// Open to those who come; those who waited never get through.
    Cut,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    held: &'static str,
    gate: watch::Sender<Gate>,
    requests: Mutex<Vec<Request>>,
}

impl Relay {
    /// Starts a relay to `target`, an address such as `http://127.0.0.1:8080`. Requests to paths
    /// with `held` in them wait until [`Self::release`]; an empty text holds nothing back.
    ///
    /// # Errors
    /// When no port is free, or the address is none.
    pub async fn start(target: &str, held: &'static str) -> Result<Self> {
        let target = target.trim_start_matches("http://").trim_end_matches('/').parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let gate = watch::Sender::new(if held.is_empty() { Gate::Open } else { Gate::Shut });
        let shared = Arc::new(Shared { target, held, gate, requests: Mutex::default() });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// The relay's address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Lets go what is held back, and holds nothing back from now on.
    pub fn release(&self) {
        self.shared.gate.send_replace(Gate::Open);
    }

    /// Ends the connections of those that are held back, and holds nothing back from now on.
    pub fn cut(&self) {
        self.shared.gate.send_replace(Gate::Cut);
    }

    /// What came so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a path with this in it was asked for.
    pub fn was_asked_for(&self, part: &str) -> bool {
        self.requests().iter().any(|request| request.target().contains(part))
    }

    /// The batches of events that came so far.
    pub fn batches(&self) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(|request| request.target().starts_with("/v1/events"));
        requests
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        // A browser that goes away ends its connection; nobody is left to tell.
        tokio::spawn(async move { relay(stream, &shared).await.ok() });
    }
}

async fn relay(mut browser: TcpStream, shared: &Shared) -> Result<()> {
    let Some(request) = Request::read(&mut browser).await? else { return Ok(()) };
    shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    if request.target().contains(shared.held) {
        let mut gate = shared.gate.subscribe();
        if *gate.borrow_and_update() == Gate::Shut
            && *gate.wait_for(|gate| *gate != Gate::Shut).await? == Gate::Cut
        {
            return Ok(());
        }
    }
    let mut collector = TcpStream::connect(shared.target).await?;
    let lines = request.head.lines().filter(|line| !line.is_empty());
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: String = kept.flat_map(|line| [line, "\r\n"]).collect();
    collector.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await?;
    collector.write_all(&request.body).await?;
    tokio::io::copy(&mut collector, &mut browser).await?;
    browser.shutdown().await?;
    Ok(())
}
