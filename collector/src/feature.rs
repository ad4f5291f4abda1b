//! Named features: which there are, what they mean of what is seen, and the way to change them.

mod api;
mod draft;
mod known;

pub use api::routes;
pub(crate) use draft::{Draft, Fault, save};
pub use known::Features;
