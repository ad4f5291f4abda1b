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
    let said = |text: &String| !text.is_empty() && text.chars().any(char::is_alphabetic);
    let own = target.name.clone().filter(said).or_else(|| {
        let code = [&target.test_id, &target.id, &target.field].into_iter().flatten();
        code.map(|code| words(code)).find(said)
    });
    let place = ancestors.iter().find_map(|node| {
        let code = || node.test_id.as_ref().or(node.id.as_ref()).map(|code| words(code));
        node.name.clone().or_else(code).filter(said)
    });
    let own = own.or_else(|| Some(kind(target).to_owned()));
    let placed = own.as_ref().zip(place).map(|(own, place)| format!("{own}, {place}"));
    own.into_iter().chain(placed).chain([label(element).replace(['“', '”'], "")]).collect()
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
    fn names_are_short_first_and_placed_then() {
        let names = |chain: &str| {
            let json = format!("{{\"chain\": {chain}}}");
            let element = serde_json::from_str(&json).unwrap();
            names(&CanonicalElement::new(&element)).join(" | ")
        };
        insta::assert_snapshot!(names(
            r#"[{"tag": "button", "name": "Save"}, {"tag": "dialog", "name": "Edit report"}]"#
        ), @"");
        insta::assert_snapshot!(names(r#"[{"tag": "button", "test_id": "save-report"}]"#), @"");
        insta::assert_snapshot!(names(r#"[{"tag": "td"}, {"tag": "table", "id": "people"}]"#), @"");
    }
}
