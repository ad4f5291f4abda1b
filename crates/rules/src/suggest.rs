//! From a pointed-at element to the sturdiest rule for it, with its grade and the reason.
//!
//! The ladder, best first: a test id, an id that a person chose, the name of a field or the target
//! of a link, role and accessible name, each within the nearest place that is known by something,
//! word-like classes and the shape around, and at last whatever the canonical form says. A rung is
//! taken if on this page it means the element that was pointed at and no other that is known. So a
//! rule is short, and what it does not mention may change; but a word is never taken without its
//! place, because the next release has the same word in another one, and a rule that means two
//! things is worse than one that falls silent (measured in `tests/release.rs`).
//!
//! A click in a row of a table or list lands on whatever stands under the pointer: a cell, a line
//! in it. All that is like it is then any part of any such row but its own buttons and links.

use crate::element::{CanonicalElement, CanonicalNode};
use crate::grade::grade;
use crate::page::CanonicalPage;
use crate::rule::{Alternative, NodeRule, PageRule, Rule};
use serde::Serialize;

/// Ancestors that the shape of an element is told by.
const SHAPE: usize = 4;

/// Roles of places that there are few of; `main` is everywhere.
const LANDMARKS: [&str; 9] = [
    "navigation",
    "banner",
    "contentinfo",
    "complementary",
    "dialog",
    "form",
    "region",
    "search",
    "toolbar",
];

/// How much of the product is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This element on this page: in a list, the same one of every row.
    ThisOne,
    /// What stands in its place, whatever its name; of a part of a row, any part of any row.
    AllLikeThis,
    /// This element on every page.
    Anywhere,
    /// Views of a page.
    Page,
}

/// How much may change before the rule falls silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Grade {
    /// Nearly everything: an engineer named it.
    A,
    /// Looks and layout, and not what it is called or where it leads.
    B,
    /// Little: a new text or a new class is another element.
    C,
    /// Next to nothing.
    D,
}

/// A rule for an element that was pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// How much of the product it means.
    pub scope: Scope,
    /// The rule.
    pub rule: Rule,
    /// How sturdy it is.
    pub grade: Grade,
    /// Why, in a sentence for the person who points.
    pub reason: &'static str,
}

/// An element that is known, on a page that it was seen on.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The element.
    pub element: &'a CanonicalElement,
    /// The page.
    pub page: &'a CanonicalPage,
}

/// The rules for an element on a page, one for each scope that means something else than the
/// ones before it. `known` is what else was seen, on this page and on others.
pub fn suggest(pointed: Known<'_>, known: &[Known<'_>]) -> Vec<Suggestion> {
    // The rule names the path and no host, so the same path of another host is here, too.
    let is_here = |known: &&Known<'_>| known.page.path == pointed.page.path;
    let here: Vec<_> = known.iter().filter(is_here).map(|known| known.element).collect();
    let everywhere: Vec<_> = known.iter().map(|k| k.element).collect();
    let page = PageRule { host: None, path: pointed.page.path.clone() };
    let mut suggestions = Vec::new();
    if let Some(rung) = rung(pointed.element, &here) {
        suggestions.push(rung.suggestion(Scope::ThisOne, Some(page.clone())));
    }
    if let Some(rung) = row(pointed.element).or_else(|| alike(pointed.element)) {
        suggestions.push(rung.suggestion(Scope::AllLikeThis, Some(page)));
    }
    if let Some(rung) = rung(pointed.element, &everywhere) {
        suggestions.push(rung.suggestion(Scope::Anywhere, None));
    }
    suggestions
}

/// The rule for the views of a page with this pattern of a path, on any host.
pub fn of_page(path: &str) -> Suggestion {
    let page = PageRule { host: None, path: path.to_owned() };
    Suggestion::new(Scope::Page, Alternative::of_page(page))
}

impl Suggestion {
    /// Whether it means rows with all that is in them.
    pub fn is_of_rows(&self) -> bool {
        self.rule.any_of.iter().any(|alternative| alternative.parts)
    }

    fn new(scope: Scope, alternative: Alternative) -> Self {
        let (grade, reason) = grade(&alternative);
        Self { scope, rule: Rule::of(alternative), grade, reason }
    }
}

/// A step of the ladder.
#[derive(Debug)]
struct Rung {
    target: NodeRule,
    within: Vec<NodeRule>,
    exact: bool,
    parts: bool,
}

impl Rung {
    fn suggestion(self, scope: Scope, page: Option<PageRule>) -> Suggestion {
        let Self { target, within, exact, parts } = self;
        Suggestion::new(scope, Alternative { page, target, within, exact, parts })
    }

