//! How alike two elements are: what they say of themselves and of where they stand, weighed.

use rules::element::{CanonicalElement, CanonicalNode};
use std::collections::BTreeMap;

/// From 0 for nothing in common to 1 for the same: the weight of what both say, of what either
/// says (Jaccard's index, weighed). What an engineer or a writer chose weighs more than looks.
pub(super) fn similarity(one: &CanonicalElement, other: &CanonicalElement) -> f64 {
    let (one, other) = (said(one), said(other));
    let both: f64 = one.iter().filter(|(what, _)| other.contains_key(*what)).map(|(_, w)| w).sum();
    let only = other.iter().filter(|(what, _)| !one.contains_key(*what)).map(|(_, w)| w);
    let either: f64 = one.values().chain(only).sum();
    if either > 0.0 { both / either } else { 0.0 }
}

fn said(element: &CanonicalElement) -> BTreeMap<String, f64> {
    let Some((target, ancestors)) = element.nodes.split_first() else { return BTreeMap::new() };
    let mut said = BTreeMap::from([(format!("tag {}", target.tag), 1.0)]);
    let mut say = |kind: &str, what: Option<&str>, weight: f64| {
        if let Some(what) = what.filter(|what| !what.is_empty()) {
            said.insert(format!("{kind} {what}"), weight);
        }
    };
    say("role", Some(target.effective_role()), 2.0);
    say("test id", target.test_id.as_deref(), 3.0);
    say("id", target.id.as_deref(), 3.0);
    say("field", target.field.as_deref(), 2.0);
    say("href", target.href.as_deref(), 2.0);
    for word in target.name.iter().flat_map(|name| name.split_whitespace()) {
        say("name", Some(&word.to_lowercase()), 1.5);
    }
    target.classes.iter().for_each(|class| say("class", Some(class), 0.5));
    for ancestor in ancestors {
        say("in", Some(&place(ancestor)), 1.0);
    }
    said
}

fn place(node: &CanonicalNode) -> String {
    let name = node.test_id.as_deref().or(node.id.as_deref()).or(node.name.as_deref());
    format!("{} {} {}", node.tag, node.effective_role(), name.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(json: &str) -> CanonicalElement {
        CanonicalElement::new(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_new_label_in_the_old_place_is_more_alike_than_a_neighbour() {
        let save = element(
            r#"{"chain":[{"tag":"button","name":"Save report","classes":["primary"]},{"tag":"form","name":"Report"},{"tag":"main"}]}"#,
        );
        let store = element(
            r#"{"chain":[{"tag":"button","name":"Store report","classes":["primary"]},{"tag":"form","name":"Report"},{"tag":"main"}]}"#,
        );
        let menu = element(r#"{"chain":[{"tag":"a","name":"Menu","href":"/menu"},{"tag":"nav"}]}"#);
        assert!((similarity(&save, &save) - 1.0).abs() < 1e-9);
        let (alike, apart) = (similarity(&save, &store), similarity(&save, &menu));
        assert!((0.6..1.0).contains(&alike) && apart < 0.1, "{alike} {apart}");
        assert!((similarity(&store, &save) - alike).abs() < 1e-9);
    }
}
