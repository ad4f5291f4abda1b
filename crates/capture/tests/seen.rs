//! What is seen besides clicks and page views: to which visit it belongs, what is switched off, and
//! that nothing of it is a secret.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail as the test does: by a panic"
)]

use capture::{Address, Effect, ElementFacts, Environment, Input, Saved, Tracker};
use proptest::prelude::*;
use protocol::{Kind, Properties, Timestamp, limits};
use serde_json::Value;

const NOON: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MINUTE: i64 = 60_000;

fn tracker() -> Tracker {
    let environment =
        Environment { random: [7; 10], owner: "tab".to_owned(), ..Environment::default() };
    Tracker::new(environment, Saved::default(), NOON)
}

fn seen(kind: Kind) -> Input {
    Input::Seen { kind, properties: Properties::new(), element: None }
}

fn opened(path: &str) -> Input {
    Input::Navigated(Address { host: "app.example".to_owned(), path: path.to_owned() })
}

fn off(kinds: &[Kind]) -> Input {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    Input::Off(words.join("\u{1f}"))
}

/// What the page sends when it goes, oldest batch first.
fn bodies(tracker: &mut Tracker, now: Timestamp) -> Vec<String> {
    let effects = tracker.handle(Input::Hidden { title: String::new() }, now);
    let body = |effect| if let Effect::Send(send) = effect { Some(send.body) } else { None };
    effects.into_iter().filter_map(body).rev().collect()
}

/// Kind and session of each event that goes out, in order.
fn events(tracker: &mut Tracker, now: Timestamp) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for body in bodies(tracker, now) {
        let body: Value = serde_json::from_str(&body).unwrap();
        let session = body["context"]["session_id"].as_str().unwrap().to_owned();
        let events = body["events"].as_array().unwrap().iter();
        all.extend(events.map(|e| (e["kind"].as_str().unwrap().to_owned(), session.clone())));
    }
    all
}

#[test]
fn what_is_said_besides_neither_begins_nor_lengthens_a_visit() {
    let mut tracker = tracker();
    let at = |minutes: i64| NOON.plus_millis(minutes * MINUTE);
    tracker.handle(opened("/"), at(0));
    tracker.handle(seen(Kind::Error), at(20));
    // Half an hour after the page view, but not after the error.
    tracker.handle(seen(Kind::PageLeave), at(31));
    tracker.handle(seen(Kind::Change), at(32));
    let events = events(&mut tracker, at(32));
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["page_view", "error", "page_leave", "change"]);
    assert!(events[0].1 == events[1].1 && events[1].1 == events[2].1, "{events:?}");
    assert_ne!(events[2].1, events[3].1, "a change after half an hour begins another visit");
}

#[test]
fn before_there_is_a_visit_nothing_can_be_said_besides() {
    let mut tracker = tracker();
    tracker.handle(seen(Kind::Error), NOON);
    tracker.handle(seen(Kind::WebVital), NOON);
    tracker.handle(opened("/"), NOON);
    let events = events(&mut tracker, NOON);
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn what_is_switched_off_is_not_captured() {
    let mut tracker = tracker();
    tracker.handle(seen(Kind::Copy), NOON);
    tracker.handle(off(&[Kind::PageView, Kind::Submit]), NOON);
    tracker.handle(opened("/orders"), NOON);
    for kind in [Kind::Submit, Kind::Change] {
        tracker.handle(seen(kind), NOON);
    }
    let body: Value = serde_json::from_str(&bodies(&mut tracker, NOON)[0]).unwrap();
    // What was noted before the page was told is judged by what it was told.
    let kinds: Vec<&Value> =
        body["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["copy", "change"]);
    assert_eq!(
        body["pages"][0]["path"], "/orders",
        "the page is known though its view is not told"
    );
    tracker.handle(Input::Off("nonsense\u{1f}".to_owned()), NOON);
    tracker.handle(opened("/"), NOON);
    assert_eq!(events(&mut tracker, NOON)[0].0, "page_view");
}

#[test]
fn nothing_is_copied_until_that_is_asked_for() {
    let mut tracker = tracker();
    tracker.handle(opened("/"), NOON);
    tracker.handle(seen(Kind::Copy), NOON);
    assert_eq!(events(&mut tracker, NOON).len(), 1);
}

#[test]
fn who_opted_out_and_in_again_is_told_of_what_was_switched_off_meanwhile() {
    let mut tracker = tracker();
    tracker.handle(Input::OptOut, NOON);
    tracker.handle(off(&[Kind::Change]), NOON);
    tracker.handle(Input::OptIn, NOON);
    tracker.handle(seen(Kind::Change), NOON);
    let events = events(&mut tracker, NOON);
    assert!(events.iter().all(|(kind, _)| kind == "page_view"), "{events:?}");
}

fn any_kind() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is seen, what goes out is a batch of the contract, without what is switched off,
    /// and without a secret.
    #[test]
    fn what_goes_out_can_be_read_and_holds_no_secret(
        off_kinds in proptest::collection::vec(any_kind(), 0..4),
        things in proptest::collection::vec(
            (any_kind(), "[a-z]{0,8}", "[a-z \\PC]{0,9}", any::<bool>(), 0_i64..50 * MINUTE), 1..20),
    ) {
        const SECRETS: [&str; 2] = ["ann@example.com", "4111 1111 1111 1111"];
        let mut tracker = tracker();
        let mut now = NOON;
        tracker.handle(off(&off_kinds), now);
        tracker.handle(opened("/"), now);
        for (kind, key, value, has_element, ms) in things {
            let mut properties = Properties::new();
            for secret in SECRETS {
                properties.set(format!("{key}{}", secret.len()), format!("{value} {secret}"));
            }
            let facts = ["a", "", "", "", "", SECRETS[0], "", "", "https://x.example/?ann@example.com"];
            let element = has_element.then(|| ElementFacts::new(facts.join("\u{1f}")));
            now = now.plus_millis(ms);
            tracker.handle(Input::Seen { kind, properties, element }, now);
        }
        for body in bodies(&mut tracker, now) {
            for secret in SECRETS {
                prop_assert!(!body.contains(secret), "{secret} in {body}");
            }
            let batch = protocol::parse_batch(body.as_bytes()).unwrap();
            for event in &batch.events {
                let event = event.as_ref().unwrap();
                prop_assert!(!off_kinds.contains(&event.kind));
                prop_assert!(event.timestamp.millis_since(NOON) <= 20 * 50 * MINUTE);
            }
            prop_assert!(batch.events.len() <= limits::EVENTS);
        }
    }
}
