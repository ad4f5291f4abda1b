//! Questions: a query becomes a statement, its rows become an answer.
//!
//! ```text
//! Query ── compile ──► Statement ── store ──► rows ──► Answer
//!          (pure)                  (run)
//! ```
//! A [`Query`] is data, the same in the API, in an address and in a saved view. [`compile`] turns
//! it into SQL whose every value is a parameter; [`run()`] sends that and reads the answer. The
//! [`catalog`] lists what there is to ask about.
//!
//! **Invariants:**
//! - A question counts people as [`store::identity`] tells them apart, never sessions or browsers.
//! - A question is about one project; automated browsers are left out unless the project counts
//!   them.
//! - Only [`run()`] and [`catalog`] wait for anything.

pub mod catalog;
mod error;
pub mod feature;
pub mod people;
mod query;
pub mod report;
mod run;

pub use error::Error;
pub use people::{Behind, List, People, PeoplePage, Person, Told};
pub use query::{
    Among, By, DateRange, Days, ElementId, FeatureId, Filter, InvalidQuery, MAX_FILTERS,
    PageFilter, Part, Period, Periods, Property, Query, Scope, Span, Step, Target, Test, Window,
};
pub use report::adoption::{Adoption, AdoptionResult, FeatureAdoption, Staying};
pub use report::funnel::{Funnel, FunnelResult, StepResult};
pub use report::lifecycle::{Lifecycle, LifecycleResult};
pub use report::paths::{
    Edge, Flow, Item, ItemKind, Journey, PathNode, Paths, PathsResult, Position,
};
pub use report::retention::{Cohort, Retention, RetentionResult};
pub use report::stickiness::{Stickiness, StickinessResult};
pub use report::threshold::{Outcome, Threshold, ThresholdResult};
pub use report::trend::{Trend, TrendResult};
pub use report::usage::{FeatureUsage, Usage, UsageResult};
#[cfg(feature = "testing")]
pub use run::tallied;
pub use run::{
    Answer, MAX_PARTS, Parts, ValuePart, compile, converted, names_of, parts, run, run_of, told_of,
    usage_of,
};
