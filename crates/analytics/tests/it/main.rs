//! What questions mean, asked of a real engine.

mod adoption;
mod bot;
mod calendar;
mod catalog;
mod clock;
mod conformance;
mod empty;
mod golden;
mod health;
mod heavy;
mod history;
mod lifecycle;
mod listed;
mod oracle;
mod paths;
mod preview;
mod random;
mod retention;
mod span;
mod stickiness;
mod threshold;
mod trend;
