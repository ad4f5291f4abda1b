//! The browser SDK: what happens on the page goes in, batches come out.
//!
//! This crate is thin. `capture` decides; the scripts in `js/` read the page, keep and post;
//! `shell` stands between. Script tells what happened by one text per crossing, because the
//! bindings for many small arguments, closures and `web-sys` weigh more than all that they carry
//! (6.4 kB of brotli), and because only script can catch what script throws.
//!
//! **Invariants:** script calls in through `js/guard.js` alone, which lets no exception out;
//! nothing is read from storage before the browser's privacy signals were asked.

mod message;
mod shell;

use rlsf::SmallGlobalTlsf;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes and gives back in constant time, and is 1.7 kB of brotli smaller than the default.
#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

/// Starts capture, with what the browser says of itself and what is kept of the visitor. Script must
/// have asked the browser's privacy signals before.
#[wasm_bindgen]
pub fn start(at_ms: f64, environment: &str, visitor: &str) {
    shell::start(shell::time(at_ms), environment, visitor);
}

/// Takes a message that happened `at_ms` milliseconds after the epoch: a word and its fields,
/// separated by U+001F.
#[wasm_bindgen]
pub fn tell(at_ms: f64, message: &str) {
    if let Some(input) = message::read(message) {
        shell::feed(input, shell::time(at_ms));
    }
}
