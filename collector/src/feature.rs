//! Named features: which there are, what they mean of what is seen, and the way to change them.

mod api;
pub(crate) mod draft;
mod known;
pub(crate) mod meaning;
pub(crate) mod named;
pub(crate) mod view;

pub use api::routes;
pub(crate) use api::{suggested, suggested_page};
pub use known::Features;
pub(crate) use known::{Matcher, known, resolver};
