//! What questions mean, asked of a real engine.

mod adoption;
mod calendar;
mod catalog;
mod conformance;
mod golden;
mod health;
mod heavy;
mod history;
mod oracle;
mod preview;
mod random;
mod retention;
mod threshold;
