//! The features as the collector knows them, ready to be matched against what it sees.
//!
//! A version of a feature is known here only after its elements and pages are in the store, so a
//! question about it never finds it without. An element that comes later is matched by the writer
//! before its events go on. So that none falls between the two, whoever writes elements and
//! whoever takes up a version hold the same lock: what was written before is among what is read
//! there, and what comes after is matched against the version.

use analytics::feature::resolve::{Known, Matches, Resolver};
use anyhow::Context;
use protocol::{ProjectId, Timestamp};
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use store::derived::fill::{FeatureVersion, Stage};
use store::{Connection, Definition, ElementRow, Feature, PageRow};
use tokio::sync::{Mutex, MutexGuard, watch};

/// The latest version of each feature, by what makes it one.
type Resolvers = BTreeMap<FeatureVersion, Arc<Resolver>>;

/// The features of all projects.
#[derive(Debug)]
pub struct Features {
    /// None until they were read.
    resolvers: RwLock<Option<Arc<Resolvers>>>,
    /// Held while elements are written, and while a version is taken up.
    elements: Mutex<()>,
    changed: watch::Sender<()>,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            resolvers: RwLock::default(),
            elements: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Features {
    fn resolvers(&self) -> Option<Arc<Resolvers>> {
        self.resolvers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The versions that hold; `None` until they were read.
    pub fn versions(&self) -> Option<BTreeSet<FeatureVersion>> {
        self.resolvers().map(|resolvers| resolvers.keys().cloned().collect())
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

    /// What the features mean of these elements and pages.
    pub(crate) fn matches(&self, elements: &[ElementRow], pages: &[PageRow]) -> Matches {
        let mut matches = Matches::default();
        let Some(resolvers) = self.resolvers().filter(|resolvers| !resolvers.is_empty()) else {
            return matches;
        };
        for row in elements {
            let Ok(element) = CanonicalElement::from_json(&row.canonical) else { continue };
            for resolver in resolvers.values().filter(|of| of.project() == row.project) {
                matches.elements.extend(resolver.of_element(row.element_id, &element));
            }
        }
        for row in pages {
            let page = CanonicalPage::new(&row.host, &row.pattern);
            for resolver in resolvers.values().filter(|of| of.project() == row.project) {
                matches.pages.extend(resolver.of_page(row.page_id, &page));
            }
        }
        matches
    }

    /// Reads which features there are, and takes up the versions that are new: finds what they
    /// mean of all that is stored, and keeps it.
    ///
    /// # Errors
    /// When ClickHouse refuses or is away; it can be repeated.
    pub async fn refresh(&self, store: &Connection, now: Timestamp) -> anyhow::Result<()> {
        let read = async || store.feature_definitions().await.context("cannot read the features");
        let found = resolvers(read().await?);
        let known = self.resolvers();
        if known.is_some_and(|known| known.keys().eq(found.keys())) {
            return Ok(());
        }
        let _elements = self.lock().await;
        let known = self.resolvers().unwrap_or_default();
        let found = resolvers(read().await?);
        let new = found.iter().filter(|(version, _)| !known.contains_key(version));
        let mut by_project: BTreeMap<&str, Vec<(&FeatureVersion, &Arc<Resolver>)>> =
            BTreeMap::new();
        for (version, resolver) in new {
            by_project.entry(&version.project).or_default().push((version, resolver));
        }
        for (project, new) in by_project {
            take_up(store, project, &new, now).await?;
        }
        *self.resolvers.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(found));
        self.changed.send_replace(());
        Ok(())
    }
}

/// Finds and keeps what versions of features of a project mean of all that is stored.
async fn take_up(
    store: &Connection,
    project: &str,
    new: &[(&FeatureVersion, &Arc<Resolver>)],
    now: Timestamp,
) -> anyhow::Result<()> {
    let known = Known::load(store, &ProjectId::parse(project)?).await?;
    let mut matches = Matches::default();
    new.iter().for_each(|(_, resolver)| matches.extend(resolver.of_all(&known)));
    store.insert_matches(&matches.elements, &matches.pages).await?;
    let versions: Vec<FeatureVersion> = new.iter().map(|(version, _)| (*version).clone()).collect();
    Ok(store.note_stage(&versions, Stage::Matched, now).await?)
}

/// The resolvers of the definitions that are there. One that cannot be read means nothing.
fn resolvers(definitions: Vec<Definition>) -> Resolvers {
    let live = definitions.into_iter().filter(|definition| !definition.deleted);
    let resolver = |definition: Definition| {
        let feature = serde_json::from_str::<Feature>(&definition.body);
        let resolver = feature.map_err(|error| error.to_string()).and_then(|feature| {
            Ok((feature.project.clone(), Resolver::new(&feature, definition.version)?))
        });
        match resolver {
            Ok((project, resolver)) => {
                let (project, version) = (project.as_str().to_owned(), definition.version);
                let version = FeatureVersion { project, feature: definition.id, version };
                Some((version, Arc::new(resolver)))
            }
            Err(error) => {
                tracing::error!(error, feature = definition.id, "a feature cannot be read");
                None
            }
        }
    };
    live.filter_map(resolver).collect()
}
