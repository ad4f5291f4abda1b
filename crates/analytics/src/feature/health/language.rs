//! Whether what a rule goes by has another name in another language.
//!
//! An element is taken for the same thing in another language if it stands where one stands that
//! is meant, is like it in everything but names, and is clicked in one language alone, in which
//! what is meant is hardly clicked. Who uses a product in English with a French browser clicks
//! what everybody clicks, and is no reason.

use super::evidence::Evidence;
use super::reach::Reach;
use crate::feature::Meant;
use rules::element::CanonicalElement;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Clicks below which nothing is said of an element's language.
const LEAST_CLICKS: u64 = 5;

/// Of ten clicks of an element of one language, so many are in it.
const IN_TEN: u64 = 9;

/// The elements that are clicked in one language alone, by language, with their clicks.
#[derive(Debug, Default)]
pub(super) struct Foreign<'a>(BTreeMap<&'a str, Vec<(u64, u64)>>);

impl<'a> Foreign<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        let mut by_language: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
        for (element, clicks) in &evidence.clicks {
            let languages = languages(clicks.iter().map(|one| (one.language.as_str(), one.n)));
            let total: u64 = languages.values().sum();
            let most = languages.into_iter().max_by_key(|(_, n)| *n);
            if let Some((language, n)) = most.filter(|(language, _)| !language.is_empty())
                && n >= LEAST_CLICKS
                && 10 * n >= IN_TEN * total
            {
                by_language.entry(language).or_default().push((*element, n));
            }
        }
        Self(by_language)
    }

    /// What may be the same as what a feature means by its name, in another language.
    pub(super) fn suspects(&self, meant: &Meant, reach: &Reach, evidence: &Evidence) -> Vec<u64> {
        let own = meant.elements.iter().filter_map(|id| evidence.clicks.get(id)).flatten();
        let own = languages(own.map(|one| (one.language.as_str(), one.n)));
        let ways: Vec<_> = reach.ways.iter().filter(|way| way.holds && has_name(way)).collect();
        if own.is_empty() || ways.is_empty() {
            return Vec::new();
        }
        let stands = |element: &u64| {
            let clicks = &evidence.clicks[element];
            clicks.iter().any(|one| ways.iter().any(|way| way.is_on(one.page)))
        };
        let of_language = |(language, elements): (&&str, &Vec<(u64, u64)>)| {
            let in_it = own.get(language).copied().unwrap_or(0);
            let rare = elements.iter().filter(|(_, n)| 10 * in_it <= *n).map(|(id, _)| *id);
            let rare = rare.filter(|id| !meant.elements.contains(id) && stands(id));
            rare.collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_language).collect()
    }

    fn language(&self, element: u64) -> &'a str {
        let is_in = |of: &&Vec<(u64, u64)>| of.iter().any(|(id, _)| *id == element);
        self.0.iter().find(|(_, of)| is_in(of)).map_or("", |(language, _)| language)
    }

    /// The names of those suspects that are like an element that is meant in all but names, with
    /// their languages.
    pub(super) fn names(
        &self,
        reach: &Reach,
        suspects: &[u64],
        elements: &HashMap<u64, CanonicalElement>,
    ) -> BTreeMap<String, String> {
        let ways = reach.ways.iter().filter(|way| way.holds && has_name(way));
        let own = ways.flat_map(|way| &way.elements).filter_map(|id| elements.get(id));
        let forms: HashSet<CanonicalElement> = own.map(without_names).collect();
        let found = suspects.iter().filter_map(|id| Some((*id, elements.get(id)?)));
        let found = found.filter(|(_, element)| !element.name().is_empty());
        let found = found.filter(|(_, element)| forms.contains(&without_names(element)));
        found
            .map(|(id, element)| (element.name().to_owned(), self.language(id).to_owned()))
            .collect()
    }
}

fn has_name(way: &&super::reach::Way) -> bool {
    !way.rule.target.name.is_empty()
}

fn languages<'a>(clicks: impl Iterator<Item = (&'a str, u64)>) -> BTreeMap<&'a str, u64> {
    let mut languages = BTreeMap::new();
    clicks.for_each(|(language, n)| *languages.entry(language).or_default() += n);
    languages
}

fn without_names(element: &CanonicalElement) -> CanonicalElement {
    let mut element = element.clone();
    element.nodes.iter_mut().for_each(|node| node.name = None);
    element
}
