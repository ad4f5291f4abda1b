//! Checks once a day, between two cuts, that each event is there once and that what is derived
//! agrees with the events; and mends what is not so.
//!
//! The writer is the only one who writes to these months, so while it checks nothing changes; and
//! it writes nothing while something that it mends may still be put in its place.

use super::{Pause, Writer};
use crate::audit::{Month, Report};
use crate::enrich::month_of;
use crate::spool::Cursor;
use protocol::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use store::Duplicates;
use store::derived::parts;
use tokio::sync::watch;

/// How often an idle writer looks whether it is time.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(60);

/// The first check comes so long after the start.
const FIRST_MS: i64 = 10 * 60 * 1_000;

/// And the next after another day.
const EVERY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A check that failed comes again so long after.
const AGAIN_MS: i64 = 60 * 60 * 1_000;

/// When the next check is due, and of what.
#[derive(Debug)]
pub(super) struct Schedule {
    due: Timestamp,
    months: BTreeSet<u32>,
}

impl Schedule {
    /// Before the first check; it includes the month in which the collector starts.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { due: now.plus_millis(FIRST_MS), months: BTreeSet::from([month_of(now)]) }
    }

    /// Notes that these months were written to.
    pub(super) fn note(&mut self, months: BTreeSet<u32>) {
        self.months.extend(months);
    }
}

impl Writer {
    /// Whether it is time for a check, or one is asked for.
    pub(super) fn is_audit_due(&self, wanted: &mut watch::Receiver<bool>) -> bool {
        let is_wanted = *wanted.borrow_and_update();
        let is_time = self.app.now() >= self.schedule.due;
        self.app.config().store.audits() && self.cursor.cut.is_none() && (is_wanted || is_time)
    }

    /// Checks the months that were written to since the last time.
    pub(super) async fn audit(&mut self) {
        let at = self.app.now();
        let mut report = Report { at, months: Vec::new(), failure: None };
        self.end_rewrites().await;
        while let Some(month) = self.schedule.months.first().copied() {
            match self.audit_month(month).await {
                Ok(found) => report.months.push(found),
                Err(error) => {
                    // What it was at may still come to pass.
                    self.is_alone = false;
                    let error = anyhow::Error::from(error);
                    tracing::warn!(
                        error = format!("{error:#}"),
                        month,
                        "a month cannot be checked"
                    );
                    report.failure = Some(format!("{error:#}"));
                    break;
                }
            }
            self.schedule.months.remove(&month);
        }
        let pause = if report.failure.is_some() { AGAIN_MS } else { EVERY_MS };
        self.schedule.due = at.plus_millis(pause);
        self.app.audits().done(report);
    }

    /// Makes sure that nothing is on its way any more of an earlier process, or of a check that was
    /// given up, but for the batch that the cursor knows. What was being mended is to be checked.
    pub(super) async fn end_rewrites(&mut self) {
        let mut pause = Pause::default();
        while !self.is_alone {
            let Cursor { done, doubtful, .. } = self.cursor;
            if done < doubtful
                && let Err(error) = self.app.store().end_all_inserts().await
            {
                // Which batch was on its way is not known without the cursor that was lost.
                self.wait_after(error, "earlier inserts cannot be ended", &mut pause).await;
                continue;
            }
            match self.app.store().end_rewrites().await {
                Ok(months) => {
                    self.is_alone = true;
                    self.schedule.note(months.into_iter().collect());
                }
                Err(error) => {
                    self.wait_after(error, "an earlier check cannot be ended", &mut pause).await;
                }
            }
        }
    }

    async fn audit_month(&self, month: u32) -> Result<Month, store::Error> {
        let store = self.app.store();
        let Duplicates { n_rows: n_events, n_duplicates } = store.duplicates(month).await?;
        if n_duplicates > 0 {
            tracing::error!(month, n_duplicates, "events were there twice; the copies are removed");
            store.rewrite_without_duplicates(month).await?;
        }
        let mut n_different = 0;
        for part in parts([month]) {
            let n_rows = store.n_different(part).await?;
            if n_rows > 0 {
                let table = part.derived.table;
                tracing::error!(month, table, n_rows, "it did not agree with the events; rebuilt");
                store.rebuild(part).await?;
            }
            n_different += n_rows;
        }
        if n_duplicates > 0 {
            store.end_rewrites().await?;
        }
        Ok(Month { month, n_events, n_duplicates, n_different })
    }
}
