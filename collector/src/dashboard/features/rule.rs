//! A rule in words: for whoever answers for the product, and, folded away, as it is stored.

use super::words::read;
use rules::rule::{Alternative, NodeRule};
use serde_json::{Map, Value};

/// What people say to roles and tags; what is not here is called as it is.
const WORDS: [(&str, &str); 50] = [
    ("a", "link"),
    ("article", "entry"),
    ("banner", "head"),
    ("code", "part"),
    ("combobox", "selection"),
    ("complementary", "side part"),
    ("contentinfo", "foot"),
    ("dd", "description"),
    ("div", "part"),
    ("dt", "term"),
    ("em", "part"),
    ("fieldset", "group of fields"),
    ("footer", "foot"),
    ("grid", "table"),
    ("gridcell", "cell"),
    ("h1", "heading"),
    ("h2", "heading"),
    ("h3", "heading"),
    ("h4", "heading"),
    ("header", "head"),
    ("i", "part"),
    ("img", "picture"),
    ("input", "field"),
    ("li", "list entry"),
    ("listitem", "list entry"),
    ("main", "main part"),
    ("menuitem", "menu entry"),
    ("nav", "navigation"),
    ("ol", "list"),
    ("p", "paragraph"),
    ("path", "icon"),
    ("radio", "choice"),
    ("region", "part"),
    ("searchbox", "text field"),
    ("section", "part"),
    ("select", "selection"),
    ("small", "part"),
    ("span", "part"),
    ("strong", "part"),
    ("summary", "button"),
    ("svg", "icon"),
    ("tbody", "table"),
    ("td", "cell"),
    ("textarea", "text field"),
    ("textbox", "text field"),
    ("th", "column head"),
    ("thead", "head of a table"),
    ("tr", "row"),
    ("treeitem", "entry"),
    ("ul", "list"),
];

/// Places that say where something is, though they have no name.
const PLACES: [&str; 9] =
    ["row", "table", "list entry", "list", "entry", "dialog", "form", "navigation", "side part"];

/// Ids of what is around everything: they say of nothing where it stands.
const EVERYWHERE: [&str; 5] = ["main", "content", "root", "app", "page"];

/// Such places that are told of one rule: more is no help.
const TOLD: usize = 2;

/// An alternative of a rule, told twice.
#[derive(Debug)]
pub(super) struct Told {
    /// For everybody, with a capital letter.
    pub(super) words: String,
    /// As it is stored, for engineers.
    pub(super) code: String,
}

impl Told {
    /// An alternative as it is stored; where it cannot be read, that is all that is said.
    pub(super) fn new(rule: &Map<String, Value>) -> Self {
        let code = Value::from(rule.clone()).to_string();
        let words = read(rule).map_or_else(|| code.clone(), |rule| in_words(&rule));
        Self { words: super::capital(&words), code }
    }
}

fn in_words(rule: &Alternative) -> String {
    let page = rule.page.as_ref();
    let page = page.map(|page| format!("{}{}", page.host.as_deref().unwrap_or(""), page.path));
    if let (true, Some(page)) = (rule.is_page(), &page) {
        return format!("view of {page}");
    }
    let what = kind(&rule.target);
    let mut words = match rule.parts {
        true => format!("any part of {}", placed(&rule.target)),
        false => format!("{what}{}", said(&rule.target)),
    };
    let mut n_bare = 0;
    let mut before = what;
    for within in &rule.within {
        let (kind, is_named) = (kind(within), !said(within).is_empty());
        let is_everywhere = *within == NodeRule { id: within.id.clone(), ..NodeRule::default() }
            && within.id.as_deref().is_some_and(|id| EVERYWHERE.contains(&id));
        let is_told = (is_named && !is_everywhere)
            || (PLACES.contains(&kind) && n_bare < TOLD && kind != before);
        if is_told {
            n_bare += usize::from(!is_named);
            let joint = if before == "cell" && kind == "row" { "of" } else { "in" };
            words = format!("{words} {joint} {}", placed(within));
            before = kind;
        }
    }
    words += &page.map_or_else(|| " on any page".to_owned(), |page| format!(" on {page}"));
    let has_looks = |node: &NodeRule| !node.classes.is_empty();
    let by_looks = has_looks(&rule.target) || rule.within.iter().any(has_looks);
    match (rule.exact, by_looks) {
        (true, _) => words + ", known by all there is about it",
        (false, true) => words + ", known by its looks",
        _ => words,
    }
}

