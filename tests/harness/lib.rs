//! What an end-to-end test stands on: real processes, a real browser, and waiting by condition.
//!
//! A [`Stage`] is all of it at once: the collector on its embedded engine in a folder of its
//! own, Tidemark with the collector's script line in its pages, and a member who is signed in to
//! the dashboard. Everything listens on a free port of 127.0.0.1, everything is stopped by its
//! process id when it is dropped, and whatever is waited for has a deadline and a sentence.

pub mod accounts;
pub mod browser;
pub mod chance;
pub mod client;
pub mod collector;
pub mod compared;
pub mod dashboard;
pub mod database;
pub mod demo_app;
pub mod disk;
pub mod driver;
mod environment;
pub mod front;
pub mod gallery;
pub mod importer;
pub mod ledger;
mod process;
pub mod relay;
pub mod sender;
pub mod server;
pub mod site;
pub mod stage;
pub mod stand;
pub mod tour;
pub mod traffic;
pub mod trial;
pub mod truth;
pub mod visitor;
pub mod wait;

pub use browser::Browser;
pub use collector::Collector;
pub use dashboard::Dashboard;
pub use demo_app::DemoApp;
pub use driver::Driver;
pub use environment::{npm_application, renews_golden, seed};
pub use gallery::Gallery;
pub use importer::Importer;
pub use stage::Stage;
pub use visitor::Visitor;
pub use wait::until;