    fn means_only(&self, element: &CanonicalElement, others: &[&CanonicalElement]) -> bool {
        let (target, within, exact) = (self.target.clone(), self.within.clone(), self.exact);
        let alternative = Alternative { page: None, target, within, exact, parts: self.parts };
        debug_assert!(alternative.matches_element(element), "a rung means what it was made from");
        others.iter().all(|other| *other == element || !alternative.matches_element(other))
    }
}

/// The first rung that means the element alone, or else the one that says all there is.
fn rung(element: &CanonicalElement, others: &[&CanonicalElement]) -> Option<Rung> {
    let (target, ancestors) = element.nodes.split_first()?;
    ladder(target, ancestors).find(|rung| rung.means_only(element, others)).or_else(|| {
        Some(Rung {
            target: NodeRule::all_of(target),
            within: ancestors.iter().map(NodeRule::all_of).collect(),
            exact: true,
            parts: false,
        })
    })
}

fn ladder<'a>(
    target: &'a CanonicalNode,
    ancestors: &'a [CanonicalNode],
) -> impl Iterator<Item = Rung> + 'a {
    firm(target)
        .flat_map(move |(target, is_named)| {
            // What an engineer named is told by that alone. A word or a link comes again elsewhere
            // in a later release, so it is told by its place from the beginning.
            let is_alone = is_named || anchors(ancestors).next().is_none();
            let alone = is_alone.then(Vec::new).into_iter();
            let places = anchors(ancestors).map(|anchor| vec![anchor]);
            alone.chain(places).map(move |within| {
                let target = target.clone();
                Rung { target, within, exact: false, parts: false }
            })
        })
        .chain(shape(target, ancestors))
}

/// What the element says of itself, the firmest first, and whether an engineer named it so.
fn firm(node: &CanonicalNode) -> impl Iterator<Item = (NodeRule, bool)> {
    let role = Some(node.effective_role()).filter(|role| !role.is_empty()).map(str::to_owned);
    let name: Vec<String> = node.name.iter().cloned().collect();
    let empty = NodeRule::default();
    let by_test_id = |test_id| NodeRule { test_id: Some(test_id), ..empty.clone() };
    let by_id = |id| NodeRule { id: Some(id), ..empty.clone() };
    let by_field = |field| NodeRule { field: Some(field), role: role.clone(), ..empty.clone() };
    let by_href = |href| NodeRule { href: Some(href), role: role.clone(), ..empty.clone() };
    let by_name = |role| NodeRule { role: Some(role), name: name.clone(), ..empty.clone() };
    [
        node.test_id.clone().map(|test_id| (by_test_id(test_id), true)),
        node.id.clone().map(|id| (by_id(id), true)),
        node.field.clone().map(|field| (by_field(field), false)),
        node.href.clone().map(|href| (by_href(href), false)),
        role.clone().filter(|_| !name.is_empty()).map(|role| (by_name(role), false)),
    ]
    .into_iter()
    .flatten()
}

/// Ancestors that say where an element stands, the nearest first.
fn anchors(ancestors: &[CanonicalNode]) -> impl Iterator<Item = NodeRule> {
    ancestors.iter().filter_map(anchor)
}

/// What a place is known by: test id, id, role and name, or the role of a landmark.
fn anchor(node: &CanonicalNode) -> Option<NodeRule> {
    let landmark = || {
        let role = Some(node.effective_role()).filter(|role| LANDMARKS.contains(role));
        role.map(|role| NodeRule { role: Some(role.to_owned()), ..NodeRule::default() })
    };
    firm(node).next().map(|(rule, _)| rule).or_else(landmark)
}

/// Classes and the tags around, up to something that says where it stands and beyond.
fn shape<'a>(
    target: &'a CanonicalNode,
    ancestors: &'a [CanonicalNode],
) -> impl Iterator<Item = Rung> + 'a {
    let looks = |node: &CanonicalNode| NodeRule {
        tag: Some(node.tag.clone()),
        classes: node.classes.clone(),
        ..anchor(node).unwrap_or_default()
    };
    let target = NodeRule {
        tag: Some(target.tag.clone()),
        classes: target.classes.clone(),
        name: target.name.iter().cloned().collect(),
        ..NodeRule::default()
    };
    let nearest = ancestors.iter().position(|node| anchor(node).is_some()).map_or(0, |n| n + 1);
    let around: Vec<_> = ancestors.iter().take(SHAPE.max(nearest)).map(looks).collect();
    (nearest..=around.len()).map(move |n| Rung {
        target: target.clone(),
        within: around[..n].to_vec(),
        exact: false,
        parts: false,
    })
}

