//! What a feature is: a structured statement about elements and pages, kept as JSON.
//!
//! Not a selector: it speaks of what a person sees and an engineer chose (test id, role and name,
//! the dialog around it), in the words of the canonical form, so that one matcher ([`Rule::matches`])
//! answers for the browser and for the server, and for elements recorded before the rule was made.
//!
//! ```
//! use rules::rule::Rule;
//!
//! let rule = Rule::from_json(
//!     r#"{"any_of": [
//!       {"page": {"path": "/reports/:id/edit"}, "target": {"test_id": "save"}},
//!       {"page": {"path": "/reports/*"}, "target": {"role": "button", "name": ["Save", "Enregistrer"]},
//!        "within": [{"role": "dialog", "name": ["Edit report"]}]}]}"#,
//! ).unwrap();
//! assert_eq!(rule.any_of.len(), 2);
//! ```

use crate::element::{CanonicalElement, CanonicalNode, Numbers, fold_name, fold_rows};
use crate::page::{CanonicalPage, link, pattern};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Alternatives of one rule at most: a button in a dozen languages, and its past lives.
const ALTERNATIVES: usize = 32;

/// A rule: an element belongs if any alternative says so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// At least one.
    pub any_of: Vec<Alternative>,
}

/// One way to say which elements belong: all of it must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    /// On which pages; on all if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<PageRule>,
    /// The element itself. Where nothing is said of it, the page is meant: that it is viewed.
    #[serde(default, skip_serializing_if = "NodeRule::is_empty")]
    pub target: NodeRule,
    /// Ancestors that it stands in, from the nearest outwards; others may stand between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<NodeRule>,
    /// Whether target and ancestors are all there is: no other node, and nothing that is not said.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact: bool,
    /// Whether any part of the target is meant as well: what stands in it and does nothing by
    /// itself, such as the cells of a row that can be clicked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub parts: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Which pages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageRule {
    /// The host; any if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The pattern of the path. A segment `*` is any one segment, and any number of them at the end.
    pub path: String,
}

/// What a node must say. What is not said does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeRule {
    /// The tag name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The `id` attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The test id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_id: Option<String>,
    /// The role, said or implied by the tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The accessible name: any of these, such as the same word in several languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// The name of a field or form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The `type` attribute.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Host and path pattern of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// Classes: all of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
}

/// Why a text is no rule: a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule(String);

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidRule {}

impl Rule {
    /// The rule of one alternative.
    pub fn of(alternative: Alternative) -> Self {
        Self { any_of: vec![alternative] }
    }

    /// Reads a rule, and brings what it says into the form in which elements and pages are stored.
    ///
    /// # Errors
    /// When it is no rule, or one that would mean every element.
    pub fn from_json(json: &str) -> Result<Self, InvalidRule> {
        let mut rule: Self =
            serde_json::from_str(json).map_err(|error| InvalidRule(error.to_string()))?;
        let n = rule.any_of.len();
        if n == 0 || n > ALTERNATIVES {
            return Err(InvalidRule(format!(
                "a rule has 1 to {ALTERNATIVES} alternatives, not {n}"
            )));
        }
        for (n, alternative) in rule.any_of.iter_mut().enumerate() {
            let is_page = alternative.is_page();
            let nodes = std::iter::once(&mut alternative.target).chain(&mut alternative.within);
            for node in nodes.skip(usize::from(is_page)) {
                if node.is_empty() {
                    let n = n + 1;
                    let why = format!("alternative {n} has a node that says nothing");
                    return Err(InvalidRule(why));
                }
                node.bring_into_stored_form();
            }
            if let Some(page) = &mut alternative.page {
                page.bring_into_stored_form()?;
            }
        }
        Ok(rule)
    }

    /// The rule as JSON.
    pub fn to_json(&self) -> String {
        crate::hash::canonical_json(self)
    }

    /// Whether the element belongs, as it stands on a page.
    pub fn matches(&self, element: &CanonicalElement, page: &CanonicalPage) -> bool {
        self.any_of.iter().any(|alternative| {
            alternative.matches_page(page) && alternative.matches_element(element)
        })
    }
}

