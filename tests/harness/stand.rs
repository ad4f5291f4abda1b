//! A server of one page, of the scripts that it loads, and of whatever those scripts ask for:
//! stands in for the vendor and for a rival's collector, and keeps what is sent to it.

use crate::relay::Request;
use anyhow::Result;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running stand.
#[derive(Debug)]
pub struct Stand {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

/// What is served: path, content type, content.
type Files = HashMap<String, (&'static str, Vec<u8>)>;

impl Stand {
    /// Serves the page at `/`, with these further header lines, and scripts by their path; it
    /// answers everything else with an empty JSON object.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(
        headers: &[(&str, &str)],
        html: String,
        scripts: Vec<(String, Vec<u8>)>,
    ) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let script = |(path, content)| (path, ("text/javascript", content));
        let mut files: Files = scripts.into_iter().map(script).collect();
        files.insert("/".to_owned(), ("text/html; charset=utf-8", html.into_bytes()));
        let files = Arc::new(files);
        let headers: String =
            headers.iter().map(|(key, value)| format!("{key}: {value}\r\n")).collect();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let kept = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (files, kept) = (Arc::clone(&files), Arc::clone(&kept));
                let headers = headers.clone();
                tokio::spawn(async move { answer(stream, &headers, &files, &kept).await.ok() });
            }
        });
        Ok(Self { address, requests, task })
    }

    /// The page's address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What was posted so far, in order.
    pub fn posts(&self) -> Vec<Request> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().filter(|request| request.head.starts_with("POST ")).cloned().collect()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    mut stream: TcpStream,
    headers: &str,
    files: &Files,
    kept: &Mutex<Vec<Request>>,
) -> Result<()> {
    let Some(request) = Request::read(&mut stream).await? else { return Ok(()) };
    let path = request.target().split('?').next().unwrap_or_default().to_owned();
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    let empty = ("application/json", b"{}".to_vec());
    let (kind, content) = files.get(&path).unwrap_or(&empty);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n{headers}\r\n",
        content.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(content).await?;
    stream.shutdown().await?;
    Ok(())
}
