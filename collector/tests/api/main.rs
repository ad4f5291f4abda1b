//! The API, over its router, on the real embedded engine.

mod browser;
mod clock;
mod dashboard;
mod delivery;
mod derived;
mod elements;
mod feature_life;
mod feature_page;
mod features;
mod health;
mod identity;
mod import;
mod ingest;
mod kill;
mod letters;
mod listen;
mod members;
mod outcome;
mod query;
mod retention;
mod seen;
mod serve;
mod spool;
mod staff;
mod test_app;
mod writer;
