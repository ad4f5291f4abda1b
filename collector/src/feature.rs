//! Named features: which there are, what they mean of what is seen, and the way to change them.

mod api;
pub(crate) mod draft;
mod known;
pub(crate) mod meaning;
pub(crate) mod named;
pub(crate) mod pointed;
pub(crate) mod view;

pub use api::routes;
pub use known::Features;
pub(crate) use known::{Matcher, known, resolver};
pub(crate) use pointed::suggested;
