//! What tests of the spool, and of what stands on it, share.

use super::{Position, Spool, Status};
use std::time::Duration;
use tokio::time::timeout;

/// How long a spool may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bodies of all records from `from` on.
pub(super) fn bodies(spool: &Spool, from: Position) -> Vec<Vec<u8>> {
    let (mut at, mut bodies) = (from, Vec::new());
    loop {
        let chunk = spool.read(at).unwrap();
        bodies.extend(chunk.records().map(|(_, body, _)| body.to_vec()));
        if chunk.next == at {
            return bodies;
        }
        at = chunk.next;
    }
}

/// Waits until the spool can be written again, which begins a segment and so moves its end.
pub(crate) async fn recovers(spool: &Spool) {
    until(spool, |status| status.failure.is_none()).await;
}

/// Follows the end of the spool until the status is so.
pub(super) async fn until(spool: &Spool, is_so: impl Fn(&Status) -> bool) {
    let mut end = spool.end();
    let follow = async {
        while !is_so(&spool.status()) {
            end.changed().await.unwrap();
        }
    };
    if timeout(PATIENCE, follow).await.is_err() {
        panic!("the spool stays as it is: {:?}", spool.status());
    }
}