impl Alternative {
    /// The alternative that means views of pages.
    pub fn of_page(page: PageRule) -> Self {
        let (target, within) = (NodeRule::default(), Vec::new());
        Self { page: Some(page), target, within, exact: false, parts: false }
    }

    /// Whether it means views of its pages, and no element.
    pub fn is_page(&self) -> bool {
        let is_bare = self.target.is_empty() && self.within.is_empty();
        self.page.is_some() && is_bare && !self.exact && !self.parts
    }

    /// Whether the page is one of those that are meant.
    pub fn matches_page(&self, page: &CanonicalPage) -> bool {
        self.page.as_ref().is_none_or(|rule| rule.matches(page))
    }

    /// Whether the element is one of those that are meant, wherever it stands.
    pub fn matches_element(&self, element: &CanonicalElement) -> bool {
        if self.is_page() {
            return false;
        }
        if self.exact {
            let said = std::iter::once(&self.target).chain(&self.within);
            return element.nodes.len() == self.within.len() + 1
                && said.zip(&element.nodes).all(|(rule, node)| rule.is_all_of(node));
        }
        // From the element outwards, as far as what was clicked does nothing by itself.
        let is_part = |n: &usize| element.nodes[..*n].iter().all(CanonicalNode::is_part);
        let starts = 0..if self.parts { element.nodes.len() } else { element.nodes.len().min(1) };
        starts.take_while(is_part).any(|n| self.stands_at(&element.nodes[n..]))
    }

    /// Whether the first of these nodes is the target, and the others are where it stands.
    fn stands_at(&self, nodes: &[CanonicalNode]) -> bool {
        let Some((target, ancestors)) = nodes.split_first() else { return false };
        let mut ancestors = ancestors.iter();
        self.target.matches(target)
            && self.within.iter().all(|rule| ancestors.any(|node| rule.matches(node)))
    }
}

impl PageRule {
    /// Whether the page is one of those that are meant.
    pub fn matches(&self, page: &CanonicalPage) -> bool {
        self.host.as_ref().is_none_or(|host| *host == page.host)
            && matches_path(&self.path, &page.path)
    }
}

fn matches_path(rule: &str, path: &str) -> bool {
    let (mut rule, mut path) = (rule.split('/').peekable(), path.split('/'));
    while let Some(expected) = rule.next() {
        let is_rest = expected == "*" && rule.peek().is_none();
        match path.next() {
            Some(_) if is_rest => return true,
            Some(segment) if expected == "*" || expected == segment => {}
            _ => return false,
        }
    }
    path.next().is_none()
}

impl PageRule {
    /// The address as it would be stored; `*` stays what it is.
    fn bring_into_stored_form(&mut self) -> Result<(), InvalidRule> {
        if !self.path.starts_with('/') {
            let why = format!("the page `{}` is no path, which begins with `/`", self.path);
            return Err(InvalidRule(why));
        }
        self.path = pattern(&self.path).into_owned();
        self.host = self.host.as_ref().map(|host| host.to_ascii_lowercase());
        Ok(())
    }
}

impl NodeRule {
    /// What it says as it would be stored.
    fn bring_into_stored_form(&mut self) {
        let lower = |text: &mut String| *text = text.trim().to_ascii_lowercase();
        [&mut self.tag, &mut self.role, &mut self.type_].into_iter().flatten().for_each(lower);
        let fold = |text: &mut String| *text = fold_rows(text, Numbers::OfRows);
        [&mut self.test_id, &mut self.field].into_iter().flatten().for_each(fold);
        self.href.iter_mut().for_each(|href| *href = link(href.trim()));
        self.name.iter_mut().for_each(|name| *name = fold_name(name));
        self.classes.sort_unstable();
        self.classes.dedup();
    }

