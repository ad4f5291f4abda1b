//! The reports: for each one its request, its statement, its answer.

pub mod adoption;
mod condition;
pub mod funnel;
pub mod retention;
pub mod threshold;
pub mod usage;
