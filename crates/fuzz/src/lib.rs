//! What the fuzz targets are made of: secrets as people write them, chosen by the bytes that
//! libFuzzer makes up, and a search for cards that knows nothing of the scrubber.
//!
//! `cargo xtask fuzz` builds the programs of `src/bin` with the counters that guide libFuzzer, and
//! runs each for so many seconds. What a target asserts is the promise itself, so that what it
//! finds is a defect.

mod bytes;
pub mod card;
pub mod secret;

pub use bytes::Bytes;
