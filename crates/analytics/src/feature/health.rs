//! What is wrong with a feature's rule: it fell silent, grew too broad, or means something else by now.
//!
//! **Silent.** Uses of a week are taken to be negative binomial, with the mean `m` and the
//! variance `v` of up to twelve weeks before the last use and the size `k = m² / (v - m)`, by the
//! method of moments (F. J. Anscombe, "Sampling theory of the negative binomial and logarithmic
//! series distributions", Biometrika 37, 1950). Of the days without a use, `e` are expected: as
//! many as the weeks before had, in the measure in which the feature's pages are still viewed.
//! None comes with the probability `(1 + e / k)^-k`; below [`UNLIKELY`] the rule is silent. A fixed
//! number of hours would take a weekly feature for silent and a busy one for healthy. `k` is that
//! of a week for any time, which errs on the side of saying nothing.
//!
//! **Too broad.** A week of more than [`TIMES`] times the median week before, or more than
//! [`ELEMENTS`] elements.
//!
//! Nothing is changed by what is found: a person accepts an alternative or does not.

mod evidence;
mod finding;
mod silence;

pub use finding::{Candidate, Finding};

use super::resolve::{Known, Resolver};
use super::{Features, Meant};
use crate::Error;
use crate::query::{ElementId, Scope};
use evidence::{Clicked, Evidence};
use protocol::Timestamp;
use rules::element::CanonicalElement;
use rules::page::CanonicalPage;
use serde::Serialize;
use silence::Week;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::Connection;

/// A silence less likely than this is none of chance.
pub const UNLIKELY: f64 = 0.001;

/// A week of so many times the usual is too much.
pub const TIMES: u64 = 5;

/// Uses of a week below which it is never too much.
const FEW: u64 = 50;

/// More elements than these are too many.
pub const ELEMENTS: usize = 50;

/// An element less like the one that fell silent is no candidate.
const ALIKE: f64 = 0.5;

/// Candidates that are shown at most.
const CANDIDATES: usize = 3;

/// How a feature is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// The feature's id.
    pub feature: String,
    /// Whether its past is filled in; before, nothing is looked at but what it means.
    pub is_known: bool,
    /// Elements that it means where they are used most.
    pub n_elements: usize,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// How the features of a project are, as things are `now`.
///
/// # Errors
/// When the store refuses or is away.
pub async fn health(
    connection: &Connection,
    scope: &Scope,
    features: &Features,
    now: Timestamp,
) -> Result<Vec<Health>, Error> {
    if features.iter().next().is_none() {
        return Ok(Vec::new());
    }
    let known = Known::load(connection, &scope.project).await?;
    let evidence = Evidence::load(connection, scope, features, now).await?;
    let mut all = Vec::new();
    for meant in features.iter() {
        let mut findings = Vec::new();
        if meant.is_filled {
            let silent = silent(connection, scope, meant, &evidence, &known, now).await?;
            findings.extend(silent);
            findings.extend(too_much(meant, &evidence));
        }
        let n_elements = n_elements(meant, &evidence, &known);
        findings.extend((n_elements > ELEMENTS).then_some(Finding::TooMany { n_elements }));
        findings.extend(pages_gone(meant, &evidence, &known));
        findings.extend(other_languages(meant, &evidence, &known));
        findings.extend(shared(meant, features, &evidence));
        let (feature, is_known) = (meant.feature.id.clone(), meant.is_filled);
        all.push(Health { feature, is_known, n_elements, findings });
    }
    Ok(all)
}

