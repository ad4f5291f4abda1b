//! Tidemark's people: half a year of them, made from a seed, with a known truth.
//!
//! A [`World`] is made in steps, each in a module of its own: a calendar up to the anchor, the
//! accounts, their people, and a plan of who does what on which day, which holds the stories of
//! nine accounts and what is planted. Only then are days turned into clicks ([`session`]), by the
//! descriptions of elements that a browser run over Tidemark wrote ([`catalogue`]). What is true
//! of the result is computed from the clicks ([`truth`]), not from the plan.
//!
//! **Invariant:** no clock, and no chance but from the seed: the same anchor and seed give the
//! same bytes.

pub mod account;
pub mod behaviour;
pub mod calendar;
pub mod catalogue;
pub mod feature;
pub mod live;
pub mod output;
pub mod person;
pub mod plan;
pub mod random;
pub mod record;
pub mod session;
pub mod story;
pub mod truth;
pub mod visitor;
mod world;

pub use world::World;
