//! Deletes what is no longer needed, and what must not lie around any longer.

use super::{Shared, explain};
use crate::spool::corrupt;
use crate::spool::log::Log;
use protocol::Timestamp;
use std::io;

/// How often it is looked whether something under `corrupt/` has become old, in milliseconds.
const SWEEP_EVERY_MS: i64 = 60 * 60 * 1_000;

impl Shared {
    /// Deletes what ClickHouse has.
    pub(super) fn let_go(&self, log: &mut Log) {
        let Some(position) = self.queue().let_go() else { return };
        let now = (self.clock)();
        // Who reads and does not find a file looks again where segments are: it is not there then.
        let hide = |number| {
            self.ends().remove(&number);
        };
        // One segment alone may fill the spool: then it goes, too, once nothing of it is left.
        let old = match log.n_bytes() < self.config.max_bytes {
            true => before(now, self.config.max_age_s),
            false => Timestamp::from_millis(i64::MAX),
        };
        let result = log.release(position, old, now, hide);
        self.publish(log);
        if let Err(error) = result {
            tracing::warn!(error = explain(&error), "a segment of the spool stays for now");
        }
    }

    /// Deletes what was damaged long ago.
    pub(super) fn sweep(&self, swept_at: &mut Timestamp) {
        let now = (self.clock)();
        if now.millis_since(*swept_at).abs() < SWEEP_EVERY_MS {
            return;
        }
        *swept_at = now;
        match self.sweep_at(now) {
            Ok(0) => {}
            Ok(n_files) => {
                tracing::info!(
                    n_files,
                    "what lay under corrupt/ for too long or was too much is deleted"
                );
                self.count_corrupt();
            }
            Err(error) => tracing::warn!(%error, "what lies under corrupt/ stays for now"),
        }
    }

    fn sweep_at(&self, now: Timestamp) -> io::Result<u64> {
        if corrupt::count(&self.folder)?.n_files == 0 {
            return Ok(0);
        }
        let counted_to = corrupt::look(&self.folder, now)?;
        // Where age is not known, nothing is old.
        let old = counted_to.map_or(Timestamp::from_millis(i64::MIN), |now| {
            before(now, self.config.corrupt_max_age_s)
        });
        corrupt::sweep(&self.folder, old, self.config.corrupt_max_bytes)
    }

    pub(super) fn count_corrupt(&self) {
        // The numbers are for information; what is wrong with the folder shows elsewhere.
        if let Ok(kept) = corrupt::count(&self.folder) {
            self.damage().kept = kept;
        }
    }
}

/// So many seconds before `now`.
fn before(now: Timestamp, seconds: u64) -> Timestamp {
    let ms = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_sub(ms))
}
