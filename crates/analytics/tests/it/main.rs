//! What questions mean, asked of a real engine.

mod adoption;
mod calendar;
mod catalog;
mod conformance;
mod golden;
mod health;
mod heavy;
mod history;
mod lifecycle;
mod listed;
mod oracle;
mod pack;
mod paths;
mod preview;
mod random;
mod retention;
mod span;
mod stickiness;
mod threshold;
mod trend;
