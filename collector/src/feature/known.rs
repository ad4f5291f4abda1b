//! The features as the collector knows them, ready to be matched against what it sees.
//!
//! A version of a feature's rule is known here only after its elements and pages are in the store,
//! so a question about it never finds it without. An element that comes later is matched by the
//! writer before its events go on. So that none falls between the two, whoever writes elements and
//! whoever takes up a version hold the same lock: what was written before is among what is read
//! there, and what comes after is matched against the version.
//!
//! Matching is work for a processor, and is done where it keeps no request waiting. With 50,000
//! elements and 200 features it is a second of it, or ten where rules go by many classes. So where
//! nobody else writes elements, what was matched once is not matched again at the next start.

use analytics::feature::resolve::{Known, Matches, Resolver};
use anyhow::Context;
use protocol::{ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, PoisonError, RwLock};
use store::derived::fill::{FeatureVersion, Stage};
use store::{Connection, Definition, ElementRow, PageRow, Unreadable};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::task::spawn_blocking;

/// Versions that are matched and written at once: a broad rule means tens of thousands of elements.
const AT_ONCE: usize = 25;

/// What is known at one moment.
#[derive(Debug, Default)]
struct Taken {
    /// The latest version of each feature's rule, by what makes it one.
    resolvers: BTreeMap<FeatureVersion, Arc<Resolver>>,
    /// The features that are there and cannot be read.
    unreadable: Vec<Unreadable>,
}

/// The features of all projects.
#[derive(Debug)]
pub struct Features {
    /// None until they were read.
    taken: RwLock<Option<Arc<Taken>>>,
    /// Held while elements are written, and while a version is taken up.
    elements: Mutex<()>,
    changed: watch::Sender<()>,
    /// Whether nobody else writes elements and pages.
    is_alone: bool,
}

impl Features {
    /// No features yet. `is_alone` says that nobody else writes elements and pages.
    pub fn new(is_alone: bool) -> Self {
        let (taken, elements) = Default::default();
        Self { taken, elements, changed: watch::Sender::new(()), is_alone }
    }

    fn taken(&self) -> Option<Arc<Taken>> {
        self.taken.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The features that are there and cannot be read.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.taken().map(|taken| taken.unreadable.clone()).unwrap_or_default()
    }

    /// Whether what is seen is matched against this version.
    pub(crate) fn is_matching(&self, version: &FeatureVersion) -> bool {
        self.taken().is_some_and(|taken| taken.resolvers.contains_key(version))
    }

    /// Follows whether versions come or go.
    pub(crate) fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// To be held from the matching of elements and pages until they and what they match are
    /// written.
    pub(crate) async fn lock(&self) -> MutexGuard<'_, ()> {
        self.elements.lock().await
    }

    /// The features as they are now, to match with.
    pub(crate) fn matcher(&self) -> Matcher {
        Matcher(self.taken().unwrap_or_default())
    }

    /// Reads which features there are, and takes up the versions that are new: finds what they
    /// mean of all that is stored, and keeps it.
    ///
    /// # Errors
    /// When ClickHouse refuses or is away; it can be repeated.
    pub async fn refresh(&self, store: &Connection, now: Timestamp) -> anyhow::Result<()> {
        let read = async || store.feature_definitions().await.context("cannot read the features");
        let found = Taken::of(&read().await?);
        if self.taken().is_some_and(|known| known.is(&found)) {
            return Ok(());
        }
        let _elements = self.lock().await;
        let known = self.taken().unwrap_or_default();
        let found = Taken::of(&read().await?);
        for one in found.unreadable.iter().filter(|one| !known.unreadable.contains(one)) {
            tracing::error!("{one}; its past is kept and nothing is added to it");
        }
        let stages = if self.is_alone { store.stages().await? } else { BTreeMap::new() };
        let is_matched = |of: &FeatureVersion| stages.get(of).is_some_and(|of| of.is_matched);
        let new = found.resolvers.iter().filter(|(of, _)| !known.resolvers.contains_key(*of));
        let mut by_project: BTreeMap<&str, Vec<New>> = BTreeMap::new();
        for (version, resolver) in new.filter(|(of, _)| !is_matched(of)) {
            let new = (version.clone(), Arc::clone(resolver));
            by_project.entry(&version.project).or_default().push(new);
        }
        for (project, new) in by_project {
            take_up(store, project, &new, now).await?;
        }
        *self.taken.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(found));
        self.changed.send_replace(());
        Ok(())
    }
}