async fn silent(
    connection: &Connection,
    scope: &Scope,
    meant: &Meant,
    evidence: &Evidence,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Finding>, Error> {
    let Some(uses) = evidence.uses.get(&meant.feature.id) else { return Ok(None) };
    let views = evidence.views(meant, known);
    let Some(found) = silence::find(uses, &views, now) else { return Ok(None) };
    let since = uses.last;
    let pages = evidence::pages(meant, known);
    let clicked = evidence::clicked_since(connection, scope, pages.as_ref(), since, now).await?;
    let version = evidence::version_since(connection, scope, pages.as_ref(), since, now).await?;
    Ok(Some(Finding::Silent {
        since,
        expected: found.expected,
        probability: found.probability,
        traffic: found.traffic,
        app_version: version,
        candidates: candidates(meant, &clicked, known, found.usual_per_day, since, now),
    }))
}

/// The elements that are new since, and most like those that are used no more.
fn candidates(
    meant: &Meant,
    clicked: &[Clicked],
    known: &Known,
    usual_per_day: f64,
    since: Timestamp,
    now: Timestamp,
) -> Vec<Candidate> {
    let by_id: HashMap<u64, &CanonicalElement> =
        known.elements.iter().map(|(id, e)| (*id, e)).collect();
    let old: Vec<_> = meant.elements.iter().filter_map(|id| by_id.get(id)).collect();
    let days = (now.millis_since(since) as f64 / evidence::DAY_MS as f64).max(1.0);
    let new = clicked.iter().filter(|clicked| !meant.elements.contains(&clicked.element));
    let mut candidates: Vec<Candidate> = new
        .filter_map(|clicked| {
            let element = by_id.get(&clicked.element)?;
            let similarity =
                old.iter().map(|old| super::similar::similarity(old, element)).fold(0.0, f64::max);
            (similarity >= ALIKE).then(|| Candidate {
                element: ElementId(clicked.element),
                label: crate::catalog::label_of(ElementId(clicked.element), &element.to_json()),
                similarity,
                volume: clicked.n as f64 / days / usual_per_day,
            })
        })
        .collect();
    candidates.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    candidates.truncate(CANDIDATES);
    candidates
}

fn too_much(meant: &Meant, evidence: &Evidence) -> Option<Finding> {
    let uses = evidence.uses.get(&meant.feature.id)?;
    let Week { last, usual } = silence::week(uses)?;
    (last > FEW && last > TIMES * usual).then_some(Finding::TooMuch { last, usual })
}

/// The elements that a rule means, on the page that each is used on most.
fn n_elements(meant: &Meant, evidence: &Evidence, known: &Known) -> usize {
    let Ok(resolver) = Resolver::new(&meant.feature, meant.version) else { return 0 };
    let is_meant = |(id, element): &&(u64, CanonicalElement)| {
        let page = evidence.page_of.get(id).and_then(|page| page_by_id(known, *page));
        resolver.alternatives().any(|rule| {
            rule.matches_element(element)
                && (rule.page.is_none() || page.is_some_and(|page| rule.matches_page(page)))
        })
    };
    let elements = known.elements.iter().filter(|(id, _)| meant.elements.contains(id));
    elements.filter(is_meant).count()
}

fn pages_gone(meant: &Meant, evidence: &Evidence, known: &Known) -> Vec<Finding> {
    let Ok(resolver) = Resolver::new(&meant.feature, meant.version) else { return Vec::new() };
    let rules = resolver.alternatives().filter_map(|rule| Some((rule, rule.page.as_ref()?)));
    let gone = rules.filter(|(rule, _)| {
        let pages = known.pages.iter().filter(|(_, page)| rule.matches_page(page));
        pages.map(|(id, _)| evidence.recent_views(*id)).sum::<u64>() == 0
    });
    let mut paths: Vec<String> = gone.map(|(_, page)| page.path.clone()).collect();
    paths.dedup();
    paths.into_iter().map(|path| Finding::PageGone { path }).collect()
}

/// Elements that a rule would mean but for their name, and that are only clicked in languages in
/// which what it means is not.
fn other_languages(meant: &Meant, evidence: &Evidence, known: &Known) -> Option<Finding> {
    let resolver = Resolver::new(&meant.feature, meant.version).ok()?;
    let languages = |id: &u64| evidence.languages.get(id).map(String::as_str);
    let own: BTreeSet<&str> = meant.elements.iter().filter_map(languages).collect();
    if own.is_empty() {
        return None;
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for rule in resolver.alternatives().filter(|rule| !rule.target.name.is_empty()) {
        let mut nameless = rule.clone();
        nameless.target.name.clear();
        nameless.within.iter_mut().for_each(|node| node.name.clear());
        if nameless.target == rules::rule::NodeRule::default() {
            continue;
        }
        let stands = |id: u64| evidence.page_of.get(&id).and_then(|page| page_by_id(known, *page));
        for (id, element) in &known.elements {
            let language = languages(id).filter(|language| !own.contains(language));
            let is_there = || stands(*id).is_some_and(|page| rule.matches_page(page));
            if let Some(language) = language
                && !meant.elements.contains(id)
                && nameless.matches_element(element)
                && !element.name().is_empty()
                && is_there()
            {
                names.insert(element.name().to_owned(), language.to_owned());
            }
        }
    }
    (!names.is_empty()).then_some(Finding::OtherLanguage { names })
}

fn page_by_id(known: &Known, id: u64) -> Option<&CanonicalPage> {
    let at = known.pages.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    known.pages.get(at).map(|(_, page)| page)
}

fn shared(meant: &Meant, features: &Features, evidence: &Evidence) -> Vec<Finding> {
    let of_it = |((a, b), n): (&(String, String), &u64)| {
        let other = match &meant.feature.id {
            id if id == a => b,
            id if id == b => a,
            _ => return None,
        };
        let name = features.get(other)?.feature.name.clone();
        Some(Finding::Shared { feature: other.clone(), name, n_clicks: *n })
    };
    evidence.shared.iter().filter_map(of_it).collect()
}
