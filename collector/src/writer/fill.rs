//! Fills the past of features in, a month at a time, between two cuts.
//!
//! That the writer does it, and never while a cut is on its way, is what makes it whole: see
//! [`store::derived::fill`]. Where several collectors write to one ClickHouse nobody fills, and
//! questions about features are answered from the events.

use super::{Pause, Writer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::Error;
use store::derived::fill::{FeatureVersion, Fill, Stage, Stages};
use tokio::time::Instant;

/// Versions that are filled or taken out by one statement: their ids are one parameter, of which
/// ClickHouse takes 128 KiB.
const AT_ONCE: usize = 500;

/// The pause after one that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// What is known of the fills.
#[derive(Debug)]
pub(super) struct Fills {
    /// When to look next; never, until something changes.
    due: Option<Instant>,
    /// Whether nothing that fills is on its way any more of an earlier process or attempt.
    is_clean: bool,
    /// Whether there may be uses to derive with a batch.
    pub(super) is_any: bool,
}

impl Default for Fills {
    fn default() -> Self {
        Self { due: Some(Instant::now()), is_clean: false, is_any: true }
    }
}

impl Fills {
    /// Notes that features came or went.
    pub(super) fn want(&mut self) {
        self.due = Some(Instant::now());
    }

    /// When it is time to look, if it ever is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    /// These count no longer.
    Drop(Vec<FeatureVersion>),
    /// These are to be taken out.
    Remove(Vec<FeatureVersion>),
    Fill(Fill),
    /// Nothing is missing of these.
    Note(Vec<FeatureVersion>),
}

impl Writer {
    /// Does the next thing that is to be done for features, if it is time.
    pub(super) async fn fill_next(&mut self) {
        if !self.app.config().store.audits() {
            self.fills.due = None;
            return;
        }
        let is_time = self.fills.due().is_some_and(|due| due <= Instant::now());
        if !is_time || self.cursor.cut.is_some() {
            return;
        }
        match self.try_fill().await {
            Ok(true) => self.fills.want(),
            Ok(false) => self.fills.due = None,
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(error, "the past of features cannot be filled in; trying again");
                self.fills.is_clean = false;
                // What was noted may be there.
                self.fills.is_any = true;
                self.fills.due = Some(Instant::now() + AGAIN);
            }
        }
    }

    /// Makes sure, before a cut is derived, that no fill and no note of one is still on its way,
    /// of this process or of one before: a month that is noted as filled after the cut was derived
    /// would lack the uses of the cut.
    pub(super) async fn settle_fills(&mut self) {
        let mut pause = Pause::default();
        while !self.fills.is_clean && self.app.config().store.audits() {
            match self.app.store().end_fills().await {
                Ok(()) => self.fills.is_clean = true,
                Err(error) => pause.after("fills cannot be settled", &error.into()).await,
            }
        }
    }

    /// Returns whether there may be more to do.
    async fn try_fill(&mut self) -> Result<bool, Error> {
        let (app, now) = (self.app.clone(), self.app.now());
        let store = app.store();
        // Once they are read, that is a change.
        let Some(live) = app.features().versions() else { return Ok(false) };
        if !self.fills.is_clean {
            store.end_fills().await?;
            self.fills.is_clean = true;
        }
        let stages = store.stages().await?;
        self.fills.is_any = stages.values().any(is_derived);
        let is_pending = |version: &&FeatureVersion| {
            let stages = stages.get(version);
            stages.is_some_and(|stages| stages.is_matched && !stages.is_filled)
        };
        let months = match live.iter().any(|version| is_pending(&version)) {
            true => store.event_months().await?,
            false => BTreeMap::new(),
        };
        match next(&live, &stages, &months) {
            Next::Nothing => return Ok(false),
            Next::Drop(versions) => store.note_stage(&versions, Stage::Dropped, now).await?,
            Next::Remove(versions) => {
                store.drop_uses(&versions).await?;
                store.note_stage(&versions, Stage::Gone, now).await?;
            }
            Next::Fill(fill) => {
                self.end_rewrites().await;
                store.fill(&fill).await?;
                store.note_stage(&fill.versions, Stage::Month(fill.month), now).await?;
                self.fills.is_any = true;
                tracing::info!(
                    month = fill.month,
                    n_features = fill.versions.len(),
                    "uses filled in"
                );
            }
            Next::Note(versions) => {
                store.note_stage(&versions, Stage::Filled, now).await?;
                self.fills.is_any = true;
            }
        }
        Ok(true)
    }
}

/// Whether its uses are derived with batches.
fn is_derived(stages: &Stages) -> bool {
    !stages.is_dropped && (stages.is_filled || !stages.months.is_empty())
}

