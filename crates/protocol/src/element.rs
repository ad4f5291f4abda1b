//! An element of the page, as the browser saw it.

use crate::borrow::{list, option};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The element that an event happened on, with its ancestors.
///
/// The first node is the nearest interactive element to what was hit; each next one is an
/// ancestor. The collector alone turns this into the canonical form and the element id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Element<'a> {
    /// Target first, at most [`crate::limits::CHAIN_NODES`] nodes.
    #[serde(borrow)]
    pub chain: Vec<Node<'a>>,
}

/// One node of an [`Element`]'s chain. Values that people typed are never in it.
///
/// A page masks elements by `data-sillage="mask"` or a selector of the script line: then neither id
/// nor classes, text or link of them are told.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Node<'a> {
    /// Lower-case tag name.
    #[serde(borrow)]
    pub tag: Cow<'a, str>,
    /// The `id` attribute.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub id: Option<Cow<'a, str>>,
    /// The class list.
    #[serde(borrow, default, deserialize_with = "list", skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<Cow<'a, str>>,
    /// `data-testid`, `data-test-id`, `data-test`, `data-qa` or `data-cy`: the first that is set.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub test_id: Option<Cow<'a, str>>,
    /// The `role` attribute.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub role: Option<Cow<'a, str>>,
    /// The accessible name, of interactive elements and landmarks only: label, then text, then title.
    /// In a list, only where another row has the same. `data-sillage-name` comes before all of them;
    /// where text is masked or off, the name of an icon is what is left.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// The `name` attribute of a form field or form.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'a, str>>,
    /// The `type` attribute of a field or button.
    #[serde(
        borrow,
        default,
        deserialize_with = "option",
        rename = "type",
        skip_serializing_if = "Option::is_none"
    )]
    pub type_: Option<Cow<'a, str>>,
    /// Host and path of a link, without query and fragment.
    #[serde(borrow, default, deserialize_with = "option", skip_serializing_if = "Option::is_none")]
    pub href: Option<Cow<'a, str>>,
    /// Place among siblings of the same kind, from 0, where there are at least three of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}
