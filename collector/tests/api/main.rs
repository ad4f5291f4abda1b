//! The API, over its router, on the real embedded engine.

mod browser;
mod dashboard;
mod ingest;
mod members;
mod query;
mod test_app;
mod writer;
