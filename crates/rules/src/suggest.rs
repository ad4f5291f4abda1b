//! From a pointed-at element to the sturdiest rule for it, with its grade and the reason.
//!
//! The ladder, best first: a test id, an id that a person chose, the name of a field or the target
//! of a link, role and accessible name, each within the nearest place that is known by something,
//! word-like classes and the shape around, and at last whatever the canonical form says. A rung is
//! taken if on this page it means the element that was pointed at and no other that is known. So a
//! rule is short, and what it does not mention may change; but a word is never taken without its
//! place, because the next release has the same word in another one, and a rule that means two
//! things is worse than one that falls silent (measured in `tests/release.rs`).

use crate::element::{CanonicalElement, CanonicalNode};
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

/// Of what is told by a word or a link, where nothing around it has a name.
const UNPLACED: (Grade, &str) = (
    Grade::C,
    "Nothing around it has a name: a second one of the same name on this page would count as well.",
);

/// How much of the product is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This element on this page: in a list, the same one of every row.
    ThisOne,
    /// What stands in its place, whatever its name.
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
    if let Some(rung) = alike(pointed.element) {
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
    Suggestion {
        scope: Scope::Page,
        rule: Rule::of(Alternative::of_page(page)),
        grade: Grade::A,
        reason: "It goes by the address of the page, which is kept as long as links to it are.",
    }
}

/// A step of the ladder.
#[derive(Debug)]
struct Rung {
    target: NodeRule,
    within: Vec<NodeRule>,
    exact: bool,
    grade: Grade,
    reason: &'static str,
}

impl Rung {
    fn suggestion(self, scope: Scope, page: Option<PageRule>) -> Suggestion {
        let Self { target, within, exact, grade, reason } = self;
        let rule = Rule::of(Alternative { page, target, within, exact });
        Suggestion { scope, rule, grade, reason }
    }

    fn means_only(&self, element: &CanonicalElement, others: &[&CanonicalElement]) -> bool {
        let (target, within, exact) = (self.target.clone(), self.within.clone(), self.exact);
        let alternative = Alternative { page: None, target, within, exact };
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
            grade: Grade::D,
            reason: "Only everything about it together tells it from its neighbours, so that any change is the end of it.",
        })
    })
}

fn ladder<'a>(
    target: &'a CanonicalNode,
    ancestors: &'a [CanonicalNode],
) -> impl Iterator<Item = Rung> + 'a {
    firm(target)
        .flat_map(move |(target, grade, reason)| {
            // What an engineer named is told by that alone. A word or a link comes again elsewhere
            // in a later release, so it is told by its place from the beginning.
            let is_alone = grade == Grade::A || anchors(ancestors).next().is_none();
            let alone = is_alone.then(Vec::new).into_iter();
            let places = anchors(ancestors).map(|anchor| vec![anchor]);
            alone.chain(places).map(move |within| {
                let target = target.clone();
                let is_placed = grade == Grade::A || within.iter().any(NodeRule::is_one);
                let (grade, reason) = if is_placed { (grade, reason) } else { UNPLACED };
                Rung { target, within, exact: false, grade, reason }
            })
        })
        .chain(shape(target, ancestors))
}

/// What the element says of itself, the firmest first.
fn firm(node: &CanonicalNode) -> impl Iterator<Item = (NodeRule, Grade, &'static str)> {
    let role = Some(node.effective_role()).filter(|role| !role.is_empty()).map(str::to_owned);
    let name: Vec<String> = node.name.iter().cloned().collect();
    let empty = NodeRule::default();
    [
        node.test_id.clone().map(|test_id| {
            let rule = NodeRule { test_id: Some(test_id), ..empty.clone() };
            (rule, Grade::A, "It has a test id, which engineers keep through every change.")
        }),
        node.id.clone().map(|id| {
            let rule = NodeRule { id: Some(id), ..empty.clone() };
            (rule, Grade::A, "It has an id that somebody chose.")
        }),
        node.field.clone().map(|field| {
            let rule = NodeRule { field: Some(field), role: role.clone(), ..empty.clone() };
            (rule, Grade::B, "It is a field with a name of its own.")
        }),
        node.href.clone().map(|href| {
            let rule = NodeRule { href: Some(href), role: role.clone(), ..empty.clone() };
            (rule, Grade::B, "It is a link, and is known by where it leads.")
        }),
        role.filter(|_| !name.is_empty()).map(|role| {
            let rule = NodeRule { role: Some(role), name, ..empty };
            (rule, Grade::B, "It is known by what it is and what it is called: another label or language needs another alternative.")
        }),
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
    firm(node).next().map(|(rule, _, _)| rule).or_else(landmark)
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
    let reason =
        "It has neither a name nor an id: it is known by its classes and by what is around it.";
    (nearest..=around.len()).map(move |n| Rung {
        target: target.clone(),
        within: around[..n].to_vec(),
        exact: false,
        grade: Grade::C,
        reason,
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
    let (grade, reason) = match (within.is_empty(), target.classes.is_empty()) {
        (true, _) => (Grade::C, "Everything of its kind, with nothing around it that has a name."),
        (false, false) => {
            (Grade::C, "Everything of its kind in the same place, as long as it looks the same.")
        }
        (false, true) => (Grade::B, "Everything of its kind in the same place."),
    };
    Some(Rung { target, within, exact: false, grade, reason })
}
