//! The API, over its router, on the real embedded engine.

mod browser;
mod clock;
mod dashboard;
mod ingest;
mod listen;
mod members;
mod query;
mod serve;
mod test_app;
mod writer;
