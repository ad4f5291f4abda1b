//! From the facts that were read off an element to its description on the wire.
//!
//! The shell reads the facts in one go, as one text, because each crossing between JavaScript
//! and WebAssembly costs more than what it reads. Nothing here ever sees the value of a field:
//! the facts have no place for it. The fields of a node are in the order of [`protocol::Node`].

use crate::json::{self, field};
use crate::text::{clean, clean_chars, clean_link, fields, parts};
use protocol::limits;

/// What was read off an element and its ancestors: nodes separated by U+001E, their fields by
/// U+001F; a field that is not there is empty.
///
/// The fields: tag, id, classes (separated by spaces), test id, role, name, field, type,
/// link (absolute), place among siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementFacts(String);

impl ElementFacts {
    /// Takes the text that the shell read. Any text is taken; what is not there stays empty.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The element for the batch's dictionary, as JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut json = "{\"chain\":[".to_owned();
        for node in parts(&self.0, NODE).iter().take(limits::CHAIN_NODES) {
            push_node(&mut json, node);
        }
        json.push_str("]}");
        json
    }
}

const NODE: u8 = 0x1e;

/// The fields of a node in the order of its facts.
const KEYS: [&str; 10] =
    ["tag", "id", "classes", "test_id", "role", "name", "field", "type", "href", "index"];

fn push_node(json: &mut String, facts: &str) {
    json::separate(json);
    json.push('{');
    let fields = fields(facts);
    for (key, fact) in KEYS.iter().zip(&fields) {
        let text = match *key {
            "name" => clean_chars(fact, limits::NAME_CHARS),
            "href" => clean_link(fact, limits::PATH_BYTES),
            "classes" => {
                push_classes(json, key, fact);
                continue;
            }
            "index" => {
                if !fact.is_empty() && fact.len() < 9 && fact.bytes().all(|b| b.is_ascii_digit()) {
                    field(json, key).push_str(fact);
                }
                continue;
            }
            _ => clean(fact, limits::ATTRIBUTE_BYTES),
        };
        let is_bare = text.is_empty() && *key == "tag";
        json::text(json, key, if is_bare { "unknown" } else { &text });
    }
    json.push('}');
}

fn push_classes(json: &mut String, key: &str, classes: &str) {
    let mut n = 0;
    for class in parts(classes, b' ') {
        let class = clean(class, limits::ATTRIBUTE_BYTES);
        if class.is_empty() || n == limits::CLASSES {
            continue;
        }
        if n == 0 {
            field(json, key).push('[');
        }
        n += 1;
        json::separate(json);
        json::push_text(json, &class);
    }
    if n > 0 {
        json.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::is_that_of_serde;
    use proptest::prelude::*;
    use protocol::Element;

    fn text(nodes: &[[&str; 10]]) -> String {
        let nodes: Vec<String> = nodes.iter().map(|fields| fields.join("\u{1f}")).collect();
        nodes.join("\u{1e}")
    }

    #[test]
    fn an_element_is_described_without_secrets() {
        let facts = ElementFacts::new(text(&[
            [
                "button",
                "save",
                " btn  primary ",
                "save-order",
                "",
                "Save ann@example.com",
                "go",
                "submit",
                "",
                "2",
            ],
            ["a", "", "", "", "", "", "", "", "https://x.example/orders/7?token=abc", ""],
        ]));
        insta::assert_snapshot!(facts.to_json(), @r#"{"chain":[{"tag":"button","id":"save","classes":["btn","primary"],"test_id":"save-order","name":"Save [email]","field":"go","type":"submit","index":2},{"tag":"a","href":"x.example/orders/7"}]}"#);
    }

    #[test]
    fn a_deep_page_is_cut_to_the_nearest_ancestors() {
        let facts = ElementFacts::new(["div"; 5_000].join("\u{1e}"));
        assert_eq!(facts.to_json().matches("div").count(), limits::CHAIN_NODES);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_element(text in "[\u{1e}\u{1f}a-z0-9@ \\PC]{0,200}") {
            let json = ElementFacts::new(text).to_json();
            prop_assert!(is_that_of_serde::<Element<'_>>(&json));
            let element: Element<'_> = serde_json::from_str(&json).unwrap();
            prop_assert!(!element.chain.is_empty() && element.chain.len() <= limits::CHAIN_NODES);
        }
    }
}