/// The features as they were at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Matcher(Arc<Taken>);

impl Matcher {
    /// What the features mean of these elements.
    pub(crate) fn of_elements(&self, rows: &[ElementRow]) -> Matches {
        let mut matches = Matches::default();
        for row in rows.iter().filter(|row| self.of(&row.project).next().is_some()) {
            let Ok(element) = CanonicalElement::from_json(&row.canonical) else { continue };
            for resolver in self.of(&row.project) {
                matches.elements.extend(resolver.of_element(row.element_id, &element));
            }
        }
        matches
    }

    /// What the features mean of these pages.
    pub(crate) fn of_pages(&self, rows: &[PageRow]) -> Matches {
        let mut matches = Matches::default();
        for row in rows {
            let page = CanonicalPage::new(&row.host, &row.pattern);
            for resolver in self.of(&row.project) {
                matches.pages.extend(resolver.of_page(row.page_id, &page));
            }
        }
        matches
    }

    fn of(&self, project: &str) -> impl Iterator<Item = &Arc<Resolver>> {
        self.0.resolvers.values().filter(move |resolver| resolver.project() == project)
    }
}

/// A version that is to be taken up.
type New = (FeatureVersion, Arc<Resolver>);

/// Finds and keeps what versions of features of a project mean of all that is stored.
async fn take_up(
    store: &Connection,
    project: &str,
    new: &[New],
    now: Timestamp,
) -> anyhow::Result<()> {
    let known = known(store, &ProjectId::parse(project)?).await?;
    for new in new.chunks(AT_ONCE) {
        let (known, resolvers) = (Arc::clone(&known), new.to_vec());
        let matched = spawn_blocking(move || {
            let mut matches = Matches::default();
            resolvers.iter().for_each(|(_, resolver)| matches.extend(resolver.of_all(&known)));
            matches
        });
        let matches = matched.await?;
        store.insert_matches(&matches.elements, &matches.pages).await?;
        let versions: Vec<FeatureVersion> = new.iter().map(|(of, _)| of.clone()).collect();
        store.note_stage(&versions, Stage::Matched, now).await?;
    }
    Ok(())
}

/// All elements and pages of a project.
///
/// # Errors
/// When the store refuses or is away.
pub(crate) async fn known(
    store: &Connection,
    project: &ProjectId,
) -> Result<Arc<Known>, analytics::Error> {
    let (store, project, runtime) = (store.clone(), project.clone(), Handle::current());
    // Most of it is to understand what is read.
    let known = spawn_blocking(move || runtime.block_on(Known::load(&store, &project))).await;
    Ok(Arc::new(known.unwrap_or_else(|error| resume_unwind(error.into_panic()))?))
}

impl Taken {
    /// The features of the definitions that are there.
    fn of(definitions: &[Definition]) -> Self {
        let mut taken = Self::default();
        for definition in definitions.iter().filter(|definition| !definition.deleted) {
            match resolver(definition) {
                Ok((version, resolver)) => {
                    taken.resolvers.insert(version, Arc::new(resolver));
                }
                Err(unreadable) => taken.unreadable.push(unreadable),
            }
        }
        taken
    }

    fn is(&self, other: &Self) -> bool {
        self.resolvers.keys().eq(other.resolvers.keys()) && self.unreadable == other.unreadable
    }
}

/// The version of a rule that a definition says, and what matches it.
pub(crate) fn resolver(definition: &Definition) -> Result<(FeatureVersion, Resolver), Unreadable> {
    let feature = definition.feature()?;
    let resolver = Resolver::new(&feature, feature.rule_version)
        .map_err(|why| Unreadable::new(definition, why))?;
    let (project, version) = (feature.project.as_str().to_owned(), feature.rule_version);
    Ok((FeatureVersion { project, feature: feature.id, version }, resolver))
}
