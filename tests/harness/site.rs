//! A page of our own to embed the script line in, where Tidemark is not strict or odd enough.

use crate::relay::Request;
use anyhow::Result;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server of one page, at every path.
#[derive(Debug)]
pub struct Site {
    address: String,
    task: JoinHandle<()>,
}

impl Site {
    /// Serves this HTML with these further header lines on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(headers: &[(&str, &str)], html: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let headers: String =
            headers.iter().map(|(key, value)| format!("{key}: {value}\r\n")).collect();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n{headers}\r\n{html}",
            html.len()
        );
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move { respond(stream, &answer).await.ok() });
            }
        });
        Ok(Self { address, task })
    }

    /// The page's address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(mut stream: TcpStream, answer: &str) -> Result<()> {
    if Request::read(&mut stream).await?.is_some() {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
    }
    Ok(())
}
