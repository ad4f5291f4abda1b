//! What an element and a page *are*, whatever they look like at the moment of a click.
//!
//! A page has few distinct elements and many clicks on them, so an element is stored once and
//! events carry its id; the same for pages. This crate decides what is the same: it brings an
//! element into its canonical form ([`element`]) and a path into its pattern ([`page`]), and
//! hashes both under a secret key of the project. A feature is a [`rule`] about such elements and
//! pages, matched here for the browser and for the server alike; for an element that somebody
//! points at, [`suggest`] finds the sturdiest.
//!
//! **Invariant:** no I/O, no clock, no randomness; builds for wasm32 and for the host.
//!
//! ```
//! use rules::element::CanonicalElement;
//!
//! let seen = r#"{"chain": [
//!   {"tag": "button", "classes": ["btn", "active", "css-1x2y"], "name": "Inbox (3)", "index": 2},
//!   {"tag": "div"},
//!   {"tag": "nav", "id": "radix-:r1:", "name": "Main"}]}"#;
//! let element = CanonicalElement::new(&serde_json::from_str(seen).unwrap());
//! assert_eq!(
//!     element.to_json(),
//!     r#"{"v":1,"nodes":[{"tag":"button","classes":["btn"],"name":"Inbox (0)"},{"tag":"nav","name":"Main"}]}"#
//! );
//! assert_eq!(rules::page::pattern("/orders/1042/edit"), "/orders/:id/edit");
//! ```

/// The id of all elements, or pages, that came after a project had as many as it may have. No rule
/// matches them.
pub const OTHERS: u64 = u64::MAX;

pub mod element;
mod generated;
pub mod grade;
mod hash;
pub mod page;
pub mod rule;
pub mod suggest;
