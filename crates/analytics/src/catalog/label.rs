//! What to call an element: its role, its name, and the nearest ancestor that has one.

use rules::element::{CanonicalElement, CanonicalNode};

/// A readable label, such as `button “Save” in dialog “Edit report”`.
///
/// The element is called by its accessible name, else by its test id, field, id, link or class.
/// Around it stands the nearest ancestor with a name, test id or id.
pub(super) fn label(element: &CanonicalElement) -> String {
    let Some((target, ancestors)) = element.nodes.split_first() else {
        return "element".to_owned();
    };
    let what = with_name(target, own_name(target));
    let around = ancestors.iter().find_map(|node| Some(with_name(node, Some(place_name(node)?))));
    around.map_or(what.clone(), |around| format!("{what} in {around}"))
}

fn with_name(node: &CanonicalNode, name: Option<String>) -> String {
    let kind = match node.effective_role() {
        "" if node.tag.is_empty() => "element",
        "" => &node.tag,
        role => role,
    };
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

/// What people see comes in quotation marks, what only developers see does not.
fn own_name(node: &CanonicalNode) -> Option<String> {
    let class = node.classes.first().map(|class| format!(".{class}"));
    place_name(node).or_else(|| node.field.clone()).or_else(|| node.href.clone()).or(class)
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
            "checkbox weekly in form #alerts",
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
        check(r#"[{"tag": "svg"}]"#, "svg");
        check("[]", "element");
    }
}
