//! Whether an element stands in a row of a list, so that a number in its ids counts the rows.
//!
//! The browser tells the place of a node among at least three siblings of the same tag. Most pages
//! have such siblings somewhere above everything, so a place alone makes no list of an ancestor:
//! it is a row by its tag or role, or because the place is also in its own ids.

use protocol::Node;

const ROW_TAGS: [&str; 6] = ["tr", "td", "li", "dt", "dd", "article"];
const ROW_ROLES: [&str; 7] =
    ["row", "gridcell", "cell", "listitem", "option", "treeitem", "article"];

/// Whether the first node of a chain has a place among others of its kind, or stands in a row.
pub(super) fn is_in_row(chain: &[Node<'_>]) -> bool {
    let Some((node, ancestors)) = chain.split_first() else { return false };
    node.index.is_some() || ancestors.iter().any(is_row)
}

fn is_row(node: &Node<'_>) -> bool {
    let has_number = |id: &Option<std::borrow::Cow<'_, str>>| {
        id.as_deref().is_some_and(|id| id.bytes().any(|b| b.is_ascii_digit()))
    };
    let is_one = |of: &[&str], word: &str| of.iter().any(|known| word.eq_ignore_ascii_case(known));
    node.index.is_some()
        && (is_one(&ROW_TAGS, &node.tag)
            || node.role.as_deref().is_some_and(|role| is_one(&ROW_ROLES, role))
            || has_number(&node.test_id)
            || has_number(&node.id))
}
