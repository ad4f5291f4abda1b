//! The reports: for each one its request, its statement, its answer.

mod activity;
pub mod adoption;
mod condition;
pub mod funnel;
pub mod lifecycle;
mod mask;
pub mod paths;
pub mod presence;
pub(crate) mod property;
pub mod retention;
pub mod stickiness;
pub mod threshold;
pub mod trend;
pub mod usage;