    /// All that a node says.
    pub fn all_of(node: &CanonicalNode) -> Self {
        Self {
            tag: Some(node.tag.clone()),
            id: node.id.clone(),
            test_id: node.test_id.clone(),
            role: node.role.clone(),
            name: node.name.iter().cloned().collect(),
            field: node.field.clone(),
            type_: node.type_.clone(),
            href: node.href.clone(),
            classes: node.classes.clone(),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it says all that the node says. Most nodes are told apart without a copy of them.
    fn is_all_of(&self, node: &CanonicalNode) -> bool {
        self.matches(node) && *self == Self::all_of(node)
    }

    /// Whether it speaks of one place, and not of a kind of places.
    pub(crate) fn is_one(&self) -> bool {
        let said = [&self.id, &self.test_id, &self.field, &self.href];
        !self.name.is_empty() || said.into_iter().any(Option::is_some)
    }

    /// Whether the node says all of this.
    pub fn matches(&self, node: &CanonicalNode) -> bool {
        is_said(self.tag.as_ref(), Some(&node.tag))
            && is_said(self.id.as_ref(), node.id.as_ref())
            && is_said(self.test_id.as_ref(), node.test_id.as_ref())
            && self.role.as_deref().is_none_or(|role| role == node.effective_role())
            && (self.name.is_empty() || node.name.as_ref().is_some_and(|n| self.name.contains(n)))
            && is_said(self.field.as_ref(), node.field.as_ref())
            && is_said(self.type_.as_ref(), node.type_.as_ref())
            && is_said(self.href.as_ref(), node.href.as_ref())
            && self.classes.iter().all(|class| node.classes.contains(class))
    }
}

fn is_said(expected: Option<&String>, said: Option<&String>) -> bool {
    expected.is_none() || expected == said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(json: &str) -> CanonicalElement {
        CanonicalElement::new(&serde_json::from_str(json).unwrap())
    }

    fn is_match(rule: &str, seen: &str, path: &str) -> bool {
        let rule = Rule::from_json(rule).unwrap();
        rule.matches(&element(seen), &CanonicalPage::new("app.example.com", path))
    }

    const SAVE: &str = r#"{"chain":[{"tag":"button","classes":["btn","primary"],"name":"Save"},
        {"tag":"form","id":"report"},{"tag":"div","role":"dialog","name":"Edit report"},{"tag":"main"}]}"#;

