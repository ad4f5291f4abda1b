//! A vendor's own web server: pages, and below one path what it passes on to the collector, as the
//! lines for nginx and Caddy on the Setup screen say.

use crate::relay::{Request, header};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The path below which the collector is reached.
const PATH: &str = "/metrics/";
/// What is passed on of it: what pages ask for, and nothing of the dashboard.
const PASSED: [&str; 5] = ["sdk.js", "sdk/", "v1/events?", "v1/config?", "v1/trouble?"];

/// A file that the server has.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path.
    pub path: &'static str,
    /// Its type, such as `text/html`.
    pub kind: &'static str,
    /// Further header lines.
    pub headers: String,
    /// Its content.
    pub content: String,
}

/// A running server.
#[derive(Debug)]
pub struct Front {
    address: String,
    task: JoinHandle<()>,
}

impl Front {
    /// Serves these files, and passes on to a collector at an address such as
    /// `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// When no port is free, or the address is none.
    pub async fn start(collector: &str, files: Vec<File>) -> Result<Self> {
        let collector = collector.trim_start_matches("http://").parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let files = Arc::new(files);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let files = Arc::clone(&files);
                // A browser that goes away ends its connection; nobody is left to tell.
                tokio::spawn(async move { answer(stream, collector, &files).await.ok() });
            }
        });
        Ok(Self { address, task })
    }

    /// Its address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut browser: TcpStream, collector: SocketAddr, files: &[File]) -> Result<()> {
    let Some(request) = Request::read(&mut browser).await? else { return Ok(()) };
    let rest = request.target().strip_prefix(PATH).map(str::to_owned);
    let rest = rest.filter(|rest| PASSED.iter().any(|passed| rest.starts_with(passed)));
    match rest {
        Some(rest) => pass_on(&mut browser, collector, &request, &rest).await?,
        None => browser.write_all(of_its_own(&request, files).as_bytes()).await?,
    }
    Ok(browser.shutdown().await?)
}

fn of_its_own(request: &Request, files: &[File]) -> String {
    let path = request.target().split('?').next().unwrap_or_default();
    match files.iter().find(|file| file.path == path) {
        Some(File { kind, headers, content, .. }) => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\nSet-Cookie: own=1\r\n{headers}\r\n{content}",
            content.len()
        ),
        None => {
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()
        }
    }
}

async fn pass_on(
    browser: &mut TcpStream,
    collector: SocketAddr,
    request: &Request,
    rest: &str,
) -> Result<()> {
    let method = request.head.split(' ').next().context("no method")?;
    let mut head = format!("{method} /{rest} HTTP/1.1\r\n");
    for line in request.head.lines().skip(1).filter(|line| !line.is_empty()) {
        let is_left_out = ["connection", "cookie"].iter().any(|name| header(line, name).is_some());
        if !is_left_out {
            head.extend([line, "\r\n"]);
        }
    }
    head.push_str("X-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n");
    let mut collector = TcpStream::connect(collector).await?;
    collector.write_all(head.as_bytes()).await?;
    collector.write_all(&request.body).await?;
    tokio::io::copy(&mut collector, browser).await?;
    Ok(())
}
