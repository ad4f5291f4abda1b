//! The API, over its router, on the real embedded engine.

mod browser;
mod dashboard;
mod ingest;
mod query;
mod test_app;
mod writer;
