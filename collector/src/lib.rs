//! The collector: takes batches, keeps them, writes them to ClickHouse, answers questions.
//!
//! # The path of an event
//!
//! 1. [`router`] hands `POST /v1/events` to [`ingest`]. [`http::auth`] finds the project of the
//!    write key before a byte of the body is read.
//! 2. [`http::body`] reads and [`mod@inflate`] inflates within the limits, `protocol` parses, and
//!    [`ingest::admit`] says of each event whether it is kept, in pure code; [`seen`] knows those
//!    of the last seven days.
//! 3. [`spool`] appends the body as it came and syncs it. Only then the answer is 202: from here
//!    on, nothing is lost. ClickHouse is not on this path.
//! 4. [`live`] shows the events to whoever watches the Setup page.
//! 5. [`writer`] reads the spool in order, [`enrich`]es: scrubs, brings elements and pages into
//!    canonical form, computes their ids, corrects times; and inserts rows through `store`. An
//!    unknown outcome is settled by asking ClickHouse which events it has. What is derived from
//!    the events follows them; a daily [`audit`] compares. What is refused for good becomes a
//!    letter among the [`dead`], to be looked at, mended and handed back.
//! 6. [`query`] and [`dashboard`] answer questions through `analytics`.
//!
//! A named [`feature`] is matched against every element before its events go on, and its past is
//! filled in by the writer between two cuts.
//!
//! The past comes by [`mod@import`], with a private key, through the same spool and writer.

pub mod access;
pub mod account;
pub mod annotation;
pub mod app;
pub mod assets;
pub mod audit;
pub mod captured;
pub mod config;
pub mod counters;
pub mod dashboard;
pub mod data;
pub mod dead;
pub mod definitions;
pub mod delivery;
pub mod enrich;
pub mod env;
pub mod feature;
pub mod fetch;
pub mod figures;
pub mod health;
pub mod http;
pub mod identity_rules;
pub mod import;
pub mod importer;
pub mod inflate;
pub mod ingest;
pub mod lately;
mod listen;
pub mod live;
pub mod look;
mod looks;
pub mod members;
pub mod merge;
pub mod offline;
pub mod outcome;
pub mod prepare;
pub mod query;
pub mod remote_config;
pub mod router;
pub mod seen;
pub mod serve;
pub mod sightings;
pub mod spool;
pub mod staff;
pub mod trouble;
pub mod views;
pub mod writer;

pub use app::App;
pub use listen::run;