/// What is to be done next, with the versions that hold, what is done for each version, and the
/// months of each project's events, the latest first.
///
/// A version that holds no longer is kept until the one that took its place is filled.
fn next(
    live: &BTreeSet<FeatureVersion>,
    stages: &BTreeMap<FeatureVersion, Stages>,
    months: &BTreeMap<String, Vec<u32>>,
) -> Next {
    let is_waited_for = |old: &FeatureVersion| {
        live.iter().any(|new| {
            (&new.project, &new.feature) == (&old.project, &old.feature)
                && !stages.get(new).is_some_and(|stages| stages.is_filled)
        })
    };
    let old = |is_due: &dyn Fn(&Stages) -> bool| -> Vec<FeatureVersion> {
        let old = stages.iter().filter(|(version, _)| !live.contains(version));
        let due = old.filter(|(_, stages)| is_due(stages));
        due.map(|(version, _)| version.clone()).collect()
    };
    let dropped: Vec<_> = old(&is_derived).into_iter().filter(|old| !is_waited_for(old)).collect();
    if !dropped.is_empty() {
        return Next::Drop(dropped);
    }
    let mut removed = old(&|stages| stages.is_dropped && !stages.is_gone);
    removed.truncate(AT_ONCE);
    if !removed.is_empty() {
        return Next::Remove(removed);
    }
    let is_pending = |stages: &Stages| stages.is_matched && !stages.is_filled;
    let pending = live.iter().filter_map(|version| Some((version, stages.get(version)?)));
    let mut by_month: BTreeMap<u32, Vec<FeatureVersion>> = BTreeMap::new();
    let mut done = Vec::new();
    for (version, stages) in pending.filter(|(_, stages)| is_pending(stages)) {
        let months = months.get(&version.project).into_iter().flatten();
        let mut missing = months.filter(|month| !stages.months.contains(month)).peekable();
        if missing.peek().is_none() {
            done.push(version.clone());
        }
        missing.for_each(|month| by_month.entry(*month).or_default().push(version.clone()));
    }
    if !done.is_empty() {
        return Next::Note(done);
    }
    by_month.pop_last().map_or(Next::Nothing, |(month, mut versions)| {
        versions.truncate(AT_ONCE);
        Next::Fill(Fill { month, versions })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(feature: &str, version: u32) -> FeatureVersion {
        FeatureVersion { project: "p".to_owned(), feature: feature.to_owned(), version }
    }

    fn matched(months: &[u32]) -> Stages {
        Stages { is_matched: true, months: months.to_vec(), ..Stages::default() }
    }

    fn check(live: &[(&str, u32)], stages: &[(&str, u32, Stages)], expected: &Next) {
        let live = live.iter().map(|(f, v)| version(f, *v)).collect();
        let stages = stages.iter().map(|(f, v, stages)| (version(f, *v), stages.clone())).collect();
        let months = BTreeMap::from([("p".to_owned(), vec![202_611, 202_610])]);
        assert_eq!(&next(&live, &stages, &months), expected);
    }

    #[test]
    fn the_latest_month_comes_first_for_all_at_once() {
        let fill = |month, versions: &[FeatureVersion]| {
            Next::Fill(Fill { month, versions: versions.to_vec() })
        };
        let (f, g) = (version("f", 1), version("g", 1));
        let both = [("f", 1), ("g", 1)];
        check(
            &both,
            &[("f", 1, matched(&[])), ("g", 1, matched(&[]))],
            &fill(202_611, &[f, g.clone()]),
        );
        check(
            &both,
            &[("f", 1, matched(&[202_611])), ("g", 1, matched(&[]))],
            &fill(202_611, &[g]),
        );
        let done = [("f", 1, matched(&[202_610, 202_611]))];
        check(&[("f", 1)], &done, &Next::Note(vec![version("f", 1)]));
        check(&[("f", 1)], &[], &Next::Nothing);
    }

    #[test]
    fn an_old_version_stays_until_the_new_one_is_filled() {
        let filled = || Stages { is_filled: true, ..matched(&[202_610, 202_611]) };
        let new = matched(&[202_611]);
        let fill = Fill { month: 202_610, versions: vec![version("f", 2)] };
        check(&[("f", 2)], &[("f", 1, filled()), ("f", 2, new)], &Next::Fill(fill));
        let drop = || Next::Drop(vec![version("f", 1)]);
        check(&[("f", 2)], &[("f", 1, filled()), ("f", 2, filled())], &drop());
        check(&[], &[("f", 1, filled())], &drop());
        let dropped = Stages { is_dropped: true, ..filled() };
        check(&[], &[("f", 1, dropped.clone())], &Next::Remove(vec![version("f", 1)]));
        check(&[], &[("f", 1, Stages { is_gone: true, ..dropped })], &Next::Nothing);
    }
}
