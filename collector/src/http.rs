//! What is the same for every request: errors, authorisation, bodies, the log.

pub mod auth;
pub mod body;
pub mod error;
pub mod log;
pub mod private_key;
