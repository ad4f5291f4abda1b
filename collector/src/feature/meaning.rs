//! Which features mean an element already, for those who are about to name it.

use crate::App;
use crate::definitions::Project;
use analytics::feature::resolve::Resolver;
use analytics::feature::{Features, Meant};
use analytics::{ElementId, Error};
use protocol::Timestamp;
use rules::page::CanonicalPage;
use rules::rule::PageRule;
use std::collections::BTreeSet;
use store::{Feature, FeatureAlternative};

/// What the features of a project mean now; nothing where they could not be read.
#[derive(Debug, Default)]
pub(crate) struct Meaning(Vec<Means>);

/// What one feature means.
#[derive(Debug)]
struct Means {
    feature: Feature,
    elements: BTreeSet<u64>,
    /// The page of each alternative that holds; none for one that means every page.
    pages: Vec<Option<PageRule>>,
}

impl Meaning {
    /// Reads what the features mean.
    ///
    /// # Errors
    /// When the store refuses or is away.
    pub(crate) async fn load(app: &App, project: &Project) -> Result<Self, Error> {
        let features = Features::load(app.store(), &project.definition.id, None).await?;
        Ok(Self::new(&features, app.now()))
    }

    /// What these features mean.
    pub(crate) fn new(features: &Features, now: Timestamp) -> Self {
        Self(features.iter().map(|meant| Means::of(meant, now)).collect())
    }

    /// The names of all of them, in small letters.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.iter().map(|means| means.feature.name.to_lowercase()).collect()
    }

    /// The feature that is called so, in upper or lower case.
    pub(crate) fn called(&self, name: &str) -> Option<&Feature> {
        let name = name.to_lowercase();
        let is_it = |feature: &&Feature| feature.name.to_lowercase() == name;
        self.0.iter().map(|means| &means.feature).find(is_it)
    }

    /// The features that mean an element on the pages of a path.
    pub(crate) fn of(&self, element: ElementId, path: &str) -> impl Iterator<Item = &Feature> {
        let is_meant = move |means: &&Means| {
            means.elements.contains(&element.0)
                && means.pages.iter().any(|page| is_on(page.as_ref(), path))
        };
        self.0.iter().filter(is_meant).map(|means| &means.feature)
    }
}

impl Means {
    fn of(meant: &Meant, now: Timestamp) -> Self {
        let rules = Resolver::new(&meant.feature, meant.version);
        let rules = rules.iter().flat_map(Resolver::alternatives);
        let pages = rules.zip(&meant.feature.any_of).filter(|(_, one)| holds(one, now));
        Self {
            feature: meant.feature.clone(),
            elements: meant.elements.clone(),
            pages: pages.map(|(rule, _)| rule.page.clone()).collect(),
        }
    }
}

fn holds(alternative: &FeatureAlternative, now: Timestamp) -> bool {
    alternative.valid_from.is_none_or(|from| from <= now)
        && alternative.valid_to.is_none_or(|to| now < to)
}

/// Whether a path is one of the rule's, on the host that it names, if it names one.
fn is_on(rule: Option<&PageRule>, path: &str) -> bool {
    rule.is_none_or(|rule| {
        let host = rule.host.as_deref().unwrap_or_default();
        rule.matches(&CanonicalPage::new(host, path))
    })
}
