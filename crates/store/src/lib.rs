//! Tables, rows, migrations, and the only way to ClickHouse.
//!
//! A [`Connection`] leads to the embedded engine or to a server; above this crate nobody knows
//! which. It takes a [`Statement`], whose values are never spliced into its text, or rows.
//!
//! **Exactly once.** Every row of an event carries the id of the batch it was written with, and
//! every insert a `query_id` that begins with it. When the outcome of an insert is not known,
//! [`Connection::settle`] makes sure that it is dead and says which events of the batch are
//! there; the rest is inserted with the next attempt. ClickHouse's own deduplication only
//! guards repeats of one attempt on a living server.
//!
//! What is [`derived`] from the events is written after them, batch by batch, and settled alike.
//!
//! Orders, codecs and the layout of dictionaries were chosen by measurement: [`layout`] has the
//! figures.
//!
//! **Invariants:**
//! - Only this crate names the ClickHouse client.
//! - One insert is one block of one partition, so it is there as a whole or not at all.
//! - Names of tables and columns are in [`schema`], values are parameters.
//!
//! ```no_run
//! # async fn example(engine: &engine::Engine) -> Result<(), store::Error> {
//! use store::{Connection, Databases, Statement, Target};
//!
//! let connection = Connection::new(Target::from(engine.endpoint()), Databases::default())?;
//! store::migrate(&connection).await?;
//! let events = connection.databases().events();
//! let question = Statement::new(format!("SELECT count() AS n FROM {events} WHERE kind = {{kind:String}}"));
//! let rows: Vec<serde_json::Value> = connection.json(&question.bind("kind", "click")).await?;
//! # Ok(()) }
//! ```
//!
//! # Tests on the real engine
//!
//! With the feature `testing`, `store::testing::open("name of the test")` gives a connection to
//! migrated databases of the test's own, on one engine per test process.

pub mod accounts;
mod activity;
pub mod among;
mod audit;
mod block;
mod connection;
pub mod definition;
pub mod derived;
mod described;
mod dictionary;
mod encode;
mod error;
mod event_set;
pub mod identity;
mod insert;
pub mod layout;
mod left_out;
mod migrate;
mod recent;
pub mod record;
mod row;
mod rows;
pub mod schema;
mod settle;
mod sign_in;
mod statement;
mod target;
#[cfg(feature = "testing")]
pub mod testing;
pub mod whose;

pub use activity::Activity;
pub use among::Among;
pub use audit::Duplicates;
pub use block::Block;
/// What a type needs to be read by [`Connection::select`], derived.
pub use clickhouse::Row;
pub use connection::Connection;
pub use definition::{
    Annotation, AnnotationKind, Captured, CapturedChange, Defined, Definition, Edit, Feature,
    FeatureAlternative, FeatureKind, FeatureStep, IdentityChange, IdentityRules, Invitation,
    ListMode, Member, Merge, Merges, PrivateKey, Project, Role, SavedView, StaffRules, Unreadable,
    Versioned, View, WeekStart, Written,
};
pub use described::{Described, DescribedKind};
pub use dictionary::Dictionary;
pub use error::Error;
pub use event_set::EventSet;
pub use left_out::{LeftOut, Rule};
pub use migrate::{Applied, migrate};
pub use recent::{Recent, Recents};
pub use row::{ElementRow, EventRow, FeatureElementRow, FeaturePageRow, PageRow};
pub use rows::Rows;
pub use schema::Databases;
pub use sign_in::SignIn;
pub use statement::{Statement, Value};
pub use target::Target;
pub use whose::{Who, Whose};