    #[test]
    fn all_that_is_said_must_hold() {
        for (target, expected) in [
            (r#"{"role":"button"}"#, true),
            (r#"{"role":"button","name":["Enregistrer","Save"]}"#, true),
            (r#"{"role":"button","name":["Saved"]}"#, false),
            (r#"{"classes":["primary"]}"#, true),
            (r#"{"classes":["primary","large"]}"#, false),
            (r#"{"tag":"a"}"#, false),
            (r#"{"test_id":"save"}"#, false),
        ] {
            let rule = format!(r#"{{"any_of":[{{"target":{target}}}]}}"#);
            assert_eq!(is_match(&rule, SAVE, "/"), expected, "{target}");
        }
    }

    #[test]
    fn ancestors_are_found_in_their_order_whatever_stands_between() {
        for (within, expected) in [
            (r#"[{"role":"dialog"}]"#, true),
            (r#"[{"id":"report"},{"role":"dialog"}]"#, true),
            (r#"[{"role":"dialog"},{"id":"report"}]"#, false),
            (r#"[{"role":"button"}]"#, false),
        ] {
            let rule =
                format!(r#"{{"any_of":[{{"target":{{"tag":"button"}},"within":{within}}}]}}"#);
            assert_eq!(is_match(&rule, SAVE, "/"), expected, "{within}");
        }
    }

    #[test]
    fn the_parts_of_a_row_are_what_does_nothing_by_itself() {
        let row = r#"{"tag":"tr","classes":["board"]},{"tag":"table","id":"boards"}"#;
        for (clicked, expected) in [
            ("", true),
            (r#"{"tag":"td"},"#, true),
            (r#"{"tag":"small"},{"tag":"td","classes":["main-cell"]},"#, true),
            (r#"{"tag":"div","role":"gridcell"},"#, true),
            (r#"{"tag":"button","name":"Delete"},{"tag":"td"},"#, false),
            (r#"{"tag":"a","href":"app.example.com/boards/7"},{"tag":"td"},"#, false),
        ] {
            let seen = format!(r#"{{"chain":[{clicked}{row}]}}"#);
            for (within, is_there) in [(r#"{"id":"boards"}"#, true), (r#"{"id":"people"}"#, false)]
            {
                let target = r#""target":{"tag":"tr","classes":["board"]}"#;
                let rule = |parts| {
                    format!(r#"{{"any_of":[{{{target},"within":[{within}],"parts":{parts}}}]}}"#)
                };
                assert_eq!(is_match(&rule(true), &seen, "/"), expected && is_there, "{seen}");
                let is_row = clicked.is_empty() && is_there;
                assert_eq!(is_match(&rule(false), &seen, "/"), is_row, "{seen}");
            }
        }
    }

    #[test]
    fn pages_are_told_by_their_pattern() {
        for (pattern, path, expected) in [
            ("/reports/:id/edit", "/reports/1042/edit", true),
            ("/reports/:id/edit", "/reports/1042", false),
            ("/reports/*", "/reports/1042/edit", true),
            ("/reports/*", "/reports", false),
            ("/*/edit", "/reports/edit", true),
            ("/*/edit", "/reports/1042/edit", false),
            ("/*", "/", true),
            ("/", "/reports", false),
        ] {
            let rule = format!(
                r#"{{"any_of":[{{"page":{{"path":"{pattern}"}},"target":{{"tag":"button"}}}}]}}"#
            );
            assert_eq!(is_match(&rule, SAVE, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_name_is_told_as_it_is_stored() {
        let rule = r#"{"any_of":[{"target":{"name":["Inbox  (12)"]}}]}"#;
        assert!(is_match(rule, r#"{"chain":[{"tag":"a","name":"Inbox (3)"}]}"#, "/"));
    }

    #[test]
    fn all_that_a_rule_says_is_told_as_it_is_stored() {
        let seen = r#"{"chain":[{"tag":"BUTTON","role":"Button","test_id":"order-1042",
            "href":"127.0.0.1:4000/orders/7"}]}"#;
        for (said, page) in [
            (r#"{"tag":"Button","role":" button "}"#, "/orders/1042/"),
            (r#"{"test_id":"order-77"}"#, "/orders/1042/"),
            (r#"{"test_id":"order-4711","href":"127.0.0.1:4000/orders/9"}"#, "/orders/:id"),
        ] {
            let rule = format!(
                r#"{{"any_of":[{{"page":{{"host":"App.Example.com","path":"{page}"}},"target":{said}}}]}}"#
            );
            let is_two_digits = said.contains("order-77");
            assert_eq!(is_match(&rule, seen, "/orders/8"), !is_two_digits, "{said}");
        }
    }

    #[test]
    fn a_page_alone_means_its_views_and_no_element() {
        let json = r#"{"any_of":[{"page":{"path":"/reports/:id"}}]}"#;
        let rule = Rule::from_json(json).unwrap();
        assert!(rule.any_of[0].is_page());
        assert_eq!(rule.to_json(), json);
        assert!(!is_match(json, SAVE, "/reports/7"));
        let page = CanonicalPage::new("app.example.com", "/reports/7");
        assert!(rule.any_of[0].matches_page(&page));
        for said in [r#""within":[{"role":"dialog"}]"#, r#""exact":true"#, r#""parts":true"#] {
            let json = format!(r#"{{"any_of":[{{"page":{{"path":"/a"}},{said}}}]}}"#);
            Rule::from_json(&json).unwrap_err();
        }
    }

    #[test]
    fn what_would_mean_everything_is_refused() {
        let why = |json: &str| Rule::from_json(json).unwrap_err().to_string();
        insta::assert_snapshot!(why(r#"{"any_of":[]}"#), @"a rule has 1 to 32 alternatives, not 0");
        insta::assert_snapshot!(why(r#"{"any_of":[{"target":{}}]}"#), @"alternative 1 has a node that says nothing");
        insta::assert_snapshot!(why(r#"{"any_of":[{"page":{"path":"*"},"target":{"tag":"a"}}]}"#), @"the page `*` is no path, which begins with `/`");
        let typo = why(r#"{"any_of":[{"target":{"nmae":"x"}}]}"#);
        assert!(typo.starts_with("unknown field `nmae`, expected one of `tag`"), "{typo}");
    }
}
