//! What is to be done next for the uses of features, decided from what is defined and what is done.

use crate::feature::resolver;
use std::collections::BTreeMap;
use store::Definition;
use store::derived::fill::{FeatureVersion, Fill, Stages};

/// Versions that are filled or taken out by one statement: their ids are one parameter, of which
/// ClickHouse takes 128 KiB.
const AT_ONCE: usize = 500;

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Nothing,
    /// These cannot be read: their stages are to be taken back.
    Reopen(Vec<FeatureVersion>),
    /// These count no longer.
    Drop(Vec<FeatureVersion>),
    /// These are to be taken out.
    Remove(Vec<FeatureVersion>),
    Fill(Fill),
    /// Nothing is missing of these.
    Note(Vec<FeatureVersion>),
}

/// What the last definition of a feature says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Rule(FeatureVersion),
    Deleted,
    /// It is there, and whether it is another than before is not known.
    Unreadable,
}

/// What the last definitions of all features say, by id. Of a feature without any nothing is
/// known, and nothing is taken from it.
#[derive(Debug, Default)]
pub(super) struct Latest(BTreeMap<String, Said>);

impl Latest {
    pub(super) fn of(definitions: &[Definition]) -> Self {
        let said = |definition: &Definition| match resolver(definition) {
            _ if definition.deleted => Said::Deleted,
            Ok((version, _)) => Said::Rule(version),
            Err(_) => Said::Unreadable,
        };
        let all = definitions.iter().map(|definition| (definition.id.clone(), said(definition)));
        Self(all.collect())
    }

    fn is_live(&self, version: &FeatureVersion) -> bool {
        matches!(self.0.get(&version.feature), Some(Said::Rule(latest)) if latest == version)
    }

    fn is_unreadable(&self, version: &FeatureVersion) -> bool {
        self.0.get(&version.feature) == Some(&Said::Unreadable)
    }

    /// Whether its uses are wanted no more: those of a version that another one took the place of
    /// are, until that one is filled.
    fn is_over(&self, version: &FeatureVersion, stages: &BTreeMap<FeatureVersion, Stages>) -> bool {
        match self.0.get(&version.feature) {
            Some(Said::Deleted) => true,
            Some(Said::Rule(latest)) => {
                latest.version > version.version
                    && stages.get(latest).is_some_and(|stages| stages.is_filled)
            }
            Some(Said::Unreadable) | None => false,
        }
    }
}

/// Whether its uses are derived with batches.
pub(super) fn is_derived(stages: &Stages) -> bool {
    !stages.is_dropped && (stages.is_filled || !stages.months.is_empty())
}

/// Whether its past is to be filled in, if it holds.
pub(super) fn is_pending(stages: &Stages) -> bool {
    stages.is_matched && !stages.is_filled
}

/// What is to be done next, with what is defined, what is done for each version, and the months of
/// each project's events, the latest first. What is seen may still be matched against a version
/// that is over: then it is not taken out yet.
pub(super) fn next(
    latest: &Latest,
    stages: &BTreeMap<FeatureVersion, Stages>,
    months: &BTreeMap<String, Vec<u32>>,
    is_matching: &dyn Fn(&FeatureVersion) -> bool,
) -> Next {
    let which = |is_it: &dyn Fn(&FeatureVersion, &Stages) -> bool| -> Vec<FeatureVersion> {
        let found = stages.iter().filter(|(version, stages)| is_it(version, stages));
        found.map(|(version, _)| version.clone()).take(AT_ONCE).collect()
    };
    let is_begun = |of: &Stages| !of.is_dropped && (of.is_matched || is_derived(of));
    let lost = which(&|version, of| latest.is_unreadable(version) && is_begun(of));
    if !lost.is_empty() {
        return Next::Reopen(lost);
    }
    let dropped = which(&|version, of| is_derived(of) && latest.is_over(version, stages));
    if !dropped.is_empty() {
        return Next::Drop(dropped);
    }
    let removed = which(&|version, of| {
        !of.is_gone && latest.is_over(version, stages) && !is_matching(version)
    });
    if !removed.is_empty() {
        return Next::Remove(removed);
    }
    fill(latest, stages, months)
}

/// The latest month that is missing of any version, or the versions of which none is.
fn fill(
    latest: &Latest,
    stages: &BTreeMap<FeatureVersion, Stages>,
    months: &BTreeMap<String, Vec<u32>>,
) -> Next {
    let mut by_month: BTreeMap<u32, Vec<FeatureVersion>> = BTreeMap::new();
    let mut done = Vec::new();
    let live = stages.iter().filter(|(version, of)| is_pending(of) && latest.is_live(version));
    for (version, stages) in live {
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
mod tests;
