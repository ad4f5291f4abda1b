//! Decides what a visit becomes, and touches nothing.
//!
//! A [`Tracker`] is told what happened on the page, as an [`Input`] and the time of it, and
//! answers with [`Effect`]s: send this, keep that, wake me then. The browser shell performs
//! them. So each rule of the SDK runs under `cargo test`, with neither browser nor clock.
//!
//! What happens is only noted when it happens. It becomes an event when the browser is idle, so
//! that a click costs the page next to nothing; when the page goes away it is done at once.
//!
//! **Invariant:** no I/O, no clock, no randomness. They arrive as arguments.
//!
//! ```
//! use capture::{Address, Effect, Environment, Input, Saved, Tracker};
//! use protocol::Timestamp;
//!
//! let environment = Environment { random: [7; 10], ..Environment::default() };
//! let noon = Timestamp::from_millis(1_700_000_000_000);
//! let mut tracker = Tracker::new(environment, Saved::default(), noon);
//! let address = Address { host: "app.example.com".into(), path: "/orders".into() };
//! tracker.handle(Input::Navigated(address), noon);
//!
//! let effects = tracker.handle(Input::Hidden { title: "Orders".into() }, noon);
//! assert!(matches!(effects.last(), Some(Effect::Send(send)) if send.is_exit));
//! ```

mod autocapture;
mod effect;
mod finding;
mod input;
mod json;
mod page;
mod queue;
mod random;
mod retry;
mod saved;
mod session;
mod text;
mod tracker;
mod visitor;

pub use autocapture::ElementFacts;
pub use effect::{Effect, Send};
pub use input::{Address, Answer, Environment, Input};
pub use saved::{Saved, VISITOR};
pub use tracker::Tracker;
