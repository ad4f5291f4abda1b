//! What to call an element: what it is, its name, and the nearest ancestor that has one.

use rules::element::{CanonicalElement, CanonicalNode};

/// Tags of which people say something else than developers do.
const WORDS: [(&str, &str); 20] = [
    ("canvas", "drawing"),
    ("dd", "description"),
    ("dt", "term"),
    ("fieldset", "group of fields"),
    ("figure", "figure"),
    ("h1", "heading"),
    ("h2", "heading"),
    ("h3", "heading"),
    ("h4", "heading"),
    ("img", "image"),
    ("label", "label"),
    ("li", "list item"),
    ("ol", "list"),
    ("p", "paragraph"),
    ("svg", "icon"),
    ("td", "table cell"),
    ("th", "table head"),
    ("tr", "table row"),
    ("ul", "list"),
    ("tbody", "table"),
];

/// What places without a name are told by, where nothing around has one.
const PLACES: [&str; 8] =
    ["dialog", "navigation", "form", "complementary", "banner", "contentinfo", "table", "ul"];

/// A readable label, such as `button “Save” in dialog “Edit report”`.
///
/// The element is called by its accessible name, else by its test id, field, id, link or class.
/// Around it stands the nearest ancestor with a name, test id or id; where the element itself has
/// none and nothing around has one, what kind of place it is in.
pub fn label(element: &CanonicalElement) -> String {
    let Some((target, ancestors)) = element.nodes.split_first() else {
        return "element".to_owned();
    };
    let is_nameless = place_name(target).is_none() && target.field.is_none();
    let is_nameless = is_nameless && target.href.is_none();
    let what = with_name(target, own_name(target));
    let around = ancestors.iter().find_map(|node| Some(with_name(node, Some(place_name(node)?))));
    let place = || ancestors.iter().find(|node| is_place(node)).map(|node| with_name(node, None));
    match around.or_else(|| place().filter(|_| is_nameless)) {
        Some(around) => format!("{what} in {around}"),
        None => what,
    }
}

/// Names that a feature of this element could have, the shortest first: what it is called, the
/// same with its place, and what it is.
pub fn names(element: &CanonicalElement) -> Vec<String> {
    let Some((target, ancestors)) = element.nodes.split_first() else { return Vec::new() };
    let own = target.name.clone().filter(|name| is_word(name));
    // The name of a field is any word, which says little without its place.
    let is_alone = own.is_some() || target.field.is_none();
    let own = own.or_else(|| told_by_code(target)).unwrap_or_else(|| kind(target).to_owned());
    let place = ancestors.iter().find_map(|node| {
        let name = node.name.clone().filter(|name| is_word(name));
        name.or_else(|| place_name(node).and_then(|_| told_by_code(node)))
    });
    let placed = place.map(|place| format!("{own}, {place}"));
    let alone = [own];
    let label = label(element).replace(['“', '”'], "");
    match is_alone {
        true => alone.into_iter().chain(placed).chain([label]).collect(),
        false => placed.into_iter().chain(alone).chain([label]).collect(),
    }
}

/// Names that a feature of the row which this element is a part of could have, on a page of this
/// path: what the row is called, what it is a row of, and the same with the page.
pub fn names_of_row(element: &CanonicalElement, path: &str) -> Vec<String> {
    let at = element.nodes.iter().position(CanonicalNode::is_row).unwrap_or_default();
    let Some((row, around)) = element.nodes.get(at..).and_then(<[_]>::split_first) else {
        return Vec::new();
    };
    let is_told = |part: &&str| *part != rules::page::ID && is_word(part);
    let page = path.split('/').rfind(is_told).map(words);
    let place = around.iter().find_map(|node| {
        let name = node.name.clone().filter(|name| is_word(name));
        name.or_else(|| place_name(node).and_then(|_| told_by_code(node)))
    });
    let of = |what: &String| format!("Row of {what}");
    let placed = place.as_ref().zip(page.as_ref());
    let placed = placed.map(|(place, page)| format!("Row of {place}, {page}"));
    let own = told_by_code(row);
    let told = [own, place.as_ref().map(of), page.as_ref().map(of), placed];
    told.into_iter().flatten().chain(["Row".to_owned()]).collect()
}

/// What developers call it, in words: its test id, id or field, or where it leads.
fn told_by_code(node: &CanonicalNode) -> Option<String> {
    let code = [&node.test_id, &node.id, &node.field].into_iter().flatten();
    let said = code.map(|code| words(code)).find(|said| is_word(said));
    let path = || node.href.as_deref().and_then(|href| href.split_once('/'));
    let leads = || {
        let is_told = |part: &&str| *part != rules::page::ID && is_word(part);
        let last = path()?.1.split('/').rfind(is_told)?;
        Some(format!("Link to {}", words(last)))
    };
    said.or_else(leads)
}

