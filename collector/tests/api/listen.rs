//! Connections: how many, and for how long.

use crate::test_app::TestApp;
use anyhow::Result;
use collector::config::Config;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(20);

/// Listens; the sender ends it.
async fn listen(
    app: &TestApp,
) -> Result<(SocketAddr, oneshot::Sender<()>, JoinHandle<std::io::Result<()>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { drop(stopped.await) };
    let running = tokio::spawn(collector::run(app.app()?.clone(), listener, shutdown));
    Ok((address, stop, running))
}

async fn status(stream: &mut TcpStream) -> Result<String> {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await?;
    let mut line = [0; 12];
    stream.read_exact(&mut line).await?;
    Ok(String::from_utf8(line.to_vec())?)
}

#[tokio::test]
async fn who_does_not_finish_the_head_of_a_request_is_cut_off() -> Result<()> {
    let hasty = |config: &mut Config| config.server.head_ms = 300;
    let Some(app) = TestApp::start_with("head", hasty).await? else { return Ok(()) };
    let (address, _stop, _running) = listen(&app).await?;
    let mut slow = TcpStream::connect(address).await?;
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await?;
    let mut rest = Vec::new();
    timeout(DEADLINE, slow.read_to_end(&mut rest)).await??;
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
    Ok(())
}

#[tokio::test]
async fn more_connections_than_may_be_open_wait() -> Result<()> {
    let one = |config: &mut Config| config.server.connections = 1;
    let Some(app) = TestApp::start_with("connections", one).await? else { return Ok(()) };
    let (address, stop, running) = listen(&app).await?;
    let mut first = TcpStream::connect(address).await?;
    assert_eq!(timeout(DEADLINE, status(&mut first)).await??, "HTTP/1.1 200");
    let mut second = TcpStream::connect(address).await?;
    let asked = tokio::spawn(async move { status(&mut second).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!asked.is_finished());
    drop(first);
    assert_eq!(timeout(DEADLINE, asked).await???, "HTTP/1.1 200");

    // An idle connection does not hold up the end.
    let mut idle = TcpStream::connect(address).await?;
    assert_eq!(timeout(DEADLINE, status(&mut idle)).await??, "HTTP/1.1 200");
    drop(stop);
    timeout(DEADLINE, running).await???;
    Ok(())
}
