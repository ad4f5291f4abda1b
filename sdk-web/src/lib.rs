//! The browser SDK: what happens on the page goes in, batches come out.
//!
//! This crate is thin. `capture` decides; the scripts in `js/` read the page, keep and post. They
//! talk by one text per crossing, in either direction, because the bindings for many small
//! arguments, closures and `web-sys` weigh more than all that they carry, and because only script
//! can catch what script throws.
//!
//! **Invariants:** script calls in through `js/guard.js` alone, which lets no exception out, and
//! one message after the other; nothing is read from storage before the browser's privacy signals
//! were asked.

use capture::Tracker;
use rlsf::SmallGlobalTlsf;
use std::cell::Cell;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes and gives back in constant time, and is 1.7 kB of brotli smaller than the default.
#[global_allocator]
static ALLOCATOR: SmallGlobalTlsf = SmallGlobalTlsf::new();

#[wasm_bindgen(raw_module = "./module.js")]
extern "C" {
    /// Takes what the page must do next, which is performed once the module is left: it may run
    /// code of the page, which may call the SDK again.
    fn perform(effects: &[u8]);
}

thread_local! {
    static TRACKER: Cell<Option<Tracker>> = const { Cell::new(None) };
}

/// Takes a message: when it happened, a word and its fields, separated by U+001F.
///
/// The first one starts capture, with what the browser says of itself and what is kept of the
/// visitor; script must have asked the browser's privacy signals before.
#[wasm_bindgen]
pub fn tell(message: &[u8]) {
    TRACKER.with(|place| {
        let tracker = match place.take() {
            Some(mut tracker) => {
                perform(&tracker.tell(message));
                tracker
            }
            None => Tracker::start(message),
        };
        #[allow(clippy::mem_forget, reason = "nothing is there, and to drop one weighs something")]
        std::mem::forget(place.replace(Some(tracker)));
    });
}
