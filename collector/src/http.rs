//! What is the same for every request: errors, authorisation, bodies, the log.

pub mod asker;
pub mod auth;
pub mod body;
pub(crate) mod csv;
pub mod error;
pub(crate) mod json;
pub mod log;
pub(crate) mod patience;
pub mod private_key;
pub(crate) mod rejection;
