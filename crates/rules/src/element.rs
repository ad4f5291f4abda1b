//! The canonical form of an element: what of it stays the same from click to click.
//!
//! Left out are the states it passes through (`active`, `open`, `is-…`), what build tools and
//! frameworks make up (`css-1x2y`, `:r1:`, the suffix of a CSS module), its place in a list, and
//! wrappers that say nothing. Digits in names are folded, so that `Inbox (3)` and `Inbox (12)`
//! are one element, and in a row of a list those of test ids and ids, too. What is left is the
//! identity: tags, roles, names, test ids, fields, links and word-like classes of the element and
//! of its ancestors.
//!
//! **Invariants:** the order of attributes and classes does not matter, nor do wrappers and classes
//! that say nothing, however many, within the limits of the wire: what is kept is cut only after
//! they are gone. Bringing a canonical form into canonical form changes nothing.

mod class;
mod row;
mod text;

pub(crate) use text::{Numbers, fold_name, fold_rows};

use crate::{hash, page};
use protocol::{Element, Node, limits};
use serde::{Deserialize, Serialize};

/// The version of this form. Another form is another number, so that ids of two never mix.
pub const VERSION: u8 = 1;

/// Nodes that are kept at most: the element and eleven ancestors that say something.
pub const NODES: usize = 12;
/// Classes that are kept of one node at most, in alphabetical order.
pub const CLASSES: usize = 12;
/// Characters of a name that are kept at most: more is prose, not a label.
pub const NAME_CHARS: usize = 64;

/// An element as it is stored, once for all its clicks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CanonicalElement {
    /// The version of the form, [`VERSION`].
    #[serde(rename = "v")]
    pub version: u8,
    /// The element, then its ancestors from the nearest outwards.
    pub nodes: Vec<CanonicalNode>,
}

/// One node of a [`CanonicalElement`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CanonicalNode {
    /// Lower-case tag name.
    pub tag: String,
    /// The `id` attribute, where a person chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Word-like classes, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The test id, with the numbers of rows folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_id: Option<String>,
    /// The `role` attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The accessible name, with its digits folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the field or form, with its indexes folded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The `type` attribute.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// Host and path pattern of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

impl CanonicalElement {
    /// The canonical form of what the browser saw, cut to the limits of the wire.
    pub fn new(element: &Element<'_>) -> Self {
        let chain = &element.chain[..element.chain.len().min(limits::CHAIN_NODES)];
        let canonical = |(n, node)| CanonicalNode::new(node, row::is_in_row(&chain[n..]));
        let nodes = chain.iter().enumerate().map(canonical);
        let nodes =
            nodes.enumerate().filter(|(n, node)| *n == 0 || !node.says_nothing()).map(|(_, n)| n);
        Self { version: VERSION, nodes: nodes.take(NODES).collect() }
    }

    /// What is stored under [`crate::OTHERS`]: an element of which nothing is known.
    pub fn others() -> Self {
        Self { version: VERSION, nodes: Vec::new() }
    }

    /// The form as JSON, always the same text for the same element.
    pub fn to_json(&self) -> String {
        hash::canonical_json(self)
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is no canonical element.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The id under the project's key; never 0.
    pub fn id(&self, key: &[u8; 16]) -> u64 {
        hash::id(key, &self.to_json())
    }

    /// The tag of the element itself.
    pub fn tag(&self) -> &str {
        self.nodes.first().map_or("", |node| node.tag.as_str())
    }

    /// The role of the element itself, said or implied by its tag; empty if it has none.
    pub fn role(&self) -> &str {
        self.nodes.first().map_or("", CanonicalNode::effective_role)
    }

    /// The accessible name of the element itself; empty if it has none.
    pub fn name(&self) -> &str {
        self.nodes.first().and_then(|node| node.name.as_deref()).unwrap_or("")
    }

    /// The test id of the element itself; empty if it has none.
    pub fn test_id(&self) -> &str {
        self.nodes.first().and_then(|node| node.test_id.as_deref()).unwrap_or("")
    }
}

impl CanonicalNode {
    fn new(node: &Node<'_>, is_in_row: bool) -> Self {
        let mut classes: Vec<_> =
            node.classes.iter().take(limits::CLASSES).filter_map(|c| class::stable(c)).collect();
        classes.sort_unstable();
        classes.dedup();
        classes.truncate(CLASSES);
        let numbers = if is_in_row { Numbers::All } else { Numbers::OfRows };
        Self {
            tag: text::attribute(&node.tag).to_ascii_lowercase(),
            id: kept(&node.id, |id| text::stable_id(id, numbers)),
            classes,
            test_id: kept(&node.test_id, |id| text::fold_rows(id, numbers)),
            role: kept(&node.role, |role| text::attribute(role).to_ascii_lowercase()),
            name: kept(&node.name, text::fold_name),
            field: kept(&node.field, |field| text::fold_rows(field, numbers)),
            type_: kept(&node.type_, |type_| text::attribute(type_).to_ascii_lowercase()),
            href: kept(&node.href, |href| page::link(text::attribute(href))),
        }
    }

    /// Whether the node is a bare wrapper, which the next release adds or takes away.
    fn says_nothing(&self) -> bool {
        let bare = Self { tag: self.tag.clone(), ..Self::default() };
        matches!(self.tag.as_str(), "div" | "span") && *self == bare
    }

    /// Whether it does nothing by itself: neither a control, nor the head of a place. Its cell or
    /// row is where it stands, and no thing to be used.
    pub fn is_plain(&self) -> bool {
        matches!(self.effective_role(), "" | "cell" | "gridcell" | "img" | "presentation" | "none")
    }

    /// Whether a click on it is one on what it stands in: it does nothing by itself, and is no row
    /// of its own and no label of a field.
    pub fn is_part(&self) -> bool {
        self.is_plain() && !self.is_row() && self.tag != "label"
    }

    /// Whether it is one row of a table or a list.
    pub fn is_row(&self) -> bool {
        matches!(self.tag.as_str(), "tr" | "li" | "article")
            || matches!(self.effective_role(), "row" | "listitem" | "article")
    }

    /// The role, said or implied by the tag; empty if there is none.
    pub fn effective_role(&self) -> &str {
        let type_ = self.type_.as_deref().unwrap_or("");
        match (self.role.as_deref(), self.tag.as_str()) {
            (Some(role), _) => role,
            (None, "a") if self.href.is_some() => "link",
            (None, "button" | "summary") => "button",
            (None, "input") => match type_ {
                "button" | "submit" | "reset" | "image" => "button",
                "checkbox" => "checkbox",
                "radio" => "radio",
                _ => "textbox",
            },
            (None, "textarea") => "textbox",
            (None, "select") => "combobox",
            (None, "option") => "option",
            (None, "nav") => "navigation",
            (None, "form") => "form",
            (None, "dialog") => "dialog",
            (None, "main") => "main",
            (None, "header") => "banner",
            (None, "footer") => "contentinfo",
            (None, "aside") => "complementary",
            (None, "section") if self.name.is_some() => "region",
            (None, _) => "",
        }
    }
}

/// The attribute in its stable form, unless nothing is left of it.
fn kept(
    value: &Option<std::borrow::Cow<'_, str>>,
    form: impl Fn(&str) -> String,
) -> Option<String> {
    value.as_deref().map(form).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
