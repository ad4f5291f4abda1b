//! An element without the secrets that its page may have put into names and links.

use protocol::scrub::scrub_within;
use protocol::{Element, Node, limits};
use std::borrow::Cow;

/// The same element, scrubbed.
pub(super) fn scrubbed<'a>(element: &'a Element<'_>) -> Element<'a> {
    Element { chain: element.chain.iter().take(limits::CHAIN_NODES).map(node).collect() }
}

fn node<'a>(node: &'a Node<'_>) -> Node<'a> {
    Node {
        tag: clean(&node.tag),
        id: node.id.as_deref().map(clean),
        classes: node.classes.iter().take(limits::CLASSES).map(|class| clean(class)).collect(),
        test_id: node.test_id.as_deref().map(clean),
        role: node.role.as_deref().map(clean),
        name: node.name.as_deref().map(clean),
        field: node.field.as_deref().map(clean),
        type_: node.type_.as_deref().map(clean),
        href: node.href.as_deref().map(clean),
        index: node.index,
    }
}

fn clean(text: &str) -> Cow<'_, str> {
    scrub_within(text, limits::ATTRIBUTE_BYTES)
}
