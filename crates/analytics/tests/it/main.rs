//! What questions mean, asked of a real engine.

mod adoption;
mod calendar;
mod catalog;
mod conformance;
mod golden;
mod heavy;
mod history;
mod oracle;
mod random;
mod retention;
