//! From the facts that were read off an element to its description on the wire.
//!
//! The shell reads the facts in one go, as one text, because each crossing between JavaScript
//! and WebAssembly costs more than what it reads. Nothing here ever sees the value of a field:
//! the facts have no place for it. The fields of a node are in the order of [`protocol::Node`].

use crate::json;
use crate::text::{clean, cut, field, link, n_bytes};
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

    /// The fields, as a message has them.
    pub(crate) fn fields(&self) -> &str {
        &self.0
    }
}

const NODE: u8 = 0x1e;

/// The fields of a node in the order of its facts.
const KEYS: &[u8] = b"tag id classes test_id role name field type href index";

/// The element of these facts for the batch's dictionary, as JSON.
pub(crate) fn element(mut facts: &[u8]) -> Vec<u8> {
    let mut json = b"{\"chain\":[".to_vec();
    for _ in 0..limits::CHAIN_NODES {
        push_node(&mut json, cut(&mut facts, NODE));
        if facts.is_empty() {
            break;
        }
    }
    json.extend_from_slice(b"]}");
    json
}

fn push_node(json: &mut Vec<u8>, mut facts: &[u8]) {
    json::separate(json);
    json.push(b'{');
    let mut keys = KEYS;
    while !keys.is_empty() {
        let key = cut(&mut keys, b' ');
        let fact = field(&mut facts);
        match key {
            b"classes" => push_classes(json, key, fact),
            b"name" => {
                let name = clean(fact, usize::MAX);
                json::text(json, key, &name[..n_bytes(&name, limits::NAME_CHARS)]);
            }
            b"href" => json::page_text(json, key, link(fact), limits::PATH_BYTES),
            b"index" => {
                if !fact.is_empty() && fact.len() < 9 && fact.iter().all(u8::is_ascii_digit) {
                    json::field(json, key).extend_from_slice(fact);
                }
            }
            b"tag" if fact.is_empty() => json::text(json, key, b"unknown"),
            _ => json::page_text(json, key, fact, limits::ATTRIBUTE_BYTES),
        }
    }
    json.push(b'}');
}

fn push_classes(json: &mut Vec<u8>, key: &[u8], mut classes: &[u8]) {
    let mut n = 0;
    while !classes.is_empty() && n < limits::CLASSES {
        let class = clean(cut(&mut classes, b' '), limits::ATTRIBUTE_BYTES);
        if class.is_empty() {
            continue;
        }
        if n == 0 {
            json::field(json, key).push(b'[');
        }
        n += 1;
        json::separate(json);
        json::push_text(json, &class);
    }
    if n > 0 {
        json.push(b']');
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

    fn json(facts: &ElementFacts) -> String {
        String::from_utf8(element(facts.fields().as_bytes())).unwrap()
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
        insta::assert_snapshot!(json(&facts), @r#"{"chain":[{"tag":"button","id":"save","classes":["btn","primary"],"test_id":"save-order","name":"Save [email]","field":"go","type":"submit","index":2},{"tag":"a","href":"x.example/orders/7"}]}"#);
    }

    #[test]
    fn a_deep_page_is_cut_to_the_nearest_ancestors() {
        let facts = ElementFacts::new(["div"; 5_000].join("\u{1e}"));
        assert_eq!(json(&facts).matches("div").count(), limits::CHAIN_NODES);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_element(text in "[\u{1e}\u{1f}a-z0-9@ \\PC]{0,200}") {
            let json = json(&ElementFacts::new(text));
            prop_assert!(is_that_of_serde::<Element<'_>>(json.as_bytes()));
            let element: Element<'_> = serde_json::from_str(&json).unwrap();
            prop_assert!(!element.chain.is_empty() && element.chain.len() <= limits::CHAIN_NODES);
        }
    }
}
