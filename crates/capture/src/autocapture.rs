//! From the facts that were read off an element to its description on the wire.
//!
//! The shell reads the facts in one go, as one text, because each crossing between JavaScript
//! and WebAssembly costs more than what it reads. Nothing here ever sees the value of a field:
//! the facts have no place for it. The fields of a node are in the order of [`protocol::Node`].

use crate::json;
use crate::text::{clean, clean_chars, clean_link, fields, parts};
use protocol::{Element, Node, limits};
use std::borrow::Cow;

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
        let nodes = parts(&self.0, NODE);
        let chain = nodes.into_iter().take(limits::CHAIN_NODES).map(node).collect();
        json::element(&Element { chain })
    }
}

const NODE: u8 = 0x1e;

fn node(facts: &str) -> Node<'_> {
    let fields = fields(facts);
    let field = |n: usize| fields.get(n).copied().unwrap_or_default();
    let attribute = |text| clean(text, limits::ATTRIBUTE_BYTES);
    let classes = parts(field(2), b' ').into_iter().filter_map(attribute);
    Node {
        tag: attribute(field(0)).unwrap_or(Cow::Borrowed("unknown")),
        id: attribute(field(1)),
        classes: classes.take(limits::CLASSES).collect(),
        test_id: attribute(field(3)),
        role: attribute(field(4)),
        name: clean_chars(field(5), limits::NAME_CHARS),
        field: attribute(field(6)),
        type_: attribute(field(7)),
        href: clean_link(field(8), limits::PATH_BYTES),
        index: field(9).parse().ok().and_then(|index: i64| u32::try_from(index).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            let element: Element<'_> = serde_json::from_str(&json).unwrap();
            prop_assert!(!element.chain.is_empty() && element.chain.len() <= limits::CHAIN_NODES);
        }
    }
}
