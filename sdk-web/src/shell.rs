//! Performs effects, feeds inputs; the only owner of the tracker.
//!
//! Performing an effect may run code of the page, which may have wrapped `fetch` or `setItem`,
//! and may call the SDK again from there. So inputs go through an inbox: what comes in while an
//! effect is performed waits for its turn, and the tracker is never borrowed while script runs.

use capture::{Effect, Environment, Input, Saved, Send, Tracker, fields};
use protocol::Timestamp;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./module.js")]
extern "C" {
    fn post(key: &str, attempt: u32, body: &str, is_exit: bool);
    fn save(key: &str, text: &str);
    fn forget(key: &str);
    #[wasm_bindgen(js_name = forgetAll)]
    fn forget_all();
    #[wasm_bindgen(js_name = wakeIn)]
    fn wake_in(ms: f64);
    #[wasm_bindgen(js_name = whenIdle)]
    fn when_idle();
    fn warn(text: &str);
}

/// The tracker, away while it is asked or effects are performed, and what waits for it.
struct Shell {
    tracker: Cell<Option<Box<Tracker>>>,
    inbox: RefCell<Vec<(Input, Timestamp)>>,
}

thread_local! {
    static SHELL: Shell =
        const { Shell { tracker: Cell::new(None), inbox: RefCell::new(Vec::new()) } };
}

/// Makes a tracker out of what the browser says and storage holds.
pub(crate) fn start(now: Timestamp, environment: &str, visitor: &str) {
    let saved = Saved { visitor: Some(visitor.to_owned()), ..Saved::default() };
    let tracker = Tracker::new(read_environment(environment), saved, now);
    SHELL.with(|shell| shell.tracker.set(Some(Box::new(tracker))));
}

/// Tells the tracker what happened, and performs what it answers.
pub(crate) fn feed(input: Input, at: Timestamp) {
    SHELL.with(|shell| {
        shell.inbox.borrow_mut().push((input, at));
        let Some(mut tracker) = shell.tracker.take() else { return };
        loop {
            let inputs = shell.inbox.take();
            if inputs.is_empty() {
                break;
            }
            for (input, at) in inputs {
                for effect in tracker.handle(input, at) {
                    perform(effect, at);
                }
            }
        }
        shell.tracker.set(Some(tracker));
    });
}

fn perform(effect: Effect, now: Timestamp) {
    match effect {
        Effect::Send(Send { key, attempt, body, is_exit }) => post(&key, attempt, &body, is_exit),
        Effect::Save { key, text } => save(&key, &text),
        Effect::Forget { key } => forget(&key),
        Effect::ForgetAll => forget_all(),
        #[allow(clippy::cast_precision_loss, reason = "waits are far below 2^53 milliseconds")]
        Effect::WakeAt(at) => wake_in(at.millis_since(now).max(0) as f64),
        Effect::WhenIdle => when_idle(),
        Effect::Warn(text) => warn(text),
        _ => {}
    }
}

/// A time as script holds it.
pub(crate) fn time(ms: f64) -> Timestamp {
    #[allow(clippy::cast_possible_truncation, reason = "whole milliseconds, far below the limit")]
    Timestamp::from_millis(ms as i64)
}

/// Reads the fields that `js/env.js` writes, in its order.
fn read_environment(facts: &str) -> Environment {
    let facts = fields(facts);
    let fact = |n: usize| facts.get(n).copied().unwrap_or_default();
    let mut random = [0; 32];
    for (byte, from) in random.iter_mut().zip(fact(0).bytes()) {
        *byte = from;
    }
    Environment {
        random,
        owner: fact(1).to_owned(),
        referrer: fact(2).to_owned(),
        campaign: [3, 4, 5].map(|n| fact(n).to_owned()),
        language: fact(6).to_owned(),
        time_zone: fact(7).to_owned(),
        screen: fact(8).to_owned(),
        app_version: fact(9).to_owned(),
        is_automated: !fact(10).is_empty(),
    }
}
