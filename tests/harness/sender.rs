//! Requests of batches, whole and broken off, over a connection of their own.

use crate::relay;
use std::time::Duration;
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was answered, with this status, this head and this body.
    Read {
        /// The status.
        status: u16,
        /// Status line and header lines.
        head: String,
        /// The body.
        body: String,
    },
    /// Whatever happened, nobody knows.
    Unread,
}

impl Answer {
    /// The status; 0 if no answer was read.
    pub fn status(&self) -> u16 {
        match self {
            Self::Read { status, .. } => *status,
            Self::Unread => 0,
        }
    }

    /// The value of a header line.
    pub fn header(&self, name: &str) -> Option<&str> {
        match self {
            Self::Read { head, .. } => relay::header(head, name),
            Self::Unread => None,
        }
    }
}

/// How far a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the end, and its answer is read.
    Whole,
    /// To the end; then the sender is gone.
    Left,
    /// Into the body, by so many hundredths of it; then the sender is gone.
    Cut(usize),
}

/// Sends a batch to `address`, such as `127.0.0.1:8080`, by this way.
pub async fn post(address: &str, key: &str, coding: &str, body: &[u8], way: Way) -> Answer {
    let lines = format!("POST /v1/events?k={key}&c={coding} HTTP/1.1\r\nContent-Type: text/plain");
    send(address, &lines, body, way).await
}

/// Sends lines to import, the first of the file `import`, with a private key.
pub async fn post_lines(
    address: &str,
    (project, key): (&str, &str),
    import: &str,
    body: &[u8],
    way: Way,
) -> Answer {
    let lines = format!(
        "POST /v1/projects/{project}/import?import={import}&first_line=1 HTTP/1.1\r\n\
         Authorization: Bearer {key}"
    );
    send(address, &lines, body, way).await
}

async fn send(address: &str, lines: &str, body: &[u8], way: Way) -> Answer {
    let sent = timeout(PATIENCE, exchange(address, lines, body, way)).await;
    sent.ok().and_then(Result::ok).flatten().unwrap_or(Answer::Unread)
}

async fn exchange(address: &str, lines: &str, body: &[u8], way: Way) -> io::Result<Option<Answer>> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "{lines}\r\nHost: {address}\r\nUser-Agent: e2e\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    let n_bytes = match way {
        Way::Cut(percent) => body.len() * percent.min(99) / 100,
        Way::Whole | Way::Left => body.len(),
    };
    stream.write_all(&body[..n_bytes]).await?;
    stream.flush().await?;
    if way != Way::Whole {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(read(&String::from_utf8_lossy(&bytes)))
}

/// An answer, if it is whole.
fn read(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = relay::header(head, "content-length")?.parse().ok()?;
    let is_whole = body.len() == length;
    is_whole.then(|| Answer::Read { status, head: head.to_owned(), body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_answer_is_none() {
        let whole = "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nretry-after: 10\r\n\r\n{}";
        let answer = read(whole).unwrap();
        assert_eq!((answer.status(), answer.header("Retry-After")), (503, Some("10")));
        assert_eq!(read(&whole[..whole.len() - 1]), None);
        assert_eq!(read("HTTP/1.1 202 OK\r\n"), None);
    }
}
