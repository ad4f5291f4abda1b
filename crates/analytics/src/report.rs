//! The reports: for each one its request, its statement, its answer.

pub mod funnel;
pub mod usage;
