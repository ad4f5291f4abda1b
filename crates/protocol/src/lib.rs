//! What goes over the wire, in the same Rust types on both sides.
//!
//! A browser sends a [`Batch`]: one [`Context`], the [`Element`]s and [`Page`]s that its
//! [`Event`]s refer to by index, and the events. The collector answers with a [`Receipt`].
//! A batch is self-contained: nothing sent before is needed to understand it.
//!
//! **Invariant:** no I/O, no clock, no randomness; builds for wasm32 and for the host.
//!
//! ```
//! let body = r#"{
//!   "sdk": "sillage-web/0.1.0", "sent_at": 1700000001000, "attempt": 0,
//!   "context": {"anonymous_id": "a-1", "session_id": "s-1", "user_id": "u-7"},
//!   "elements": [{"chain": [{"tag": "button", "test_id": "save", "name": "Save"}]}],
//!   "pages": [{"host": "app.example.com", "path": "/orders/12", "title": "Order"}],
//!   "events": [{"event_id": "018bcfe5-6800-7000-8000-000000000001", "kind": "click",
//!               "timestamp": 1700000000000, "page": 0, "element": 0}]
//! }"#;
//! let batch = protocol::parse_batch(body.as_bytes()).unwrap();
//! assert_eq!(batch.events[0].as_ref().unwrap().kind, protocol::Kind::Click);
//! ```
//!
//! It goes to `POST /v1/events`; the address says the write key (`k`) and how the body is packed
//! (`c`, `none` or `gzip`). One event from a shell, with a key from the Setup page:
//!
//! ```sh
//! NOW=$(date +%s)000
//! curl 'http://127.0.0.1:8080/v1/events?k=wk_...&c=none' -H 'Content-Type: text/plain' -d '{
//!   "sdk": "curl", "sent_at": '$NOW', "context": {"anonymous_id": "a-1", "session_id": "s-1"},
//!   "pages": [{"host": "app.example.com", "path": "/orders"}],
//!   "events": [{"event_id": "'$(cat /proc/sys/kernel/random/uuid)'", "kind": "custom",
//!               "name": "order_placed", "timestamp": '$NOW', "page": 0}]}'
//! ```
//!
//! The answer is 202 and `{"accepted":1,"results":[]}`, once the event is on disk. What is refused
//! is in `results`, with a reason and a sentence that says where.

mod batch;
mod borrow;
pub mod config;
mod element;
mod event;
pub mod fault;
mod ids;
pub mod import;
pub mod limits;
pub mod nobody;
mod page;
mod properties;
mod receipt;
pub mod scrub;
mod time;

pub use batch::{Batch, Campaign, Context, ParseError, ReadBatch, parse_batch, parse_batch_noting};
pub use element::{Element, Node};
pub use event::{Event, Kind};
pub use ids::{BatchId, EventId, InvalidId, ProjectId, WriteKey, push_hex};
pub use import::{ImportId, ImportLine, ImportReceipt, LineResult, Refused};
pub use page::Page;
pub use properties::Properties;
pub use receipt::{DropReason, EventResult, Outcome, Receipt, Warning};
pub use time::{Skew, Timestamp};