fn is_word(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// A word of developers as others would write it: `save-report` is `save report`.
fn words(code: &str) -> String {
    let parts = code.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.filter(|part| part.chars().any(char::is_alphabetic)).collect::<Vec<_>>().join(" ")
}

/// What a node is, in a word: its role, or else its tag as people say it.
pub fn kind(node: &CanonicalNode) -> &str {
    let tag = node.tag.as_str();
    let word = || WORDS.iter().find(|(code, _)| *code == tag).map_or(tag, |(_, word)| word);
    match node.effective_role() {
        "" if tag.is_empty() => "element",
        "" => word(),
        role => role,
    }
}

fn is_place(node: &CanonicalNode) -> bool {
    PLACES.contains(&node.effective_role()) || PLACES.contains(&node.tag.as_str())
}

fn with_name(node: &CanonicalNode, name: Option<String>) -> String {
    let kind = kind(node);
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

/// What people see comes in quotation marks, what only developers see does not; the name of a
/// field, which may be any word, stands in brackets.
fn own_name(node: &CanonicalNode) -> Option<String> {
    let class = node.classes.first().map(|class| format!(".{class}"));
    let field = || node.field.as_ref().map(|field| format!("({field})"));
    place_name(node).or_else(field).or_else(|| node.href.clone()).or(class)
}

fn place_name(node: &CanonicalNode) -> Option<String> {
    let seen = node.name.as_ref().map(|name| format!("“{name}”"));
    // `main #main` says no more than `main`.
    let id = node.id.as_ref().filter(|id| **id != node.tag && *id != node.effective_role());
    let id = id.map(|id| format!("#{id}"));
    seen.or_else(|| node.test_id.clone()).or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(chain: &str, expected: &str) {
        let json = format!("{{\"chain\": {chain}}}");
        let element = serde_json::from_str(&json).unwrap();
        assert_eq!(label(&CanonicalElement::new(&element)), expected);
    }

    #[test]
    fn labels_say_what_and_where() {
        check(
            r#"[{"tag": "button", "name": "Save"}, {"tag": "form", "classes": ["wide"]},
                {"tag": "div", "role": "dialog", "name": "Edit report"}, {"tag": "main"}]"#,
            "button “Save” in dialog “Edit report”",
        );
        check(r#"[{"tag": "button", "test_id": "save"}, {"tag": "nav"}]"#, "button save");
        check(
            r#"[{"tag": "input", "type": "checkbox", "field": "weekly"}, {"tag": "form", "id": "alerts"}]"#,
            "checkbox (weekly) in form #alerts",
        );
        check(
            r#"[{"tag": "a", "href": "app.example.com/orders/7"}]"#,
            "link app.example.com/orders/:id",
        );
        check(r#"[{"tag": "div", "classes": ["card", "active"]}]"#, "div .card");
        check(
            r#"[{"tag": "button", "name": "Save"}, {"tag": "main", "id": "main"}]"#,
            "button “Save”",
        );
        check(r#"[{"tag": "svg"}]"#, "icon");
        check(
            r#"[{"tag": "input", "type": "checkbox", "field": "with"}, {"tag": "dialog"}]"#,
            "checkbox (with)",
        );
        check(r#"[{"tag": "td"}, {"tag": "tr"}, {"tag": "table"}]"#, "table cell in table");
        check(
            r#"[{"tag": "td"}, {"tag": "tr"}, {"tag": "section", "name": "Reports"}]"#,
            "table cell in region “Reports”",
        );
        check("[]", "element");
    }

    #[test]
    fn a_row_is_called_by_what_it_is_a_row_of() {
        let names = |chain: &str| {
            let json = format!("{{\"chain\": {chain}}}");
            let element = serde_json::from_str(&json).unwrap();
            names_of_row(&CanonicalElement::new(&element), "/boards/:id").join(" | ")
        };
        insta::assert_snapshot!(names(
            r#"[{"tag": "td"}, {"tag": "tr"}, {"tag": "table"}, {"tag": "main", "id": "main"}]"#
        ), @"Row of boards | Row");
        insta::assert_snapshot!(names(
            r#"[{"tag": "td"}, {"tag": "tr"}, {"tag": "table", "id": "people"}]"#
        ), @"Row of people | Row of boards | Row of people, boards | Row");
        insta::assert_snapshot!(names(
            r#"[{"tag": "span"}, {"tag": "li", "test_id": "board-entry"}, {"tag": "ul"}]"#
        ), @"board entry | Row of boards | Row");
    }

    #[test]
    fn names_are_short_first_and_placed_then() {
        let names = |chain: &str| {
            let json = format!("{{\"chain\": {chain}}}");
            let element = serde_json::from_str(&json).unwrap();
            names(&CanonicalElement::new(&element)).join(" | ")
        };
        insta::assert_snapshot!(names(
            r#"[{"tag": "button", "name": "Save"}, {"tag": "dialog", "name": "Edit report"}]"#
        ), @"Save | Save, Edit report | button Save in dialog Edit report");
        insta::assert_snapshot!(names(r#"[{"tag": "button", "test_id": "save-report"}]"#), @"save report | button save-report");
        insta::assert_snapshot!(names(r#"[{"tag": "td"}, {"tag": "table", "id": "people"}]"#), @"table cell | table cell, people | table cell in table #people");
        insta::assert_snapshot!(names(
            r#"[{"tag": "input", "field": "with"}, {"tag": "dialog", "id": "share-dialog"}]"#
        ), @"with, share dialog | with | textbox (with) in dialog #share-dialog");
        insta::assert_snapshot!(names(
            r#"[{"tag": "a", "href": "app.example.com/reports/7"}, {"tag": "main", "id": "main"}]"#
        ), @"Link to reports | link app.example.com/reports/:id");
    }
}
