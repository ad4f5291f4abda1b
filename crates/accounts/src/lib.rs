//! Customer companies: what they do, who of them slips, and why.
//!
//! Who belongs to an account, and who counts, is what [`store::identity`] says when the question is
//! asked, as in every report; so whatever is learnt later changes all of the past at once. What is
//! counted of an account is counted of features and sessions by SQL, and put side by side in Rust.

pub mod account;
pub mod as_of;
pub mod core_action;
pub mod figures;
mod level;
pub mod look;
pub mod module;
mod names;
pub mod table;
mod texts;
