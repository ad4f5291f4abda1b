//! Reads a body within its limits.

use super::error::ApiError;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use protocol::limits;
use std::time::Duration;
use tokio::time::timeout;

/// What is still read of a body that is refused: a sender that is cut off while it writes sees a
/// broken connection instead of the answer.
const DRAINED_BYTES: usize = 16 * limits::BODY_BYTES;

/// How long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// A body that is being read.
#[derive(Debug)]
pub struct Incoming(BodyDataStream);

impl Incoming {
    /// Begins.
    pub fn new(body: Body) -> Self {
        Self(body.into_data_stream())
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// 413 when it is larger than [`limits::BODY_BYTES`], 408 when it takes longer than `time`,
    /// 400 when it breaks off.
    pub async fn read(&mut self, headers: &HeaderMap, time: Duration) -> Result<Bytes, ApiError> {
        let length =
            headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
        if length.is_some_and(|n_bytes: usize| n_bytes > limits::BODY_BYTES) {
            return Err(too_large());
        }
        timeout(time, self.collect()).await.map_err(|_| ApiError::Timeout)?
    }

    async fn collect(&mut self) -> Result<Bytes, ApiError> {
        let mut whole = Bytes::new();
        let mut rest = Vec::new();
        while let Some(chunk) = self.0.next().await {
            let chunk = chunk.map_err(|_| ApiError::BadRequest("the body broke off".to_owned()))?;
            if whole.len().max(rest.len()) + chunk.len() > limits::BODY_BYTES {
                return Err(too_large());
            }
            // A small body comes in one piece, and is not copied.
            if whole.is_empty() && rest.is_empty() {
                whole = chunk;
            } else {
                rest.extend_from_slice(&std::mem::take(&mut whole));
                rest.extend_from_slice(&chunk);
            }
        }
        Ok(if rest.is_empty() { whole } else { rest.into() })
    }

    /// Reads on and forgets, so that the sender comes to read the answer.
    pub async fn drain(&mut self) {
        let mut n_bytes = 0;
        let read = async {
            while let Some(Ok(chunk)) = self.0.next().await {
                n_bytes += chunk.len();
                if n_bytes > DRAINED_BYTES {
                    break;
                }
            }
        };
        // Who takes longer has had his chance.
        drop(timeout(DRAIN_TIME, read).await);
    }
}

fn too_large() -> ApiError {
    ApiError::TooLarge(format!("the body is larger than {} bytes", limits::BODY_BYTES))
}