/// What stands in the place of the element, whatever it is called.
fn alike(element: &CanonicalElement) -> Option<Rung> {
    let (target, ancestors) = element.nodes.split_first()?;
    let is_told_by_name = target.test_id.is_none() && target.id.is_none();
    let role = Some(target.effective_role()).filter(|role| !role.is_empty()).map(str::to_owned);
    if !is_told_by_name || target.name.is_none() {
        return None;
    }
    let target = NodeRule {
        tag: role.is_none().then(|| target.tag.clone()),
        role,
        classes: target.classes.clone(),
        ..NodeRule::default()
    };
    let within: Vec<_> = anchors(ancestors).take(1).collect();
    Some(Rung { target, within, exact: false, parts: false })
}

/// Any part of any row like the one that the element stands in, where a click on it is one on the
/// row: it does nothing by itself, and has no name of its own but as a cell.
fn row(element: &CanonicalElement) -> Option<Rung> {
    let at = element.nodes.iter().position(CanonicalNode::is_row)?;
    let (inner, rest) = element.nodes.split_at(at);
    let (row, around) = rest.split_first()?;
    let is_named = |node: &CanonicalNode| {
        !matches!(node.tag.as_str(), "td" | "th") && firm(node).any(|(_, is_named)| is_named)
    };
    if !inner.iter().all(|node| node.is_part() && !is_named(node)) {
        return None;
    }
    let looks = |node: &CanonicalNode| NodeRule {
        tag: Some(node.tag.clone()),
        classes: node.classes.clone(),
        ..NodeRule::default()
    };
    let by_id = |node: &CanonicalNode| firm(node).find(|(_, is_named)| *is_named);
    let target = by_id(row).map_or_else(|| looks(row), |(rule, _)| rule);
    // The table is what tells its rows from those of another one in the same place.
    let table = around.iter().position(|node| matches!(node.tag.as_str(), "table" | "ul" | "ol"));
    let tells = |node: &CanonicalNode| !node.classes.is_empty() && anchor(node).is_none();
    let table = table.filter(|at| tells(&around[*at]));
    let place = around.iter().position(|node| anchor(node).is_some());
    let nearer = table.filter(|at| place.is_none_or(|place| *at < place));
    let within = nearer.map(|at| looks(&around[at])).into_iter();
    let within = within.chain(anchors(around).take(1)).collect();
    Some(Rung { target, within, exact: false, parts: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(chain: &str) -> CanonicalElement {
        let json = format!(r#"{{"chain":[{chain}]}}"#);
        CanonicalElement::new(&serde_json::from_str(&json).unwrap())
    }

    /// The rule for all that is like it, as JSON.
    fn all_like(chain: &str) -> Option<String> {
        let (element, page) = (element(chain), CanonicalPage::new("app.example.com", "/boards"));
        let known = Known { element: &element, page: &page };
        let found = suggest(known, &[known]);
        let found = found.into_iter().find(|found| found.scope == Scope::AllLikeThis)?;
        assert!(found.rule.matches(&element, &page));
        Some(found.rule.to_json())
    }

    #[test]
    fn all_that_is_like_a_part_of_a_row_is_any_part_of_any_row() {
        let table = r#"{"tag":"tr","classes":["board-row"]},{"tag":"tbody"},{"tag":"table","classes":["list"]},{"tag":"main","id":"boards"}"#;
        let rule = all_like(&format!(r#"{{"tag":"td","index":3}},{table}"#)).unwrap();
        insta::assert_snapshot!(rule, @r#"{"any_of":[{"page":{"path":"/boards"},"target":{"tag":"tr","classes":["board-row"]},"within":[{"tag":"table","classes":["list"]},{"id":"boards"}],"parts":true}]}"#);
        for part in [r#"{"tag":"td","classes":["main-cell"]}"#, r#"{"tag":"small"},{"tag":"td"}"#] {
            assert_eq!(all_like(&format!("{part},{table}")).unwrap(), rule);
        }
        // A button of a row is a thing of its own.
        let button =
            all_like(&format!(r#"{{"tag":"button","name":"Delete"}},{{"tag":"td"}},{table}"#));
        assert!(!button.unwrap().contains("parts"));
        let entry = r#"{"tag":"span"},{"tag":"li","test_id":"board-entry"},{"tag":"ul"}"#;
        let by_test_id = r#""target":{"test_id":"board-entry"},"parts":true"#;
        assert!(all_like(entry).unwrap().contains(by_test_id));
        assert_eq!(all_like(r#"{"tag":"td"},{"tag":"table"}"#), None);
    }
}