/// The kind of a node as people say it.
fn kind(node: &NodeRule) -> &str {
    let code = node.role.as_deref().or(node.tag.as_deref()).unwrap_or("element");
    WORDS.iter().find(|(known, _)| *known == code).map_or(code, |(_, word)| word)
}

/// A node with its article: `the dialog “Edit”`, `a row`.
fn placed(node: &NodeRule) -> String {
    let is_bare = node.role.is_none() && node.tag.is_none();
    let (kind, said) = (if is_bare { "part" } else { kind(node) }, said(node));
    match (said.is_empty(), kind.starts_with(['a', 'e', 'i', 'o', 'u'])) {
        (false, _) => format!("the {kind}{said}"),
        (true, true) => format!("an {kind}"),
        (true, false) => format!("a {kind}"),
    }
}

/// What tells a node from others of its kind, but for its looks.
fn said(node: &NodeRule) -> String {
    let mut words = String::new();
    if !node.name.is_empty() {
        let names: Vec<_> = node.name.iter().map(|name| format!("“{name}”")).collect();
        words += &format!(" {}", names.join(" or "));
    }
    // `main` with the id `main` says it once.
    let is_news =
        |code: &&String| [&node.role, &node.tag].into_iter().flatten().all(|known| known != *code);
    let code = [&node.test_id, &node.id, &node.field].into_iter().flatten().find(is_news);
    words += &code.map(|code| format!(" called “{code}” in the code")).unwrap_or_default();
    words += &node.href.as_ref().map(|to| format!(" that leads to {to}")).unwrap_or_default();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_told_in_words() {
        let words = |rule: &str| Told::new(&serde_json::from_str(rule).unwrap()).words;
        insta::assert_snapshot!(
            words(r#"{"page":{"path":"/reports/*"},"target":{"role":"button","name":["Save","Sichern"]},"within":[{"role":"dialog","name":["Edit"]}]}"#),
            @"Button “Save” or “Sichern” in the dialog “Edit” on /reports/*"
        );
        insta::assert_snapshot!(words(r#"{"target":{"test_id":"save"}}"#), @"Element called “save” in the code on any page");
        insta::assert_snapshot!(words(r#"{"target":{}}"#), @r#"{"target":{}}"#);
    }

    #[test]
    fn what_is_known_by_its_looks_is_told_without_them() {
        let words = |rule: &str| Told::new(&serde_json::from_str(rule).unwrap()).words;
        let cell = r#"{"page":{"path":"/boards"},"target":{"tag":"td"},"within":[{"tag":"tr","classes":["BoardTable_row"]},
            {"tag":"tbody"},{"tag":"table","classes":["list"]},{"tag":"section","classes":["card"]},{"tag":"main","id":"main"}]}"#;
        insta::assert_snapshot!(words(cell), @"Cell of a row in a table on /boards, known by its looks");
        let row = r#"{"target":{"tag":"tr"},"within":[{"id":"people"}],"parts":true}"#;
        insta::assert_snapshot!(words(row), @"Any part of a row in the part called “people” in the code on any page");
        let button = r#"{"target":{"role":"button","name":["Export"]},"within":[{"id":"main"}]}"#;
        insta::assert_snapshot!(words(button), @"Button “Export” on any page");
        let exact = r#"{"target":{"tag":"svg"},"within":[{"tag":"option"}],"exact":true}"#;
        insta::assert_snapshot!(words(exact), @"Icon on any page, known by all there is about it");
    }
}
