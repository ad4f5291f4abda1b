//! What a feature means, one alternative after the other: elements, pages, and when it holds.

use super::evidence::Evidence;
use crate::feature::resolve::Resolver;
use crate::feature::{Features, Meant};
use protocol::Timestamp;
use rules::page::CanonicalPage;
use rules::rule::{Alternative, PageRule};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What a feature means.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    pub(super) ways: Vec<Way>,
}

/// One alternative of a feature.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) rule: Alternative,
    /// Whether it holds by now: one that ended cannot go wrong any more.
    pub(super) holds: bool,
    /// What it means, on whatever page.
    pub(super) elements: BTreeSet<u64>,
    /// Where; on all pages where there are none.
    pub(super) pages: Option<Arc<BTreeSet<u64>>>,
}

impl Way {
    /// Whether it means what happens on a page.
    pub(super) fn is_on(&self, page: u64) -> bool {
        self.pages.as_ref().is_none_or(|pages| pages.contains(&page))
    }
}

impl Reach {
    /// The pages of all alternatives; none where one is on any.
    pub(super) fn pages(&self) -> Option<BTreeSet<u64>> {
        let pages = self.ways.iter().map(|way| way.pages.as_ref());
        let pages = pages.collect::<Option<Vec<_>>>()?;
        Some(pages.into_iter().flat_map(|pages| pages.iter().copied()).collect())
    }

    /// Whether any alternative holds by now.
    pub(super) fn holds(&self) -> bool {
        self.ways.iter().any(|way| way.holds)
    }

    /// The elements that it means and that are clicked where it says.
    pub(super) fn clicked(&self, evidence: &Evidence) -> BTreeSet<u64> {
        let of = |way: &Way| {
            let is_clicked = |element: &&u64| {
                let clicks = evidence.clicks.get(element).into_iter().flatten();
                clicks.into_iter().any(|clicks| way.is_on(clicks.page))
            };
            way.elements.iter().filter(is_clicked).copied().collect::<Vec<_>>()
        };
        self.ways.iter().flat_map(of).collect()
    }
}

/// The reach of each feature. Pages of a pattern that several name are looked up once.
pub(super) fn reaches<'a>(
    features: &'a Features,
    evidence: &Evidence,
    now: Timestamp,
) -> Vec<(&'a Meant, Reach)> {
    let mut known = HashMap::new();
    let reach = |meant: &'a Meant| {
        let Ok(resolver) = Resolver::new(&meant.feature, meant.version) else {
            return (meant, Reach::default());
        };
        let ways = (0..).zip(resolver.alternatives()).zip(&meant.feature.any_of);
        let ways = ways.map(|((n, rule), holds)| Way {
            rule: rule.clone(),
            holds: holds.valid_from.is_none_or(|from| from <= now)
                && holds.valid_to.is_none_or(|to| now < to),
            elements: evidence
                .elements
                .get(&(meant.feature.id.clone(), n))
                .cloned()
                .unwrap_or_default(),
            pages: rule.page.as_ref().map(|page| pages_of(page, &evidence.pages, &mut known)),
        });
        (meant, Reach { ways: ways.collect() })
    };
    features.iter().map(reach).collect()
}

fn pages_of(
    rule: &PageRule,
    pages: &[(u64, CanonicalPage)],
    known: &mut HashMap<PageRule, Arc<BTreeSet<u64>>>,
) -> Arc<BTreeSet<u64>> {
    if let Some(found) = known.get(rule) {
        return Arc::clone(found);
    }
    let found = pages.iter().filter(|(_, page)| rule.matches(page)).map(|(id, _)| *id);
    let found = Arc::new(found.collect::<BTreeSet<_>>());
    known.insert(rule.clone(), Arc::clone(&found));
    found
}
